"""Adding: copies a film list, or the folder of an unpacked export, into the watched folder.

What belongs here: what may be added, and that it arrives whole or not at all, whatever else is
added, dropped or killed meanwhile. What does not: which names are uploads (`uploads.folder`), and
the command's own texts (`commands.cli`).

No link is followed, not even one that replaces a file after it was checked: only what was opened is
copied (`outside.files.open_plain`). Each copy is made in a hidden draft folder beside the uploads,
and the process that makes it holds a lock on that folder. If the lock is free, the process was
killed, and the next add removes its draft.
"""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from filelock import FileLock, Timeout

from movie_pipeline import uploads
from movie_pipeline.outside import files

MOST_FOLDERS_DEEP = 20
"""An export has two levels. Each level keeps a descriptor open while it is copied."""

T = TypeVar("T")

_DRAFT = ".adding-"
_CHUNK_BYTES = 1024 * 1024
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}
_LINK = "a symbolic link"
_KINDS = {stat.S_IFLNK: _LINK, stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}


class AddingError(Exception):
    """The file can't be added, and nothing has changed; the message says what to do."""


@dataclass(frozen=True)
class Added:
    """The result of an add.

    Attributes:
        key: the upload's key.
        new: whether it was copied; if not, it was already in the watched folder.
        left_out: the entries of an export's folder that are not files, and what they are.
    """

    key: str
    new: bool = True
    left_out: tuple[str, ...] = ()


def add_all(
    sources: Iterable[Path], folder: Path, most_files: int
) -> Iterator[Added | AddingError]:
    """Add several as `add` does, one after the other: the result of each, or why it is refused.

    Of several with the same name only the first is added: each would replace the one before it.
    """
    names: set[str] = set()
    for source in sources:
        name = uploads.key_of(Path(source.absolute().name))
        try:
            if name in names:
                raise AddingError(
                    f"{name} is named twice: rename one of the two, or copy it into a folder of its"
                    f" own in {folder}"
                )
            yield add(source, folder, most_files)
            names.add(name)
        except AddingError as error:
            yield error


def add(source: Path, folder: Path, most_files: int) -> Added:
    """Copy a file or the folder of an unpacked export into the folder of uploads.

    An upload with the same key is replaced; it stays whole until the new one is complete.

    Args:
        source: what to add.
        folder: the folder of uploads; it is created if needed.
        most_files: how many files an export may contain (`exports.Limits.entries`).

    Raises:
        AddingError: it is not an upload, can't be read, or can't be written.
    """
    source = Path(os.path.abspath(source))  # noqa: PTH100  # `resolve` would follow a link
    shown = uploads.key_of(Path(source.name))
    is_folder = _checked(source, shown)
    with _as_adding_error(f"{folder} can't be written"):
        files.folder(folder)
        if source.resolve().is_relative_to(folder.resolve()):
            key = uploads.key_of(source.resolve().relative_to(folder.resolve()))
            return Added(key, new=False)
    if is_folder and folder.resolve().is_relative_to(source.resolve()):
        raise AddingError(
            f"{shown} contains the watched folder itself: move the export's files into a folder of"
            " their own, then add that folder"
        )
    target = uploads.path_of(shown, folder, links=True)
    with _as_adding_error(f"{folder} can't be written"), files.private, _draft(folder) as draft:
        copy, export = draft / "new" / target.name, _Export(shown, most_files)
        if is_folder:
            with _opened(files.open_folder, source, shown) as at:
                export.copy(at, copy)
            if not uploads.is_export_folder(copy):
                raise AddingError(f"{shown} was changed while it was copied: add it again")
        else:
            with _opened(files.open_plain, source, shown) as file:
                _copy(file, copy, shown)
        _put(copy, target, draft)
    return Added(shown, left_out=tuple(export.left_out))


