"""The SQLite file that holds kept answers and the request budget, and how it is opened.

What belongs here: opening, locking and the errors of the file. What does not: what is in it
(`answers`, `budget`).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAIT_SECONDS = 30.0


class StoreError(Exception):
    """The file can't be read or written: a full disk, a read-only folder, a lock that stays."""


class Store:
    """One connection to the file, used by many threads in turn; safe beside other processes.

    Args:
        path: the file; its folder is made if need be.
        schema: ``CREATE TABLE IF NOT EXISTS`` statements of the caller's own tables.

    Raises:
        StoreError: the file can't be opened.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            # Durable to a killed process; a power cut may cost the last seconds' answers.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(schema)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(self._explain(error)) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one SELECT.

        Raises:
            StoreError: the file can't be read.
        """
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise StoreError(self._explain(error)) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, or not at all.

        Raises:
            StoreError: the file can't be written, or another process held it for 30 seconds.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreError(self._explain(error)) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _explain(self, error: Exception) -> str:
        reason = str(error)
        if "locked" in reason:
            advice = "another program holds it: close that program"
        elif "full" in reason or "disk I/O" in reason:
            advice = "free some space on that disk"
        elif "readonly" in reason or "unable to open" in reason or isinstance(error, OSError):
            advice = "make the folder writable"
        else:
            advice = "move the file away; its answers will be asked for again"
        return (
            f"The kept answers in {self.path} can't be used ({reason}): {advice}, then run again."
        )
