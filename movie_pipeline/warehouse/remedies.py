"""Remedies: what to do about a warehouse that can't be used, by what DuckDB says of it.

What belongs here: reading DuckDB's errors, and the advice. What does not: whether another program
holds the file, which is waited for (`warehouse`), and SQLite's files (`sqlite.remedy`).

DuckDB checks each block when it reads it: a damaged file often opens, and fails at a later query.
"""

from pathlib import Path

import duckdb

FAULTS = (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException)
"""What a damaged file, a full disk or too little memory raise; other errors are of a query."""

_MADE_AGAIN = "every row of it can be made again (make dev does it by itself)"


def first_line(error: BaseException) -> str:
    """The sentence of DuckDB's message, without the SQL or the stack that it shows below."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".!")


def remedy(error: duckdb.Error, file: Path | None) -> str:
    """What to do, in a sentence.

    Args:
        error: what DuckDB says.
        file: the warehouse; None where it is no file.
    """
    reason = str(error).lower()
    if file is None or file.is_dir():
        return "Is MOVIE_PIPELINE_WAREHOUSE right?"
    if "permission denied" in reason or "read-only file system" in reason:
        return "Make it readable and writable, and its folder too."
    if isinstance(error, duckdb.OutOfMemoryException):
        return "Close other programs: there is too little memory, or room for DuckDB's own files."
    if "no space left" in reason or "out of disk" in reason or "could not write" in reason:
        return (
            "Free some space on that disk, then run this upload again; its former rows are still"
            " there."
        )
    if "version number" in reason or "newer duckdb" in reason:
        return (
            "Another version of DuckDB wrote it: install that one, or move the file away and run"
            f" your uploads again: {_MADE_AGAIN}."
        )
    return (
        f"It is damaged, or none of ours: move it away, and {file.name}.wal if that is there; then"
        f" run your uploads again: {_MADE_AGAIN}."
    )
