"""Enrichment: every film line of an upload, asked about at once, decided one by one.

What belongs here: handing lines to worker threads, counting states, and turning TMDB's details
into columns. What does not: which film a line means (`matching`), how a question is asked
(`tmdb`), and anything of Dagster. Parallelism is here, in threads, because the waiting is here.
"""

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import compress
from typing import Any

import pandas as pd

from movie_pipeline.matching import Decision, Wanted, find
from movie_pipeline.progress import STATES
from movie_pipeline.tables import ENRICHED_MOVIES
from movie_pipeline.tmdb import TMDB, NoAnswer

CAST_KEPT = 20
_REPORT_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Snapshot:
    """How far an enrichment is: lines by state, ``enriched`` and ``pending``, and its speed."""

    counts: Mapping[str, int]
    seconds: float
    eta_seconds: float | None


@dataclass(frozen=True)
class Outcome:
    """What became of one line: the columns that it fills, by name."""

    columns: Mapping[str, Any]

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return str(self.columns["match_status"])


def enrich(
    rows: pd.DataFrame,
    tmdb: TMDB,
    *,
    answered_by: str,
    report: Callable[[Snapshot], None] = lambda _: None,
) -> pd.DataFrame:
    """Find and describe every row of ``raw.movies``.

    Rows that ask the same thing are asked once; seen films are asked about first.

    Args:
        rows: rows of ``raw.movies`` of one upload.
        tmdb: who is asked.
        answered_by: ``tmdb`` or ``sample``, as the column has it.
        report: told about once a second how far it is, and once at the end.

    Returns:
        One row for each given row, in their order, with the columns of ``enriched.movies``
        (without ``upload``).

    Raises:
        FatalError: no question can be answered (a refused key).
        StoreError: answers can't be kept.
    """
    wanted = [wanted_of(row) for row in rows.to_dict("records")]
    lines = Counter(wanted)  # how many rows each question answers
    seen = [pd.isna(value) or bool(value) for value in rows["seen"]]
    seen_first = dict.fromkeys((*compress(wanted, seen), *wanted))
    outcomes: dict[Wanted, Outcome] = {}
    began = time.monotonic()

    def snapshot() -> Snapshot:
        counts = dict.fromkeys((*STATES, "enriched"), 0)
        for one, outcome in outcomes.items():
            counts[outcome.state] += lines[one]
            counts["enriched"] += lines[one] if outcome.columns["tmdb_enriched"] else 0
        decided = sum(counts[state] for state in STATES)
        counts["pending"] = len(wanted) - decided
        seconds = time.monotonic() - began
        eta = counts["pending"] * seconds / decided if decided else None
        return Snapshot(counts, seconds, eta)

    report(snapshot())
    executor = ThreadPoolExecutor(tmdb.workers, thread_name_prefix="tmdb")
    try:
        asked: dict[Future[Outcome], Wanted] = {
            executor.submit(_outcome, one, tmdb): one for one in seen_first
        }
        reported = time.monotonic()
        for future in as_completed(asked):
            outcomes[asked.pop(future)] = future.result()
            if time.monotonic() - reported >= _REPORT_EVERY_SECONDS:
                report(snapshot())
                reported = time.monotonic()
    except BaseException:  # a fatal answer, a full disk, a run that is cancelled
        tmdb.stop()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    report(snapshot())
    return _frame(rows, [outcomes[one] for one in wanted], answered_by)


def wanted_of(row: Mapping[Hashable, Any]) -> Wanted:
    """What a row of ``raw.movies`` asks for."""

    def text(name: str) -> str | None:
        value = row.get(name)
        return value if isinstance(value, str) and value else None

    def whole(name: str) -> int | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else int(value)

    return Wanted(
        title=text("title"),
        year=whole("year"),
        imdb_id=text("imdb_id"),
        tmdb_id=whole("export_tmdb_id"),
        title_type=text("title_type"),
        original_title=text("original_title"),
        directors=tuple(_items(row.get("directors"))),
        runtime_minutes=whole("runtime_minutes"),
    )


