"""A film in TMDB's records (search hits or details), read so that missing values do no harm.

What belongs here: reading TMDB's records. What does not: how well a film fits a line (`odds.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from movie_pipeline.outside.untrusted import is_id, number

Record = Mapping[str, Any]

_SIX_HOURS = 360  # minutes

_THEATRICAL = frozenset({1, 2, 3})  # premiere, limited, theatrical


@dataclass(frozen=True)
class Film:
    """The facts that matching uses. Empty, None or 0 if unknown.

    Attributes:
        titles: the title in en-US (only from a hit) and the original title, in this order.
        other_titles: alternative and translated titles (from details).
        year: of the primary release.
        release_years: of premieres and releases in cinemas (from details).
    """

    tmdb_id: int
    titles: tuple[str, ...] = ()
    other_titles: tuple[str, ...] = ()
    year: int | None = None
    release_years: frozenset[int] = frozenset()
    votes: int = 0
    directors: tuple[str, ...] = ()
    runtime_minutes: int | None = None
    imdb_id: str | None = None
    has_cast: bool = False
    details: Record | None = None

    @property
    def has_episodes(self) -> bool:
        """Whether it is a series that TMDB lists as a film: very long, by several directors."""
        return (self.runtime_minutes or 0) >= _SIX_HOURS and len(set(self.directors)) > 1


def from_hit(hit: Record) -> Film | None:
    """Read a search hit; None if it has no valid id."""
    tmdb_id = hit.get("id")
    if not is_id(tmdb_id):
        return None
    return Film(
        tmdb_id=tmdb_id,
        titles=tuple(_texts(hit.get("title"), hit.get("original_title"))),
        year=year_of(hit.get("release_date")),
        votes=votes_of(hit),
    )


def from_details(details: Record, hit: Film | None = None) -> Film | None:
    """Read a details record, with the titles, date and votes of the hit that led to it.

    Details come in the user's language. The decision must not depend on that, so their `title` is
    used only if there is no hit, that is, to confirm an id.
    """
    tmdb_id = details.get("id", hit.tmdb_id if hit else None)
    if not is_id(tmdb_id):
        return None
    shown, original = details.get("title"), details.get("original_title")
    return Film(
        tmdb_id=tmdb_id,
        titles=hit.titles if hit else tuple(_texts(original)),
        other_titles=tuple(_texts(original if hit else shown, *_other_titles(details))),
        year=(hit.year if hit else None) or year_of(details.get("release_date")),
        release_years=frozenset(_release_years(details)),
        votes=hit.votes if hit else votes_of(details),
        directors=tuple(_directors(details)),
        runtime_minutes=int(number(details.get("runtime")) or 0) or None,
        imdb_id=next(_texts(details.get("imdb_id")), None),
        has_cast=any(True for _ in _items(details, "credits", "cast")),
        details=details,
    )


def votes_of(record: Record) -> int:
    """The number of votes, 0 if unknown."""
    return int(number(record.get("vote_count")) or 0)


def year_of(date: Any) -> int | None:
    """The year of "YYYY-MM-DD…", None for anything else."""
    text = date[:4] if isinstance(date, str) else ""
    return int(text) if len(text) == 4 and text.isascii() and text.isdigit() else None


def _other_titles(details: Record) -> Iterator[Any]:
    for alternative in _items(details, "alternative_titles", "titles"):
        yield alternative.get("title")
    for translation in _items(details, "translations", "translations"):
        data = translation.get("data")
        yield data.get("title") if isinstance(data, Mapping) else None


def _release_years(details: Record) -> Iterator[int]:
    for country in _items(details, "release_dates", "results"):
        for release in _records(country.get("release_dates")):
            year = year_of(release.get("release_date"))
            if year is not None and number(release.get("type")) in _THEATRICAL:
                yield year


def _directors(details: Record) -> Iterator[str]:
    for person in _items(details, "credits", "crew"):
        if person.get("job") == "Director":
            yield from _texts(person.get("name"))


def _items(record: Record, part: str, name: str) -> Iterator[Record]:
    inner = record.get(part)
    return _records(inner.get(name) if isinstance(inner, Mapping) else None)


def _records(value: Any) -> Iterator[Record]:
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Mapping))


def _texts(*values: Any) -> Iterator[str]:
    yield from dict.fromkeys(v for v in values if isinstance(v, str) and v.strip())
