"""Merges lines into distinct films.

What belongs here: which lines mean the same film, and which value counts where they disagree. What
does not: where lines come from, and which viewings are the same (``viewings``).

Two lines mean the same film if they share an id (Letterboxd's link, IMDb's or TMDB's id), or have
the same title and year and no ids that differ. If that leaves several films, the line belongs to
the one with the same case in its title, then to the one that was logged on the same day. The first
line's title and year stay; later lines fill in what is missing. A rating is taken from the source
of the higher rank, then from the later day, then from the later line. A film is ``watchlisted`` if
a line that is in no list says that it was not seen. ``logged_on`` is the first day on which a line
said that the film was seen, else the first on which it was listed.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from movie_pipeline.exports.exporter import Line, Source
from movie_pipeline.exports.title_types import NOT_A_MOVIE
from movie_pipeline.exports.viewings import Viewings
from movie_pipeline.outside.untrusted import normalized

FILM_COLUMNS = (
    "row_number", "source_format", "title", "year", "original_title", "imdb_id", "export_tmdb_id",
    "letterboxd_uri", "title_type", "directors", "runtime_minutes", "rating", "rated_on", "liked",
    "seen", "logged_on", "watched_on", "watch_count", "tags", "in_lists",
    "watchlisted",
)  # fmt: skip
_MOST_COMPARED = 20  # films of one title and year that a line without a known id is compared with
_DAYS = 10_000_000  # more than there are up to the year 9999
_NONE: list[str] = []  # shared: a million empty lists would take up most of the memory


class Fates(NamedTuple):
    """How many lines made a viewing, a film, or nothing new."""

    viewings: int
    films: int
    merged: int


class Films:
    """The distinct films of one upload, column by column, and their viewings.

    Call `begin_file` for every file, then `take` for its lines.
    """

    def __init__(self) -> None:
        self._index: dict[object, int] = {}
        self._same_key: dict[str, list[int]] = {}
        self._source_format: list[str] = []
        self._title: list[str] = []
        self._year: list[int | None] = []
        self._original_title: list[str | None] = []
        self._imdb_id: list[str | None] = []
        self._tmdb_id: list[int | None] = []
        self._letterboxd_uri: list[str | None] = []
        self._title_type: list[str | None] = []
        self._directors: list[tuple[str, ...] | None] = []
        self._runtime: list[int | None] = []
        self._rating: list[float | None] = []
        self._rating_rank: list[int] = []
        self._seen: list[bool] = []
        self._logged_on: list[date | None] = []
        self._liked: set[int] = set()
        self._watchlisted: set[int] = set()
        self._tags: dict[int, dict[str, None]] = {}
        self._in_lists: dict[int, dict[str, None]] = {}
        self._watched_on: dict[int, date] = {}
        self._watch_count: dict[int, int] = {}
        self._plays: dict[int, int] = {}
        self._viewings = Viewings()

    def begin_file(self) -> None:
        """Start a file: a viewing found in two files is one, two entries in one file are two."""
        self._viewings.begin_file()

    # one loop without avoidable calls: it is the hottest of all
    def take(  # noqa: C901, PLR0912, PLR0915
        self, lines: Iterable[Line], source: Source, service: str
    ) -> Fates:
        """Add lines, all of which have a title.

        Args:
            lines: Each a `Line`, or a tuple in the same order.
            source: What a film's presence in their file means.
            service: The ``source_format`` of new films.
        """
        viewings = films = merged = 0
        index, viewed = self._index, self._viewings
        for line in lines:
            (
                title, year, original_title, imdb_id, tmdb_id, uri, entry, title_type, part,
                directors, runtime, rating, liked, seen, logged_on, rated_on, watched_on, rewatch,
                tags, in_list, plays, more_days,
            ) = line  # fmt: skip
            if more_days:
                watched_on = max(watched_on or more_days[0], *more_days)
            if watched_on is not None:
                seen = True
            elif seen is None:
                seen = source.seen or (
                    source.rated_is_seen and bool(rating is not None or liked or source.liked)
                )
            if part:  # the rating is not the series'
                title_type, rating = "tvSeries", None
            if title is None:  # never; unlike `cast`, it costs no call
                continue
            key = f"{year} {title.casefold()}"
            film = self._find(line, title_type in NOT_A_MOVIE, key)
            rank = -1
            if rating is not None:
                rank = _rank(source, watched_on or rated_on or logged_on)
            is_new = film < 0
            if is_new:
                film = len(self._title)
                self._source_format.append(service)
                self._title.append(title)
                self._year.append(year)
                self._original_title.append(original_title)
                self._imdb_id.append(imdb_id)
                self._tmdb_id.append(tmdb_id)
                self._letterboxd_uri.append(uri)
                self._title_type.append(title_type)
                self._directors.append(directors)
                self._runtime.append(runtime)
                self._rating.append(rating)
                self._rating_rank.append(rank)
                self._seen.append(seen)
                self._logged_on.append(logged_on or rated_on)
                if index.setdefault(key, film) != film:
                    self._same_key.setdefault(key, []).append(film)
                if uri is not None or imdb_id is not None or tmdb_id is not None:
                    self._remember(film)
            else:
                self._complete(film, line, title_type)
                self._log(film, logged_on or rated_on, seen)
                if rank >= self._rating_rank[film] and rank >= 0:
                    self._rating_rank[film] = rank
                    self._rating[film] = rating
            if liked or source.liked:
                self._liked.add(film)
            if tags:
                _extend(self._tags, film, tags)
            listed = in_list or source.in_list
            if listed and (named := normalized(listed)):  # it may be a file's name
                _extend(self._in_lists, film, (named,))
            elif not seen:
                self._watchlisted.add(film)
            if plays is not None and plays > self._plays.get(film, 0):
                self._plays[film] = plays
            if watched_on is not None and viewed.add(
                film, watched_on, entry, rating, rewatch, tags
            ):
                viewings += 1
                self._watch_count[film] = self._watch_count.get(film, 0) + 1
                if film not in self._watched_on or watched_on > self._watched_on[film]:
                    self._watched_on[film] = watched_on
            elif is_new:
                films += 1
            else:
                merged += 1
            if not more_days:
                continue
            for day in more_days:
                if day != watched_on and viewed.add(film, day, entry, rating, rewatch, tags):
                    self._watch_count[film] = self._watch_count.get(film, 0) + 1
        return Fates(viewings, films, merged)

    def _find(self, line: Line, not_a_movie: bool, key: str) -> int:
        index = self._index
        imdb, tmdb, uri = line[3], line[4], line[5]
        for identity in (uri, imdb, (tmdb, not_a_movie) if tmdb is not None else None):
            if identity is not None:
                film = index.get(identity, -1)
                if film >= 0 and self._agree(film, uri, imdb, tmdb):
                    return film
        film = index.get(key, -1)
        if film < 0:
            return -1
        if key not in self._same_key:
            is_same = not_a_movie == (self._title_type[film] in NOT_A_MOVIE)
            return film if is_same and self._agree(film, uri, imdb, tmdb) else -1
        found = [
            candidate
            for candidate in (film, *self._same_key[key][:_MOST_COMPARED])
            if not_a_movie == (self._title_type[candidate] in NOT_A_MOVIE)
            and self._agree(candidate, uri, imdb, tmdb)
        ]
        return self._nearest(found, line) if len(found) > 1 else found[0] if found else -1

    def _nearest(self, films: list[int], line: Line) -> int:
        """Of films that differ by their ids alone, the one that the case or the day points to."""
        said = Line(*line)
        days = {said.logged_on, said.rated_on, said.watched_on} - {None}
        return min(
            films,
            key=lambda film: (self._title[film] != said.title, self._logged_on[film] not in days),
        )

    def _agree(self, film: int, uri: str | None, imdb: str | None, tmdb: int | None) -> bool:
        """Whether no id of a line contradicts the film's own."""
        return (
            (uri is None or self._letterboxd_uri[film] in (None, uri))
            and (imdb is None or self._imdb_id[film] in (None, imdb))
            and (tmdb is None or self._tmdb_id[film] in (None, tmdb))
        )

    def _remember(self, film: int) -> None:
        index = self._index
        if (uri := self._letterboxd_uri[film]) is not None:
            index.setdefault(uri, film)
        if (imdb_id := self._imdb_id[film]) is not None:
            index.setdefault(imdb_id, film)
        if (tmdb_id := self._tmdb_id[film]) is not None:
            index.setdefault((tmdb_id, self._title_type[film] in NOT_A_MOVIE), film)

    def _complete(self, film: int, line: Line, title_type: str | None) -> None:
        """Fill in what a film lacks from a later line."""
        _, year, original_title, imdb_id, tmdb_id, uri, _, _, _, directors, runtime, *_ = line
        if year is not None and self._year[film] is None:
            self._year[film] = year
        if original_title is not None and self._original_title[film] is None:
            self._original_title[film] = original_title
        if title_type is not None and self._title_type[film] is None:
            self._title_type[film] = title_type
        if directors is not None and self._directors[film] is None:
            self._directors[film] = directors
        if runtime is not None and self._runtime[film] is None:
            self._runtime[film] = runtime
        if (
            (imdb_id is not None and self._imdb_id[film] is None)
            or (tmdb_id is not None and self._tmdb_id[film] is None)
            or (uri is not None and self._letterboxd_uri[film] is None)
        ):
            self._imdb_id[film] = self._imdb_id[film] or imdb_id
            self._tmdb_id[film] = self._tmdb_id[film] or tmdb_id
            self._letterboxd_uri[film] = self._letterboxd_uri[film] or uri
            self._remember(film)

    def _log(self, film: int, day: date | None, seen: bool) -> None:
        """Note the day on which a later line entered a film, as seen or only as listed."""
        was_seen, before = self._seen[film], self._logged_on[film]
        if day is not None and (
            before is None or (seen and not was_seen) or (seen == was_seen and day < before)
        ):
            self._logged_on[film] = day
        if seen:
            self._seen[film] = True

    def films(self) -> pd.DataFrame:
        """One row per film, columns `FILM_COLUMNS`; see `Export.films`."""
        rows = range(len(self._title))
        columns = {
            "row_number": pd.array(range(1, len(rows) + 1), dtype="Int64"),
            "source_format": _objects(self._source_format),
            "title": _objects(self._title),
            "year": pd.array(self._year, dtype="Int64"),
            "original_title": _objects(self._original_title),
            "imdb_id": _objects(self._imdb_id),
            "export_tmdb_id": pd.array(self._tmdb_id, dtype="Int64"),
            "letterboxd_uri": _objects(self._letterboxd_uri),
            "title_type": _objects(self._title_type),
            "directors": _objects([list(names) if names else _NONE for names in self._directors]),
            "runtime_minutes": pd.array(self._runtime, dtype="Int64"),
            "rating": pd.Series(self._rating, dtype="float64"),
            "rated_on": _objects([_day_of(rank) for rank in self._rating_rank]),
            "liked": pd.array([row in self._liked for row in rows], dtype="boolean"),
            "seen": pd.array(self._seen, dtype="boolean"),
            "logged_on": _objects(self._logged_on),
            "watched_on": _objects([self._watched_on.get(row) for row in rows]),
            "watch_count": pd.array([self._count(row) for row in rows], dtype="Int64"),
            "tags": _lists(self._tags, len(rows)),
            "in_lists": _lists(self._in_lists, len(rows)),
            "watchlisted": pd.array([row in self._watchlisted for row in rows], dtype="boolean"),
        }
        return pd.DataFrame(columns, columns=list(FILM_COLUMNS))

    def _count(self, film: int) -> int | None:
        """How often a film was watched, if a day is known for at least one of the times."""
        dated = self._watch_count.get(film)
        return max(dated, self._plays.get(film, 0)) if dated and self._plays else dated

    def viewings(self) -> pd.DataFrame:
        """One row per dated viewing; see `Export.viewings`."""
        return self._viewings.table()


def _rank(source: Source, day: date | None) -> int:
    return source.rating_rank * _DAYS + (day.toordinal() if day else 0)


def _day_of(rank: int) -> date | None:
    """The day in a rank; None if it has none, or if there is no rating."""
    day = rank % _DAYS if rank > 0 else 0
    return date.fromordinal(day) if day else None


def _extend(sets: dict[int, dict[str, None]], film: int, names: Iterable[str]) -> None:
    sets.setdefault(film, {}).update(dict.fromkeys(names))


def _lists(sets: dict[int, dict[str, None]], count: int) -> pd.Series:
    return _objects([list(sets[row]) if row in sets else _NONE for row in range(count)])


def _objects(items: list[Any]) -> pd.Series:
    return pd.Series(items, dtype="object")
