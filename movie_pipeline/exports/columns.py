"""The columns of a recognised table, ready to read its lines.

What belongs here: the converters, chosen by what the ``survey`` of the whole table found, and
whether a line of the wrong length still fits. What does not: how lines are split.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import repeat
from typing import cast

from movie_pipeline.exports import marks, values
from movie_pipeline.exports.dates import DateOrder, can_be_viewing, impossible_note, is_unset
from movie_pipeline.exports.exporter import Line, TableFormat
from movie_pipeline.exports.headings import header_name, split_scale
from movie_pipeline.exports.programs import EXTRA, Named, named, program, series
from movie_pipeline.exports.scales import best_rating
from movie_pipeline.exports.survey import DAYS, RATINGS, Survey
from movie_pipeline.exports.title_types import title_type

_TYPED = frozenset(
    {*DAYS, "year", "released", "imdb_id", "tmdb_id", "letterboxd_uri", "entry", "link"}
)
_UNIQUE = frozenset(
    {"title", "original_title", "imdb_id", "tmdb_id", "letterboxd_uri", "entry", "link", "file"}
)
_TELLING = ("watched", "seen", "event", "day_tells")
_HARMLESS = frozenset(
    header_name(name)
    for name in [
        "Position",
        "Rank",
        "Modified",
        "Genres",
        "Genre",
        "IMDb Rating",
        "Num Votes",
        "Num. Votes",
        "URL",
        "Release Date",
        "Release Date (month/day/year)",
        "average_rating",
        "movie_id",
        "trakt_id",
        "trakt_rating",
        "tvdb_id",
        "action",
        "season_number",
        "episode_number",
        "Season Number",
        "Episode Number",
        "simkl_id",
        "TVDB",
        "MAL_ID",
        "MAL",
        "Country",
        "Language",
        "Runtime",
        "Id",
    ]
)
_IMPOSSIBLE = object()
_LONG = 100  # characters; a longer cell is not a rating or a day, and is not cached
_REMEMBERED = 10_000  # cells of a column in the cache
_CONVERTERS: dict[str, Callable[[str], object]] = {
    "title": values.clean,
    "original_title": values.clean,
    "other_title": values.clean,
    "year": values.year,
    "released": values.year,
    "imdb_id": values.imdb_id,
    "tmdb_id": values.tmdb_id,
    "letterboxd_uri": values.letterboxd_uri,
    "entry": values.clean,
    "link": values.clean,
    "title_type": title_type,
    "directors": values.names,
    "runtime": values.minutes,
    "rewatch": marks.truth,
    "liked": marks.truth,
    "thumb": marks.thumb,
    "seen": marks.seen_status,
    "listed": marks.listed,
    "event": marks.event,
    "plays": marks.plays,
    "tags": values.names,
    "in_list": values.clean,
    "part": values.clean,
    "part_number": values.clean,
    "last_episode": values.clean,
    "series": values.clean,
    "media_id": values.clean,
    "id_source": str.casefold,
    "file": named,
}


class Columns:
    """Reads the records of one table.

    Args:
        form, mapping: As `formats.recognise_table` gives them.
        header: The header's cells.
        survey: What was found in the whole table.
        separator: Between cells.

    Attributes:
        width: Number of the header's cells.
        title: Index of the title's cell, -1 if there is none.
        is_private: Whether there are columns that are neither read nor known to be harmless.
        notes: What the user should know about the columns.
    """

    def __init__(
        self,
        form: TableFormat,
        mapping: dict[str, int],
        header: Sequence[str],
        survey: Survey,
        separator: str,
    ) -> None:
        self.format = form
        self.mapping = mapping
        self.header = header
        self.width = len(header)
        self.title = mapping.get("title", -1)
        self.is_private = any(
            index not in mapping.values() and header_name(cell) not in _HARMLESS
            for index, cell in enumerate(header)
            if cell.strip()
        )
        self.notes = [
            f"{header[mapping[field]].strip()}: {note}"
            for field in survey.days
            if (note := survey.note(field)) and (field != "watched" or survey.holds_days)
        ]
        self._separator = separator
        self._impossible: Counter[str] = Counter()
        self._readers: dict[str, _Reader] = {}
        for field, index in mapping.items():
            if field == "extra":
                continue
            for name, convert in self._converters(field, survey):
                self._readers.setdefault(name, _Reader(name, index, convert))
        self._typed = [
            (mapping[field], DateOrder(True).read if field in DAYS else _CONVERTERS[field])
            for field in _TYPED & mapping.keys()
            if field in _CONVERTERS or field != "watched" or survey.holds_days
        ]

    def _converters(  # noqa: C901, PLR0912 (one branch for each kind of field)
        self, field: str, survey: Survey
    ) -> Iterator[tuple[str, Callable[[str], object]]]:
        if field == "link":
            yield "imdb_id", values.linked_imdb_id
            yield "tmdb_id", values.linked_tmdb_id
            yield "letterboxd_uri", values.letterboxd_uri
        elif field == "item":
            yield "title", values.item
        elif field == "watched" and not survey.holds_days:
            yield "watched", marks.seen_status
        elif field == "more_days":
            yield field, partial(_days, survey.order(field).read)
        elif field in DAYS:
            read = survey.order(field).read
            if field in {"watched_on", "watched"}:
                yield "watched_on", partial(_viewing_day, read)
                if survey.says_seen and not self.format.presence_is_seen:
                    yield "day_tells", marks.day_tells
                if survey.several_days:
                    yield "more_days", partial(_days, read)
            else:
                yield field, read
        elif field == "program":
            yield field, partial(program, shows=survey.shows)
        elif field == "runtime":
            yield field, partial(values.minutes, unit=survey.runtime_unit)
        elif field in RATINGS:
            name = self.header[self.mapping[field]]
            declared = 10.0 if field == "rating10" else split_scale(name)[1] or self.format.scale
            found = survey.ratings(field)
            scale = best_rating(found, declared)
            if strays := sum(count for value, count in found.items() if value > scale):
                self.notes.append(
                    f"{name.strip()}: {strays} of {found.total()} ratings "
                    f"{'is' if strays == 1 else 'are'} above the column's maximum "
                    f"({scale:g}); left empty"
                )
            yield field, partial(values.rating, scale=scale)
            if survey.has_thumbs(field):
                yield "thumb", marks.thumb
        else:
            yield field, _CONVERTERS[field]

    def impossible_days(self) -> list[str]:
        """Notes on the days on which no film can have been watched, once all lines are read."""
        return [
            impossible_note(column, lines) for column, lines in self._impossible.items() if lines
        ]

    def surveyed(self, survey: Survey) -> "Columns":
        """The same columns, with converters that suit what a survey found in the whole table."""
        return Columns(self.format, self.mapping, self.header, survey, self._separator)

    def read(self, records: Sequence[Sequence[str]]) -> Iterator[Line]:
        """Read records, each as long as the header, as lines (plain tuples, for speed)."""
        if not records:
            return iter(())
        cells = list(zip(*records, strict=True))
        found: dict[str, Iterable[object]] = {
            field: reader.read(cells[reader.index]) for field, reader in self._readers.items()
        }
        self._combine(found, len(records))
        columns = [found.get(field, repeat(None)) for field in Line._fields]
        return cast(Iterator[Line], zip(*columns, strict=False))

    def _combine(self, found: dict[str, Iterable[object]], count: int) -> None:  # noqa: C901
        """Turn the fields of columns into those of a line, where several tell of one."""
        if "watched_on" in found:
            found["watched_on"] = self._possible(found["watched_on"])
        if "last_episode" in found:
            types = found.get("title_type", repeat(None))
            found["title_type"] = [
                "tvSeries" if episode else kind
                for episode, kind in zip(found["last_episode"], types, strict=False)
            ]
        if "rating10" in found:
            found["rating"] = _either(found.get("rating", repeat(None)), found["rating10"])
        if "thumb" in found:
            found["liked"] = _either(found.get("liked", repeat(None)), found["thumb"])
        if "media_id" in found:
            self._identify(found)
        if "other_title" in found:
            found["title"] = _either(found["title"], found["other_title"])
        if found.keys() & {"part", "part_number", "series", "program"}:
            self._place(found, count)
        if "file" in found:
            _unpack(found)
        if "title" in found:
            found["title"], found["year"] = _split(found["title"], found.get("year"))
        if "released" in found:
            found["year"] = _either(found.get("year", repeat(None)), found["released"])
        if found.keys() & {*_TELLING, "plays", "listed"}:
            _tell(found)

    def _identify(self, found: dict[str, Iterable[object]]) -> None:
        """Take the id of a medium as the id at the service that is named beside it.

        Without such a column it is TMDB's, if a column of title types shows that the table has more
        than films: that is how trackers on top of TMDB write it.
        """
        ids = [cast(str | None, one) or "" for one in found.pop("media_id")]
        unnamed = "tmdb" if "title_type" in self.mapping else ""
        sources = [str(one or "") for one in found.pop("id_source", repeat(unnamed, len(ids)))]
        for field, service in (("tmdb_id", "tmdb"), ("imdb_id", "imdb")):
            own = [
                _CONVERTERS[field](one) if service in source or source == "themoviedb" else None
                for one, source in zip(ids, sources, strict=True)
            ]
            found[field] = _either(found.get(field, repeat(None)), own)

    def _place(self, found: dict[str, Iterable[object]], count: int) -> None:
        """Let a part of a series stand for it: with its title, without the part's ids."""
        none: list[object] = [None] * count
        programs = [cast(tuple[str | None, str | None], one) for one in found.pop("program", ())]
        titles: list[object] = [title for title, _ in programs] or list(found.get("title", none))
        types = list(found.get("title_type", none))
        found["title_type"] = types
        parts = _either(found.pop("part", none), found.pop("part_number", none))
        shows = list(found.pop("series", none))
        if programs:
            parts = _either(parts, [part for _, part in programs])
        for at, (part, show, kind) in enumerate(zip(parts, shows, types, strict=True)):
            if kind in {"movie", "tvMovie"} and (part == "0" or programs):
                parts[at] = None
            elif show and (part or titles[at] is None):
                titles[at], parts[at] = show, part or show
            elif kind == "tvSeries" and programs and not part:
                titles[at] = series(titles[at])
        found["title"], found["part"] = titles, parts
        if self.format.parts_have_ids:
            for field in ("imdb_id", "tmdb_id", "letterboxd_uri"):
                if field in found:
                    found[field] = [
                        None if part else one for one, part in zip(found[field], parts, strict=True)
                    ]

    def _possible(self, days: Iterable[object]) -> list[object]:
        """Replace the days on which no film can have been watched by None, and count them."""
        found = list(days)
        impossible = found.count(_IMPOSSIBLE)
        if impossible:
            index = self._readers["watched_on"].index
            self._impossible[self.header[index].strip()] += impossible
            found = [None if day is _IMPOSSIBLE else day for day in found]
        return found

    def fit(self, cells: list[str]) -> list[str] | None:
        """Bring a record that is longer or shorter than the header to its length.

        A longer one loses empty or surplus cells at its end, or its title is rejoined where an
        unquoted separator had split it. A shorter one is padded if the cells that it has fit.

        Returns:
            As many cells as the header has, or None if it is not a line of this table.
        """
        surplus = len(cells) - self.width
        if surplus < 0:
            padded = cells + [""] * -surplus
            known = self.known(padded)
            return padded if known > 0 or (known == 0 and not self.is_private) else None
        if self.known(cells) < 0 and self.title >= 0:
            end = self.title + surplus + 1
            joined = [
                *cells[: self.title],
                self._separator.join(cells[self.title : end]),
                *cells[end:],
            ]
            if self.known(joined) > 0:
                return joined if '"' not in joined[self.title] else None
        return cells[: self.width]

    def known(self, cells: Sequence[str]) -> int:
        """Count the years, days, ids and links of a record; -1 if one of them is not valid."""
        count = 0
        for index, convert in self._typed:
            cell = cells[index].strip() if index < len(cells) else ""
            if cell:
                if convert(cell) is None:
                    return -1
                count += 1
        return count

    def extras(self, records: Sequence[Sequence[str]]) -> list[bool]:
        """Which records are trailers and the like; empty if none is."""
        kind, title = self.mapping.get("extra", -1), self.mapping.get("program", -1)
        if title < 0:
            return []
        found = [
            (kind >= 0 and bool(cells[kind].strip())) or EXTRA.search(cells[title]) is not None
            for cells in records
        ]
        return found if any(found) else []

    def fits(self, cells: list[str]) -> bool:
        """Whether cells are as many as the header's, and none is invalid."""
        return len(cells) == self.width and self.known(cells) >= 0

    def looks_like_record(self, cells: list[str]) -> bool:
        """Whether cells are as many as the header's, with a valid year, day, id or link."""
        return len(cells) == self.width and self.known(cells) > 0