def tidy(folder: Path) -> None:
    """Remove the drafts of killed adds from the folder of uploads, and undo what they began."""
    for draft in folder.glob(f"{_DRAFT}*"):
        if draft.is_symlink() or not draft.is_dir():
            continue
        # Another add is using it, or it belongs to another user, whose next add will remove it.
        with suppress(Timeout, OSError), FileLock(draft / "lock", timeout=0):
            _end(draft)


def _end(draft: Path) -> None:
    """Remove a draft; put an earlier upload back that was moved away but not replaced.

    The lock is removed last: without it, the next add would put back an upload half removed here.
    """
    for old in (draft / "old").glob("*"):
        try:
            if not os.path.lexists(draft.parent / old.name):
                old.rename(draft.parent / old.name)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise  # else another add has just put its own there
    for name in ("new", "old", ""):
        shutil.rmtree(draft / name, ignore_errors=True)


def _checked(source: Path, shown: str) -> bool:
    """Refuse what can't be an upload; return whether it is a folder.

    Raises:
        AddingError: it is neither a film list nor an export's folder.
    """
    if source.name.startswith(("~$", ".~lock.")):
        raise AddingError(
            f"{shown} is the lock of a file that an office program has open: close it there, and"
            " add the film list itself"
        )
    if uploads.is_passed_over(source.name):
        raise AddingError(
            f"{shown} would be ignored in the watched folder, because its name is that of a hidden"
            " or unfinished file: rename it, then add it"
        )
    try:
        mode = source.lstat().st_mode
        if stat.S_ISDIR(mode):
            if not uploads.is_export_folder(source):
                raise AddingError(
                    f"{shown} is not an unpacked export: it has no profile.csv and watched.csv, for"
                    " instance. Add"
                    " its files one by one, or the ZIP as it was downloaded"
                )
            return True
    except OSError as error:
        raise AddingError(
            f"{shown} can't be read ({error.strerror}): is its name right?"
        ) from error
    if stat.S_ISLNK(mode):
        raise AddingError(f"{shown} is {_LINK}: add the file that it points to")
    if not stat.S_ISREG(mode):
        raise AddingError(
            f"{shown} is {_kind(mode)}, not a file: save its output to a file, and add that file"
        )
    if source.suffix.lower() not in uploads.ACCEPTED:
        raise AddingError(f"{shown}: save it as .csv, .tsv, .txt, .zip or .json")
    return False


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "a device")


@contextmanager
def _as_adding_error(what: str) -> Iterator[None]:
    """Turn an error of the operating system into an `AddingError` with a full sentence."""
    try:
        yield
    except (OSError, Timeout) as error:
        reason = getattr(error, "strerror", None) or "another program has it locked"
        raise AddingError(
            f"{what} ({reason}). Nothing was changed: fix that, then add it again"
        ) from error


@contextmanager
def _opened(
    how: Callable[..., AbstractContextManager[T]],
    path: Path | str,
    shown: str,
    at: int | None = None,
) -> Iterator[T]:
    """Open with `files.open_plain` or `files.open_folder`; their errors become `AddingError`s."""
    with ExitStack() as opened:
        with _as_adding_error(f"{shown} can't be read"):
            it = opened.enter_context(how(path, at=at))
        yield it


def _copy(source: BinaryIO, target: Path, shown: str) -> None:
    """Copy an open file.

    Raises:
        AddingError: it can't be read to its end, or it is being written to.
    """
    with target.open("xb") as copy:
        before = os.fstat(source.fileno())
        while copy.tell() <= before.st_size and (chunk := _read(source, shown)):
            copy.write(chunk)
        after = os.fstat(source.fileno())
        if (before.st_mtime_ns, copy.tell()) != (after.st_mtime_ns, after.st_size):
            raise AddingError(f"{shown} was changed while it was copied: add it again")
        copy.flush()
        os.fsync(copy.fileno())


