"""The client: questions to TMDB, asked politely, answered from what is kept where possible.

What belongs here: the endpoints, time-outs, retries, what each HTTP status means, and how long an
answer counts. What does not: which film an answer means (`movie_pipeline.matching`).

Facts about the API: https://developer.themoviedb.org/docs (authentication, rate limiting, errors).
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import requests
import tenacity
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from movie_pipeline.tmdb.answers import Answer, Answers
from movie_pipeline.tmdb.budget import Budget

KEY_PAGE = "https://www.themoviedb.org/settings/api"

MATCHING_LANGUAGE = "en-US"
"""Searches are asked in one language, so that a decision never depends on TMDB_LANGUAGE."""

APPENDED = "credits,alternative_titles,release_dates,translations"
"""What one details request brings along: what is shown, and what decides close cases."""

_DAY = 86_400.0
_TIMEOUT = (5.0, 20.0)  # seconds to connect, seconds between two bytes
_GIVE_UP_AFTER = 30  # questions in a row that got no answer, and TMDB counts as down


class NoAnswer(Exception):
    """A question got no answer after all retries; the message says why, without the secret."""


class FatalError(Exception):
    """No question of this run can be answered; the message says what to do."""


class KeyRefused(FatalError):
    """TMDB refuses the key."""


class _Passing(Exception):
    """A fault that may pass: worth another attempt, after ``wait`` seconds where it says so."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True)
class Keeping:
    """How long answers count, in days; none longer than TMDB's terms allow (180)."""

    found: float = 120.0
    found_recent: float = 30.0
    missing: float = 7.0

    def __post_init__(self) -> None:
        if max(self.found, self.found_recent, self.missing) > 180.0:
            raise ValueError("TMDB's terms allow answers to be kept for at most 180 days")


