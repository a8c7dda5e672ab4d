"""Remedies: what to do about an unusable warehouse, depending on DuckDB's error.

What belongs here: interpreting DuckDB's errors, and the advice. What does not: files locked by
another program, which we wait for (`database`), and SQLite's files (`sqlite.remedy`).

DuckDB checks a block only when it reads it: a damaged file often opens, and fails at a later query.
"""

from pathlib import Path

import duckdb

from movie_pipeline.settings import DEV

FAULTS = (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException)
"""Errors raised for a damaged file, a full disk or too little memory; others are a query's own."""

_MADE_AGAIN = f"all its rows can be created again ({DEV} does so automatically)"


def first_line(error: BaseException) -> str:
    """The first line of DuckDB's message, without the SQL or the stack trace below it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".!")


def remedy(error: duckdb.Error, file: Path | None) -> str:
    """What to do, in a sentence.

    Args:
        error: DuckDB's error.
        file: the warehouse; None if it is not a file.
    """
    reason = str(error).lower()
    if file is None or file.is_dir():
        return "Check MOVIE_PIPELINE_WAREHOUSE."
    if "permission denied" in reason or "read-only file system" in reason:
        return "Make the file and its folder readable and writable."
    if isinstance(error, duckdb.OutOfMemoryException):
        return "Memory, or disk space for DuckDB's temporary files, ran out: close other programs."
    if "no space left" in reason or "out of disk" in reason or "could not write" in reason:
        return (
            "Free some space on that disk, then run this upload again; its previous rows are still"
            " there."
        )
    if "version number" in reason or "newer duckdb" in reason:
        return (
            "Another version of DuckDB wrote it: install that version, or move the file away and"
            f" run your uploads again: {_MADE_AGAIN}."
        )
    return (
        f"It is damaged, or not ours: move it away, and {file.name}.wal too if it exists; then run"
        f" your uploads again: {_MADE_AGAIN}."
    )
