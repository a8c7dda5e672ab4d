"""A lifeline in a file, for processes that share a kernel, as all containers of a machine do.

What belongs here: the file and its lock, which the kernel releases when the process dies. What does
not: choosing this kind (`liveness`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psutil
from filelock import FileLock, Timeout

from movie_pipeline.outside import files

_WAIT_SECONDS = 10.0
_OURS: dict[Path, FileLock] = {}


def lifeline_path(run_id: str, data: Path) -> Path:
    """The lifeline in a data folder; quoted, so that no id can lead to another folder."""
    return data / "dagster" / "workers" / f"{quote(run_id, safe='')}.lock"


@dataclass(frozen=True)
class FileLifeline:
    """The file that a run's process keeps locked; a `Lifeline`."""

    path: Path
    leaves_trace: ClassVar = True

    def hold(self) -> bool:
        """Lock the file until this process ends; False if another process has locked it.

        If it can't be created, the run continues without.
        """
        if self.path in _OURS:
            return True
        try:
            files.folder(self.path.parent)
            lock = FileLock(self.path, mode=0o600, timeout=_WAIT_SECONDS, thread_local=False)
            lock.acquire()
            _OURS[self.path] = lock
        except Timeout:
            return False
        except OSError:
            pass
        return True

    def end_if(self, ended: Callable[[], bool]) -> None:
        """Nothing: a suspended process keeps its lock, so it is not taken for dead."""

    def is_held(self) -> bool | None:
        """Whether a living process has locked the file; None (unknown) if there is no file.

        A file that this user may not open is assumed to be locked.
        """
        if not self.path.exists():
            return None
        try:
            with FileLock(self.path, timeout=0, thread_local=False):
                return False
        except (Timeout, OSError):
            return True

    def holder(self, pid: int) -> psutil.Process | None:
        """The process on this host with that pid, if it has the file open, in any data folder.

        None also if this user may not inspect the process.
        """
        try:
            process = psutil.Process(pid)
            names = {Path(one.path).name for one in process.open_files()}
        except (psutil.Error, ValueError):
            return None
        return process if self.path.name in names else None

    def remove(self) -> None:
        """Remove the file together with the run; it remains when the process ends."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
