"""The request budget: when the next request may go out, for every process that shares a store.

Each request reserves the next free slot on a common timeline in the store, so the requests of all
processes and threads are evenly spaced and served in order of arrival. Only the first 50 requests
of a run go ahead of those from runs that have had theirs: a small upload doesn't wait for large
ones. No lock is held while waiting for a slot: a killed process wastes only its slots.

On a busy machine threads wake late, and requests with evenly spaced slots go out in bunches. So
each request also checks in when it really goes out, and waits if a full second's worth of requests
has just gone out.

A 429 pauses everyone for as long as TMDB says. Two within ten seconds halve the rate, which climbs
back by 2 requests a second each second (additive increase, multiplicative decrease, as TCP does;
Chiu and Jain, 1989).

What belongs here: these rules. What does not: reading and writing the shared state (`store`).
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from movie_pipeline.tmdb.store import Store, T

PACE = 0.97
"""The share of the limit that is used; the rest compensates for threads that wake late."""

SECOND = 1.03
"""The window in seconds in which at most the limit may go out: TMDB's second plus a margin for the
network.

The largest window that costs no time at this pace if threads wake in time. If one in seven wakes
0.2 s late, it costs 5 % (simulated in the tests); a 429 would cost a whole second."""

LONGEST_PAUSE = 300.0
"""Seconds after which one request tries again, whatever a Retry-After said."""

_LONGEST_QUEUE = 900.0
"""The longest plausible wait for a slot in seconds: a pause, and 600 earlier requests at the
slowest rate."""

_FIRST = 50
_CLIMB = 2.0
_HALVE_WITHIN = 10.0
_LEAST_RATE = 1.0


@dataclass
class _Pace:
    """The shared state; times are seconds since the epoch, the rate is requests a second."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid", allow_inf_nan=False)

    seen_at: float = 0.0
    next_at: float = 0.0
    next_first_at: float = 0.0
    paused_until: float = 0.0
    limited_at: float = -1e9
    rate: float = 1e9
    sent: list[float] = field(default_factory=list)
    """When the requests of the last second went out, in order."""

    @classmethod
    def read(cls, state: str | None) -> "_Pace":
        try:
            pace = _PACE.validate_json(state) if state else cls()
        except ValidationError:
            return cls()  # of another version, or damaged: starting over loses nothing of value
        return pace if pace.rate > 0.0 else cls()

    def advance(self, now: float, most: float) -> None:
        """Advance the state to now; ``most`` is the highest rate."""
        if now < self.seen_at:  # the clock was set back: shift everything planned by it
            back = self.seen_at - now
            self.next_at -= back
            self.next_first_at -= back
            self.paused_until -= back
            self.limited_at -= back
            self.seen_at = now
        # Whatever the state says, no request waits longer than a pause and the longest queue.
        self.paused_until = min(self.paused_until, now + LONGEST_PAUSE)
        self.next_at = min(self.next_at, now + _LONGEST_QUEUE)
        self.next_first_at = min(self.next_first_at, now + _LONGEST_QUEUE)
        self.rate = min(most, self.rate + _CLIMB * (now - self.seen_at))
        self.seen_at = now
        self.sent = [at for at in self.sent if now - SECOND < at <= now]

    def reserve(self, now: float, *, first: bool) -> tuple[float, float]:
        """Take the next free slot; returns it and the seconds until then."""
        gap = 1.0 / self.rate
        slot = max(now, self.paused_until, self.next_first_at)
        if first:
            self.next_first_at = slot + gap
        else:
            slot = max(slot, self.next_at)
            self.next_at = slot + gap
        return slot, slot - now

    def check_in(
        self, now: float, slot: float, *, first: bool, in_a_second: int
    ) -> tuple[float, float] | None:
        """None if the request may go out now; else its (possibly new) slot, and a wait."""
        taken_until = 0.0 if first else self.next_first_at
        if slot < max(taken_until, self.paused_until):
            # While we slept, another run's first requests took the slot, or a pause began.
            return self.reserve(now, first=first)
        if len(self.sent) >= in_a_second:
            return slot, max(0.001, self.sent[-in_a_second] + SECOND - now)
        self.sent.append(now)
        return None

    def limit(self, now: float, retry_after: float) -> None:
        """Take note of a 429."""
        # Requests that were under way when the pause began say the same thing once more.
        if now >= self.paused_until:
            if now - self.limited_at <= _HALVE_WITHIN:
                self.rate = max(_LEAST_RATE, self.rate / 2)
            self.limited_at = now
        self.paused_until = max(self.paused_until, now + min(retry_after, LONGEST_PAUSE))


_PACE = TypeAdapter(_Pace)


class Budget:
    """Slots for the requests of one run, at most ``per_second`` in any second for all runs.

    Args:
        store: shared by all processes; the caller closes it.
        per_second: the limit.

    Raises:
        StoreError: (from every method) the store can't be used.
    """

    def __init__(self, store: Store, per_second: float) -> None:
        self._store = store
        self._rate = per_second * PACE
        self._in_a_second = max(1, int(per_second))
        self._asked = itertools.count()

    def acquire(self, sleep: Callable[[float], object] = time.sleep) -> None:
        """Wait, by ``sleep``, until a request may go out."""
        for seconds in self.waits():
            sleep(seconds)

    def waits(self) -> Iterator[float]:
        """The successive waits in seconds after which a request may go out."""
        first = next(self._asked) < _FIRST
        turn: tuple[float, float] | None
        turn = self._change(lambda pace, now: pace.reserve(now, first=first))
        while turn is not None:
            slot, wait = turn
            if wait > 0:
                yield wait
            turn = self._check_in(slot, first=first)

    def limited(self, retry_after: float) -> None:
        """TMDB answered 429: pause all requests for so many seconds (at most `LONGEST_PAUSE`)."""
        self._change(lambda pace, now: pace.limit(now, retry_after))

    def _check_in(self, slot: float, *, first: bool) -> tuple[float, float] | None:
        return self._change(
            lambda pace, now: pace.check_in(now, slot, first=first, in_a_second=self._in_a_second)
        )

    def _change(self, decide: Callable[[_Pace, float], T]) -> T:
        """Call ``decide`` with the current shared state, and store its changes."""

        def change(now: float, state: str | None) -> tuple[str, T]:
            pace = _Pace.read(state)
            pace.advance(now, self._rate)
            result = decide(pace, now)
            return json.dumps(vars(pace)), result

        return self._store.change(change)
