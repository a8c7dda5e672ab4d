"""A client of Redis: connecting to an address, waiting for it, and what to do about its errors.

What belongs here: what every use of a Redis shares (cached answers and the budget, the status of
uploads, lifelines). What does not: which addresses are valid (`settings`), and what is stored under
which keys (`tmdb.redis_store`, `status.redis_entries`, `liveness.redis_lifeline`). The library is
an extra, so only modules that are imported for an address import this one.

The address may contain a password, which is in no message.
"""

import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import redis
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_SECONDS = 5.0

P = ParamSpec("P")
T = TypeVar("T")

_REFUSED = (redis.AuthenticationError, redis.exceptions.AuthorizationError)
_PASSING = (redis.ConnectionError, redis.TimeoutError)


class Client:
    """A connection to a Redis, or a compatible server (Valkey, KeyDB).

    Args:
        address: such as ``redis://:password@host:6379/0``, with ``rediss`` for TLS, or
            ``unix:///path``.
        variable: the environment variable that has the address.
        what: what is stored there, as in "The cached answers in redis://… can't be used".
        error: the exception that is raised, with a message that says what to do.
        wait_seconds: how long to wait for an unreachable Redis; the first connection waits only a
            few seconds, because the address may be wrong.

    Raises:
        Exception: the given one; it can't be reached or used.
    """

    def __init__(
        self,
        address: SecretStr,
        *,
        variable: str,
        what: str,
        error: type[Exception],
        wait_seconds: float,
    ) -> None:
        parts = urlsplit(address.get_secret_value())
        where = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else ""
        self.shown = f"{parts.scheme}://{where}{parts.path}"
        self._variable, self._what, self._error = variable, what, error
        self._wait = min(wait_seconds, SOCKET_SECONDS)
        try:
            self.redis = connect(address, SOCKET_SECONDS)
            self.patiently(self.redis.ping)
        except (ValueError, TypeError, AttributeError):
            raise error(  # without the original message, which may quote the address
                f"{variable} ({self.shown}) has options after its ? that the Redis library does"
                " not know: remove them, then run again."
            ) from None
        self._wait = wait_seconds

    def patiently(self, command: Callable[P, T], *args: P.args, **given: P.kwargs) -> T:
        """Run the command, retrying for a limited time while Redis is unreachable.

        Raises:
            Exception: the client's; it is unreachable for too long, or refuses the command.
        """
        deadline = time.monotonic() + self._wait
        while True:
            try:
                return command(*args, **given)
            except (redis.RedisError, OSError) as error:
                if not _passes(error) or time.monotonic() > deadline:
                    raise self._error(self.explain(error)) from error
            time.sleep(random.uniform(0.05, 0.5))  # noqa: S311  # no secret

    def explain(self, error: Exception | str) -> str:
        """What went wrong, and what to do."""
        # An error within a pipeline begins with the whole command, which includes what is private.
        reason = str(error).rpartition("of pipeline caused error: ")[2] or type(error).__name__
        if isinstance(error, _REFUSED) or "NOAUTH" in reason or "WRONGPASS" in reason:
            advice = f"check the user and the password in {self._variable}"
        elif isinstance(error, redis.exceptions.NoPermissionError):
            advice = "allow that user to read, write and run scripts on movie_pipeline:*"
        elif isinstance(error, redis.ReadOnlyError):
            advice = f"it is a replica: set {self._variable} to the primary's address"
        elif isinstance(error, redis.exceptions.OutOfMemoryError):
            advice = "raise its maxmemory, or set maxmemory-policy volatile-lru"
        elif "MISCONF" in reason:
            advice = "free some space on its disk"
        elif isinstance(error, (*_PASSING, OSError)):
            advice = f"start it, or check {self._variable}"
        else:
            advice = "check that it is a Redis of version 6 or newer"
        return f"{self._what} in {self.shown} can't be used ({reason}): {advice}, then run again."


def connect(address: SecretStr, seconds: float) -> redis.Redis:
    """The library's own client, which waits so long for an answer, and retries nothing itself."""
    return redis.Redis.from_url(
        address.get_secret_value(),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )


def _passes(error: BaseException) -> bool:
    return isinstance(error, _PASSING) and not isinstance(error, _REFUSED)
