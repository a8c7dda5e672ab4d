"""A lifeline in a Redis, for processes on machines that share neither kernel nor file locks.

What belongs here: the key that a run's process renews and that expires after its death, and what
a process does that was taken for dead meanwhile. What does not: choosing this kind (`liveness`).

A process that was suspended for longer than the key lives comes back to a run that has been ended
in its absence, and repeated elsewhere. Its renewing thread notices that the key had expired, and
ends the process if the run has ended, or if another process holds its lifeline. Until then, for the
moment that takes, `status.store.Entry.earlier` keeps it from noting anything, and `confirm` from
writing rows: before each transaction is committed, the key is renewed, and the commit must follow
within `COMMITS_SECONDS`, when the key is certain to be still ours.

An unreachable Redis says nothing about a run. Neither does a key that is missing from a Redis that
was started a moment ago: it may have lost it, and its owner is about to put it back.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import psutil
from pydantic import SecretStr

from movie_pipeline.liveness.worker import Worker

log = logging.getLogger(__name__)

RENEWED_SECONDS = 2.5
EXPIRES_SECONDS = 10.0
"""Four renewals: a process that misses three of them is still alive."""

COMMITS_SECONDS = 5.0
"""Within so many seconds of `confirm`, a transaction must be committed; the rest is a margin."""
_DOUBTED_SECONDS = 60.0
"""So long after the key had expired, someone who saw that may still end the run."""
_WAIT_SECONDS = 2.0
_KEY = "movie_pipeline:alive:"
_RENEW = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 'another' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return owner and 'renewed' or 'expired'
"""
_HELD: dict[tuple[int, str], "_Holding"] = {}


class Unconfirmed(Exception):
    """Whether this process may still write can't be told now: Redis or Dagster's store is away."""


def holds() -> bool:
    """Whether this process holds a lifeline that can expire."""
    return bool(_ours())


def confirm() -> None:
    """Make sure that the runs that this process executes are its own; end the process if not.

    Raises:
        Unconfirmed: that can't be told.
    """
    for holding in _ours():
        holding.confirm()


def _ours() -> list["_Holding"]:
    return [holding for (pid, _), holding in [*_HELD.items()] if pid == os.getpid()]


@dataclass(frozen=True)
class RedisLifeline:
    """The key that a run's process renews; a `Lifeline`."""

    address: SecretStr
    run_id: str
    leaves_trace: ClassVar = False

    def hold(self) -> bool:
        """Hold the key until this process ends; False if another process holds it.

        That of a process that has just died is waited for. If Redis is unreachable, the run goes on
        and holds it later.
        """
        name = (os.getpid(), self.run_id)  # a fork has no thread that renews
        if name in _HELD:
            return True
        holding = _Holding(self)
        deadline = time.monotonic() + EXPIRES_SECONDS + RENEWED_SECONDS
        while holding.renew() == "another":
            if time.monotonic() > deadline:
                return False
            time.sleep(0.25)
        _HELD[name] = holding
        threading.Thread(target=holding.renew_always, name="lifeline", daemon=True).start()
        return True

    def end_if(self, ended: Callable[[], bool]) -> None:
        """Have this process end if `ended` says so after the key it holds had expired.

        Args:
            ended: whether the run has ended, which others may have decided; called in a thread.
        """
        if holding := _HELD.get((os.getpid(), self.run_id)):
            holding.ended = ended

    def is_held(self) -> bool | None:
        """Whether a living process holds the key; None if Redis can't tell.

        False also of a run that no process has begun.
        """
        import redis  # noqa: PLC0415  # an extra

        try:
            with _client(self.address).pipeline(transaction=False) as at_once:
                at_once.exists(self.key)
                at_once.info("server")
                held, server = at_once.execute()
        except (redis.RedisError, OSError):
            return None
        new = server["uptime_in_seconds"] < EXPIRES_SECONDS + RENEWED_SECONDS
        return True if held else None if new else False

    def holder(self, pid: int) -> psutil.Process | None:
        """The process on this host with that pid, if the key names it."""
        import redis  # noqa: PLC0415  # an extra

        try:
            process = psutil.Process(pid)
            value: Any = _client(self.address).get(self.key)
        except (psutil.Error, ValueError, redis.RedisError, OSError):
            return None
        named = (value or b"").decode().rpartition("/")[0]
        return process if named == _named(process) else None

    def remove(self) -> None:
        """Nothing: the key expires by itself."""

    @property
    def key(self) -> str:
        """The name of the key."""
        return f"{_KEY}{self.run_id}"


class _Holding:
    """A lifeline that this process holds."""

    def __init__(self, lifeline: RedisLifeline) -> None:
        self._lifeline = lifeline
        self._token = f"{_named(psutil.Process())}/{uuid.uuid4().hex}"
        self.ended: Callable[[], bool] = lambda: False
        self._doubted: float | None = None

    def renew(self) -> str:
        """Renew the key: ``renewed``, ``expired`` (it was gone), ``another`` or ``unreachable``."""
        import redis  # noqa: PLC0415  # an extra

        try:
            said: Any = _client(self._lifeline.address).eval(
                _RENEW, 1, self._lifeline.key, self._token, str(int(EXPIRES_SECONDS * 1000))
            )
        except (redis.RedisError, OSError):
            return "unreachable"
        return bytes(said).decode()

    def renew_always(self) -> None:
        """Renew it until the process ends, and end the process if the run goes on without it."""
        while True:
            time.sleep(RENEWED_SECONDS)
            with suppress(Unconfirmed):  # any store may be down just now
                self.confirm()

    def confirm(self) -> None:
        """Renew it, and end the process if the run goes on without it.

        Raises:
            Unconfirmed: that can't be told.
        """
        said = self.renew()
        if said == "unreachable":
            raise Unconfirmed("the Redis of MOVIE_PIPELINE_STATE can't be reached")
        if said == "expired":
            self._doubted = time.monotonic()
        if said == "another":
            self._end()
        if self._doubted is None:
            return
        try:
            ended = self.ended()
        except Exception as error:
            raise Unconfirmed("Dagster's store can't be read") from error
        if ended:
            self._end()
        if time.monotonic() - self._doubted > _DOUBTED_SECONDS:
            self._doubted = None

    def _end(self) -> None:
        log.error(
            "run %s was taken for dead, since this process did not respond for %g seconds: it ends",
            self._lifeline.run_id,
            EXPIRES_SECONDS,
        )
        os._exit(1)  # as if it had been dead; nothing that it would still do is wanted


def _named(process: psutil.Process) -> str:
    worker = Worker.of(process)
    return f"{worker.host}/{worker.pid}/{worker.started:.2f}"


@cache
def _client(address: SecretStr) -> Any:
    """A client with a short patience; the library opens new connections after a fork."""
    from movie_pipeline.redis_client import connect  # noqa: PLC0415  # an extra

    return connect(address, _WAIT_SECONDS)
