"""Cached answers: TMDB's answers to questions, so that none is asked twice.

What belongs here: storing and finding answers by key, their age, and claims on missing ones. What
does not: which questions there are (`client`), how long an answer may be used (`keeping`), where
answers are stored (`store`).

A key never contains the secret. It does contain titles, even of films that only one user knows; so
answers are stored under a digest of the key, and forgetting an upload need not search for them.
"""

import hashlib
import secrets
from dataclasses import dataclass

from movie_pipeline.tmdb.bounds import packed, unpacked
from movie_pipeline.tmdb.store import DAY, Kept, Store

__all__ = ["CLAIM_SECONDS", "DAY", "Answer", "Answers", "digest"]

CLAIM_SECONDS = 10.0
"""The longest time that a process may claim a question.

About twice what a slot of the budget and an answer take when ten runs ask at once. Others do not
wait longer for a process that is slowed down by a pause or by faults: it may have been killed, and
asking a question twice does no harm.
"""


@dataclass(frozen=True)
class Answer:
    """An answer: HTTP status, JSON body as bytes, when it was given (epoch seconds), language.

    The language is "" if the answer does not depend on one.
    """

    status: int
    body: bytes
    fetched_at: float
    language: str = ""


def digest(key: str) -> str:
    """The store's key for a question's answer and claim: 32 hex digits that reveal no title."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


class Answers:
    """The answers cached in a store, and claims on missing ones.

    Args:
        store: where they are stored; `close` closes it.

    Raises:
        StoreError: (from every method) the store can't be used.
    """

    def __init__(self, store: Store) -> None:
        self.now = store.now
        self._store = store
        self._owner = secrets.token_hex(8)
        self._claimed: set[str] = set()

    def get(self, key: str) -> Answer | None:
        """The answer stored under the key, however old, or None."""
        kept = self._store.get(digest(key))
        if kept is None:
            return None
        body = unpacked(kept.body)
        if body is None:
            return None  # as if it had never been asked
        return Answer(kept.status, body, kept.fetched_at, kept.language)

    def put(self, key: str, status: int, body: bytes, language: str = "") -> Answer:
        """Store an answer given now; it replaces an older one and ends our claim."""
        answer = Answer(status, body, self.now(), language)
        kept = Kept(status, answer.fetched_at, language, packed(body))
        self._store.put(digest(key), kept, self._owner)
        self._claimed.discard(key)
        return answer

    def claim(self, key: str) -> bool:
        """Whether we may ask; if not, another process is asking, and will `put` the answer.

        Call `release` afterwards; the claim of a killed process expires after `CLAIM_SECONDS`.
        """
        claimed = self._store.claim(digest(key), self._owner, CLAIM_SECONDS)
        if claimed:
            self._claimed.add(key)
        return claimed

    def release(self, key: str) -> None:
        """Let others ask, if we still have the claim."""
        if key in self._claimed:
            self._claimed.discard(key)
            self._store.release(digest(key), self._owner)

    def close(self) -> None:
        """Close the store."""
        self._store.close()
