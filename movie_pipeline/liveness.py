"""Liveness: whether the process that executes a run is still alive, here or on another host.

What belongs here: a process, identified by host, pid and start time (`Worker`), and the lifeline, a
file that a run's process keeps locked as long as it is alive. What does not: the consequences
(`instance.launcher`, `status`).

The pid of a process on another host means nothing here. But that host may be the container that
this one has replaced, and its run would be considered alive forever. The kernel, which all
containers of a machine share, releases the lock of a dead process.
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
    """The lifeline's file name; quoted, so that no id can lead to another folder."""
    return f"{quote(run_id, safe='')}.lock"


def lifeline_path(run_id: str, data: Path) -> Path:
    """The lifeline in a data folder: the file that the run's process keeps locked."""
    return data / "dagster" / "workers" / name_of(run_id)


def lifeline_of(run_id: str) -> Path | None:
    """As `lifeline_path`, in our data folder; None if the settings are invalid."""
    try:
        return lifeline_path(run_id, environment.load().data)
    except SettingsError:
        return None


def hold(path: Path | None) -> bool:
    """Lock the file until this process ends; False if another process has it.

    If it can't be created, the run continues without.

    The lock must last that long because Dagster records the end of a run only after its last step
    and its executor have finished, and until then run monitoring expects a living process.
    """
    if path is None or path in _OURS:
        return True
    try:
        files.folder(path.parent)
        lock = FileLock(path, mode=0o600, timeout=_WAIT_SECONDS, thread_local=False)
        lock.acquire()
        _OURS[path] = lock
    except Timeout:
        return False
    except OSError:
        pass
    return True


def remove_lifeline(path: Path | None) -> None:
    """Remove the lifeline together with the run; it remains when the process ends."""
    with suppress(OSError):
        if path is not None:
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool | None:
    """Whether a living process has locked the file; None (unknown) if there is no file.

    A file that this user may not open is assumed to be locked.
    """
    if not path.exists():
        return None
    try:
        with FileLock(path, timeout=0, thread_local=False):
            return False
    except (Timeout, OSError):
        return True


def holder(run_id: str, pid: int) -> psutil.Process | None:
    """The process on this host with that pid, if it has the run's lifeline open.

    In any data folder. None also if this user may not inspect the process.
    """
    try:
        process = psutil.Process(pid)
        names = {Path(one.path).name for one in process.open_files()}
    except (psutil.Error, ValueError):
        return None
    return process if name_of(run_id) in names else None


@dataclass(frozen=True)
class Worker:
    """A process: the host it runs on, its pid, and when it started (pids are reused).

    Attributes:
        lifeline: the file that it keeps locked as long as it is alive; None if unknown.
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
        """The worker for a process on this host."""
        return cls(socket.gethostname(), process.pid, _started(process))

    @property
    def here(self) -> bool:
        """Whether it is a process on this host."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether the process still runs; on another host, unless its lifeline is unlocked."""
        if not self.here:
            return self.lifeline is None or is_held(self.lifeline) is not False
        try:
            process = psutil.Process(self.pid)
            # Version 0.1 stored the seconds since the epoch on every system.
            known = (_started(process), process.create_time())
            return (
                any(abs(started - self.started) < 2.0 for started in known)
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, ValueError, OverflowError):  # the latter two: invalid pids
            return False


def _started(process: psutil.Process) -> float:
    """When a process started (seconds); not affected when the clock is set meanwhile.

    Linux counts from boot and computes the time since the epoch when asked; macOS stores it.
    """
    since_epoch = process.create_time()
    return since_epoch - psutil.boot_time() if psutil.LINUX else since_epoch
