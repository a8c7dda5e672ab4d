"""The client: questions to TMDB, answered from what is kept where possible.

What belongs here: the endpoints, and how long an answer counts. What does not: how a question is
asked (`connection`), which film an answer means (`movie_pipeline.matching`).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from movie_pipeline.tmdb.answers import DAY, LONGEST_DAYS, Answers
from movie_pipeline.tmdb.budget import Budget
from movie_pipeline.tmdb.connection import (
    Connection,
    FatalError,
    KeyRefused,
    NoAnswer,
    json_object,
)
from movie_pipeline.tmdb.store import StoreError

__all__ = ["TMDB", "FatalError", "Keeping", "KeyRefused", "NoAnswer"]

MATCHING_LANGUAGE = "en-US"
"""Searches are asked in one language, so that a decision never depends on TMDB_LANGUAGE."""

APPENDED = "credits,alternative_titles,release_dates,translations"
"""What one details request brings along: what is shown, and what decides close cases."""


@dataclass(frozen=True)
class Keeping:
    """How long answers count, in days; none longer than TMDB's terms allow (180)."""

    found: float = 120.0
    found_recent: float = 30.0
    missing: float = 7.0

    def __post_init__(self) -> None:
        if max(self.found, self.found_recent, self.missing) > LONGEST_DAYS:
            raise ValueError(f"TMDB's terms allow answers to be kept for {LONGEST_DAYS:g} days")


@dataclass(frozen=True)
class _Known:
    """An answer as read: HTTP status (200 or 404), JSON object, epoch seconds when given."""

    status: int
    record: dict[str, Any]
    fetched_at: float


class TMDB:
    """A client for one TMDB, safe to use from many threads.

    Args:
        base_url: the API's root.
        key: a read access token or a v3 key; None for the sample.
        answers: where answers are kept.
        budget: the request budget, or None for no limit.
        language: of shown titles and genres.
        workers: connections kept open.
        attempts: how often a question is asked before it counts as unanswered.
        timeout: seconds of silence that count as a fault.
        refresh: what to ask again although it is kept: ``missing`` (nothing but expired misses),
            ``stale`` (what is too old) or ``all`` (everything not asked in this run).
        keeping: how long answers count.
        transport: an adapter that answers instead of the network.
        sleep: waits for so many seconds between attempts and for the budget.
        clock: seconds of a clock that is never set, by which patience is measured.
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
        timeout: float = 10.0,
        refresh: str = "missing",
        keeping: Keeping | None = None,
        transport: BaseAdapter | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url
        self.language = language
        self.workers = workers
        self._answers = answers
        self._budget = budget
        self._refresh = refresh
        self._keeping = keeping or Keeping()
        self._began = answers.clock()
        self._connection = Connection(
            base_url,
            key,
            budget,
            workers=workers,
            attempts=attempts,
            timeout=timeout,
            transport=transport,
            sleep=sleep,
            clock=clock,
        )
        self._lock = threading.Lock()
        self._asking: dict[str, Future[_Known]] = {}

    @property
    def asked(self) -> Counter[str]:
        """Counts: ``requests``, ``kept`` (answers used again), ``retries``, ``limited`` (429s)."""
        return self._connection.asked

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
            StoreError: the answer can't be kept.
        """
        return self._search("movie", title, primary_release_year=primary_release_year, year=year)

    def search_series(self, title: str, *, year: int | None = None) -> list[dict[str, Any]]:
        """Series by title, as `search`; ``year`` is that of the first episode."""
        return self._search("tv", title, first_air_date_year=year)

    def movie(self, identifier: int | str) -> dict[str, Any] | None:
        """A film's details with `APPENDED`, by TMDB id or IMDb id; None if there is none.

        The record has one key of ours, ``fetched_at`` (UTC): when TMDB gave it.
        """
        query = {"append_to_response": APPENDED, "language": self.language}
        known = self._get(f"/movie/{identifier}", query, holds="id")
        if known.status == 404:
            return None
        return known.record | {"fetched_at": datetime.fromtimestamp(known.fetched_at, UTC)}

    def find(self, imdb_id: str) -> dict[str, Any]:
        """What TMDB has under an IMDb id: ``movie_results``, ``tv_results`` and so on."""
        query = {"external_source": "imdb_id", "language": MATCHING_LANGUAGE}
        return self._get(f"/find/{imdb_id}", query).record

    def stop(self) -> None:
        """End every question, now and from now on, with a `FatalError`."""
        self._connection.stop(FatalError("The run was stopped; what TMDB answered is kept."))

    def close(self) -> None:
        """Close the connections and the files."""
        self._connection.close()
        self._answers.close()
        if self._budget is not None:
            self._budget.close()

    # Asking ---------------------------------------------------------------------------------

    def _search(self, kind: str, title: str, **years: int | None) -> list[dict[str, Any]]:
        query = {"query": title, "include_adult": "false", "language": MATCHING_LANGUAGE}
        query |= {name: str(year) for name, year in years.items() if year is not None}
        hits = self._get(f"/search/{kind}", query, holds="results").record["results"]
        return [hit for hit in hits or () if isinstance(hit, dict)]

    def _get(self, path: str, query: Mapping[str, str], holds: str | None = None) -> _Known:
        # An export may hold half of a surrogate pair, which no address can.
        question = f"{quote(path)}?{urlencode(sorted(query.items()), errors='replace')}"
        key = f"{self.base_url}{question}"
        known = self._kept(key)
        if known is not None:
            return known
        with self._lock:
            asking = self._asking.get(key)
            if asking is None:
                own = self._asking[key] = Future()
        if asking is not None:  # another thread asks this very question
            known = asking.result()
            self._connection.count("kept")
            return known
        try:
            # It may have been answered since we looked.
            known = self._kept(key) or self._ask(key, question, holds)
            own.set_result(known)
            return known
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._asking[key]

    def _ask(self, key: str, question: str, holds: str | None) -> _Known:
        reply = self._connection.ask(question, holds)
        try:
            answer = self._answers.put(key, reply.status, reply.body)
        except StoreError as error:
            self._connection.stop(error)  # what can't be kept need not be asked
            raise
        return _Known(reply.status, reply.record, answer.fetched_at)

    def _kept(self, key: str) -> _Known | None:
        """The kept answer, if it still counts."""
        answer = self._answers.get(key)
        record = json_object(answer.body) if answer else None
        if answer is None or record is None:
            return None
        known = _Known(answer.status, record, answer.fetched_at)
        if not self._counts(known):
            return None
        self._connection.count("kept")
        return known

    def _counts(self, known: _Known) -> bool:
        if self._refresh == "all":
            return known.fetched_at >= self._began
        if known.record.get("results") == [] or not any(known.record.values()):
            days = self._keeping.missing  # no hits, a 404, or a find without results
        elif self._refresh == "missing":
            # A row that is there stays as it is until someone asks for what is stale.
            days = LONGEST_DAYS
        else:
            recent = _recent(known.record, self._answers.clock())
            days = self._keeping.found_recent if recent else self._keeping.found
        # An answer from the future was kept under a clock that has been set back since.
        return abs(self._answers.clock() - known.fetched_at) < days * DAY


def _recent(record: Mapping[str, Any], now: float) -> bool:
    """Whether it is a film of the last twelve months, whose numbers still move."""
    try:
        released = date.fromisoformat(record.get("release_date") or "")
    except ValueError:
        return False
    return released > datetime.fromtimestamp(now, UTC).date() - timedelta(days=365)
