"""The store: where kept answers, claims on questions and the request budget lie.

What belongs here: what a store can do. What does not: which one an address means (`opening`), how a
file (`file_store`) or Redis (`redis_store`) does it, and what the stored things mean (`answers`,
`budget`).

All processes that share an address share what lies there. Whatever happens to a store, it says so
by a `StoreError`, after a wait that is bounded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

WAIT_SECONDS = 30.0
"""How long a store is waited for that someone else holds, or that is away."""

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
    """Safe to use from many threads, beside other processes; every method raises `StoreError`.

    Answers are deleted `movie_pipeline.settings.LONGEST_DAYS` after they were put.
    """

    def now(self) -> float:
        """Seconds since the epoch, by which answers are dated."""

    def get(self, key: str) -> Kept | None:
        """What was put under the key last; None where that is damaged or too large."""

    def put(self, key: str, kept: Kept, owner: str) -> None:
        """Put it under the key, in place of what is there, and give up this owner's claim."""

    def claim(self, key: str, owner: str, seconds: float) -> bool:
        """Claim the key for so long, unless another owner's claim still holds; says which."""

    def release(self, key: str, owner: str) -> None:
        """Give up a claim, if this owner has it."""

    def change(self, change: Callable[[float, str | None], tuple[str, T]]) -> T:
        """Change the budget's state; nobody else changes it between reading and writing.

        Args:
            change: makes of the time (epoch seconds by one clock for all who share the store) and
                the state (None at first) the new state and what is returned. It may be called
                several times, and only its last result counts.
        """

    def close(self) -> None:
        """Close it; what was put stays."""
