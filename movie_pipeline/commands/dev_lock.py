"""The lock of `make dev`: only one may serve a data folder, and only one a Dagster store.

What belongs here: taking the lock, naming the process that holds it, ending processes that a killed
`make dev` left running, and reporting that a data folder was last used with another store, or a
store with another data folder. What does not: serving (`dev`).

Two daemons would both see a dropped file, and both run it. The kernel holds the lock and releases
it when the process dies, so the mere presence of the lock file means nothing. A note in a second
file describes the holder, and stays after it has ended.
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
from movie_pipeline.settings import DEV

LOCK = "dev.lock"
NOTE = "dev.json"

_END_WITHIN_SECONDS = 30.0
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}
_SERVERS = ("dagster", "dagster_webserver", "movie_pipeline")
"""Packages whose modules `dagster dev` runs as servers, each with ``python -m``."""


class DevLockError(Exception):
    """`make dev` can't be started here; the message says why, and what to do."""


@dataclass(frozen=True)
class Note:
    """The `make dev` that serves a folder, or served it last.

    Attributes:
        server: its process.
        address: the address of its UI.
        clone: the folder that it was started in.
        data: the data folder.
        store: Dagster's store; None for one that lasts no longer than `make dev`.
        dagster: the leader of the session in which all of Dagster's processes run.
    """

    server: Worker
    address: str
    clone: Path
    data: Path
    store: Store | None
    dagster: Worker | None = None

    @classmethod
    def read(cls, folder: Path) -> "Note | None":
        """The note in a folder; None if there is none or it can't be read."""
        try:
            return _NOTE.validate_json((folder / NOTE).read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, folder: Path) -> None:
        """Write it to a folder atomically; a full disk is not an error."""
        with suppress(OSError):
            files.write(folder / NOTE, _NOTE.dump_json(self))


_NOTE = TypeAdapter(Note)


class DevLock:
    """The lock held by a `make dev`, which records here what it has started."""

    def __init__(self, note: Note) -> None:
        self._note = note

    @property
    def folders(self) -> list[Path]:
        """The locked folders: the data folder, and the store's."""
        store = [self._note.store.folder] if self._note.store else []
        return [self._note.data, *store]

    def started(self, pid: int) -> None:
        """Record that Dagster's processes were started, all in the session of this one."""
        with suppress(psutil.Error):
            self._note = replace(self._note, dagster=Worker.of(psutil.Process(pid)))
        self.write()

    def write(self) -> None:
        """Write the note to each folder."""
        for folder in self.folders:
            self._note.write(folder)


@contextmanager
def held(
    data: Path, store: Store | None, address: str, tell: Callable[[str], object]
) -> Iterator[DevLock]:
    """Hold the lock of a data folder and of a Dagster store.

    Args:
        data: the data folder, which is created if necessary.
        store: Dagster's store; None for one that lasts no longer than `make dev`.
        address: the address of the UI to be served.
        tell: shows the user a sentence.

    Raises:
        DevLockError: another `make dev` holds one of them, or the lock can't be taken.
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
                    f"An earlier {DEV} (process {earlier.server.pid}) was killed; the processes"
                    " it left running have been ended."
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
                f"{path} can't be locked ({error.strerror}){_owner(path)}: make {folder} writable"
                " for you and take ownership of that file, or set MOVIE_PIPELINE_DATA to another"
                " folder."
            ) from error
        tell(
            f"The file system of {folder} has no locks ({error.strerror}): a second {DEV} could"
            " run an upload twice, and two runs could damage the warehouse. Put the data folder on"
            " a local disk (MOVIE_PIPELINE_DATA)."
        )


def _refusal(folder: Path) -> str:
    note = Note.read(folder)
    if note is None:
        return f"Another {DEV} serves {folder}. Stop it first."
    host = "" if note.server.here else f" on {note.server.host}"
    what = "the data folder" if folder == note.data else "Dagster's store in"
    return (
        f"Another {DEV} (process {note.server.pid}{host}, {note.address}, started in"
        f" {note.clone}) already serves {what} {folder}, and two would run each upload twice."
        " Open that address, or stop the other one first."
    )


def _owner(path: Path) -> str:
    with suppress(OSError, KeyError):
        if path.stat().st_uid != os.geteuid():
            return f", it belongs to {path.owner()}, who may be running {DEV}"
    return ""


def _elsewhere(now: Note, before: list[Note | None]) -> str:
    """What to say if the data folder was last used with another store, or the other way round.

    Args:
        now: the note of the new `make dev`.
        before: the notes found in the data folder and in the store.
    """
    of_data, of_store = (*before, None)[:2]
    if of_data is not None and of_data.store is not None:
        if now.store is not None and (
            of_data.store.id == now.store.id
            or (of_data.store.folder == now.store.folder and of_data.server.here)
        ):
            return ""  # moved together with the clone, or created again in the same place
        ours = now.store.folder if now.store else "a temporary one"
        return (
            f"{now.data} was last used with Dagster's store {of_data.store.folder}, but this"
            f" {DEV} uses {ours}: the uploads are the same, but runs and partitions in the other"
            f" store are not visible here. To see them, run {DEV} in {of_data.clone}."
        )
    if of_store is not None and now.store is not None and of_store.data != now.data:
        return (
            f"Dagster's store {now.store.folder} was last used with the data folder"
            f" {of_store.data}, but this {DEV} uses {now.data}: runs and partitions of both are"
            " visible here."
        )
    return ""


def end_left_over(note: Note) -> bool:
    """End the Dagster processes of a `make dev` that was killed; returns whether there were any.

    Active runs continue. Processes on another host can't be seen, and are left alone.
    """
    if note.dagster is None or not note.dagster.here or note.server.alive:
        return False
    left = _servers(note)
    if not left:
        return False
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        # The first process, if it still runs, shuts down the others cleanly.
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
    """Whether it still runs; one that has ended may remain as a zombie, which does not count."""
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
    """Whether it is one of Dagster's servers, and not the process of a run."""
    module = command[command.index("-m") + 1 :][:1] if "-m" in command else []
    return bool(module) and module[0].split(".")[0] in _SERVERS and "execute_run" not in command