class TMDB:
    """A client for one TMDB, safe to use from many threads.

    Args:
        base_url: the API's root.
        key: a read access token (sent as Bearer) or a v3 key (32 hex digits, which TMDB takes as
            a query parameter only); None for the sample.
        answers: where answers are kept.
        budget: the request budget, or None for no limit.
        language: of shown titles and genres.
        workers: connections kept open.
        attempts: how often a question is asked before it counts as unanswered.
        refresh: what to ask again although it is kept: ``missing`` (nothing but expired misses),
            ``stale`` (what is too old) or ``all`` (everything not asked in this run).
        transport: an adapter that answers instead of the network.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr | None,
        answers: Answers,
        budget: Budget | None,
        *,
        language: str = MATCHING_LANGUAGE,
        workers: int = 16,
        attempts: int = 7,
        refresh: str = "missing",
        keeping: Keeping | None = None,
        transport: requests.adapters.BaseAdapter | None = None,
    ) -> None:
        self.base_url = base_url
        self.language = language
        self.workers = workers
        self.asked: Counter[str] = Counter()
        """Counts of this client: ``requests``, ``kept`` (answers used again), ``retries``,
        ``limited`` (429s)."""
        self._key = key
        self._answers = answers
        self._budget = budget
        self._refresh = refresh
        self._tries = attempts
        self._keeping = keeping or Keeping()
        self._began = time.time()
        self._session = requests.Session()
        self._session.auth = _Auth(key)  # set explicitly, lest a ~/.netrc speaks for us
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = "movie_pipeline"
        self._session.mount(
            base_url,
            transport or HTTPAdapter(pool_connections=1, pool_maxsize=workers, max_retries=0),
        )
        self._counting = threading.Lock()
        self._first = threading.Lock()
        self._trusted = False  # whether TMDB has answered this client at all
        self._unanswered = 0

    # Endpoints ------------------------------------------------------------------------------

    def search(
        self, title: str, *, primary_release_year: int | None = None, year: int | None = None
    ) -> list[dict[str, Any]]:
        """Films by title: TMDB's first page, at most 20 short records, most popular first.

        Args:
            title: words that one of the film's titles must hold.
            primary_release_year: only films first released in that year.
            year: only films with any release in that year.

        Raises:
            NoAnswer: none after all retries.
            FatalError: no question can be answered.
        """
        query: dict[str, Any] = {
            "query": title,
            "include_adult": "false",
            "language": MATCHING_LANGUAGE,
        }
        if primary_release_year is not None:
            query["primary_release_year"] = primary_release_year
        if year is not None:
            query["year"] = year
        return list(self._get("/search/movie", query)[0].get("results") or [])

    def search_series(self, title: str, *, year: int | None = None) -> list[dict[str, Any]]:
        """Series by title, as `search`; ``year`` is that of the first episode."""
        query: dict[str, Any] = {
            "query": title,
            "include_adult": "false",
            "language": MATCHING_LANGUAGE,
        }
        if year is not None:
            query["first_air_date_year"] = year
        return list(self._get("/search/tv", query)[0].get("results") or [])

    def movie(self, identifier: int | str) -> dict[str, Any] | None:
        """A film's details with `APPENDED`, by TMDB id or IMDb id; None if there is none.

        The record has one key of ours, ``fetched_at`` (UTC): when TMDB gave it.
        """
        body, answer = self._get(
            f"/movie/{identifier}", {"append_to_response": APPENDED, "language": self.language}
        )
        if answer.status == 404:
            return None
        return body | {"fetched_at": datetime.fromtimestamp(answer.fetched_at, UTC)}

    def find(self, imdb_id: str) -> dict[str, Any]:
        """What TMDB has under an IMDb id: ``movie_results``, ``tv_results`` and so on."""
        return self._get(
            f"/find/{imdb_id}",
            {"external_source": "imdb_id", "language": MATCHING_LANGUAGE},
        )[0]

    def close(self) -> None:
        """Close the connections and the files."""
        self._session.close()
        self._answers.close()
        if self._budget is not None:
            self._budget.close()

    # Asking ---------------------------------------------------------------------------------

    def _get(self, path: str, query: Mapping[str, Any]) -> tuple[dict[str, Any], Answer]:
        key = f"{self.base_url}{path}?{urlencode(sorted(query.items()))}"
        kept = self._answers.get(key)
        if kept is not None and self._counts(kept):
            self._count("kept")
            return _decoded(kept), kept
        answer = self._ask(key, path, query)
        return _decoded(answer), answer

    def _ask(self, key: str, path: str, query: Mapping[str, Any]) -> Answer:
        if self._unanswered >= _GIVE_UP_AFTER:
            raise NoAnswer(f"TMDB has not answered the last {self._unanswered} questions")
        if not self._trusted:
            # The first question goes alone: a refused key costs one request, not one per thread.
            with self._first:
                if not self._trusted:
                    return self._attempts(key, path, query)
        return self._attempts(key, path, query)

    def _attempts(self, key: str, path: str, query: Mapping[str, Any]) -> Answer:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            stop=tenacity.stop_after_attempt(self._tries),
            wait=_wait,
            before_sleep=lambda _: self._count("retries"),
            reraise=True,
        )
        try:
            response = retrying(self._request, path, query)
        except _Passing as fault:
            with self._counting:
                self._unanswered += 1
            raise NoAnswer(f"{fault}, {self._tries} times") from None
        with self._counting:
            self._unanswered = 0
            self._trusted = True
        body = response.content if response.status_code == 200 else b"{}"
        return self._answers.put(key, response.status_code, body)

    def _request(self, path: str, query: Mapping[str, Any]) -> requests.Response:
        """One request.

        Raises:
            _Passing: a fault that may pass.
            NoAnswer: a fault of this question that will not.
            FatalError: a fault of every question.
        """
        if self._budget is not None:
            self._budget.acquire()
        self._count("requests")
        try:
            response = self._session.get(
                f"{self.base_url}{path}",
                params=dict(query),
                timeout=_TIMEOUT,
                # The API never redirects. Not following keeps the key from going elsewhere.
                allow_redirects=False,
            )
        except requests.Timeout:
            raise _Passing("TMDB did not answer in time") from None
        except requests.exceptions.SSLError:
            raise FatalError(
                f"The connection to {self.base_url} is not trusted (TLS). Behind a company proxy,"
                " set REQUESTS_CA_BUNDLE to its certificate."
            ) from None
        except requests.RequestException as error:  # its text may hold the address with the key
            raise _Passing(f"no connection to TMDB ({type(error).__name__})") from None
        status = response.status_code
        if status == 404:
            if path.startswith("/search/"):
                raise FatalError(
                    f"{self.base_url} is not TMDB's API: check TMDB_BASE_URL (it ends in /3)."
                )
            return response
        if status == 200:
            return self._checked(response)
        if status == 429:
            wait = retry_after(response.headers.get("Retry-After"))
            self._count("limited")
            if self._budget is not None:
                self._budget.limited(wait)
            raise _Passing("TMDB's rate limit was reached (429)", wait)
        if status >= 500 or status == 408:
            raise _Passing(f"TMDB had a fault of its own ({status})")
        if status in {401, 403}:
            raise KeyRefused(
                f"TMDB refused the key ({status}). Copy the API Read Access Token from {KEY_PAGE}"
                " into TMDB_API_TOKEN (in .env, or in the environment), then run again."
            )
        if 300 <= status < 400:
            raise FatalError(
                f"{self.base_url} answers with a redirect ({status}). Set TMDB_BASE_URL to the"
                " address it leads to, if you trust that."
            )
        raise NoAnswer(f"TMDB did not understand the question ({status})")

    def _checked(self, response: requests.Response) -> requests.Response:
        """The response, if its body is the JSON object that it should be."""
        try:
            body = response.json()
        except ValueError:
            raise _Passing("TMDB's answer was broken") from None
        if not isinstance(body, dict):
            raise _Passing("TMDB's answer was broken")
        return response

    def _counts(self, kept: Answer) -> bool:
        """Whether a kept answer still counts, or the question must be asked again."""
        age = time.time() - kept.fetched_at
        if self._refresh == "all":
            return kept.fetched_at >= self._began
        body = _decoded(kept)
        if kept.status == 404 or body.get("results") == []:
            return age < self._keeping.missing * _DAY
        if self._refresh == "missing":
            # A row that is there stays as it is until someone asks for what is stale.
            return age < 180 * _DAY
        return age < (self._keeping.found_recent if _recent(body) else self._keeping.found) * _DAY

    def _count(self, what: str) -> None:
        with self._counting:
            self.asked[what] += 1


class _Auth(requests.auth.AuthBase):
    """Adds the key to a request, and to nothing else."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            secret = self._key.get_secret_value()
            if re.fullmatch(r"[0-9a-fA-F]{32}", secret):
                request.prepare_url(request.url, {"api_key": secret})
            else:
                request.headers["Authorization"] = f"Bearer {secret}"
        return request


def retry_after(header: str | None) -> float:
    """Seconds to wait by a Retry-After header: seconds or a date; at least 1, at most 60.

    Absent, unreadable and 0 mean 1: TMDB has been seen to send 0 (TMDbLib's source).
    """
    seconds = 1.0
    try:
        seconds = float(header or "")
    except ValueError:
        try:
            moment = parsedate_to_datetime(header or "")
            seconds = (moment - datetime.now(moment.tzinfo)).total_seconds()
        except (TypeError, ValueError):
            pass
    return min(60.0, max(1.0, seconds)) if seconds == seconds else 1.0


def _wait(state: tenacity.RetryCallState) -> float:
    """What the fault asks for, else 0.5 s doubling to 8 s, with jitter."""
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, _Passing) and fault.wait is not None:
        return fault.wait
    return tenacity.wait_random_exponential(multiplier=0.5, max=8.0)(state)


def _decoded(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.body)
    return body


def _recent(body: Mapping[str, Any]) -> bool:
    """Whether it is a film of the last twelve months, whose numbers still move."""
    try:
        released = date.fromisoformat(body.get("release_date") or "")
    except ValueError:
        return False
    return released > datetime.now(UTC).date() - timedelta(days=365)
