"""Kept answers: what TMDB said to a question, so that it is not asked twice.

What belongs here: storing and finding answers by key, and their age. What does not: which
questions there are and how long an answer counts (`client`). A key never holds the secret.

Bodies are compressed: measured on recorded details with credits, 59 kB become 13 kB.
"""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from movie_pipeline.tmdb.store import WAIT_SECONDS, Store

LONGEST_DAYS = 180.0
"""TMDB's terms allow no answer to be kept longer."""

DAY = 86_400.0

# The body comes last, so that a look at an answer's age does not read it.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, status INTEGER NOT NULL, fetched_at REAL NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (fetched_at);
"""


@dataclass(frozen=True)
class Answer:
    """An answer: HTTP status, JSON body as bytes, and when it was given (epoch seconds)."""

    status: int
    body: bytes
    fetched_at: float


class Answers:
    """The kept answers of one data folder; opening them deletes those of more than 180 days.

    Args:
        path: the SQLite file.
        clock: seconds since the epoch.
        wait_seconds: how long to wait for a file that someone else holds.

    Raises:
        StoreError: (from every method) the file can't be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self.clock = clock
        self._store = Store(path, _SCHEMA, wait_seconds)
        with self._store.writing() as connection:
            oldest = clock() - LONGEST_DAYS * DAY
            connection.execute("DELETE FROM answers WHERE fetched_at < ?", (oldest,))

    def get(self, key: str) -> Answer | None:
        """The answer kept under the key, however old, or None."""
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT status, body, fetched_at FROM answers WHERE key = ?", (key,)
            ).fetchone()
        if row is None:
            return None
        try:
            return Answer(row[0], zlib.decompress(row[1]), row[2])
        except zlib.error:
            return None  # a torn page: as good as never asked

    def put(self, key: str, status: int, body: bytes) -> Answer:
        """Keep an answer given now; it replaces an older one."""
        answer = Answer(status, body, self.clock())
        packed = zlib.compress(body, 6)
        with self._store.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO answers (key, status, fetched_at, body)"
                " VALUES (?, ?, ?, ?)",
                (key, status, answer.fetched_at, packed),
            )
        return answer

    def close(self) -> None:
        """Close the file."""
        self._store.close()