def _viewing_day(read: Callable[[str], date | None], cell: str) -> object:
    """Read a day; `_IMPOSSIBLE` if no film can have been watched on it."""
    day = read(cell)
    return _IMPOSSIBLE if day and (is_unset(cell) or not can_be_viewing(day)) else day


def _days(read: Callable[[str], date | None], cell: str) -> tuple[date, ...] | None:
    """Read all days of a cell on which a film can have been watched, if there are several."""
    found = [day for part in values.several(cell) if (day := read(part)) and can_be_viewing(day)]
    return tuple(dict.fromkeys(found)) or None


def _split(
    titles: Iterable[object], years: Iterable[object] | None
) -> tuple[list[object], list[object]]:
    """Split ``Heat (1995)`` where the line has no year in a cell of its own."""
    if years is None:
        pairs = [
            values.split_title(one) if isinstance(one, str) else (None, None) for one in titles
        ]
        return [title for title, _ in pairs], [year for _, year in pairs]
    titles, years = list(titles), list(years)
    for at in (at for at, year in enumerate(years) if year is None) if None in years else ():
        if isinstance(title := titles[at], str):
            titles[at], years[at] = values.split_title(title)
    return titles, years


def _unpack(found: dict[str, Iterable[object]]) -> None:
    """Give a line what the name of its file says, where no cell says it."""
    names = [cast(Named, one) for one in found.pop("file")]
    for field in ("title", "year", "imdb_id", "tmdb_id", "seen"):
        said = [getattr(name, field) for name in names]
        if any(one is not None for one in said):
            found[field] = _either(found.get(field, repeat(None)), said)


