"""Files: we write them whole and private to their owner, and open those of others safely.

What belongs here: creating folders and files, and opening a file that anyone may have replaced.
What does not: what is in them and when they are written (`sqlite`, `warehouse`, `page.publication`
and others).

Privacy comes from the process's umask, not from a mode passed to each call. The libraries that
write for us (DuckDB and its log, SQLite, Dagster) take their modes from the umask, no file is
readable for a moment before a `chmod`, and files that already exist keep their modes. The default
ACL of a folder, which its owner sets to share it on purpose, takes precedence over the umask
(``man 5 acl``).
"""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from pathlib import Path

OWNER_ONLY = 0o077
"""The umask that makes folders 0700 and files 0600."""

_LOOKS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


class _OwnerOnly:
    """The umask belongs to the process, not to a thread: the last thread to leave restores it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._inside = 0
        self._before = 0

    def __enter__(self) -> None:
        with self._turn:
            if not self._inside:
                self._before = os.umask(OWNER_ONLY)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._turn:
            self._inside -= 1
            if not self._inside:
                os.umask(self._before)


private = _OwnerOnly()
"""``with private:`` everything that the process creates meanwhile is private to its owner."""


def folder(path: Path) -> None:
    """Create a folder and its parents, private to their owner; existing ones do not change.

    Raises:
        OSError: it can't be created.
    """
    with private:
        path.mkdir(parents=True, exist_ok=True)


def draft_of(path: Path) -> Path:
    """The temporary file that `write` fills first; if it is killed, the next `write` removes it."""
    return path.with_name(f".{path.name}.new")


def write(path: Path, content: bytes, *, as_it_was: bool = False) -> None:
    """Write a file atomically, private to its owner.

    Args:
        path: the file; its folder is created if needed.
        content: the new content.
        as_it_was: whether to keep the mode and the owner of the file that it replaces.

    Raises:
        OSError: it can't be written; the file has not changed.
    """
    draft = draft_of(path)
    folder(path.parent)
    draft.unlink(missing_ok=True)  # someone else may have chosen its mode, or made it a link
    with private, draft.open("xb") as file:
        file.write(content)
    if as_it_was:
        shutil.copymode(path, draft)
        with suppress(OSError, AttributeError):  # only root can change a file's owner
            before = path.stat()
            os.chown(draft, before.st_uid, before.st_gid)
    draft.replace(path)


def open_plain(
    path: Path | str, *, links: bool = False, below: Path | None = None, at: int | None = None
) -> BufferedReader:
    """Open a regular file for reading, without waiting for a pipe or touching a device.

    Args:
        path: the file.
        links: whether it may be a symbolic link (the user's own files may).
        below: a folder above it; nothing between the two may be a symbolic link.
        at: the descriptor of the folder that the path is relative to.

    Raises:
        OSError: it can't be opened, or it is not a regular file.
    """
    if below is not None and os.open in os.supports_dir_fd:
        *folders, name = Path(path).relative_to(below).parts
        with ExitStack() as opened:
            here = opened.enter_context(open_folder(below.resolve()))
            for one in folders:
                here = opened.enter_context(open_folder(one, at=here))
            return open_plain(name, at=here)
    _refuse_odd(os.stat(path, dir_fd=at, follow_symlinks=links), path)
    handle = os.open(path, _LOOKS | (0 if links else _NO_LINK), dir_fd=at)
    try:
        _refuse_odd(os.fstat(handle), path)  # it may have been replaced since
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _refuse_odd(status: os.stat_result, path: Path | str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


@contextmanager
def open_folder(path: Path | str, *, at: int | None = None) -> Iterator[int]:
    """Open a folder; names looked up by its descriptor are in it even if its path is replaced.

    Raises:
        OSError: it can't be opened, is not a folder, or is a link to one.
    """
    handle = os.open(path, os.O_RDONLY | _NO_LINK | getattr(os, "O_DIRECTORY", 0), dir_fd=at)
    try:
        yield handle
    finally:
        os.close(handle)


def is_plain(path: Path) -> bool:
    """Whether a path is a regular file itself, not a link to one.

    Raises:
        OSError: its status can't be read.
    """
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def others_read(path: Path) -> bool:
    """Whether a file's mode lets other users of this machine read it (never so on Windows)."""
    try:
        return os.name != "nt" and path.is_file() and bool(path.stat().st_mode & _OTHERS_READ)
    except OSError:
        return False
