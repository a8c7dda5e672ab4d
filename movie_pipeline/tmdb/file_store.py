"""A store in one SQLite file, for all processes on one machine.

What belongs here: the file's tables, its locking and its errors. What does not: opening SQLite
files (`movie_pipeline.sqlite`), the meaning of the stored data (`answers`, `budget`).
"""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from movie_pipeline import sqlite
from movie_pipeline.settings import LONGEST_DAYS
from movie_pipeline.tmdb.answers import digest
from movie_pipeline.tmdb.bounds import MOST_PACKED
from movie_pipeline.tmdb.store import DAY, WAIT_SECONDS, Kept, StoreError, T

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, status INTEGER NOT NULL, fetched_at REAL NOT NULL, body BLOB NOT NULL,
    language TEXT
);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (fetched_at);
CREATE TABLE IF NOT EXISTS claims (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS budget (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL);
"""

_MOVE_AWAY = "move the file away (its answers will be requested again)"
_GET = """
SELECT status, fetched_at, coalesce(language, ''), body FROM answers
WHERE key = ? AND typeof(status) = 'integer' AND typeof(fetched_at) = 'real'
    AND typeof(language) IN ('text', 'null') AND typeof(body) = 'blob' AND length(body) <= ?
"""
_READABLE = "(key >= 'g' OR key >= ':' AND key < 'a')"  # begins like an address, unlike any digest
_DETAILS = re.compile(r"/movie/[^/]*\?append_to_response=")


class FileStore:
    """One connection to the file, used by many threads in turn; a `Store`.

    Opening deletes answers older than 180 days, and migrates a file of an earlier version.

    Args:
        path: the file; its folder is created if necessary.
        clock: seconds since the epoch.
        wait_seconds: how long to wait while another process holds the lock.

    Raises:
        StoreError: the file can't be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self.path = path
        self.now = clock
        self._wait = wait_seconds
        self._turn = threading.Lock()
        try:
            self._connection = sqlite.connect(path, _SCHEMA, wait_seconds=wait_seconds, shared=True)
        except sqlite.ERRORS as error:
            raise StoreError(self._explain(error)) from error
        with self._writing() as connection:
            _migrate(connection)
            connection.execute(
                "DELETE FROM answers WHERE fetched_at < ?", (clock() - LONGEST_DAYS * DAY,)
            )
            connection.execute("DELETE FROM claims WHERE until <= ?", (clock(),))

    def get(self, key: str) -> Kept | None:
        """What was last put under the key; None if it is damaged or too large."""
        with self._reading() as connection:
            row = connection.execute(_GET, (key, MOST_PACKED)).fetchone()
        return Kept(*row) if row else None

    def put(self, key: str, kept: Kept, owner: str) -> None:
        """Put it under the key, replacing what is there, and release this owner's claim."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO answers (key, status, fetched_at, language, body)"
                " VALUES (?, ?, ?, ?, ?)",
                (key, kept.status, kept.fetched_at, kept.language or None, kept.body),
            )
            connection.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, owner))

    def keep_only(self, kind: str, needed: Collection[str]) -> None:
        """Delete, beyond recovery, what is under keys that end in `kind`, but the needed ones."""
        with self._reading() as connection:
            connection.execute("PRAGMA secure_delete = ON")
        with self._writing() as connection:
            found = connection.execute(
                "SELECT key FROM answers WHERE substr(key, ?) = ?", (-len(kind), kind)
            ).fetchall()
            gone = [(key,) for (key,) in found if key not in needed]
            connection.executemany("DELETE FROM answers WHERE key = ?", gone)
        with self._reading() as connection:
            connection.execute("PRAGMA secure_delete = OFF")
            if gone:  # what was overwritten in the file is still in the log beside it
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def claim(self, key: str, owner: str, seconds: float) -> bool:
        """Claim the key for so long; returns False if another owner's claim is still valid."""
        with self._writing() as connection:
            now = self.now()
            # A claim that ends impossibly late was made before the clock was set back.
            claimed = connection.execute(
                "INSERT INTO claims VALUES (:key, :owner, :until)"
                " ON CONFLICT (key) DO UPDATE SET owner = :owner, until = :until"
                " WHERE owner = :owner OR until <= :now OR until > :until",
                {"key": key, "owner": owner, "now": now, "until": now + seconds},
            )
            return claimed.rowcount == 1

    def release(self, key: str, owner: str) -> None:
        """Release a claim, if this owner has it."""
        with self._writing() as connection:
            connection.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, owner))

    def change(self, change: Callable[[float, str | None], tuple[str, T]]) -> T:
        """Change the budget's state, in one transaction."""
        with self._writing() as connection:
            row = connection.execute("SELECT state FROM budget").fetchone()
            state, result = change(self.now(), row[0] if row else None)
            connection.execute("INSERT OR REPLACE INTO budget VALUES (1, ?)", (state,))
            return result

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one SELECT."""
        # Threads wait at the same time: else the sixteenth would wait sixteen times as long.
        if not self._turn.acquire(timeout=self._wait):
            raise StoreError(self._explain("locked"))
        try:
            yield self._connection
        except sqlite.ERRORS as error:
            raise StoreError(self._explain(error)) from error
        finally:
            self._turn.release()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, or not at all."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _explain(self, error: Exception | str) -> str:
        advice = sqlite.remedy(error, otherwise=_MOVE_AWAY)
        return (
            f"The cached answers in {self.path} can't be used ({error}): {advice}, then run again."
        )


def _migrate(connection: sqlite3.Connection) -> None:
    """Migrate a file of an earlier version, whose keys are readable.

    In version 0.1 details had their language in the key. Its tables `pace` and `sent` stay: a run
    of that version may be active now, and what it stores will be migrated the next time.
    """
    columns = {row[1] for row in connection.execute("PRAGMA table_info(answers)")}
    if "language" not in columns:
        connection.execute("ALTER TABLE answers ADD COLUMN language TEXT")
    readable = connection.execute(
        f"SELECT key FROM answers WHERE {_READABLE}"
        " ORDER BY +fetched_at"  # if a film is there in two languages, the newer entry stays
    ).fetchall()
    if not readable:
        return
    connection.execute("PRAGMA secure_delete = ON")  # overwrites the keys, which contain titles
    for (key,) in readable:
        question, parted, language = key.rpartition("&language=")
        if not (parted and _DETAILS.search(question)):
            question, language = key, ""
        connection.execute(
            "UPDATE OR REPLACE answers SET key = ?, language = coalesce(?, language) WHERE key = ?",
            (digest(question), language or None, key),
        )
    connection.execute("PRAGMA secure_delete = OFF")
