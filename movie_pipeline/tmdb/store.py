"""The SQLite file that holds kept answers and the request budget, and how it is opened.

What belongs here: opening, locking and the errors of the file. What does not: what is in it
(`answers`, `budget`).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from movie_pipeline import sqlite

WAIT_SECONDS = 30.0
"""How long a file that another process holds is waited for."""


class StoreError(Exception):
    """The file can't be read or written: a full disk, a read-only folder, a lock that stays."""


class Store:
    """One connection to the file, used by many threads in turn; safe beside other processes.

    Args:
        path: the file; its folder is made if need be.
        schema: ``CREATE … IF NOT EXISTS`` statements of the caller's own tables.
        wait_seconds: how long to wait for a file that someone else holds.

    Raises:
        StoreError: the file can't be opened.
    """

    def __init__(self, path: Path, schema: str, wait_seconds: float = WAIT_SECONDS) -> None:
        self.path = path
        self._wait = wait_seconds
        self._turn = threading.Lock()
        try:
            self._connection = sqlite.connect(path, schema, wait_seconds=wait_seconds, shared=True)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(self._explain(error)) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one SELECT.

        Raises:
            StoreError: the file can't be read.
        """
        # Threads wait side by side: else the sixteenth would wait sixteen times as long.
        if not self._turn.acquire(timeout=self._wait):
            raise StoreError(self._explain("locked"))
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise StoreError(self._explain(error)) from error
        finally:
            self._turn.release()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, or not at all.

        Raises:
            StoreError: the file can't be written, or someone else held it for too long.
        """
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._connection.close()

    def _explain(self, error: Exception | str) -> str:
        reason = str(error)
        if "locked" in reason:
            advice = "another program holds it: close that program"
        elif "full" in reason or "disk I/O" in reason:
            advice = "free some space on that disk"
        elif "readonly" in reason or "unable to open" in reason or isinstance(error, OSError):
            advice = "make it a file in a folder that can be written to"
        else:
            advice = "move the file away; its answers will be asked for again"
        return (
            f"The kept answers in {self.path} can't be used ({reason}): {advice}, then run again."
        )
