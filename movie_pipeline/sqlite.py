"""SQLite files that several processes write at once: opening ours, and scrubbing any of them.

What belongs here: the connection, SQLite's handling of a file, and the advice for an unusable file.
What does not: the contents of a file, and what is lost with it (`status.store`, `tmdb.file_store`,
`instance`).
"""

import sqlite3
from pathlib import Path

import tenacity

from movie_pipeline.outside import files


def connect(
    path: Path, schema: str, *, wait_seconds: float, shared: bool = False
) -> sqlite3.Connection:
    """Open the file, readable by its owner only, and create its folder and tables if necessary.

    Commits survive a killed process; a power failure may lose those of the last seconds.

    Args:
        path: the file.
        schema: ``CREATE … IF NOT EXISTS`` statements.
        wait_seconds: how long to wait while another process holds the lock.
        shared: whether several threads use the connection, in turn.

    Raises:
        sqlite3.Error: it can't be opened.
        OSError: its folder can't be created.
    """

    def attempt() -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, timeout=wait_seconds, isolation_level=None, check_same_thread=not shared
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(schema)
        except BaseException:
            connection.close()
            raise
        return connection

    files.folder(path.parent)
    # SQLite itself waits for every lock except the one needed for the switch to WAL. The WAL beside
    # the file gets the file's mode.
    with files.private:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: "locked" in str(error)),
            wait=tenacity.wait_random(0.01, 0.1),
            stop=tenacity.stop_after_delay(wait_seconds),
            reraise=True,
        )(attempt)


ERRORS = (sqlite3.Error, OSError, UnicodeError)
"""Errors raised for an unusable file; if it is damaged, even SQLite's message may not decode."""


def remedy(error: BaseException | str, *, otherwise: str) -> str:
    """What to do about an unusable file, depending on the error of SQLite or the system.

    Args:
        error: the error, or its message.
        otherwise: what to do if the file is damaged, or not a SQLite file.
    """
    reason = str(error).lower()
    if "locked" in reason:
        return "another program holds it: close that program"
    if "full" in reason or "no space" in reason:
        return "free some space on its disk"
    if "disk i/o" in reason:  # a full disk, a failing one, or a truncated file
        return f"free some space on its disk; if there is enough, {otherwise}"
    if "readonly" in reason or "read-only" in reason:
        return f"make it and its folder writable; if it can be written to already, {otherwise}"
    if "unable to open" in reason or isinstance(error, OSError):
        return "make sure that it is a file that can be read and written to, in a writable folder"
    return otherwise


def scrub(connection: sqlite3.Connection) -> None:
    """Rewrite the file without deleted data, which SQLite keeps until it reuses the space.

    Raises:
        sqlite3.Error: the file stays locked for longer than the connection waits, or there is no
            disk space for a second copy.
    """
    connection.execute("VACUUM")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("database is locked by a reader")
