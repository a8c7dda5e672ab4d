"""The connection: one question to TMDB over HTTP, asked until it is answered or given up.

What belongs here: time-outs, retries, and what each HTTP status means. What does not: which
questions there are and what is kept of the answers (`client`), pacing (`budget`), the secret
(`key`).

Facts about the API: https://developer.themoviedb.org/docs (authentication, rate limiting, errors).
"""

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import tenacity
from pydantic import SecretStr
from requests.adapters import BaseAdapter, HTTPAdapter

from movie_pipeline.settings import KEY_PAGE
from movie_pipeline.tmdb.budget import LONGEST_PAUSE, Budget
from movie_pipeline.tmdb.key import KeyAuth

_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 60.0  # without any answer, and TMDB counts as down
_LIMITED_SECONDS = 300.0  # of nothing but 429s, and it isn't waited for any longer

# At least half of 0.5, 1, 2, 4, 8, 8 s: seven attempts outlast an outage of ten seconds.
_BACKOFF = tenacity.wait_exponential(0.25, max=4.0) + tenacity.wait_random_exponential(
    0.25, max=4.0
)


class NoAnswer(Exception):
    """A question got no answer after all retries; the message says why, without the secret."""


class FatalError(Exception):
    """No question of this run can be answered; the message says what to do."""


class KeyRefused(FatalError):
    """TMDB refuses the key."""


class _Passing(Exception):
    """A fault that may pass: worth another attempt."""


@dataclass(frozen=True)
class Reply:
    """What TMDB said: 200 with a JSON object, or 404 with an empty one."""

    status: int
    body: bytes
    record: dict[str, Any]


