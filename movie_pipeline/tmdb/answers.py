"""Kept answers: what TMDB said to a question, so that it is not asked twice.

What belongs here: keeping and finding answers by key, their age, and who may ask for a missing
one. What does not: which questions there are (`client`), how long an answer counts (`keeping`),
where they lie (`store`).

A key never holds the secret. It does hold titles, also of films that nobody but a user knows; so
answers lie under a digest of it, and none has to be looked for when an upload is forgotten.
"""

import hashlib
import secrets
from dataclasses import dataclass

from movie_pipeline.tmdb.bounds import packed, unpacked
from movie_pipeline.tmdb.store import DAY, Kept, Store

__all__ = ["CLAIM_SECONDS", "DAY", "Answer", "Answers", "digest"]

CLAIM_SECONDS = 10.0
"""How long a question stays claimed by who asks it, at most.

Some twice what a slot of the budget and an answer take when ten runs ask at once. Who takes longer,
because of a pause or of faults, is no longer waited for: it may have been killed, and a question
asked twice does no harm.
"""


@dataclass(frozen=True)
class Answer:
    """An answer: HTTP status, JSON body as bytes, when it was given (epoch seconds), language.

    The language is "" where the answer depends on none.
    """

    status: int
    body: bytes
    fetched_at: float
    language: str = ""


def digest(key: str) -> str:
    """What a question's answer and claim lie under: 32 hex digits that tell no title."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


class Answers:
    """The answers kept in a store, and claims on those that are missing.

    Args:
        store: where they lie; `close` closes it.

    Raises:
        StoreError: (from every method) the store can't be used.
    """

    def __init__(self, store: Store) -> None:
        self.now = store.now
        self._store = store
        self._owner = secrets.token_hex(8)
        self._claimed: set[str] = set()

    def get(self, key: str) -> Answer | None:
        """The answer kept under the key, however old, or None."""
        kept = self._store.get(digest(key))
        if kept is None:
            return None
        body = unpacked(kept.body)
        if body is None:
            return None  # as good as never asked
        return Answer(kept.status, body, kept.fetched_at, kept.language)

    def put(self, key: str, status: int, body: bytes, language: str = "") -> Answer:
        """Keep an answer given now; it replaces an older one, and ends our claim."""
        answer = Answer(status, body, self.now(), language)
        kept = Kept(status, answer.fetched_at, language, packed(body))
        self._store.put(digest(key), kept, self._owner)
        self._claimed.discard(key)
        return answer

    def claim(self, key: str) -> bool:
        """Whether it is ours to ask; if not, another process does, and will `put` the answer.

        Afterwards `release`; who can't, because it was killed, loses it after `CLAIM_SECONDS`.
        """
        claimed = self._store.claim(digest(key), self._owner, CLAIM_SECONDS)
        if claimed:
            self._claimed.add(key)
        return claimed

    def release(self, key: str) -> None:
        """Let others ask, if the claim is still ours."""
        if key in self._claimed:
            self._claimed.discard(key)
            self._store.release(digest(key), self._owner)

    def close(self) -> None:
        """Close the store."""
        self._store.close()
