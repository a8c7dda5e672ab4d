"""The operating system's errors about files, as sentences that say what to do.

What belongs here: the wording. What does not: errors of DuckDB (`warehouse.remedies`) and SQLite
(`sqlite`), which have their own.
"""

import errno

_REMEDIES = {
    errno.EACCES: "make it readable and writable, and its folder too",
    errno.EPERM: "make it readable and writable, and its folder too",
    errno.EROFS: "make its disk writable",
    errno.EISDIR: "there is a folder in its place: move that away",
    errno.ENOTDIR: "there is a file in place of its folder: move that away",
    errno.ENOTEMPTY: "there is a folder in its place: move that away",
    errno.EEXIST: "there is something else in its place: move that away",
    errno.ENOSPC: "free some space on its disk",
    errno.EDQUOT: "free some space on its disk",
    errno.EIO: "its disk is failing: move what can still be read to another one",
    errno.ELOOP: "it is a link to itself: remove it",
}


def explained(error: OSError, after: str = "try again") -> str:
    """Say which file can't be used, why, and what to do.

    Args:
        error: what the system raised.
        after: what the user should do once the cause is fixed.
    """
    what = error.filename2 or error.filename
    if what is None:
        return str(error)
    remedy = _REMEDIES.get(error.errno or 0, "fix that")
    return f"{what} can't be used ({error.strerror}): {remedy}, then {after}."
