"""Adding: a film list, or the folder of an unpacked export, is copied into the watched folder.

What belongs here: what may be added, and that it arrives whole or not at all, whatever else is
added, dropped or killed meanwhile. What does not: which names are uploads (`uploads`), the words of
the command (`commands.cli`).

No link is followed, also none that takes a file's place after it was looked at: what is copied is
what was opened (`outside.files.open_plain`). A copy is made in a hidden folder beside the uploads,
whose lock its maker holds; a folder whose lock is free was left behind by a killed one, and is
removed by the next.
"""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from filelock import FileLock, Timeout

from movie_pipeline import uploads
from movie_pipeline.outside import files

MOST_FOLDERS_DEEP = 20
"""An export has two. Each level takes an open descriptor while it is copied."""

T = TypeVar("T")

_DRAFT = ".adding-"
_CHUNK_BYTES = 1024 * 1024
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}
_LINK = "a symbolic link"
_KINDS = {stat.S_IFLNK: _LINK, stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}


class AddingError(Exception):
    """It can't be added, and nothing has changed; the message says what to do."""


@dataclass(frozen=True)
class Added:
    """What came of it.

    Attributes:
        key: the upload's key.
        new: whether it was copied; else it lay in the watched folder already.
        left_out: what of an export's folder is no file, with what it is.
    """

    key: str
    new: bool = True
    left_out: tuple[str, ...] = ()


def add(source: Path, folder: Path, most_files: int) -> Added:
    """Copy a file or the folder of an unpacked export into the folder of uploads.

    One that is there under the same key is replaced; it stays whole until the new one is.

    Args:
        source: what to add.
        folder: the folder of uploads; made if need be.
        most_files: how many files an export may hold (`exports.Limits.entries`).

    Raises:
        AddingError: it is no upload, can't be read, or can't be written.
    """
    source = Path(os.path.abspath(source))  # noqa: PTH100  # `resolve` would follow a link
    shown = uploads.key_of(Path(source.name))
    is_folder = _looked_at(source, shown)
    with _told(f"{folder} can't be written"):
        files.folder(folder)
        if source.resolve().is_relative_to(folder.resolve()):
            key = uploads.key_of(source.resolve().relative_to(folder.resolve()))
            return Added(key, new=False)
    if is_folder and folder.resolve().is_relative_to(source.resolve()):
        raise AddingError(
            f"{shown} holds the watched folder itself: move the export's files into a folder of"
            " their own, then add that"
        )
    target = uploads.path_of(shown, folder, links=True)
    with _told(f"{folder} can't be written"), files.private, _draft(folder) as draft:
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
    """Remove what killed adds left behind in the folder of uploads, and undo what they began."""
    for draft in folder.glob(f"{_DRAFT}*"):
        if draft.is_symlink() or not draft.is_dir():
            continue
        # Somebody is at work on it, or it is another user's, who will remove it.
        with suppress(Timeout, OSError), FileLock(draft / "lock", timeout=0):
            _end(draft)


def _end(draft: Path) -> None:
    """Remove a draft; an earlier upload that was taken away, and not replaced, is put back.

    The lock goes last: without it, the next add would take what is half removed for an upload.
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


def _looked_at(source: Path, shown: str) -> bool:
    """Whether it is a folder; refuses what can't be an upload.

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
            f"{shown} is passed over by the watched folder, because its name is that of a hidden"
            " or unfinished file: rename it, and add it then"
        )
    try:
        mode = source.lstat().st_mode
        if stat.S_ISDIR(mode):
            if not uploads.is_export_folder(source):
                raise AddingError(
                    f"{shown} is no unpacked export: profile.csv and watched.csv are not in it. Add"
                    " its files one by one, or the ZIP as it was downloaded"
                )
            return True
    except OSError as error:
        raise AddingError(
            f"{shown} can't be read ({error.strerror}): is its name right?"
        ) from error
    if stat.S_ISLNK(mode):
        raise AddingError(f"{shown} is {_LINK}: add the file that it leads to")
    if not stat.S_ISREG(mode):
        raise AddingError(
            f"{shown} is {_kind(mode)}, no file: save what comes from it, and add that file"
        )
    if source.suffix.lower() not in uploads.ACCEPTED:
        raise AddingError(f"{shown}: save it as .csv, .tsv, .txt, .zip or .json")
    return False


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "a device")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Put an error of the system into a sentence."""
    try:
        yield
    except (OSError, Timeout) as error:
        reason = getattr(error, "strerror", None) or "another program holds it"
        raise AddingError(
            f"{what} ({reason}). Nothing was changed: put that right, and add it again"
        ) from error


@contextmanager
def _opened(
    how: Callable[..., AbstractContextManager[T]],
    path: Path | str,
    shown: str,
    at: int | None = None,
) -> Iterator[T]:
    """What `files.open_plain` or `files.open_folder` opens; their errors are told."""
    with ExitStack() as opened:
        with _told(f"{shown} can't be read"):
            it = opened.enter_context(how(path, at=at))
        yield it


def _copy(source: BinaryIO, target: Path, shown: str) -> None:
    """Copy an open file.

    Raises:
        AddingError: it can't be read to its end, or somebody is writing it.
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
    with _told(f"{shown} can't be read"):
        return source.read(_CHUNK_BYTES)


@dataclass
class _Export:
    """An export's folder while it is copied: what is no file is not copied, but noted."""

    shown: str
    most_files: int
    number: int = 0
    left_out: list[str] = field(default_factory=list)

    def copy(self, at: int, target: Path, below: Path = Path()) -> None:
        """Copy the files of one folder, and those of the folders in it, but for hidden ones.

        Args:
            at: the folder's descriptor; nothing is looked up by a path, which may change.
            target: the folder to make.
            below: its path in the export.

        Raises:
            AddingError: it can't be read, or holds too much.
            OSError: the copy can't be written.
        """
        with _told(f"{self.shown} can't be read"):
            names = sorted(os.listdir(at))
        self.number += len(names)
        if self.number > self.most_files or len(below.parts) > MOST_FOLDERS_DEEP:
            raise AddingError(
                f"{self.shown} holds more than {self.most_files} files (limit entries), or folders"
                f" more than {MOST_FOLDERS_DEEP} deep: add the export's folder alone"
            )
        target.mkdir()
        for name in names:
            if uploads.is_passed_over(name):
                continue
            inner = uploads.key_of(Path(self.shown) / below / name)
            with _told(f"{inner} can't be read"):
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
    """A hidden folder to copy into, locked while we are at work, and removed at the end."""
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
        # Another add, which came before our lock, took the draft for left behind.
        shutil.rmtree(draft, ignore_errors=True)
        lock.release()


def _put(copy: Path, target: Path, draft: Path) -> None:
    """Put the copy in its place; an earlier folder is kept until it is there (`_end`).

    Raises:
        AddingError: something else is there.
    """
    old, is_folder = draft / "old" / target.name, copy.is_dir()
    while True:
        refused = _refused(target, is_folder=is_folder)
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


def _refused(target: Path, *, is_folder: bool) -> str:
    """Why nothing may be put in the place of what is there; empty if it may."""
    while there := _state(target):
        if not stat.S_ISDIR(there.st_mode):
            return "is there, and is no export's folder: move it away first" if is_folder else ""
        if is_folder and uploads.is_export_folder(target):
            return ""
        again = _state(target)
        if again and (again.st_ino, again.st_ctime_ns) == (there.st_ino, there.st_ctime_ns):
            return "is a folder of uploads: rename what you want to add, or put it in there"
        # Else another add took it away while it was looked into.
    return ""


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
