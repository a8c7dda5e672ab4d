"""The lock of `make dev`: one at a time serves a data folder, and one at a time a Dagster store.

What belongs here: taking it, naming who has it, ending what a killed one left running, and telling
where a folder and a store were last used with others. What does not: serving (`dev`).

Two daemons would both see a dropped file, and both run it. The lock is the kernel's, which takes it
from a process that dies: its file says nothing by being there. What is known of who has it lies in
a note beside it, which stays.
"""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from movie_pipeline.instance.storage import Store
from movie_pipeline.liveness import Worker
from movie_pipeline.outside import files

LOCK = "dev.lock"
NOTE = "dev.json"

_END_WITHIN_SECONDS = 30.0
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}
_SERVERS = ("dagster", "dagster_webserver", "movie_pipeline")
"""The packages whose modules `dagster dev` runs to serve; each with ``python -m``."""


class DevLockError(Exception):
    """`make dev` must not be started here; the message says why, and what to do."""


@dataclass(frozen=True)
class Note:
    """Who serves a folder, or served it last.

    Attributes:
        server: the process of `make dev`.
        address: of its UI.
        clone: the folder that it was started in.
        data: the data folder.
        store: Dagster's store; None for one that lasts no longer than `make dev`.
        dagster: the process that it started Dagster's with, all in one session.
    """

    server: Worker
    address: str
    clone: Path
    data: Path
    store: Store | None
    dagster: Worker | None = None

    @classmethod
    def read(cls, folder: Path) -> "Note | None":
        """The note in a folder; None where there is none, or nothing can be made of it."""
        try:
            return _NOTE.validate_json((folder / NOTE).read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, folder: Path) -> None:
        """Put it into a folder, whole or not at all; a disk without room for it stops nobody."""
        with suppress(OSError):
            files.write(folder / NOTE, _NOTE.dump_json(self))


_NOTE = TypeAdapter(Note)


class DevLock:
    """Held by a `make dev`, which tells here what it has started."""

    def __init__(self, note: Note) -> None:
        self._note = note

    @property
    def folders(self) -> list[Path]:
        """What is locked: the data folder, and the store's."""
        store = [self._note.store.folder] if self._note.store else []
        return [self._note.data, *store]

    def started(self, pid: int) -> None:
        """Dagster's processes were started, all in the session of this one."""
        with suppress(psutil.Error):
            self._note = replace(self._note, dagster=Worker.of(psutil.Process(pid)))
        self.write()

    def write(self) -> None:
        """Leave the note in each folder."""
        for folder in self.folders:
            self._note.write(folder)


@contextmanager
def held(
    data: Path, store: Store | None, address: str, tell: Callable[[str], object]
) -> Iterator[DevLock]:
    """Hold the lock of a data folder and of a Dagster store.

    Args:
        data: the data folder, which is made if need be.
        store: Dagster's store; None for one that lasts no longer than `make dev`.
        address: of the UI to be served.
        tell: shows the user a sentence.

    Raises:
        DevLockError: another `make dev` has one of them, or the lock can't be taken.
    """
    note = Note(Worker.current(), address, Path.cwd(), data.resolve(), store)
    lock = DevLock(note)
    with ExitStack() as stack:
        for folder in lock.folders:
            _take(folder, stack, tell)
        before = [Note.read(folder) for folder in lock.folders]
        for earlier in before:
            if earlier is not None and end_left_over(earlier):
                tell(
                    f"An earlier make dev (process {earlier.server.pid}) was killed; what it had"
                    " left running has been ended."
                )
        if sentence := _elsewhere(note, before):
            tell(sentence)
        lock.write()
        yield lock


def _take(folder: Path, stack: ExitStack, tell: Callable[[str], object]) -> None:
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False)
        stack.enter_context(lock)
    except Timeout as error:
        raise DevLockError(_refusal(folder)) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise DevLockError(
                f"{path} can't be locked ({error.strerror}){_owner(path)}: make {folder} a folder"
                " that you can write to and that file yours, or set MOVIE_PIPELINE_DATA to another"
                " folder."
            ) from error
        tell(
            f"The file system of {folder} has no locks ({error.strerror}): nothing keeps two make"
            " dev from running an upload twice, nor two runs from spoiling the warehouse. Put it"
            " on a local disk (MOVIE_PIPELINE_DATA)."
        )


def _refusal(folder: Path) -> str:
    note = Note.read(folder)
    if note is None:
        return f"Another make dev serves {folder}. Stop that one first."
    host = "" if note.server.here else f" on {note.server.host}"
    what = "the data folder" if folder == note.data else "Dagster's store in"
    return (
        f"Another make dev (process {note.server.pid}{host}, {note.address}, started in"
        f" {note.clone}) serves {what} {folder} already, and two would run each upload twice."
        " Open that address, or stop that one first."
    )


def _owner(path: Path) -> str:
    with suppress(OSError, KeyError):
        if path.stat().st_uid != os.geteuid():
            return f", it belongs to {path.owner()}, who may be running make dev"
    return ""


def _elsewhere(now: Note, before: list[Note | None]) -> str:
    """What to say where the data folder, or the store, was last used with another one.

    Args:
        now: who serves from now on.
        before: the notes found in the data folder and in the store.
    """
    of_data, of_store = (*before, None)[:2]
    if of_data is not None and of_data.store is not None:
        if now.store is not None and (
            of_data.store.id == now.store.id
            or (of_data.store.folder == now.store.folder and of_data.server.here)
        ):
            return ""  # moved along with the clone, or begun again
        ours = now.store.folder if now.store else "one that ends with it"
        return (
            f"{now.data} was last used with Dagster's store {of_data.store.folder}, and this make"
            f" dev uses {ours}: its uploads are the same, but runs and partitions of the other"
            f" store are not seen here. To see them, run make dev in {of_data.clone}."
        )
    if of_store is not None and now.store is not None and of_store.data != now.data:
        return (
            f"Dagster's store {now.store.folder} was last used with the data folder"
            f" {of_store.data}, and this make dev uses {now.data}: runs and partitions of both are"
            " seen here."
        )
    return ""


def end_left_over(note: Note) -> bool:
    """End Dagster's processes of a `make dev` that was killed; whether there were any.

    Runs at work go on to their end. Of another host nothing can be told.
    """
    if note.dagster is None or not note.dagster.here or note.server.alive:
        return False
    left = _servers(note)
    if not left:
        return False
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        # The first one ends the others in order, where it is still there.
        first = [one for one in left if one.pid == note.dagster.pid]
        for process in first if asked == signal.SIGINT and first else left:
            with suppress(psutil.Error):
                process.send_signal(asked)
        deadline = time.monotonic() + _END_WITHIN_SECONDS
        while (left := [one for one in left if _runs(one)]) and time.monotonic() < deadline:
            time.sleep(0.1)
        if not left:
            break
    return True


def _runs(process: psutil.Process) -> bool:
    """Whether it still runs; one that has ended stays in the list where nobody asks how."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _servers(note: Note) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if (
                note.dagster is not None
                and os.getsid(process.pid) == note.dagster.pid
                and _serves(process.cmdline())
                and Path(process.cwd()) == note.clone
            ):
                found.append(process)
    return found


def _serves(command: list[str]) -> bool:
    """Whether it is a server of Dagster's, and not a run's process."""
    module = command[command.index("-m") + 1 :][:1] if "-m" in command else []
    return bool(module) and module[0].split(".")[0] in _SERVERS and "execute_run" not in command
