"""The request budget: when the next request may go out, for every process on a data folder.

Each request reserves the next free slot of one common time line in the SQLite file, so requests
of all processes and threads are evenly spaced and first come, first served. Only the first 50 of
a run take the slots of those who have had theirs: a small upload doesn't wait for large ones.
Nothing is held while a slot is waited for: a killed process costs its slots only.

On a busy machine threads wake late, and evenly spaced slots go out in bunches. So each request
also checks in when it really goes out, and waits if a second's worth of them did so just now.

A 429 pauses everyone for as long as TMDB says. Two within ten seconds halve the rate, which climbs
back by 2 requests a second each second (additive increase, multiplicative decrease, as TCP does;
Chiu and Jain, 1989).
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from movie_pipeline.tmdb.store import WAIT_SECONDS, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pace (
    id INTEGER PRIMARY KEY CHECK (id = 1), seen_at REAL NOT NULL, next_at REAL NOT NULL,
    next_first_at REAL NOT NULL, paused_until REAL NOT NULL, limited_at REAL NOT NULL,
    rate REAL NOT NULL
);
INSERT OR IGNORE INTO pace VALUES (1, 0, 0, 0, 0, -1e9, 1e9);
CREATE TABLE IF NOT EXISTS sent (at REAL NOT NULL);
"""

PACE = 0.975
"""The share of the limit that is used; the rest makes up for threads that wake late."""

SECOND = 1.015
"""Seconds in which no more than the limit go out: TMDB's second, and some for the way there."""

LONGEST_PAUSE = 300.0
"""Seconds after which one request tries again, whatever a Retry-After said."""

_FIRST = 50
_CLIMB = 2.0
_HALVE_WITHIN = 10.0
_LEAST_RATE = 1.0


@dataclass
class _Pace:
    """The shared state; times are seconds since the epoch, the rate is requests a second."""

    seen_at: float
    next_at: float
    next_first_at: float
    paused_until: float
    limited_at: float
    rate: float


class Budget:
    """Slots for the requests of one run, at most ``per_second`` in any second for all runs.

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
        self._rate = per_second * PACE
        self._in_a_second = max(1, int(per_second))
        self._asked = 0
        self._clock = clock

    def acquire(self, sleep: Callable[[float], object] = time.sleep) -> None:
        """Wait, by ``sleep``, until a request may go out."""
        for seconds in self.waits():
            sleep(seconds)

    def waits(self) -> Iterator[float]:
        """The waits in seconds, one after the other, after which a request may go out."""
        with self._store.writing() as connection:
            first = self._asked < _FIRST
            self._asked += 1
            now, pace = self._now(connection)
            turn: tuple[float, float] | None = _next_slot(connection, now, pace, first)
        while turn is not None:
            slot, wait = turn
            if wait > 0:
                yield wait
            turn = self._check_in(slot, first)

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

    def _check_in(self, slot: float, first: bool) -> tuple[float, float] | None:
        """None if the request may go out now; else its slot, perhaps a new one, and a wait."""
        with self._store.writing() as connection:
            now, pace = self._now(connection)
            taken_until = 0.0 if first else pace.next_first_at
            if slot < max(taken_until, pace.paused_until):
                # While we slept, somebody's first requests took the slot, or everyone was paused.
                return _next_slot(connection, now, pace, first)
            connection.execute("DELETE FROM sent WHERE at <= ? OR at > ?", (now - SECOND, now))
            row = connection.execute(
                "SELECT at FROM sent ORDER BY at DESC LIMIT 1 OFFSET ?", (self._in_a_second - 1,)
            ).fetchone()
            if row is not None:
                return slot, max(0.001, row[0] + SECOND - now)
            connection.execute("INSERT INTO sent VALUES (?)", (now,))
            return None

    def _now(self, connection: sqlite3.Connection) -> tuple[float, _Pace]:
        """The time, and the pace brought up to it. Only inside a transaction."""
        pace = _Pace(
            *connection.execute(
                "SELECT seen_at, next_at, next_first_at, paused_until, limited_at, rate FROM pace"
            ).fetchone()
        )
        now = self._clock()
        if now < pace.seen_at:  # the clock was set back: so is all that was planned by it
            back = pace.seen_at - now
            pace.next_at -= back
            pace.next_first_at -= back
            pace.paused_until -= back
            pace.limited_at -= back
            pace.seen_at = now
        pace.rate = min(self._rate, pace.rate + _CLIMB * (now - pace.seen_at))
        pace.seen_at = now
        return now, pace


def _next_slot(
    connection: sqlite3.Connection, now: float, pace: _Pace, first: bool
) -> tuple[float, float]:
    """The next free slot, now taken, and the seconds until then."""
    gap = 1.0 / pace.rate
    slot = max(now, pace.paused_until, pace.next_first_at)
    if first:
        pace.next_first_at = slot + gap
    else:
        slot = max(slot, pace.next_at)
        pace.next_at = slot + gap
    _store(connection, pace)
    return slot, slot - now


def _store(connection: sqlite3.Connection, pace: _Pace) -> None:
    connection.execute(
        "UPDATE pace SET seen_at = ?, next_at = ?, next_first_at = ?, paused_until = ?,"
        " limited_at = ?, rate = ?",
        astuple(pace),
    )
