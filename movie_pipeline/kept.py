"""Kept files: what is the same for every upload and takes seconds to make, made once per version.

What belongs here: keeping one text in one file of its own. What does not: what it is about (the
page's JavaScript, the compiled charts), which also chooses a name that changes with the text.
"""

import gzip
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path


def kept(file: Path, make: Callable[[], str]) -> bytes:
    """Return a text as gzipped UTF-8: from the file, else made and put into it.

    A file that cannot be read is made anew, and a folder that cannot be written costs time only.

    Args:
        file: Where it lies; another text needs another name.
        make: Makes the text.
    """
    try:
        packed = file.read_bytes()
        gzip.decompress(packed)  # a torn file must not become a page that shows nothing
    except (OSError, EOFError, zlib.error):
        packed = gzip.compress(make().encode(), mtime=0)
        _keep(packed, file)
    return packed


def _keep(packed: bytes, file: Path) -> None:
    """Write beside and rename: another process never reads half a file."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as draft:
                draft.write(packed)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return
