"""Trakt's JSON: its own export (a ZIP of ``*-N.json`` files) and the backups of API tools.

``rated_at`` and ``listed_at`` are days of logging, ``watched_at`` and ``last_watched_at`` are
viewings; ``plays`` counts them. What is owned, paused, hidden or listed has not been seen for that,
unless it is rated or a favourite. A season or an episode stands for its series.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from movie_pipeline.exports import marks, values
from movie_pipeline.exports.dates import DateOrder
from movie_pipeline.exports.exporter import DocumentFormat, Layout, Line
from movie_pipeline.exports.values import scalar

_DAY = DateOrder(None).read
_LIST_FILE = re.compile(r"(?:lists-)?list-\d+-(.+)")
_UNSEEN = frozenset({"listed_at", "collected_at", "paused_at", "hidden_at"})  # unless also watched
_FAVOURITES = re.compile(r"favou?rites?", re.IGNORECASE)


def _recognise(item: Mapping[str, object]) -> bool:
    return any(isinstance(item.get(kind), dict) for kind in ("movie", "show", "episode", "season"))


def _read(item: Mapping[str, object], key: str, path: PurePosixPath) -> Line:
    """Read an item of any of Trakt's files; its fields show which kind of file it is."""
    kind = scalar(item.get("type"))
    film: Any = item.get("movie")
    is_film = isinstance(film, dict)
    if not is_film:
        film = item.get("show")
    if not isinstance(film, dict):
        raise ValueError("has no film or series")  # noqa: TRY004
    title = values.clean(scalar(film.get("title")))
    if title is None:
        raise ValueError("has no title")
    ids = film.get("ids")
    ids = ids if isinstance(ids, dict) else {}
    part = kind in {"episode", "season"} or isinstance(
        item.get("episode") or item.get("season"), dict
    )
    where = f"{path.stem} {key}"
    rated = values.rating(scalar(item.get("rating") or item.get("my_rating")), 10.0)
    watched_on = _DAY(scalar(item.get("watched_at") or item.get("last_watched_at")))
    liked = bool(_FAVOURITES.search(where))
    unseen = bool(_UNSEEN & item.keys()) or "watchlist" in where.lower()
    plays = marks.plays(scalar(item.get("plays")))
    own_list = _LIST_FILE.match(path.stem)
    return Line(
        title=title,
        year=values.year(scalar(film.get("year"))),
        imdb_id=values.imdb_id(scalar(ids.get("imdb"))),
        tmdb_id=values.tmdb_id(scalar(ids.get("tmdb"))),
        title_type="movie" if is_film else "tvSeries",
        runtime=values.minutes(scalar(film.get("runtime"))),
        rating=None if part else rated,
        liked=liked,
        seen=bool(rated or watched_on or liked or plays or not unseen),
        logged_on=_DAY(scalar(item.get("listed_at") or item.get("collected_at"))),
        rated_on=_DAY(scalar(item.get("rated_at"))),
        watched_on=watched_on,
        entry=scalar(item.get("id")) or scalar(item.get("watched_at")) or None,
        in_list=own_list[1] if own_list else None,
        plays=plays,
    )


FORMATS = (
    DocumentFormat(
        name="trakt json",
        service="trakt",
        specificity=90,
        recognise=_recognise,
        read=_read,
        mapping={
            "title": "movie.title",
            "year": "movie.year",
            "imdb_id": "movie.ids.imdb",
            "tmdb_id": "movie.ids.tmdb",
            "rating": "rating",
            "rated_on": "rated_at",
            "logged_on": "listed_at",
            "watched_on": "watched_at",
        },
    ),
)

_FILM_FILES = re.compile(
    r"(?:watched|ratings|history|watchlist|lists-watchlist|lists-favorites|(?:lists-)?list-\d+|favorites)"
    r"\b.*\.json$",
    re.IGNORECASE,
)


def _claim(members: Sequence[str]) -> list[str]:
    """Select watched, ratings, history and lists, but not comments, collection and settings."""
    own = [name for name in members if "__MACOSX" not in PurePosixPath(name).parts]
    return sorted(
        (name for name in own if _FILM_FILES.match(PurePosixPath(name).name)), key=_natural
    )


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A sort key that puts ``history-10`` after ``history-9``."""
    return [
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part)
        for part in re.split(r"([0-9]+)", name)
    ]


LAYOUT = Layout(specificity=90, claim=_claim)
