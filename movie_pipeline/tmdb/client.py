"""The client: questions to TMDB, answered from the cache if possible.

What belongs here: the endpoints, and asking each question only once. What does not: sending the
request (`connection`), how long an answer may be used (`keeping`), deciding which film a row is
(`movie_pipeline.matching`).
"""

import copy
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from movie_pipeline.outside.untrusted import is_id
from movie_pipeline.tmdb.answers import Answers
from movie_pipeline.tmdb.bounds import MOST_SECONDS
from movie_pipeline.tmdb.budget import Budget
from movie_pipeline.tmdb.connection import Connection
from movie_pipeline.tmdb.keeping import Keeping, Known, Reuse
from movie_pipeline.tmdb.replies import FatalError, KeyRefused, NoAnswer, Record, json_object
from movie_pipeline.tmdb.store import StoreError

__all__ = ["TMDB", "FatalError", "Keeping", "KeyRefused", "NoAnswer"]

MATCHING_LANGUAGE = "en-US"
"""Searches always use this language, so that a decision never depends on TMDB_LANGUAGE."""

APPENDED = "credits,alternative_titles,release_dates,translations"
"""What a details request includes: data to show, and evidence for close cases."""

_KINDS = ("movie_results", "tv_results", "tv_season_results", "tv_episode_results")
_POLL_SECONDS = 0.075  # between checks whether another process has received its answer


@dataclass(frozen=True)
class _Question:
    """A question to TMDB.

    Attributes:
        key: the cache key of its answer.
        path: path and query, encoded, below the API's root.
        fits: whether an object answers it; also checked for cached ones, which an earlier and less
            strict version of ours may have stored.
        search: whether it is a search.
        language: the requested language, which is not part of the key.
    """

    key: str
    path: str
    fits: Callable[[Record], bool]
    search: bool = False
    language: str = ""

    @property
    def asked(self) -> str:
        """The path with the language."""
        return (
            f"{self.path}&{urlencode({'language': self.language})}" if self.language else self.path
        )


