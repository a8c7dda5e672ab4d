"""Entries in a Redis, for processes on several machines.

What belongs here: the hash of entries, and how one is replaced. What does not: what an entry is
(`store`), connections and errors (`movie_pipeline.redis_client`).

An entry is written only if it has not changed since it was read (optimistic locking): a process
that was suspended in between can't overwrite a newer one, and a killed one leaves no lock.
"""

import random
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache
from typing import Any

import redis
from pydantic import SecretStr

from movie_pipeline.redis_client import Client
from movie_pipeline.status.entries import ProgressError

_ENTRIES = "movie_pipeline:uploads"
_IDENTITY = "movie_pipeline:uploads:identity"
_STAMPS = "movie_pipeline:env"
_WAIT_SECONDS = 30.0
_SWAP = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class RedisEntries:
    """A hash in a Redis with one field per upload; `Entries`.

    Raises:
        ProgressError: it can't be reached or used.
    """

    def __init__(self, address: SecretStr, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._wait = wait_seconds
        self._client = Client(
            address,
            variable="MOVIE_PIPELINE_STATE",
            what="The status of uploads",
            error=ProgressError,
            wait_seconds=wait_seconds,
        )
        self._redis = self._client.redis
        self._swap = self._redis.register_script(_SWAP)

    def get(self, upload: str) -> str | None:
        """The upload's entry."""
        found: Any = self._client.patiently(self._redis.hget, _ENTRIES, _key(upload))
        return _text(found) if found is not None else None

    def all(self) -> dict[str, str]:
        """Every entry by upload."""
        found: Any = self._client.patiently(self._redis.hgetall, _ENTRIES)
        return {_text(upload): _text(entry) for upload, entry in found.items()}

    def change(
        self, uploads: Collection[str], change: Callable[[str, str | None], str | None]
    ) -> None:
        """Replace entries, one after the other; each again if another process was faster."""
        deadline = time.monotonic() + self._wait
        for upload in uploads:
            while True:
                old = self.get(upload)
                new = change(upload, old)
                if new is None or self._swapped(upload, old or "", new):
                    break
                if time.monotonic() > deadline:
                    raise ProgressError(
                        self._client.explain("too many processes change an entry at once")
                    )
                time.sleep(random.uniform(0.0, 0.002))  # noqa: S311  # no secret

    def identity(self) -> int:
        """A number that was drawn when it was first asked for, and is lost with the entries."""
        drawn = random.getrandbits(52)  # no secret
        self._client.patiently(self._redis.set, _IDENTITY, drawn, nx=True)
        found: Any = self._client.patiently(self._redis.get, _IDENTITY)
        return int(found or 0)

    def announce(self, host: str, stamp: str) -> None:
        """Note a machine's stamp (`env_stamps`)."""
        self._client.patiently(self._redis.hset, _STAMPS, host, stamp)

    def announced(self) -> dict[str, str]:
        """The stamp of each machine."""
        found: Any = self._client.patiently(self._redis.hgetall, _STAMPS)
        return {_text(host): _text(stamp) for host, stamp in found.items()}

    def remove(self, upload: str) -> None:
        """Remove the upload's entry, also from the log of changes that Redis may write to disk."""
        self._client.patiently(self._redis.hdel, _ENTRIES, _key(upload))
        with suppress(redis.ResponseError):  # being rewritten just now, or this user may not
            if self._client.patiently(self._redis.info, "persistence").get("aof_enabled"):
                self._redis.bgrewriteaof()

    def _swapped(self, upload: str, old: str, new: str) -> bool:
        arguments = [_key(upload), *(text.encode("utf-8", "surrogatepass") for text in (old, new))]
        return bool(self._client.patiently(self._swap, [_ENTRIES], arguments))


@cache
def entries_in(address: SecretStr, wait_seconds: float = _WAIT_SECONDS) -> RedisEntries:
    """The entries at an address; the same object, and so the same connections, each time."""
    return RedisEntries(address, wait_seconds)


def _key(upload: str) -> bytes:
    return upload.encode("utf-8", "surrogatepass")


def _text(found: bytes) -> str:
    return found.decode("utf-8", "surrogatepass")
