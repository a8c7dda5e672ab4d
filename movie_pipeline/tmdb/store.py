"""The store of cached answers, claims on questions and the request budget.

What belongs here: the interface of a store. What does not: choosing one by its address (`opening`),
the implementations in a file (`file_store`) and in Redis (`redis_store`), and the meaning of the
stored data (`answers`, `budget`).

All processes with the same address share the data. Any failure of a store raises a `StoreError`
after a bounded wait.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar

WAIT_SECONDS = 30.0
"""How long to wait for a store that is locked or unreachable."""

DAY = 86_400.0

T = TypeVar("T")


class StoreError(Exception):
    """The store can't be read or written; the message says what to do, without a password."""


@dataclass(frozen=True)
class Kept:
    """A stored answer: HTTP status, epoch seconds when given, language or "", packed body."""

    status: int
    fetched_at: float
    language: str
    body: bytes


class Store(Protocol):
    """Safe to use from many threads and processes; every method may raise `StoreError`.

    Answers are deleted `movie_pipeline.settings.LONGEST_DAYS` after they were put.
    """

    def now(self) -> float:
        """Seconds since the epoch, by which answers are dated."""

    def get(self, key: str) -> Kept | None:
        """What was last put under the key; None if it is damaged or too large."""

    def put(self, key: str, kept: Kept, owner: str) -> None:
        """Put it under the key, replacing what is there, and release this owner's claim."""

    def keep_only(self, kind: str, needed: Collection[str]) -> None:
        """Delete, beyond recovery, what was put under keys that end in `kind`, but the needed ones.

        Args:
            kind: the end of keys, e.g. `movie_pipeline.tmdb.posters.KIND`.
            needed: keys.
        """

    def claim(self, key: str, owner: str, seconds: float) -> bool:
        """Claim the key for so long; returns False if another owner's claim is still valid."""

    def release(self, key: str, owner: str) -> None:
        """Release a claim, if this owner has it."""

    def change(self, change: Callable[[float, str | None], tuple[str, T]]) -> T:
        """Change the budget's state atomically.

        Args:
            change: takes the time (epoch seconds, by one clock for all that share the store) and
                the state (None at first), and returns the new state and the result. It may be
                called several times; only its last result counts.
        """

    def close(self) -> None:
        """Close it; stored data is kept."""