def _read(source: BinaryIO, shown: str) -> bytes:
    with _as_adding_error(f"{shown} can't be read"):
        return source.read(_CHUNK_BYTES)


@dataclass
class _Export:
    """An export's folder while it is copied; entries that are not files are left out and listed."""

    shown: str
    most_files: int
    number: int = 0
    left_out: list[str] = field(default_factory=list)

    def copy(self, at: int, target: Path, below: Path = Path()) -> None:
        """Copy the files of one folder and its subdirectories, except hidden ones.

        Args:
            at: the folder's descriptor; nothing is looked up by path, because paths may change.
            target: the folder to create.
            below: its path in the export.

        Raises:
            AddingError: it can't be read, or contains too much.
            OSError: the copy can't be written.
        """
        with _as_adding_error(f"{self.shown} can't be read"):
            names = sorted(os.listdir(at))
        self.number += len(names)
        if self.number > self.most_files or len(below.parts) > MOST_FOLDERS_DEEP:
            raise AddingError(
                f"{self.shown} contains more than {self.most_files} files (limit entries), or"
                f" folders more than {MOST_FOLDERS_DEEP} deep: add only the export's folder"
            )
        target.mkdir()
        for name in names:
            if uploads.is_passed_over(name):
                continue
            inner = uploads.key_of(Path(self.shown) / below / name)
            with _as_adding_error(f"{inner} can't be read"):
                mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode):
                with _opened(files.open_plain, name, inner, at) as file:
                    _copy(file, target / name, inner)
            elif stat.S_ISDIR(mode):
                with _opened(files.open_folder, name, inner, at) as folder:
                    self.copy(folder, target / name, below / name)
            else:
                self.left_out.append(f"{inner} is {_kind(mode)}")


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """Create a hidden folder to copy into, hold its lock meanwhile, and remove it at the end."""
    tidy(folder)
    draft, lock = _locked(folder)
    try:
        yield draft
    finally:
        try:
            _end(draft)
        finally:
            lock.release()


def _locked(folder: Path) -> tuple[Path, FileLock]:
    while True:
        draft = folder / f"{_DRAFT}{secrets.token_hex(8)}"
        lock = FileLock(draft / "lock")
        try:
            draft.mkdir()
            with (draft / "lock").open("xb") as ours:
                lock.acquire()
                if os.path.samestat(os.fstat(ours.fileno()), (draft / "lock").stat()):
                    for name in ("new", "old"):
                        (draft / name).mkdir()
                    return draft, lock
        except (FileNotFoundError, FileExistsError):
            pass
        # Before we held the lock, another add took the draft for a leftover and removed it.
        shutil.rmtree(draft, ignore_errors=True)
        lock.release()


def _put(copy: Path, target: Path, draft: Path) -> None:
    """Put the copy in its place; an earlier folder is kept until then, in case `_end` restores it.

    Raises:
        AddingError: something else is in its place.
    """
    old, is_folder = draft / "old" / target.name, copy.is_dir()
    while True:
        refused = _obstacle(target, is_folder=is_folder)
        if refused:
            raise AddingError(f"{target} {refused}")
        if not is_folder:
            copy.replace(target)
            return
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):
            target.rename(old)
        try:
            copy.rename(target)
            return
        except OSError as error:
            if error.errno not in _TAKEN:
                raise  # else another add has just put its own there


def _obstacle(target: Path, *, is_folder: bool) -> str:
    """Why the upload can't replace what is at the target; empty if it can."""
    while there := _state(target):
        if not stat.S_ISDIR(there.st_mode):
            return "exists and is not an export's folder: move it away first" if is_folder else ""
        if is_folder and uploads.is_export_folder(target):
            return ""
        again = _state(target)
        if again and (again.st_ino, again.st_ctime_ns) == (there.st_ino, there.st_ctime_ns):
            return "is a folder of uploads: rename what you want to add, or put it in that folder"
        # Else another add moved it away while we were checking.
    return ""


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
