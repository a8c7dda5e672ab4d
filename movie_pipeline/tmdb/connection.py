"""The connection: sends one question to TMDB over HTTP, with retries.

What belongs here: timeouts, retries, and when to stop retrying one question or all of them. What
does not: what an answer means (`replies`), its largest size and longest time (`bounds`), which
questions there are and caching the answers (`client`), pacing (`budget`), the secret (`key`).

Facts about the API: https://developer.themoviedb.org/docs (authentication, rate limiting, errors).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy

import requests
import tenacity
import urllib3
from pydantic import SecretStr
from requests.adapters import BaseAdapter

from movie_pipeline.tmdb.bounds import MOST_SECONDS, Allowance, BoundedAdapter
from movie_pipeline.tmdb.budget import Budget
from movie_pipeline.tmdb.key import KeyAuth
from movie_pipeline.tmdb.replies import (
    FatalError,
    Fault,
    Heard,
    NoAnswer,
    Record,
    Reply,
    WebPage,
    reply,
    retry_after,
)

_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 60.0  # after so long without any answer TMDB counts as down
_LIMITED_SECONDS = 300.0  # after so long with nothing but 429s we stop waiting

# At least half of 0.5, 1, 2, 4, 8, 8 s: seven attempts outlast an outage of ten seconds.
_BACKOFF = tenacity.wait_exponential(0.25, max=4.0) + tenacity.wait_random_exponential(
    0.25, max=4.0
)


# A broken answer does not always raise one of requests' own exceptions.
BROKEN = (OSError, HTTPException, urllib3.exceptions.HTTPError, ValueError)


class PlainSession(requests.Session):
    """A session without cookies that follows no redirect: the key goes to one server only."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, else requests would read a redirect's whole body to prepare the next request."""


