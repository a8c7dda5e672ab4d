"""Columns: TMDB's details of a film as columns of ``enriched.movies``.

What belongs here: reading a details record, in which anything may be missing. What does not:
deciding which film it is (`matching`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from movie_pipeline.outside.untrusted import is_id, number

CAST_KEPT = 20


def film_columns(details: Mapping[str, Any] | None) -> dict[str, Any]:
    """TMDB's details as columns of ``enriched.movies``; without any, only ``tmdb_enriched``.

    Anything in the details may be missing, null or of the wrong type. Entries without an id or a
    name are dropped, so that the lists of names and of ids correspond.
    """
    if details is None:
        return {"tmdb_enriched": False}
    people = details.get("credits")
    people = people if isinstance(people, Mapping) else {}
    crew = _named(people.get("crew"))
    directors = {one["id"]: one["name"] for one in crew if one.get("job") == "Director"}
    cast = _named(people.get("cast"))
    # TMDB lists the cast in billing order; an entry without a number keeps its place.
    cast = [one for _, one in sorted(enumerate(cast), key=_billing)][:CAST_KEPT]
    genres = _named(details.get("genres"))
    countries = _items(details.get("origin_country")) or [
        one.get("iso_3166_1") for one in _mappings(details.get("production_countries"))
    ]
    runtime = number(details.get("runtime"))
    return {
        "tmdb_title": _text(details.get("title")),
        "original_title": _text(details.get("original_title")),
        "original_language": _text(details.get("original_language")),
        "origin_countries": [country for country in countries if _text(country)],
        "release_date": _date(details.get("release_date")),
        "runtime_minutes": runtime if runtime and runtime > 0 else None,  # 0 means unknown
        "genres": [one["name"] for one in genres],
        "genre_ids": [one["id"] for one in genres],
        "directors": list(directors.values()),
        "director_ids": list(directors),
        "cast": [one["name"] for one in cast],
        "cast_ids": [one["id"] for one in cast],
        "popularity": number(details.get("popularity")),
        "vote_average": number(details.get("vote_average")),
        "vote_count": number(details.get("vote_count")),
        "tmdb_enriched": True,
        "enriched_at": _utc(details.get("fetched_at")),
    }


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _items(value) if isinstance(one, Mapping)]


def _named(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _mappings(value) if is_id(one.get("id")) and _text(one.get("name"))]


def _billing(place: tuple[int, Mapping[str, Any]]) -> float:
    order = number(place[1].get("order"))
    return place[0] if order is None else order


def _text(value: object) -> str | None:
    return value or None if isinstance(value, str) else None


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _utc(moment: datetime | None) -> datetime | None:
    """The moment as a naive UTC time, for a TIMESTAMP column."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