class Connection:
    """Questions to one TMDB, from many threads.

    After a fatal answer, a silence of a minute or `stop`, every thread's question ends at once.

    Args:
        base_url: the API's root.
        key: a read access token (sent as Bearer) or a v3 key (32 hex digits, which TMDB takes as
            a query parameter only); None for the sample.
        budget: the request budget, or None for no limit.
        workers: connections kept open.
        attempts: how often a question is asked before it counts as unanswered; a 429 is none.
        timeout: seconds of silence within an answer that count as a fault.
        transport: an adapter that answers instead of the network.
        sleep: waits for so many seconds; unless given, a wait that `stop` ends.
        clock: seconds of a clock that is never set.
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
        transport: BaseAdapter | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.asked: Counter[str] = Counter()
        self._base_url = base_url
        self._budget = budget
        self._attempts = attempts
        self._timeout = timeout
        self._clock = clock
        self._session = requests.Session()
        self._session.auth = KeyAuth(key)  # set explicitly, lest a ~/.netrc speaks for us
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = "movie_pipeline"
        self._session.mount(
            base_url,
            transport or HTTPAdapter(pool_connections=1, pool_maxsize=workers, max_retries=0),
        )
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._trusted = False  # whether TMDB has answered us at all
        self._faulty_since: float | None = None  # nothing but faults since then
        self._limited_since: float | None = None  # nothing but faults and 429s since then
        self._end: Exception | None = None
        self._ended = threading.Event()
        self._sleep_for = sleep or self._ended.wait

    def ask(self, question: str, holds: str | None) -> Reply:
        """Ask until there is an answer.

        Args:
            question: path and query, encoded, below the API's root.
            holds: a key that the answer's object must have, if any.

        Raises:
            NoAnswer: none after all retries, or none to be had.
            FatalError: no question can be answered.
            StoreError: the budget's store can't be used.
        """
        if not self._trusted:
            # The first question goes alone: a refused key costs one request, not one per thread.
            with self._first:
                if not self._trusted:
                    return self._answered(question, holds)
        return self._answered(question, holds)

    def count(self, what: str) -> None:
        """Add one to a count of `asked`."""
        with self._lock:
            self.asked[what] += 1

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until every question is ended, which is raised."""
        self._sleep_for(seconds)
        self._go_on()

    def stop(self, reason: Exception) -> None:
        """End every question, now and from now on, with this reason; the first one stays."""
        with self._lock:
            self._end = self._end or reason
        self._ended.set()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _answered(self, question: str, holds: str | None) -> Reply:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_BACKOFF,
            sleep=self.sleep,
            before_sleep=lambda _: self.count("retries"),
            reraise=True,
        )
        try:
            reply = retrying(self._attempt, question, holds)
        except _Passing as fault:
            given_up = NoAnswer(f"{fault} (asked {self._attempts} times)")
        except FatalError as error:
            self.stop(error)
            raise
        else:
            self._faulty_since = self._limited_since = None
            self._trusted = True
            return reply
        raise given_up

    def _attempt(self, question: str, holds: str | None) -> Reply:
        """One attempt; a 429 on the way is waited out.

        Raises:
            _Passing: a fault that may pass.
            NoAnswer: a fault of this question that will not, or nothing is asked any more.
            FatalError: a fault of every question.
        """
        try:
            response = self._send(question)
            while response.status_code == 429:
                self._wait_out(retry_after(response.headers.get("Retry-After")))
                response = self._send(question)
            return self._read(response, holds)
        except _Passing as fault:
            with self._lock:
                if self._faulty_since is None:
                    self._faulty_since = self._clock()
                since = self._faulty_since
            self._give_up(str(fault), since, _SILENCE_SECONDS)
            raise

    def _wait_out(self, seconds: float) -> None:
        """A 429: pause everyone, unless there was nothing else for too long."""
        self.count("limited")
        with self._lock:
            self._faulty_since = None  # it is up, at least
            if self._limited_since is None:
                self._limited_since = self._clock()
            since = self._limited_since
        self._give_up("TMDB's rate limit was met (429) again and again", since, _LIMITED_SECONDS)
        if self._budget is None:
            self.sleep(seconds)
        else:
            self._budget.limited(seconds)
        self.count("retries")

    def _give_up(self, reason: str, since: float, patience: float) -> None:
        """End every question if it has been like this for ``patience`` seconds."""
        seconds = self._clock() - since
        if seconds >= patience:
            self.stop(NoAnswer(f"{reason}; no answer at all for {seconds:.0f} s, so given up"))
        self._go_on()

    def _send(self, question: str) -> requests.Response:
        """One request, when it is its turn."""
        self._go_on()
        if self._budget is not None:
            self._budget.acquire(self.sleep)
            self._go_on()
        self.count("requests")
        try:
            return self._session.get(
                f"{self._base_url}{question}",
                timeout=(_CONNECT_SECONDS, self._timeout),
                # The API never redirects. Not following keeps the key from going elsewhere.
                allow_redirects=False,
            )
        except OSError as error:  # requests' own exceptions among them
            meaning = _meaning(error, self._base_url)
        raise meaning  # not while the other is handled: it names the address, with a v3 key in it

    def _read(self, response: requests.Response, holds: str | None) -> Reply:
        """What a response says."""
        status = response.status_code
        record = json_object(response.content)
        if status == 200:
            if record is None or not (holds is None or holds in record):
                raise _Passing("TMDB's answer was broken")
            return Reply(status, response.content, record)
        if status == 404:
            if holds == "results":  # a search that finds nothing is a 200
                raise FatalError(
                    f"{self._base_url} is not TMDB's API: check TMDB_BASE_URL (it ends in /3)."
                )
            return Reply(status, b"{}", {})
        # A firewall in between may refuse a single title; TMDB itself explains in JSON.
        if status == 401 or (status == 403 and (record or not self._trusted)):
            raise KeyRefused(
                f"TMDB refused the key ({status}). Copy the API Read Access Token from {KEY_PAGE}"
                " into TMDB_API_TOKEN (in .env, or in the environment), then run again."
            )
        if status >= 500 or status == 408:
            raise _Passing(f"TMDB had a fault of its own ({status})")
        if 300 <= status < 400:
            raise FatalError(
                f"{self._base_url} answers with a redirect ({status}). Set TMDB_BASE_URL to the"
                " address it leads to, if you trust that."
            )
        raise NoAnswer(f"TMDB did not understand the question ({status})")

    def _go_on(self) -> None:
        if self._end is not None:  # a new one each time: an exception collects its tracebacks
            raise type(self._end)(*self._end.args)


def retry_after(header: str | None) -> float:
    """Seconds to wait by a Retry-After header: seconds or a date; from 1 to `LONGEST_PAUSE`.

    Absent, unreadable and 0 mean 1: TMDB has been seen to send 0 (TMDbLib's source).
    """
    text = (header or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return 1.0
        # An HTTP date is UTC even where it doesn't say so.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return 1.0 if math.isnan(seconds) else min(LONGEST_PAUSE, max(1.0, seconds))


def _meaning(error: OSError, base_url: str) -> Exception:
    """What an exception of requests means, in words that hold no address with a key in it."""
    if isinstance(error, requests.Timeout):
        return _Passing("TMDB did not answer in time")
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FatalError(
            f"The connection to {base_url} is not trusted (TLS). Behind a company proxy, set"
            " REQUESTS_CA_BUNDLE to its certificate."
        )
    if isinstance(error, requests.RequestException):
        return _Passing(f"no connection to TMDB ({type(error).__name__})")
    return FatalError(f"TMDB can't be asked: {error}")  # such as a REQUESTS_CA_BUNDLE that is gone


def json_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object that the bytes hold, or None."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
