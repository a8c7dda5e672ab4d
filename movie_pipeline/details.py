"""Details: what TMDB says of a film, as columns of ``enriched.movies``.

What belongs here: reading a details record, in which anything may be missing. What does not: which
film it is (`enrichment`, `matching`).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

CAST_KEPT = 20


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
        one.get("iso_3166_1") for one in _mappings(details.get("production_countries"))
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


def _mappings(value: Iterable[Any] | None) -> list[Mapping[str, Any]]:
    return [one for one in value or () if isinstance(one, Mapping)]


def _named(value: Iterable[Any] | None) -> list[Mapping[str, Any]]:
    return [one for one in _mappings(value) if one.get("id") is not None and one.get("name")]


def _billing(place: tuple[int, Mapping[str, Any]]) -> int:
    order = place[1].get("order")
    return place[0] if order is None else int(order)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _utc(moment: datetime | None) -> datetime | None:
    """The moment as the naive UTC time that a TIMESTAMP column holds."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
