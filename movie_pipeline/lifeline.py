"""The lifeline: a lock that a run's process holds as long as it lives.

It says which process does a run, and that it lives, and nobody can forge that: the kernel gives up
the lock of a process that died, tells which files a process has open, and does both for all the
containers of a machine, in which a pid of another one says nothing.

What belongs here: that one file. What does not: what is made of it (`launcher`), processes that the
notes on an upload name (`progress.Worker`).
"""

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
from filelock import FileLock, Timeout

from movie_pipeline import files
from movie_pipeline import settings as environment
from movie_pipeline.settings import SettingsError

_WAIT_SECONDS = 10.0
_OURS: dict[Path, FileLock] = {}


def name_of(run_id: str) -> str:
    """The file's name; whatever the id, it leads into no other folder."""
    return f"{quote(run_id, safe='')}.lock"


def path_of(run_id: str, data: Path) -> Path:
    """The file that the process of a run holds locked, in a data folder."""
    return data / "dagster" / "workers" / name_of(run_id)


def of(run_id: str) -> Path | None:
    """As `path_of`, in our data folder; None while the settings, which name it, can't be used."""
    try:
        return path_of(run_id, environment.load().data)
    except SettingsError:
        return None


def hold(path: Path | None) -> None:
    """Hold the file until this process ends. A disk that has no room for it stops nobody.

    Nothing shorter would do: Dagster notes that a run has ended after its last step and its
    executor are done, and until then the run counts as one that a process must be found for.
    """
    if path is None or path in _OURS:
        return
    with suppress(OSError):
        files.folder(path.parent)
        lock = FileLock(path, mode=0o600, timeout=_WAIT_SECONDS, thread_local=False)
        lock.acquire()
        _OURS[path] = lock


def remove(path: Path | None) -> None:
    """Remove the file, which stays when its process ends, with the run."""
    with suppress(OSError):
        if path is not None:
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool | None:
    """Whether a living process holds the file; None without a file, when nobody knows.

    One that this user may not open is believed to be held.
    """
    if not path.exists():
        return None
    try:
        with FileLock(path, timeout=0, thread_local=False):
            return False
    except (Timeout, OSError):
        return True


def holder(run_id: str, pid: int) -> psutil.Process | None:
    """The process of this host with that pid, if it holds the run's lifeline, in any data folder.

    None also where this user may not look into it.
    """
    try:
        process = psutil.Process(pid)
        names = {Path(one.path).name for one in process.open_files()}
    except (psutil.Error, ValueError):
        return None
    return process if name_of(run_id) in names else None
