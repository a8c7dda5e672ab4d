"""The system's errors about files, as sentences that say what to do.

What belongs here: the words. What does not: errors of DuckDB (`warehouse.remedies`) and SQLite
(`sqlite`), which have words of their own.
"""

import errno

_REMEDIES = {
    errno.EACCES: "make it readable and writable, and its folder too",
    errno.EPERM: "make it readable and writable, and its folder too",
    errno.EROFS: "make its disk writable",
    errno.EISDIR: "a folder stands in its place: move that away",
    errno.ENOTDIR: "a file stands in the place of its folder: move that away",
    errno.ENOTEMPTY: "a folder stands in its place: move that away",
    errno.EEXIST: "something else stands in its place: move that away",
    errno.ENOSPC: "free some space on its disk",
    errno.EDQUOT: "free some space on its disk",
    errno.EIO: "its disk fails: move what can be read to another one",
    errno.ELOOP: "it is a link to itself: remove it",
}


def told(error: OSError, after: str = "try again") -> str:
    """What happened to which file, and what to do.

    Args:
        error: the system's.
        after: what to do once that is done.
    """
    what = error.filename2 or error.filename
    if what is None:
        return str(error)
    remedy = _REMEDIES.get(error.errno or 0, "put that right")
    return f"{what} can't be used ({error.strerror}): {remedy}, then {after}."
