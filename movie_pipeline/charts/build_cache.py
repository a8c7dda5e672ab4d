"""Kept files: what is the same for every upload and takes seconds to make, made once per version.

What belongs here: keeping one text in one file of its own. What does not: what it is about (the
page's JavaScript, the compiled charts), which also chooses a name that changes with the text.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from movie_pipeline.outside import files

_WAIT_SECONDS = 60.0


def kept(file: Path, make: Callable[[], str]) -> bytes:
    """Return a text as gzipped UTF-8: from the file, else made and put into it.

    A file that cannot be read is made anew, and a folder that cannot be written costs time only.

    Args:
        file: Where it lies; another text needs another name.
        make: Makes the text.
    """
    packed = _read(file)
    if packed is None:
        with _one_at_a_time(file.with_name(".making.lock")):
            packed = _read(file)
            if packed is None:
                packed = gzip.compress(make().encode(), mtime=0)
                with suppress(OSError):
                    files.write(file, packed)
    return packed


def _read(file: Path) -> bytes | None:
    try:
        packed = file.read_bytes()
        # A torn file, or an empty one, must not become a page that shows nothing.
        return packed if gzip.decompress(packed) else None
    except (OSError, EOFError, zlib.error):
        return None


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Four runs that begin together wait for the one that makes it; better twice than never."""
    held = FileLock(lock, timeout=_WAIT_SECONDS)
    with suppress(OSError, Timeout):
        files.folder(lock.parent)
        with files.private:
            held.acquire()
    try:
        yield
    finally:
        held.release()
