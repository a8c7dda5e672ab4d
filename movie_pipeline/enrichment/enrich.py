"""Enrichment: looks up every film row of an upload in parallel.

What belongs here: distributing rows to worker threads, counting states, and assembling the columns.
What does not: deciding which film a row is (`matching`, or the user: `overrides`), making a request
(`tmdb`), and anything of Dagster. Parallelism is here, in threads, because this is where the time
is spent waiting.

Memory: only the columns of each film are kept, with lists as JSON text (a third of the size), and
no more questions are submitted than the threads need.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from itertools import compress, islice
from typing import Any, TypeGuard

import pandas as pd

from movie_pipeline.enrichment.columns import film_columns
from movie_pipeline.matching import Candidate, Decision, Wanted, find
from movie_pipeline.matching.film import from_details
from movie_pipeline.overrides.file import Override
from movie_pipeline.overrides.rules import ignored, no_answer, no_film
from movie_pipeline.sample import is_sample
from movie_pipeline.status.store import IGNORED, STATES
from movie_pipeline.tmdb import TMDB, NoAnswer
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES

_REPORT_EVERY_SECONDS = 1.0

_BY_ID = frozenset({"tmdb_id", "imdb_id"})
"""Methods by which a row names its film itself."""
_SERVICE_IDS = ("letterboxd_uri", "imdb_id", "export_tmdb_id")

_OWN = ("row_number", "title", "year", "seen", "rating", "version")
"""Columns that are copied from ``raw.movies``."""
READS = (
    *_OWN,
    *("imdb_id", "export_tmdb_id", "title_type", "original_title", "directors"),
    *("runtime_minutes", "letterboxd_uri", "source_format", "logged_on"),
)
"""Columns of ``raw.movies`` that are read."""
_as_json = json.JSONEncoder(ensure_ascii=False).encode  # shared: creating one takes longer
_FILLED = tuple(
    column for column in ENRICHED_MOVIES if column.name not in {*_OWN, "upload", "answered_by"}
)
"""Columns that the enrichment fills."""
_PLACE = {column.name: place for place, column in enumerate(_FILLED)}
_REASONS = ("match_method", "match_score", "match_candidates")


@dataclass(frozen=True)
class Snapshot:
    """An enrichment's progress: rows by state, ``enriched``, `IGNORED`, ``pending``; its speed."""

    counts: Mapping[str, int]
    seconds: float
    eta_seconds: float | None


