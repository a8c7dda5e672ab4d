"""Cached files: what is the same for every upload and takes seconds to make, made once per version.

What belongs here: caching one text in a file of its own. What does not: the text (the page's
JavaScript, the compiled charts); its module also chooses a file name that changes with the text.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from movie_pipeline.outside import files

_WAIT_SECONDS = 60.0


def cached(file: Path, make: Callable[[], str]) -> bytes:
    """Return a text as gzipped UTF-8, from the file if possible; otherwise make and store it.

    An unreadable file is replaced, and an unwritable folder only costs time.

    Args:
        file: The cache file; a different text needs a different name.
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
        # A truncated or empty file must not lead to a page that shows nothing.
        return packed if gzip.decompress(packed) else None
    except (OSError, EOFError, zlib.error):
        return None


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Let runs that start together wait for the first one to make it; on timeout, make it too."""
    held = FileLock(lock, timeout=_WAIT_SECONDS)
    with suppress(OSError, Timeout):
        files.folder(lock.parent)
        with files.private:
            held.acquire()
    try:
        yield
    finally:
        held.release()
