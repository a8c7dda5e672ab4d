"""Where entries are: the interface of the two places, a file (`file_entries`) and a Redis.

What belongs here: the interface, and its error. What does not: what an entry is (`store`), choosing
a place, and the implementations (`file_entries`, `redis_entries`).
"""

from collections.abc import Callable, Collection
from typing import Protocol


class ProgressError(Exception):
    """The progress store can't be read or written; the message says what to do."""


class Entries(Protocol):
    """Entries as text by upload, safe to use from many processes.

    Every method raises `ProgressError` after a bounded wait.
    """

    def get(self, upload: str) -> str | None:
        """The upload's entry."""

    def all(self) -> dict[str, str]:
        """Every entry by upload."""

    def change(
        self, uploads: Collection[str], change: Callable[[str, str | None], str | None]
    ) -> None:
        """Replace entries, each only if nobody else has changed it meanwhile.

        Args:
            uploads: their keys.
            change: takes a key and its entry (None at first), and returns the new one, or None to
                leave it. It may be called several times; only its last result counts.
        """

    def identity(self) -> int:
        """A number that changes when the place is lost and made again; 0 if there is none yet."""

    def remove(self, upload: str) -> None:
        """Remove the upload's entry, beyond recovery."""