@dataclass(frozen=True)
class Question:
    """What to find out about a row. Equal questions are asked only once.

    Attributes:
        wanted: what the export says about the film.
        override: the user's decision, which takes precedence over everything else.
    """

    wanted: Wanted
    override: Override | None = None

    @property
    def ignored(self) -> bool:
        """Whether the user said to ignore the row."""
        return self.override is not None and self.override.tmdb_id is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a row: its state (one of `STATES`), and the values of `_FILLED`."""

    state: str
    enriched: bool
    values: tuple[Any, ...]
    """In the order of the columns."""

    def value(self, column: str) -> Any:
        """The value of one column."""
        return self.values[_PLACE[column]]

    def ambiguous(self) -> "Outcome":
        """The same decision without its film, which another row has."""
        kept = {name: self.value(name) for name in _REASONS}
        return _outcome(kept | {"match_status": "ambiguous"} | film_columns(None))


def enrich(
    rows: pd.DataFrame,
    tmdb: TMDB,
    *,
    answered_by: str,
    country: str = "US",
    override: Callable[[Mapping[Hashable, Any]], Override | None] = lambda _: None,
    report: Callable[[Snapshot], None] = lambda _: None,
) -> pd.DataFrame:
    """Find and describe the film of every row of ``raw.movies``.

    Rows with the same question are looked up once; seen films come first.

    Args:
        rows: rows of ``raw.movies`` of one upload, with the columns `READS`.
        tmdb: the client to use.
        answered_by: the value of that column: ``tmdb`` or ``sample``.
        country: the ISO 3166-1 code of the country whose certifications are wanted.
        override: returns the user's decision on a row, if there is one.
        report: called with the progress about once a second, and once at the end.

    Returns:
        One row for each given row, in the same order, with the columns of ``enriched.movies``
        (without ``upload``); lists as JSON text.

    Raises:
        FatalError: no question can be answered (for example, the key was refused).
        StoreError: answers can't be cached.
    """
    years = _formats_with_years(rows)
    questions = [Question(wanted_of(row, years), override(row)) for row in _records(rows)]
    lines = Counter(questions)  # the number of rows with each question
    seen = [pd.isna(value) or bool(value) for value in rows["seen"]]
    seen_first = dict.fromkeys((*compress(questions, seen), *questions))
    outcomes: dict[Question, Outcome] = {}
    began = time.monotonic()

    def snapshot(results: Iterable[tuple[Question, Outcome, int]]) -> Snapshot:
        counts = dict.fromkeys((*STATES, "enriched", IGNORED), 0)
        for one, outcome, times in results:
            counts[outcome.state] += times
            counts["enriched"] += times if outcome.enriched else 0
            counts[IGNORED] += times if one.ignored else 0
        decided = sum(counts[state] for state in STATES)
        counts["pending"] = len(questions) - decided
        seconds = time.monotonic() - began
        eta = counts["pending"] * seconds / decided if decided else None
        return Snapshot(counts, seconds, eta)

    def so_far() -> Snapshot:
        return snapshot((one, outcome, lines[one]) for one, outcome in outcomes.items())

    def work(question: Question) -> Outcome:
        return _outcome(answer(question, tmdb, country))

    report(so_far())
    executor = ThreadPoolExecutor(tmdb.workers, thread_name_prefix="tmdb")
    try:
        reported = time.monotonic()
        for question, outcome in _side_by_side(executor, work, seen_first, 2 * tmdb.workers):
            outcomes[question] = outcome
            if time.monotonic() - reported >= _REPORT_EVERY_SECONDS:
                report(so_far())
                reported = time.monotonic()
    except BaseException:  # such as a fatal answer, a full disk, a cancelled run
        tmdb.stop()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    found = _one_row_per_film(rows, [outcomes[one] for one in questions])
    report(snapshot((one, outcome, 1) for one, outcome in zip(questions, found, strict=True)))
    return _frame(rows, found, answered_by)


def wanted_of(row: Mapping[Hashable, Any], with_years: Container[str | None] = ()) -> Wanted:
    """What a row of ``raw.movies`` says about its film.

    Args:
        row: a row of ``raw.movies``.
        with_years: the formats with years in this upload; a missing year says something only there.
    """

    def text(name: str) -> str | None:
        value = row.get(name)
        return value if isinstance(value, str) and value else None

    def whole(name: str) -> int | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else int(value)

    year, service, logged_on = whole("year"), text("source_format"), row.get("logged_on")
    undated = year is None and service in with_years
    return Wanted(
        title=text("title"),
        year=year,
        imdb_id=text("imdb_id"),
        tmdb_id=whole("export_tmdb_id"),
        title_type=text("title_type"),
        original_title=text("original_title"),
        directors=tuple(_items(row.get("directors"))),
        runtime_minutes=whole("runtime_minutes"),
        service=service if year or undated else None,
        logged_in=logged_on.year if undated and _is_day(logged_on) else None,
    )


def _is_day(value: Any) -> TypeGuard[date]:
    return isinstance(value, date) and not pd.isna(value)  # NaT is a date, too


def _formats_with_years(rows: pd.DataFrame) -> frozenset[str]:
    if "source_format" not in rows:
        return frozenset()
    return frozenset(rows.loc[rows["year"].notna(), "source_format"].dropna())


def answer(question: Question, tmdb: TMDB, country: str = "US") -> dict[str, Any]:
    """The columns of ``enriched.movies`` that answer a question, by name; the others are NULL.

    Raises:
        FatalError: no question can be answered.
        StoreError: answers can't be cached.
    """
    override = question.override
    try:
        if override is not None:
            return _by_override(override, tmdb, country)
        decision = find(question.wanted, tmdb)
        if decision.status == "not_found":
            # The film may have been added to TMDB since, even if the search had other hits.
            decision = find(question.wanted, tmdb.recent())
    except NoAnswer as error:
        columns = {"match_status": "error", "tmdb_enriched": False, "error": str(error)}
        if (
            override is not None and override.tmdb_id is not None
        ):  # it was applied, as far as it can be
            columns |= {
                "match_method": "override",
                "error": f"{no_answer(override.tmdb_id)}{error}",
            }
        return columns
    return _decision_columns(decision) | film_columns(decision.details, country)


def _by_override(override: Override, tmdb: TMDB, country: str) -> dict[str, Any]:
    """The user's decision; if TMDB does not have the film, an error names the line to correct."""
    details = None if override.tmdb_id is None else tmdb.movie(override.tmdb_id)
    film = from_details(details) if details else None
    if film is None:
        columns = _decision_columns(Decision("not_found", "override")) | film_columns(None)
        if override.tmdb_id is not None:
            advice = f"correct line {override.line} of overrides.csv"
            if is_sample(tmdb.base_url):
                advice = "only the sample catalogue was searched; set TMDB_API_TOKEN to search TMDB"
            columns["error"] = f"{no_film(override.tmdb_id)}{advice}"
        return columns
    title = next(iter((*film.other_titles, *film.titles)), "")
    candidate = Candidate(film.tmdb_id, title, film.year, 1.0)
    decision = Decision("matched", "override", 1.0, film.tmdb_id, (candidate,), film.details)
    return _decision_columns(decision) | film_columns(details, country)


