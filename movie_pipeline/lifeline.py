"""The lifeline: a lock that a run's process holds as long as it lives, for other hosts to look at.

A process of another host has a pid that says nothing here. Yet that host may be the container that
was replaced by this one, and its run would be taken for alive for ever. The lock of a dead process
is given up by the kernel, which all containers of a machine share.

What belongs here: that one file. What does not: processes of this host (`progress.Worker`).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from movie_pipeline import settings as environment
from movie_pipeline.settings import SettingsError


def path_of(run_id: str, data: Path) -> Path:
    """The file that the process of a run holds locked, in a data folder."""
    return data / "dagster" / "workers" / f"{run_id}.lock"


def of(run_id: str) -> Path | None:
    """As `path_of`, in our data folder; None while the settings, which name it, can't be used."""
    try:
        return path_of(run_id, environment.load().data)
    except SettingsError:
        return None


@contextmanager
def held(path: Path | None) -> Iterator[None]:
    """Hold the file, and remove it at the end. A disk that has no room for it stops nobody."""
    if path is None:
        yield
        return
    with ExitStack() as stack:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(path, thread_local=False))
        try:
            yield
        finally:
            remove(path)


def remove(path: Path | None) -> None:
    """Remove the file, which a process that was killed leaves behind."""
    with suppress(OSError):
        if path is not None:
            path.unlink(missing_ok=True)


def is_cut(path: Path) -> bool:
    """Whether nobody holds the file that is there; without a file nobody knows."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0, thread_local=False):
            return True
    except (Timeout, OSError):
        return False
