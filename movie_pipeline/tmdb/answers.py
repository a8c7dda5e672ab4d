"""Kept answers: what TMDB said to a question, so that it is not asked twice.

What belongs here: storing and finding answers by key, and their age. What does not: which
questions there are and how long an answer counts (`client`). A key never holds the secret.

Bodies are compressed: measured on recorded details with credits, 59 kB become 13 kB.
"""

import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from movie_pipeline.tmdb.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, status INTEGER NOT NULL, fetched_at REAL NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Answer:
    """An answer: HTTP status, JSON body as bytes, and when it was given (epoch seconds)."""

    status: int
    body: bytes
    fetched_at: float


class Answers:
    """The kept answers of one data folder.

    Raises:
        StoreError: (from every method) the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self._store = Store(path, _SCHEMA)

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
        answer = Answer(status, body, time.time())
        packed = zlib.compress(body, 6)
        with self._store.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
                (key, status, answer.fetched_at, packed),
            )
        return answer

    def close(self) -> None:
        """Close the file."""
        self._store.close()