def sample_notice(films: pd.DataFrame) -> str | None:
    """The notice above all results if no key was set and the sample catalogue answered, else None.

    Args:
        films: rows of ``enriched.movies`` of one upload.
    """
    if not (films["answered_by"] == "sample").any():
        return None
    return sample_lacks(int(((films["match_status"] == "not_found") & ~ignored(films)).sum()))


def sample_lacks(missing: int) -> str:
    """The notice above results of the sample catalogue, which lacks so many films."""
    lacks = f", and it lacks {missing:,} of these films" if missing else ""
    return f"Only the sample catalogue was searched{lacks}: set TMDB_API_TOKEN to search TMDB"


def _decision_columns(decision: Decision) -> dict[str, Any]:
    return {
        "match_status": decision.status,
        "match_method": decision.method,
        "match_score": decision.score,
        "match_candidates": [
            {
                "tmdb_id": candidate.tmdb_id,
                "title": candidate.title,
                "year": candidate.year,
                "score": round(candidate.score, 4),
            }
            for candidate in decision.candidates[:3]
        ],
        "tmdb_id": decision.tmdb_id,
    }


def _one_row_per_film(rows: pd.DataFrame, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes; of rows that their service tells apart, only the surest has the film.

    The others are ambiguous, and so are all that are equally sure. A row that names its film by id
    is surest, and never ambiguous. What the user decides says nothing about other rows.
    """
    by_film: dict[Any, list[int]] = {}
    for place, outcome in enumerate(outcomes):
        if outcome.state == "matched" and outcome.value("match_method") != "override":
            by_film.setdefault(outcome.value("tmdb_id"), []).append(place)
    ids = [rows[name].array for name in _SERVICE_IDS if name in rows]

    def sure(place: int) -> float:
        by_id = outcomes[place].value("match_method") in _BY_ID
        return 2.0 if by_id else float(outcomes[place].value("match_score"))

    def apart(one: int, other: int) -> bool:
        return any(
            not pd.isna(column[one]) and not pd.isna(column[other]) and column[one] != column[other]
            for column in ids
        )

    found = list(outcomes)
    for places in by_film.values():
        for place in places if len(places) > 1 else ():
            rivals = (other for other in places if other != place and sure(other) >= sure(place))
            if sure(place) <= 1.0 and any(apart(place, rival) for rival in rivals):
                found[place] = outcomes[place].ambiguous()
    return found


def _records(rows: pd.DataFrame) -> Iterator[dict[Hashable, Any]]:
    """The rows as mappings, one at a time."""
    for values in zip(*(rows[name] for name in rows.columns), strict=True):
        yield dict(zip(rows.columns, values, strict=True))


def _side_by_side(
    executor: ThreadPoolExecutor,
    work: Callable[[Question], Outcome],
    questions: Iterable[Question],
    at_most: int,
) -> Iterator[tuple[Question, Outcome]]:
    """Questions with their outcomes as they finish; at most ``at_most`` are submitted at a time."""
    to_come = iter(questions)
    asked: dict[Future[Outcome], Question] = {
        executor.submit(work, one): one for one in islice(to_come, at_most)
    }
    while asked:
        for future in wait(asked, return_when=FIRST_COMPLETED).done:
            yield asked.pop(future), future.result()
            for one in islice(to_come, 1):
                asked[executor.submit(work, one)] = one


def _outcome(columns: Mapping[str, Any]) -> Outcome:
    values = (columns.get(column.name) for column in _FILLED)
    return Outcome(
        state=str(columns["match_status"]),
        enriched=bool(columns["tmdb_enriched"]),
        values=tuple(_as_json(value) if isinstance(value, list) else value for value in values),
    )


def _frame(rows: pd.DataFrame, outcomes: Sequence[Outcome], answered_by: str) -> pd.DataFrame:
    columns: dict[str, Iterable[Any]] = {name: rows[name].array for name in _OWN}
    for place, column in enumerate(_FILLED):
        values = [outcome.values[place] for outcome in outcomes]
        columns[column.name] = pd.Series(values, dtype=object).array
    return pd.DataFrame({**columns, "answered_by": answered_by})


def _items(value: object) -> list[str]:
    if value is None or isinstance(value, float) or value is pd.NA:
        return []
    return [str(one) for one in value] if isinstance(value, Iterable) else []