class TMDB:
    """A client for one TMDB, safe to use from many threads.

    Args:
        base_url: the API's root.
        key: a read access token or a v3 key; None for the sample.
        answers: the cache; `close` closes its store.
        budget: the request budget, or None for no limit.
        language: of shown titles and genres. With ``refresh="missing"``, cached details in another
            language are used as well.
        workers: the number of open connections and of asking threads; 16 are enough for 40 requests
            a second at 400 ms per answer.
        attempts: how often a question is asked before it counts as unanswered.
        timeout: seconds of silence that count as a fault.
        most_seconds: the longest time for an answer in total.
        refresh: what to ask again despite a cached answer: ``missing`` (only expired misses),
            ``stale`` (what is too old) or ``all`` (everything not asked in this run).
        keeping: how long answers may be used.
        began: when the run began (epoch seconds), by default now.
        transport: an adapter that answers instead of the network.
        sleep: waits for so many seconds between attempts and for the budget.
        clock: seconds of a monotonic clock, by which time limits are measured.
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
        most_seconds: float = MOST_SECONDS,
        refresh: str = "missing",
        keeping: Keeping | None = None,
        began: float | None = None,
        transport: BaseAdapter | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url
        self.language = language
        self.workers = workers
        self._answers = answers
        self._budget = budget
        self._reuse = Reuse(
            keeping or Keeping(), refresh, language, answers.now() if began is None else began
        )
        self._connection = Connection(
            base_url,
            key,
            budget,
            workers=workers,
            attempts=attempts,
            timeout=timeout,
            most_seconds=most_seconds,
            transport=transport,
            sleep=sleep,
            clock=clock,
        )
        self._lock = threading.Lock()
        self._asking: dict[str, Future[Known]] = {}

    @property
    def asked(self) -> Counter[str]:
        """Counts so far.

        ``requests``, ``kept`` (answers from the cache; ``other_language``: how many of them are not
        in the language to be shown), ``retries``, ``limited`` (429s).
        """
        return self._connection.asked

    # Endpoints ------------------------------------------------------------------------------

    def search(
        self, title: str, *, primary_release_year: int | None = None, year: int | None = None
    ) -> list[dict[str, Any]]:
        """Films by title: TMDB's first page, at most 20 short records, most popular first.

        Args:
            title: words that one of the film's titles must contain.
            primary_release_year: only films first released in that year.
            year: only films with any release in that year.

        Raises:
            NoAnswer: there was none after all retries.
            FatalError: no question can be answered.
            StoreError: the answer can't be cached.
        """
        return self._search("movie", title, primary_release_year=primary_release_year, year=year)

    def search_series(self, title: str, *, year: int | None = None) -> list[dict[str, Any]]:
        """Series by title, as `search`; ``year`` is that of the first episode."""
        return self._search("tv", title, first_air_date_year=year)

    def movie(self, identifier: int | str) -> dict[str, Any] | None:
        """A film's details with `APPENDED`, by TMDB id or IMDb id; None if there is none.

        The record has one key of ours, ``fetched_at`` (UTC): when TMDB gave it.
        """
        query = {"append_to_response": APPENDED}

        def fits(record: Record) -> bool:
            number = record.get("id")
            return is_id(number) and (number == identifier or isinstance(identifier, str))

        known = self._get(f"/movie/{identifier}", query, fits, language=self.language)
        if known.status == 404:
            return None
        return known.record | {"fetched_at": datetime.fromtimestamp(known.fetched_at, UTC)}

    def find(self, imdb_id: str) -> dict[str, list[dict[str, Any]]]:
        """TMDB's entries for an IMDb id: ``movie_results``, ``tv_results`` and so on."""
        query = {"external_source": "imdb_id", "language": MATCHING_LANGUAGE}
        record = self._get(f"/find/{imdb_id}", query, _fits_find).record
        return {kind: _records(found) for kind, found in record.items()}

    def configuration(self) -> dict[str, Any]:
        """What TMDB says about itself: under ``images``, where its image server is."""
        return self._get("/configuration", {}, lambda record: "images" in record).record

    def recent(self) -> "TMDB":
        """This client, but without cached answers older than a miss may be (7 days).

        A film that was not found may have been added since, even if the search had other hits.
        It shares the budget, connections and counts of this client; close only one of them.
        """
        view = copy.copy(self)
        view._reuse = replace(self._reuse, most_days=self._reuse.keeping.missing)  # noqa: SLF001
        return view

    def stop(self) -> None:
        """End all questions, current and future, with a `FatalError`."""
        self._connection.stop(FatalError("The run was stopped; TMDB's answers so far are cached."))

    def close(self) -> None:
        """Close the connections and the store."""
        self._connection.close()
        self._answers.close()

    # Asking ---------------------------------------------------------------------------------

    def _search(self, kind: str, title: str, **years: int | None) -> list[dict[str, Any]]:
        query = {"query": title, "include_adult": "false", "language": MATCHING_LANGUAGE}
        query |= {name: str(year) for name, year in years.items() if year is not None}
        known = self._get(f"/search/{kind}", query, _fits_search, search=True)
        return _records(known.record.get("results"))

    def _get(
        self,
        path: str,
        query: Mapping[str, str],
        fits: Callable[[Record], bool],
        *,
        search: bool = False,
        language: str = "",
    ) -> Known:
        """The answer, cached or new."""
        # An export may contain half of a surrogate pair, which an address can't.
        address = f"{quote(path)}?{urlencode(sorted(query.items()), errors='replace')}"
        question = _Question(f"{self.base_url}{address}", address, fits, search, language)
        key = question.key
        known = self._kept(question)
        if known is not None:
            return known
        with self._lock:
            asking = self._asking.get(key)
            if asking is None:
                own = self._asking[key] = Future()
        if asking is not None:  # another thread is asking the same question
            known = asking.result()
            self._connection.count("kept")
            return known
        try:
            known = self._claimed(question)
            own.set_result(known)
            return known
        except BaseException as error:
            if isinstance(error, StoreError):
                self._connection.stop(error)  # no point in asking if answers can't be cached
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._asking[key]

    def _claimed(self, question: _Question) -> Known:
        """The answer to a question that another process is asking, or else our own."""
        while not self._answers.claim(question.key):
            self._connection.sleep(_POLL_SECONDS)
            known = self._kept(question)
            if known is not None:
                return known
        try:
            # It may have been answered since we looked.
            return self._kept(question) or self._ask(question)
        finally:
            with suppress(StoreError):  # the claim will expire
                self._answers.release(question.key)

    def _ask(self, question: _Question) -> Known:
        try:
            reply = self._connection.ask(question.asked, question.fits, search=question.search)
        except NoAnswer:
            known = self._kept(question, self._reuse.serves)
            if known is None:
                raise
            return known
        answer = self._answers.put(question.key, reply.status, reply.body, question.language)
        return Known(reply.status, reply.record, answer.fetched_at, question.language)

    def _kept(
        self, question: _Question, counts: Callable[[Known, float], bool] | None = None
    ) -> Known | None:
        """The cached answer, if it is valid and may be used (by the rule, or by ``counts``)."""
        answer = self._answers.get(question.key)
        record = json_object(answer.body) if answer else None
        if answer is None or record is None:
            return None
        if answer.status != 404 and not question.fits(record):
            return None
        known = Known(answer.status, record, answer.fetched_at, answer.language)
        if not (counts or self._reuse.counts)(known, self._answers.now()):
            return None
        self._connection.count("kept")
        if self._reuse.other_language(known):
            self._connection.count("other_language")
        return known


def _fits_search(record: Record) -> bool:
    return "results" in record and isinstance(record["results"], list | None)


def _fits_find(record: Record) -> bool:
    found = [record[kind] for kind in _KINDS if kind in record]
    return bool(found) and all(isinstance(one, list | None) for one in found)


def _records(found: object) -> list[dict[str, Any]]:
    """The records in a list."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