class Connection:
    """Questions to one TMDB, from many threads.

    After a fatal answer, a minute of silence or `stop`, the questions of all threads end at once.

    Args:
        base_url: the API's root.
        key: a read access token (sent as Bearer) or a v3 key (32 hex digits, which TMDB accepts
            only as a query parameter); None for the sample.
        budget: the request budget, or None for no limit.
        workers: the number of open connections.
        attempts: how often a question is asked before it counts as unanswered; a 429 does not count
            as an attempt.
        timeout: seconds of silence within an answer that count as a fault.
        most_seconds: the longest time for an answer in total.
        transport: an adapter that answers instead of the network.
        sleep: waits for so many seconds; by default a wait that `stop` ends.
        clock: seconds of a monotonic clock.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr | None,
        budget: Budget | None,
        *,
        workers: int,
        attempts: int,
        timeout: float,
        most_seconds: float = MOST_SECONDS,
        transport: BaseAdapter | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.asked: Counter[str] = Counter()
        self._base_url = base_url
        self._budget = budget
        self._attempts = attempts
        self._timeout = timeout
        self._most_seconds = most_seconds
        self._clock = clock
        self._session = PlainSession()
        self._session.auth = KeyAuth(key)  # explicit, so that ~/.netrc is not used
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = "movie_pipeline"
        self._session.adapters.clear()
        self._session.mount(
            "",  # for every address, so that no unbounded adapter is used
            transport or BoundedAdapter(pool_connections=1, pool_maxsize=workers, max_retries=0),
        )
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._trusted = False  # whether TMDB has answered us at all
        self._faulty_since: float | None = None  # only faults since then
        self._limited_since: float | None = None  # only faults and 429s since then
        self._end: Exception | None = None
        self._ended = threading.Event()
        self._sleep_for = sleep or self._ended.wait

    def ask(self, question: str, fits: Callable[[Record], bool], *, search: bool = False) -> Reply:
        """Ask until there is an answer.

        Args:
            question: path and query, encoded, below the API's root.
            fits: whether an object answers it.
            search: whether it is a search; one without hits gives a 200, not a 404.

        Raises:
            NoAnswer: there was none after all retries, or TMDB rejected the question.
            FatalError: no question can be answered.
            StoreError: the budget's store can't be used.
        """

        def read(heard: Heard) -> Reply:
            return reply(heard, fits, base_url=self._base_url, search=search, trusted=self._trusted)

        if not self._trusted:
            # The first question goes out alone: a refused key costs one request, not one per
            # thread.
            with self._first:
                if not self._trusted:
                    return self._answered(question, read)
        return self._answered(question, read)

    def count(self, what: str) -> None:
        """Add one to a count of `asked`."""
        with self._lock:
            self.asked[what] += 1

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds; raises the reason if all questions end meanwhile."""
        self._sleep_for(seconds)
        self._go_on()

    def stop(self, reason: Exception) -> None:
        """End every question, now and from now on, with this reason; the first reason counts."""
        with self._lock:
            self._end = self._end or reason
        self._ended.set()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _answered(self, question: str, read: Callable[[Heard], Reply]) -> Reply:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Fault),
            stop=self._asked_enough,
            wait=_BACKOFF,
            sleep=self.sleep,
            before_sleep=lambda _: self.count("retries"),
            reraise=True,
        )
        try:
            said = retrying(self._attempt, question, read)
        except Fault as fault:
            asked = retrying.statistics["attempt_number"]
            times = "once" if asked == 1 else f"{asked} times"
            if isinstance(fault, WebPage) and not self._trusted:
                given_up: Exception = FatalError(f"{_sentence(fault)}, or check TMDB_BASE_URL.")
                self.stop(given_up)
            else:
                given_up = NoAnswer(f"{fault} (asked {times})")
        except FatalError as error:
            self.stop(error)
            raise
        else:
            self._faulty_since = self._limited_since = None
            self._trusted = True
            return said
        raise given_up

    def _asked_enough(self, state: tenacity.RetryCallState) -> bool:
        fault = state.outcome.exception() if state.outcome else None
        most = fault.attempts if isinstance(fault, Fault) else None
        return state.attempt_number >= min(self._attempts, most or self._attempts)

    def _attempt(self, question: str, read: Callable[[Heard], Reply]) -> Reply:
        """Make one attempt, waiting out any 429.

        Raises:
            Fault: a fault that may be temporary.
            NoAnswer: a permanent fault of this question, or asking was stopped.
            FatalError: a fault of every question.
        """
        try:
            heard = self._send(question)
            while heard.status == 429:
                self._wait_out(retry_after(heard.headers.get("Retry-After")))
                heard = self._send(question)
            return read(heard)
        except Fault as fault:
            with self._lock:
                if self._faulty_since is None:
                    self._faulty_since = self._clock()
                since = self._faulty_since
            self._give_up(str(fault), since, _SILENCE_SECONDS)
            raise

    def _wait_out(self, seconds: float) -> None:
        """After a 429, pause everyone, unless there has been nothing else for too long."""
        self.count("limited")
        with self._lock:
            self._faulty_since = None  # the server is up, at least
            if self._limited_since is None:
                self._limited_since = self._clock()
            since = self._limited_since
        self._give_up("TMDB kept answering 429 (rate limit)", since, _LIMITED_SECONDS)
        if self._budget is None:
            self.sleep(seconds)
        else:
            self._budget.limited(seconds)
        self.count("retries")

    def _give_up(self, reason: str, since: float, patience: float) -> None:
        """End every question if this has been going on for ``patience`` seconds."""
        seconds = self._clock() - since
        if seconds >= patience:
            self.stop(NoAnswer(f"{reason}; stopped after {seconds:.0f} s without any answer"))
        self._go_on()

    def _send(self, question: str) -> Heard:
        """Send one request when the budget allows it, and return the whole response."""
        self._go_on()
        if self._budget is not None:
            self._budget.acquire(self.sleep)
            self._go_on()
        self.count("requests")
        allowance = Allowance(self._most_seconds)
        try:
            with allowance.spent_here():
                response = self._session.get(
                    f"{self._base_url}{question}",
                    timeout=(min(_CONNECT_SECONDS, self._most_seconds), self._timeout),
                    allow_redirects=False,
                    stream=True,
                )
                body = allowance.body_of(response)
            return Heard(response.status_code, response.headers, body)
        except BROKEN as error:
            meaning = _meaning(error, self._base_url)
        if allowance.exceeded:
            meaning = Fault(f"TMDB's answer {allowance.exceeded}", attempts=2)
        raise meaning  # outside `except`: the caught error names the address, with a v3 key in it

    def _go_on(self) -> None:
        if self._end is not None:  # a new exception each time: one object collects tracebacks
            raise type(self._end)(*self._end.args)


def _sentence(error: Exception) -> str:
    return str(error)[:1].upper() + str(error)[1:]


def _meaning(error: Exception, base_url: str) -> Exception:
    """Our exception for one of requests, with a message without an address that has a key in it."""
    if isinstance(error, requests.Timeout) or _holds(error, urllib3.exceptions.ReadTimeoutError):
        return Fault("TMDB did not answer in time")
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FatalError(
            f"The connection to {base_url} is not trusted (TLS). Behind a company proxy, set"
            " REQUESTS_CA_BUNDLE to its certificate; in a Wi-Fi that requires signing in, do so in"
            " a browser. Then run again."
        )
    passing = (requests.RequestException, ConnectionError, TimeoutError)
    if isinstance(error, OSError) and not isinstance(error, passing):
        return FatalError(f"TMDB can't be reached: {error}")  # a missing REQUESTS_CA_BUNDLE
    return Fault(f"no connection to TMDB ({type(error).__name__})")


def _holds(error: Exception, kind: type[Exception]) -> bool:
    """Whether an exception of requests wraps one of this kind."""
    return any(isinstance(one, kind) for one in error.args)