def _tell(found: dict[str, Iterable[object]]) -> None:
    """Combine all columns that tell whether a film was seen; one yes is enough."""
    if len(found.keys() & {*_TELLING, "plays", "listed"}) == 1 and "day_tells" in found:
        found["seen"] = found.pop("day_tells")
        return
    columns = [list(found.pop(field)) for field in _TELLING if field in found]
    if "plays" in found:
        found["plays"] = plays = list(found["plays"])
        columns.append([None if count is None else cast(int, count) > 0 for count in plays])
    seen: list[object] = [
        True if True in told else False if False in told else None
        for told in zip(*columns, strict=True)
    ]
    if "listed" in found:
        listed = list(found.pop("listed"))
        rated = found["rating"] = list(found.get("rating", repeat(None, len(listed))))
        weak = [no if stars is None else None for no, stars in zip(listed, rated, strict=True)]
        seen = _either(seen, weak) if seen else weak
    found["seen"] = seen


class _Reader:
    """Reads one column of a table, converting repeated cells only once."""

    def __init__(self, field: str, index: int, convert: Callable[[str], object]) -> None:
        self.index = index
        self._convert = convert
        self._repeats = field not in _UNIQUE
        self._known: dict[str, object] = {}

    def read(self, cells: Sequence[str]) -> Iterator[object]:
        """Convert cells in order."""
        known, convert = self._known, self._convert
        if not self._repeats:
            return map(convert, cells)
        new = set(cells) - known.keys()
        if len(known) > _REMEMBERED:
            known, new = {}, set(cells)
        known.update({cell: convert(cell) for cell in new})
        self._known = {} if max(map(len, new), default=0) > _LONG else known
        return map(known.__getitem__, cells)


def _either(first: Iterable[object], second: Iterable[object]) -> list[object]:
    return [two if one is None else one for one, two in zip(first, second, strict=False)]
