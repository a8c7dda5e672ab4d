"""Simkl: its two CSV backups and its JSON backup.

In the CSVs, ``Watchlist`` is the status of a line (completed, plantowatch, …). An anime with a last
watched episode is a series; an anime without one may well be a film.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from movie_pipeline.exports import marks, values
from movie_pipeline.exports.dates import DateOrder
from movie_pipeline.exports.exporter import DocumentFormat, Line, TableFormat, names

_DAY = DateOrder(None).read


def _recognise(item: Mapping[str, object]) -> bool:
    return "status" in item and any(isinstance(item.get(kind), dict) for kind in ("movie", "show"))


def _read(item: Mapping[str, object], key: str, path: PurePosixPath) -> Line:
    del path
    film: Any = item["movie"] if isinstance(item.get("movie"), dict) else item["show"]
    title = values.clean(values.scalar(film.get("title")))
    if title is None:
        raise ValueError("has no title")
    ids = film.get("ids")
    ids = ids if isinstance(ids, dict) else {}
    is_film = key == "movies" or item.get("anime_type") == "movie" or film is item.get("movie")
    rating = values.rating(values.scalar(item.get("user_rating")), 10.0)
    watched_on = _DAY(values.scalar(item.get("last_watched_at")))
    seen = marks.seen_status(values.scalar(item.get("status")))
    return Line(
        title=title,
        year=values.year(values.scalar(film.get("year"))),
        imdb_id=values.imdb_id(values.scalar(ids.get("imdb"))),
        tmdb_id=values.tmdb_id(values.scalar(ids.get("tmdb"))),
        title_type="movie" if is_film else "tvSeries",
        rating=rating,
        seen=bool(rating or watched_on or seen is not False),
        logged_on=_DAY(values.scalar(item.get("added_to_watchlist_at"))),
        rated_on=_DAY(values.scalar(item.get("user_rated_at"))),
        watched_on=watched_on,
    )


FORMATS = (
    TableFormat(
        name="simkl",
        service="simkl",
        specificity=75,
        signatures=(names("simkl_id, Title"),),
        columns={
            "title": ("Title",),
            "year": ("Year",),
            "tmdb_id": ("TMDB", "TMDB_ID"),
            "imdb_id": ("IMDB_ID", "IMDB"),
            "title_type": ("Type",),
            "seen": ("Watchlist", "Status"),
            "last_episode": ("LastEpWatched",),
            "watched_on": ("WatchedDate", "LastWatched"),
            "rating": ("Rating", "UserRating"),
        },
        scale=10,
    ),
    DocumentFormat(
        name="simkl json",
        service="simkl",
        specificity=95,
        recognise=_recognise,
        read=_read,
        mapping={
            "title": "movie.title",
            "year": "movie.year",
            "imdb_id": "movie.ids.imdb",
            "tmdb_id": "movie.ids.tmdb",
            "seen": "status",
            "rating": "user_rating",
            "logged_on": "added_to_watchlist_at",
            "watched_on": "last_watched_at",
        },
    ),
)
