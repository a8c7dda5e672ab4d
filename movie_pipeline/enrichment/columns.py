"""Columns: TMDB's details of a film as columns of ``enriched.movies``.

What belongs here: reading a details record, in which anything may be missing. What does not:
deciding which film it is (`matching`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from movie_pipeline.outside.untrusted import is_id, number

CAST_KEPT = 20
#: TMDB's jobs that make each role of the crew. Credits such as "Characters" or "Novel" are of
#: people who did not work on the film.
JOBS = {
    "director": {"Director"},
    "writer": {"Screenplay", "Writer", "Story", "Co-Writer", "Screenstory"},
    "composer": {"Original Music Composer"},
    "cinematographer": {"Director of Photography"},
    "editor": {"Editor"},
}
#: No film has cost or earned this much; anything above is a mistake (or does not fit the column).
MOST_DOLLARS = 100_000_000_000
#: TMDB's genders: not set, female, male, non-binary.
_GENDERS = (0, 1, 2, 3)
#: TMDB's release types (developer.themoviedb.org/reference/movie-release-dates) in the order in
#: which their certifications count: in cinemas, in few cinemas, premiere, digital, physical, TV.
_RELEASES = (3, 2, 1, 4, 5, 6)


def film_columns(details: Mapping[str, Any] | None, country: str = "US") -> dict[str, Any]:
    """TMDB's details as columns of ``enriched.movies``; without any, only ``tmdb_enriched``.

    Anything in the details may be missing, null or of the wrong type. Entries without an id or a
    name are dropped, so that the lists of names and of ids correspond.

    Args:
        details: The record, with the parts of `tmdb.client.APPENDED`.
        country: The ISO 3166-1 code of the country whose certification is wanted.
    """
    if details is None:
        return {"tmdb_enriched": False}
    people = details.get("credits")
    people = people if isinstance(people, Mapping) else {}
    crew = _named(people.get("crew"))
    collection = _named([details.get("belongs_to_collection")])
    companies = {one["id"]: one["name"] for one in _named(details.get("production_companies"))}
    directors = {one["id"]: one for one in crew if one.get("job") in JOBS["director"]}
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
        "directors": [one["name"] for one in directors.values()],
        "director_ids": list(directors),
        "director_genders": [_gender(one) for one in directors.values()],
        "cast": [one["name"] for one in cast],
        "cast_ids": [one["id"] for one in cast],
        "cast_genders": [_gender(one) for one in cast],
        **_crew(crew),
        "production_companies": list(companies.values()),
        "production_company_ids": list(companies),
        "collection": collection[0]["name"] if collection else None,
        "collection_id": collection[0]["id"] if collection else None,
        "spoken_languages": [
            one["iso_639_1"]
            for one in _mappings(details.get("spoken_languages"))
            if _text(one.get("iso_639_1"))
        ],
        "certification": _certification(details.get("release_dates"), country),
        "budget": _dollars(details.get("budget")),
        "revenue": _dollars(details.get("revenue")),
        "tagline": _text(details.get("tagline")),
        "poster_path": _text(details.get("poster_path")),
        "imdb_id": _text(details.get("imdb_id")),
        "popularity": number(details.get("popularity")),
        "vote_average": number(details.get("vote_average")),
        "vote_count": number(details.get("vote_count")),
        "tmdb_enriched": True,
        "enriched_at": _utc(details.get("fetched_at")),
    }


def _crew(crew: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The people of each role but the directors: a person with two of its jobs appears once."""
    columns: dict[str, Any] = {}
    for role, jobs in JOBS.items():
        if role == "director":
            continue
        people = {one["id"]: one["name"] for one in crew if one.get("job") in jobs}
        columns[f"{role}s"] = list(people.values())
        columns[f"{role}_ids"] = list(people)
    return columns


def _gender(person: Mapping[str, Any]) -> int:
    gender = person.get("gender")
    return gender if type(gender) is int and gender in _GENDERS else 0


def _certification(releases: object, country: str) -> str | None:
    """The certification of the release that the most people saw it in; None if none has one."""
    results = _mappings(releases.get("results")) if isinstance(releases, Mapping) else []
    found = {
        release.get("type"): certification
        for one in results
        if one.get("iso_3166_1") == country
        for release in reversed(_mappings(one.get("release_dates")))
        if isinstance(release.get("type"), int)
        and (certification := _text(release.get("certification")))
    }
    return next((found[release] for release in _RELEASES if release in found), None)


def _dollars(value: object) -> int | None:
    """A sum in US dollars; None if it is 0, which TMDB says for unknown."""
    return value if type(value) is int and 0 < value < MOST_DOLLARS else None


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
