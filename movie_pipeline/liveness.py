"""Liveness: whether the process that does a run is still alive, here or on another host.

What belongs here: a process by its host, its pid and when it started (`Worker`), and the
lifeline, a file that a run's process holds locked as long as it lives. What does not: what
follows from it (`instance.launcher`, `status`).

A process of another host has a pid that says nothing here. Yet that host may be the container
that was replaced by this one, and its run would be taken for alive for ever. The lock of a dead
process is given up by the kernel, which all containers of a machine share.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
from filelock import FileLock, Timeout
from pydantic import PositiveInt

from movie_pipeline import settings as environment
from movie_pipeline.outside import files
from movie_pipeline.settings import SettingsError

_WAIT_SECONDS = 10.0
_OURS: dict[Path, FileLock] = {}


def name_of(run_id: str) -> str:
    """The file's name; whatever the id, it leads into no other folder."""
    return f"{quote(run_id, safe='')}.lock"


def lifeline_path(run_id: str, data: Path) -> Path:
    """The file that the process of a run holds locked, in a data folder."""
    return data / "dagster" / "workers" / name_of(run_id)


def lifeline_of(run_id: str) -> Path | None:
    """As `lifeline_path`, in our data folder; None while the settings can't be used."""
    try:
        return lifeline_path(run_id, environment.load().data)
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


def remove_lifeline(path: Path | None) -> None:
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


@dataclass(frozen=True)
class Worker:
    """A process: the host it runs on, its pid, and when it started (a pid is used again).

    Attributes:
        lifeline: the file that it holds as long as it lives; None where nobody knows.
    """

    host: str
    pid: PositiveInt
    started: float
    lifeline: Path | None = field(default=None, compare=False)

    @classmethod
    def current(cls) -> "Worker":
        """This process."""
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> "Worker":
        """A process of this host."""
        return cls(socket.gethostname(), process.pid, _started(process))

    @property
    def here(self) -> bool:
        """Whether it is a process of this host."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether the process still runs; one of another host is believed to, by its lifeline."""
        if not self.here:
            return self.lifeline is None or is_held(self.lifeline) is not False
        try:
            process = psutil.Process(self.pid)
            # Version 0.1 noted the time of day everywhere.
            known = (_started(process), process.create_time())
            return (
                any(abs(started - self.started) < 2.0 for started in known)
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, ValueError, OverflowError):  # a pid that none can have
            return False


def _started(process: psutil.Process) -> float:
    """When a process started (seconds), the same however often the clock is set meanwhile.

    Linux counts from the boot and derives the time of day when asked, macOS writes it down.
    """
    since_epoch = process.create_time()
    return since_epoch - psutil.boot_time() if psutil.LINUX else since_epoch
