"""A store in Redis, for processes on several machines.

What belongs here: Redis' keys and scripts. What does not: connections and errors
(`movie_pipeline.redis_client`), the meaning of the stored data (`answers`, `budget`).

Redis expires answers and claims. The budget's state is written only if it has not changed since it
was read (optimistic locking), so the budget's rules exist only once, in Python, for both stores,
and a killed process leaves no lock. The budget uses Redis' own time, read with the state: the
clocks of machines differ, and a machine whose clock is ahead would find every slot free.
"""

import random
import time
from collections.abc import Callable, Collection
from typing import Any

from pydantic import SecretStr

from movie_pipeline.redis_client import Client
from movie_pipeline.settings import LONGEST_DAYS
from movie_pipeline.tmdb.bounds import MOST_PACKED
from movie_pipeline.tmdb.store import DAY, WAIT_SECONDS, Kept, StoreError, T

_ANSWER = "movie_pipeline:answer:"
_CLAIM = "movie_pipeline:claim:"
_BUDGET = "movie_pipeline:budget"

_BUDGET_SECONDS = 3600  # after so long without a request the budget's state no longer matters

_SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class RedisStore:
    """A Redis, or a compatible server (Valkey, KeyDB); a `Store`.

    Args:
        address: such as ``redis://:password@host:6379/0``, with ``rediss`` for TLS, or
            ``unix:///path``; the password is never shown.
        clock: seconds since the epoch; by default this machine's clock for answers, whose age is
            counted in days, and Redis' for the budget, where milliseconds count.
        wait_seconds: how long to wait for an unreachable Redis; the first connection waits only a
            few seconds, because the address may be wrong.

    Raises:
        StoreError: it can't be reached or used.
    """

    def __init__(
        self,
        address: SecretStr,
        *,
        clock: Callable[[], float] | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._clock = clock
        self._wait = wait_seconds
        self._client = Client(
            address,
            variable="MOVIE_PIPELINE_CACHE",
            what="The cached answers",
            error=StoreError,
            wait_seconds=wait_seconds,
        )
        self._redis = self._client.redis
        self._swap = self._redis.register_script(_SWAP)
        self._release = self._redis.register_script(_RELEASE)

    def now(self) -> float:
        """Seconds since the epoch, by this machine's clock."""
        return self._clock() if self._clock else time.time()

    def get(self, key: str) -> Kept | None:
        """What was last put under the key; None if it is damaged or too large."""
        found: Any = self._client.patiently(self._redis.getrange, f"{_ANSWER}{key}", 0, MOST_PACKED)
        head, _, body = found.partition(b"\n")
        try:
            status, fetched_at, language = head.decode().split(" ")
            return Kept(int(status), float(fetched_at), language, body)
        except ValueError:
            return None

    def put(self, key: str, kept: Kept, owner: str) -> None:
        """Put it under the key, replacing what is there, and release this owner's claim."""
        head = f"{kept.status} {kept.fetched_at!r} {kept.language}\n".encode()

        def put() -> None:
            with self._redis.pipeline(transaction=False) as one_after_the_other:
                one_after_the_other.set(
                    f"{_ANSWER}{key}", head + kept.body, ex=int(LONGEST_DAYS * DAY)
                )
                one_after_the_other.eval(_RELEASE, 1, f"{_CLAIM}{key}", owner)
                one_after_the_other.execute()

        self._client.patiently(put)

    def keep_only(self, kind: str, needed: Collection[str]) -> None:
        """Delete what was put under keys that end in `kind`, but the needed ones."""
        kept = {f"{_ANSWER}{key}".encode() for key in needed}

        def remove() -> None:
            for key in self._redis.scan_iter(match=f"{_ANSWER}*{kind}", count=1_000):
                if key not in kept:
                    self._redis.delete(key)

        self._client.patiently(remove)

    def claim(self, key: str, owner: str, seconds: float) -> bool:
        """Claim the key for so long; returns False if another owner's claim is still valid."""
        milliseconds = max(1, int(seconds * 1000))
        name = f"{_CLAIM}{key}"
        return bool(self._client.patiently(self._redis.set, name, owner, nx=True, px=milliseconds))

    def release(self, key: str, owner: str) -> None:
        """Release a claim, if this owner has it."""
        self._client.patiently(self._release, [f"{_CLAIM}{key}"], [owner])

    def change(self, change: Callable[[float, str | None], tuple[str, T]]) -> T:
        """Change the budget's state; retries if another process changes it at the same time."""
        deadline = time.monotonic() + self._wait
        while True:
            now, state = self._client.patiently(self._read_budget)
            changed, result = change(self._clock() if self._clock else now, state)
            if self._client.patiently(
                self._swap, [_BUDGET], [state or "", changed, _BUDGET_SECONDS]
            ):
                return result
            if time.monotonic() > deadline:
                raise StoreError(self._client.explain("too many processes change it at once"))
            time.sleep(random.uniform(0.0, 0.002))  # noqa: S311  # no secret

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _read_budget(self) -> tuple[float, str | None]:
        """Redis' time, and the budget's state at that time."""
        with self._redis.pipeline(transaction=True) as at_once:
            at_once.get(_BUDGET)
            at_once.time()
            state, (seconds, microseconds) = at_once.execute()
        return seconds + microseconds / 1e6, state.decode() if state else None
