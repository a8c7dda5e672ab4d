"""Lines become distinct films and their viewings.

What belongs here: which lines are about the same film, and what counts where they disagree. What
does not: where lines come from.

Two lines are about the same film if they share an id (Letterboxd's link, IMDb's, TMDB's), or have
the same title and year and no two ids that differ. The first line's title and year stay; what is
missing is filled in by later lines. A rating is taken from the source of the higher rank, then
from the later day, then from the later line. ``logged_on`` is the first day on which a line said
that the film is seen, else the first on which it was listed.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import pandas as pd

from movie_pipeline.exports.exporter import Line, Source
from movie_pipeline.exports.title_types import NOT_A_MOVIE

_FILLED = (
    "original_title", "imdb_id", "tmdb_id", "letterboxd_uri", "title_type", "directors", "runtime",
)  # fmt: skip
_FEW = ("directors", "tags", "in_lists")  # fields that few films have stand in dicts

FILM_COLUMNS = (
    "row_number", "source_format", "title", "year", "original_title", "imdb_id", "export_tmdb_id",
    "letterboxd_uri", "title_type", "directors", "runtime_minutes", "rating", "liked", "seen", "logged_on",
    "watched_on", "watch_count", "tags", "in_lists",
)  # fmt: skip
VIEWING_COLUMNS = ("row_number", "watched_on", "rating", "rewatch", "tags")


class Films:
    """The distinct films of one upload, column by column, and their viewings.

    Call `begin_file` for every file, then `take` for every line.
    """

    def __init__(self) -> None:
        self._index: dict[object, int] = {}
        self._namesakes: dict[str, list[int]] = {}
        self.source_format: list[str] = []
        self.title: list[str] = []
        self.year: list[int | None] = []
        self.original_title: list[str | None] = []
        self.imdb_id: list[str | None] = []
        self.tmdb_id: list[int | None] = []
        self.letterboxd_uri: list[str | None] = []
        self.title_type: list[str | None] = []
        self.runtime: list[int | None] = []
        self.rating: list[float | None] = []
        self.liked: list[bool] = []
        self.seen: list[bool] = []
        self.logged_on: list[date | None] = []
        self._rating_rank: list[int] = []
        self.directors: dict[int, list[str]] = {}
        self.tags: dict[int, list[str]] = {}
        self.in_lists: dict[int, list[str]] = {}
        self.watched_on: dict[int, date] = {}
        self.watch_count: dict[int, int] = {}
        self._viewing_film: list[int] = []
        self._viewing_day: list[date] = []
        self._viewing_rating: list[float | None] = []
        self._viewing_rewatch: list[bool | None] = []
        self._viewing_tags: dict[int, list[str]] = {}
        self._viewings_of_day: dict[tuple[int, date], int] = {}
        self._entries_here: dict[tuple[int, date], list[object]] = {}

    def begin_file(self) -> None:
        """Start a file: the same viewing in two files is one, two entries in one file are two."""
        self._entries_here = {}

    def take(self, line: Line, source: Source, service: str) -> str:
        """Take one line.

        Args:
            line: What it says; it has a title.
            source: What standing in its file means.
            service: For ``source_format``, if the film is new.

        Returns:
            Its fate: viewing, film or merged.
        """
        get = line.get
        watched_on = get("watched_on")
        value = get("rating")
        seen = get("seen")
        if seen is None:
            seen = source.seen or watched_on is not None or (source.rated_is_seen and value is not None)
        title, year = cast(str, line["title"]), get("year")
        key = f"{year} {title.casefold()}"
        film = self._find(line, key)
        fate = "merged"
        if film < 0:
            fate = "film"
            film = self._add(line, key, service)
        else:
            self._fill(film, line)
        if value is not None:
            day = watched_on or get("rated_on") or get("logged_on")
            rank = source.rating_rank * 10_000_000 + (cast(date, day).toordinal() if day else 0)
            if rank >= self._rating_rank[film]:
                self._rating_rank[film] = rank
                self.rating[film] = cast(float, value)
        logged = cast(date | None, get("logged_on") or get("rated_on"))
        if logged is not None:
            before = self.logged_on[film]
            if before is None or (seen and not self.seen[film]):
                self.logged_on[film] = logged
            elif logged < before and seen == self.seen[film]:
                self.logged_on[film] = logged
        if seen:
            self.seen[film] = True
        if source.liked or get("liked"):
            self.liked[film] = True
        for name in cast(list[str], get("tags") or ()):
            _append(self.tags, film, name)
        in_list = get("in_list") or source.in_list
        if in_list:
            _append(self.in_lists, film, cast(str, in_list))
        if watched_on is not None and self._view(film, cast(date, watched_on), line):
            return "viewing"
        return fate

    def _find(self, line: Line, key: str) -> int:
        index, get = self._index, line.get
        kind = get("title_type") in NOT_A_MOVIE
        imdb, tmdb, uri = get("imdb_id"), get("tmdb_id"), get("letterboxd_uri")
        for identity in (uri, imdb, (tmdb, kind) if tmdb is not None else None):
            if identity is not None:
                film = index.get(identity, -1)
                if film >= 0 and self._agree(film, uri, imdb, tmdb):
                    return film
        film = index.get(key, -1)
        if film < 0:
            return -1
        for candidate in (film, *self._namesakes.get(key, ())):
            is_film = self.title_type[candidate] not in NOT_A_MOVIE
            if is_film != kind and self._agree(candidate, uri, imdb, tmdb):
                return candidate
        return -1

    def _agree(self, film: int, uri: object, imdb: object, tmdb: object) -> bool:
        """Whether no id of a line differs from the film's own."""
        return (
            (uri is None or self.letterboxd_uri[film] in (None, uri))
            and (imdb is None or self.imdb_id[film] in (None, imdb))
            and (tmdb is None or self.tmdb_id[film] in (None, tmdb))
        )

    def _add(self, line: Line, key: str, service: str) -> int:
        get = cast(Any, line.get)
        film = len(self.title)
        self.source_format.append(service)
        self.title.append(get("title"))
        self.year.append(get("year"))
        self.original_title.append(get("original_title"))
        self.imdb_id.append(get("imdb_id"))
        self.tmdb_id.append(get("tmdb_id"))
        self.letterboxd_uri.append(get("letterboxd_uri"))
        self.title_type.append(get("title_type"))
        self.runtime.append(get("runtime"))
        self.rating.append(None)
        self.liked.append(False)
        self.seen.append(False)
        self.logged_on.append(None)
        self._rating_rank.append(-1)
        if "directors" in line:
            self.directors[film] = get("directors")
        if self._index.setdefault(key, film) != film:
            self._namesakes.setdefault(key, []).append(film)
        self._remember(film, line)
        return film

    def _remember(self, film: int, line: Line) -> None:
        if "letterboxd_uri" in line:
            self._index.setdefault(line["letterboxd_uri"], film)
        if "imdb_id" in line:
            self._index.setdefault(line["imdb_id"], film)
        if "tmdb_id" in line:
            self._index.setdefault((line["tmdb_id"], self.title_type[film] in NOT_A_MOVIE), film)

    def _fill(self, film: int, line: Line) -> None:
        """Complete a film by what a later line knows."""
        new = False
        for field in _FILLED:
            value = line.get(field)
            if value is None:
                continue
            if field == "directors":
                self.directors.setdefault(film, cast(list[str], value))
            elif (column := cast(list[object], getattr(self, field)))[film] is None:
                column[film] = value
                new = True
        if self.year[film] is None and "year" in line:
            self.year[film] = cast(int, line["year"])
        if new:
            self._remember(film, line)

    def _view(self, film: int, day: date, line: Line) -> bool:
        """Count a viewing; False if it is one that has been counted."""
        entries = self._entries_here.setdefault((film, day), [])
        entry = line.get("entry")
        if entry in entries:
            return False
        entries.append(entry)
        if self._viewings_of_day.get((film, day), 0) >= len(entries):
            return False
        self._viewings_of_day[film, day] = len(entries)
        tags = cast(list[str] | None, line.get("tags"))
        if tags:
            self._viewing_tags[len(self._viewing_film)] = tags
        self._viewing_film.append(film)
        self._viewing_day.append(day)
        self._viewing_rating.append(cast(float | None, line.get("rating")))
        self._viewing_rewatch.append(cast(bool | None, line.get("rewatch")))
        self.watch_count[film] = self.watch_count.get(film, 0) + 1
        last = self.watched_on.get(film)
        if last is None or day > last:
            self.watched_on[film] = day
        return True

    def films(self) -> pd.DataFrame:
        """One row per film, columns `FILM_COLUMNS`; see `Export.films`."""
        rows = range(len(self.title))
        columns = {
            "row_number": pd.array(range(1, len(rows) + 1), dtype="Int64"),
            "source_format": _objects(self.source_format),
            "title": _objects(self.title),
            "year": pd.array(self.year, dtype="Int64"),
            "original_title": _objects(self.original_title),
            "imdb_id": _objects(self.imdb_id),
            "export_tmdb_id": pd.array(self.tmdb_id, dtype="Int64"),
            "letterboxd_uri": _objects(self.letterboxd_uri),
            "title_type": _objects(self.title_type),
            "directors": _lists(self.directors, len(rows)),
            "runtime_minutes": pd.array(self.runtime, dtype="Int64"),
            "rating": pd.Series(self.rating, dtype="float64"),
            "liked": pd.array(self.liked, dtype="boolean"),
            "seen": pd.array(self.seen, dtype="boolean"),
            "logged_on": _objects(self.logged_on),
            "watched_on": _objects([self.watched_on.get(row) for row in rows]),
            "watch_count": pd.array([self.watch_count.get(row) for row in rows], dtype="Int64"),
            "tags": _lists(self.tags, len(rows)),
            "in_lists": _lists(self.in_lists, len(rows)),
        }
        return pd.DataFrame(columns, columns=list(FILM_COLUMNS))

    def viewings(self) -> pd.DataFrame:
        """One row per dated viewing, columns `VIEWING_COLUMNS`; see `Export.viewings`."""
        columns = {
            "row_number": pd.array([film + 1 for film in self._viewing_film], dtype="Int64"),
            "watched_on": _objects(self._viewing_day),
            "rating": pd.Series(self._viewing_rating, dtype="float64"),
            "rewatch": pd.array(self._viewing_rewatch, dtype="boolean"),
            "tags": _lists(self._viewing_tags, len(self._viewing_film)),
        }
        return pd.DataFrame(columns, columns=list(VIEWING_COLUMNS))


def _append(lists: dict[int, list[str]], film: int, name: str) -> None:
    names = lists.setdefault(film, [])
    if name not in names:
        names.append(name)


def _objects(items: list[Any]) -> pd.Series:
    return pd.Series(items, dtype="object")


def _lists(sparse: Mapping[int, list[str]], count: int) -> pd.Series:
    return pd.Series([sparse.get(row, []) for row in range(count)], dtype="object")
