"""SQLite files that several processes write at once: how ours are opened, and any is scrubbed.

What belongs here: the connection, what SQLite does to a file, and what to do about one that can't
be used. What does not: what is in a file, and what is lost with it (`status.store`,
`tmdb.file_store`, `instance`).
"""

import sqlite3
from pathlib import Path

import tenacity

from movie_pipeline.outside import files


def connect(
    path: Path, schema: str, *, wait_seconds: float, shared: bool = False
) -> sqlite3.Connection:
    """Open the file, making its folder and its tables if need be, for its owner only.

    Durable to a killed process; a power cut may cost the last seconds.

    Args:
        path: the file.
        schema: ``CREATE … IF NOT EXISTS`` statements.
        wait_seconds: how long to wait for a file that someone else holds.
        shared: whether several threads use the connection, in turn.

    Raises:
        sqlite3.Error: it can't be opened.
        OSError: its folder can't be made.
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
    # SQLite itself waits for every lock but the one that the change to WAL needs. Its log beside
    # the file takes the file's mode.
    with files.private:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: "locked" in str(error)),
            wait=tenacity.wait_random(0.01, 0.1),
            stop=tenacity.stop_after_delay(wait_seconds),
            reraise=True,
        )(attempt)


ERRORS = (sqlite3.Error, OSError, UnicodeError)
"""What a file that can't be used raises; of a damaged one Python may not even read the message."""


def remedy(error: BaseException | str, *, otherwise: str) -> str:
    """What to do about a file that can't be used, by what SQLite or the system says of it.

    Args:
        error: what they say.
        otherwise: what to do about one that is damaged, or no SQLite file.
    """
    reason = str(error).lower()
    if "locked" in reason:
        return "another program holds it: close that program"
    if "full" in reason or "no space" in reason:
        return "free some space on its disk"
    if "disk i/o" in reason:  # of a full disk, of a failing one, and of a file that was cut off
        return f"free some space on its disk; where there is enough, {otherwise}"
    if "readonly" in reason or "read-only" in reason:
        return f"make it a file in a folder that can be written to; where it is one, {otherwise}"
    if "unable to open" in reason or isinstance(error, OSError):
        return "make it a file that can be read and written to, and make its folder writable"
    return otherwise


def scrub(connection: sqlite3.Connection) -> None:
    """Write the file anew without what was deleted, which SQLite keeps until it needs the room.

    Raises:
        sqlite3.Error: somebody holds the file for as long as the connection waits, or there is no
            room for it twice.
    """
    connection.execute("VACUUM")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("database is locked by a reader")
