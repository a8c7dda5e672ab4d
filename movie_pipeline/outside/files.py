"""Files: what we make is whole and for its owner only; what others put there is no trap.

What belongs here: making folders and files, and opening a file that anybody may have put in its
place. What does not: what is in them, and when (`sqlite`, `warehouse`, `page.publication` and
others).

Privacy is the process's umask, not a mode at each call. The libraries that write for us (DuckDB
and its log, SQLite, Dagster) take their modes from it, nothing is readable for a moment before a
`chmod`, nothing that is there already changes, and the default ACL of a folder, by which its owner
shares it on purpose, counts before it (``man 5 acl``).
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
    """The umask is the process's, not a thread's: the last one to leave sets it back."""

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
"""``with private:`` whatever the process makes meanwhile is for its owner only."""


def folder(path: Path) -> None:
    """Make a folder, and those above it, for its owner only; one that is there stays as it is.

    Raises:
        OSError: it can't be made.
    """
    with private:
        path.mkdir(parents=True, exist_ok=True)


def draft_of(path: Path) -> Path:
    """Where `write` writes first; if it is killed, the next one removes that."""
    return path.with_name(f".{path.name}.new")


def write(path: Path, content: bytes, *, as_it_was: bool = False) -> None:
    """Write a file whole or not at all, for its owner only.

    Args:
        path: the file; its folder is made if need be.
        content: what is to be in it.
        as_it_was: whether the file that it replaces hands on its mode and its owner.

    Raises:
        OSError: it can't be written; the file is as it was.
    """
    draft = draft_of(path)
    folder(path.parent)
    draft.unlink(missing_ok=True)  # its mode, or what a link leads to, would be another's choice
    with private, draft.open("xb") as file:
        file.write(content)
    if as_it_was:
        shutil.copymode(path, draft)
        with suppress(OSError, AttributeError):  # only root can hand a file to its owner
            before = path.stat()
            os.chown(draft, before.st_uid, before.st_gid)
    draft.replace(path)


def open_plain(
    path: Path | str, *, links: bool = False, below: Path | None = None, at: int | None = None
) -> BufferedReader:
    """Open a regular file to read; a pipe is not waited for, a device not touched.

    Args:
        path: the file.
        links: whether it may be a symbolic link (the user's own files may).
        below: a folder above it; nothing between the two may be a symbolic link.
        at: the descriptor of the folder that the path starts from.

    Raises:
        OSError: it can't be opened, or it is no regular file.
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
        _refuse_odd(os.fstat(handle), path)  # something else may have taken its place
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _refuse_odd(status: os.stat_result, path: Path | str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))


@contextmanager
def open_folder(path: Path | str, *, at: int | None = None) -> Iterator[int]:
    """A folder's descriptor, to look up names in what is opened and not in what its path leads to.

    Raises:
        OSError: it can't be opened, or it is no folder, or a link to one.
    """
    handle = os.open(path, os.O_RDONLY | _NO_LINK | getattr(os, "O_DIRECTORY", 0), dir_fd=at)
    try:
        yield handle
    finally:
        os.close(handle)


def is_plain(path: Path) -> bool:
    """Whether a path is a regular file itself, and no link to one.

    Raises:
        OSError: it can't be looked at.
    """
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def others_read(path: Path) -> bool:
    """Whether a file's mode lets other users of this machine read it; Windows has no such modes."""
    try:
        return os.name != "nt" and path.is_file() and bool(path.stat().st_mode & _OTHERS_READ)
    except OSError:
        return False
