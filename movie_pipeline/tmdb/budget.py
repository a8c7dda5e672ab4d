"""The request budget: when the next request may go out, for every process on a data folder.

Each request reserves the next free slot of one common time line in the SQLite file, so requests
of all processes and threads are evenly spaced and first come, first served. A process never has
more slots reserved than it has threads, so a newcomer waits for a fraction of a second and then
shares evenly. Nothing is held while a slot is waited for: a killed process costs its slots only.

A 429 pauses everyone for as long as TMDB says. Two within ten seconds halve the rate, which climbs
back by 2 requests a second each second (additive increase, multiplicative decrease, as TCP does;
Chiu and Jain, 1989).
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

from movie_pipeline.tmdb.store import WAIT_SECONDS, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pace (
    id INTEGER PRIMARY KEY CHECK (id = 1), seen_at REAL NOT NULL, next_at REAL NOT NULL,
    paused_until REAL NOT NULL, limited_at REAL NOT NULL, rate REAL NOT NULL
);
INSERT OR IGNORE INTO pace VALUES (1, 0, 0, 0, -1e9, 1e9);
"""

PACE = 0.985
"""The share of the limit that is used. Measured: 39.4 of 40 meets no 429, 40 of 40 meets 2 %."""

LONGEST_PAUSE = 300.0
"""Seconds after which one request tries again, whatever a Retry-After said."""

_CLIMB = 2.0
_HALVE_WITHIN = 10.0
_LEAST_RATE = 1.0


@dataclass
class _Pace:
    """The shared state; times are seconds since the epoch, the rate is requests a second."""

    seen_at: float
    next_at: float
    paused_until: float
    limited_at: float
    rate: float


class Budget:
    """Slots for requests, at most ``per_second`` of them in any second.

    Args:
        path: the SQLite file shared by all processes.
        per_second: the limit.
        clock: seconds since the epoch (one clock for all processes).
        wait_seconds: how long to wait for a file that someone else holds.

    Raises:
        StoreError: (from every method) the file can't be used.
    """

    def __init__(
        self,
        path: Path,
        per_second: float,
        clock: Callable[[], float] = time.time,
        *,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._store = Store(path, _SCHEMA, wait_seconds)
        self._limit = per_second * PACE
        self._clock = clock

    def acquire(self, sleep: Callable[[float], object] = time.sleep) -> None:
        """Wait, by ``sleep``, until a request may go out."""
        while True:
            slot, wait = self._reserve()
            if wait <= 0:
                return
            sleep(wait)
            if slot >= self._paused_until():  # else everyone was paused while we slept
                return

    def limited(self, retry_after: float) -> None:
        """TMDB answered 429: nobody asks for that many seconds (at most `LONGEST_PAUSE`)."""
        with self._store.writing() as connection:
            now, pace = self._now(connection)
            # Requests that were under way when the pause began say the same thing once more.
            if now >= pace.paused_until:
                if now - pace.limited_at <= _HALVE_WITHIN:
                    pace.rate = max(_LEAST_RATE, pace.rate / 2)
                pace.limited_at = now
            pace.paused_until = max(pace.paused_until, now + min(retry_after, LONGEST_PAUSE))
            _store(connection, pace)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _reserve(self) -> tuple[float, float]:
        """The next free slot, now taken, and the seconds until then."""
        with self._store.writing() as connection:
            now, pace = self._now(connection)
            slot = max(now, pace.next_at, pace.paused_until)
            pace.next_at = slot + 1.0 / pace.rate
            _store(connection, pace)
        return slot, slot - now

    def _paused_until(self) -> float:
        with self._store.reading() as connection:
            row = connection.execute("SELECT paused_until FROM pace").fetchone()
        return float(row[0])

    def _now(self, connection: sqlite3.Connection) -> tuple[float, _Pace]:
        """The time, and the pace brought up to it. Only inside a transaction."""
        pace = _Pace(
            *connection.execute(
                "SELECT seen_at, next_at, paused_until, limited_at, rate FROM pace"
            ).fetchone()
        )
        now = self._clock()
        if now < pace.seen_at:  # the clock was set back: so is all that was planned by it
            back = pace.seen_at - now
            pace.next_at -= back
            pace.paused_until -= back
            pace.limited_at -= back
            pace.seen_at = now
        pace.rate = min(self._limit, pace.rate + _CLIMB * (now - pace.seen_at))
        pace.seen_at = now
        return now, pace


def _store(connection: sqlite3.Connection, pace: _Pace) -> None:
    connection.execute(
        "UPDATE pace SET seen_at = ?, next_at = ?, paused_until = ?, limited_at = ?, rate = ?",
        astuple(pace),
    )