def sample_notice(films: pd.DataFrame) -> str | None:
    """What every place that shows results leads with, where no key was set and the sample answered.

    Args:
        films: rows of ``enriched.movies`` of one upload.
    """
    if not (films["answered_by"] == "sample").any():
        return None
    missing = int((films["match_status"] == "not_found").sum())
    if not missing:
        return "answered by the sample catalogue; set TMDB_API_TOKEN to ask TMDB"
    return f"not in the sample catalogue ({missing} films); set TMDB_API_TOKEN"


def _outcome(wanted: Wanted, tmdb: TMDB) -> Outcome:
    try:
        decision = find(wanted, tmdb)
    except NoAnswer as error:
        return Outcome({"match_status": "error", "tmdb_enriched": False, "error": str(error)})
    return Outcome(_decision_columns(decision) | film_columns(decision.details))


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


def film_columns(details: Mapping[str, Any] | None) -> dict[str, Any]:
    """TMDB's details as columns of ``enriched.movies``; only ``tmdb_enriched`` without any.

    Anything in them may be missing or null. Someone or something without an id or a name is left
    out, so that lists of names and of ids go together.
    """
    if details is None:
        return {"tmdb_enriched": False}
    people = details.get("credits") or {}
    crew = _named(people.get("crew"))
    directors = {one["id"]: one["name"] for one in crew if one.get("job") == "Director"}
    cast = _named(people.get("cast"))
    # TMDB lists the cast in billing order; who has no number keeps the place.
    cast = [one for _, one in sorted(enumerate(cast), key=_billing)][:CAST_KEPT]
    genres = _named(details.get("genres"))
    countries = details.get("origin_country") or [
        one.get("iso_3166_1") for one in _records(details.get("production_countries"))
    ]
    return {
        "tmdb_title": details.get("title") or None,
        "original_title": details.get("original_title") or None,
        "original_language": details.get("original_language") or None,
        "origin_countries": [country for country in countries if country],
        "release_date": _date(details.get("release_date")),
        "runtime_minutes": details.get("runtime") or None,  # TMDB's 0 is "not known"
        "genres": [one["name"] for one in genres],
        "genre_ids": [one["id"] for one in genres],
        "directors": list(directors.values()),
        "director_ids": list(directors),
        "cast": [one["name"] for one in cast],
        "cast_ids": [one["id"] for one in cast],
        "popularity": details.get("popularity"),
        "vote_average": details.get("vote_average"),
        "vote_count": details.get("vote_count"),
        "tmdb_enriched": True,
        "enriched_at": _utc(details.get("fetched_at")),
    }


def _records(value: Iterable[Any] | None) -> list[Mapping[str, Any]]:
    return [one for one in value or () if isinstance(one, Mapping)]


def _named(value: Iterable[Any] | None) -> list[Mapping[str, Any]]:
    return [one for one in _records(value) if one.get("id") is not None and one.get("name")]


def _billing(place: tuple[int, Mapping[str, Any]]) -> int:
    order = place[1].get("order")
    return place[0] if order is None else int(order)


def _frame(rows: pd.DataFrame, outcomes: Sequence[Outcome], answered_by: str) -> pd.DataFrame:
    own = ("row_number", "title", "year", "seen", "rating", "version")
    filled = [
        column.name
        for column in ENRICHED_MOVIES
        if column.name not in {*own, "upload", "answered_by"}
    ]
    columns: dict[str, Iterable[Any]] = {name: rows[name].array for name in own}
    for name in filled:
        columns[name] = pd.Series(
            [outcome.columns.get(name) for outcome in outcomes], dtype=object
        ).array
    return pd.DataFrame({**columns, "answered_by": answered_by})


def _items(value: object) -> list[str]:
    if value is None or isinstance(value, float) or value is pd.NA:
        return []
    return [str(one) for one in value] if isinstance(value, Iterable) else []


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _utc(moment: datetime | None) -> datetime | None:
    """The moment as the naive UTC time that a TIMESTAMP column holds."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
