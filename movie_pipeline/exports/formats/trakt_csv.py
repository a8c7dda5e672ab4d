"""Trakt's CSV form: ratings, history, and the lists that other tools write with its ids.

``rated_at`` and ``listed_at`` are days of logging; only ``watched_at`` and ``last_watched_at`` are
viewings. A season or an episode stands for its series: the line's title and ids are the series',
its rating is not.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Source, TableFormat, names, source_by_name


def _source(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del preamble
    return source_by_name(path)


def _list(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del path, preamble
    return Source(seen=False, rated_is_seen=True)


_COLUMNS = {
    "title": ("title",),
    "year": ("year",),
    "imdb_id": ("imdb_id", "imdb"),
    "tmdb_id": ("tmdb_id", "tmdb"),
    "title_type": ("type",),
    "part": ("season_number", "episode_number", "season"),
    "released": ("released",),
    "runtime": ("runtime",),
    "rating": ("rating", "my_rating", "user_rating"),
    "rated_on": ("rated_at",),
    "logged_on": ("listed_at", "collected_at"),
    "watched_on": ("watched_at", "last_watched_at"),
    "plays": ("plays",),
}

FORMATS = (
    TableFormat(
        name="trakt list",
        service="trakt",
        specificity=92,
        signatures=(
            names("listed_at, title, trakt_id"),
            names("rank, title, trakt_id"),
            names("collected_at, title, trakt_id"),
            names("paused_at, title, trakt_id"),
        ),
        columns=_COLUMNS,
        scale=10,
        source=_list,
    ),
    TableFormat(
        name="trakt",
        service="trakt",
        specificity=90,
        signatures=(names("title, trakt_id"), names("title, trakt")),
        columns=_COLUMNS,
        scale=10,
        source=_source,
    ),
)
