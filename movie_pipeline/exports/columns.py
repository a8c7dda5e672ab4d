"""The columns of a recognised table, ready to read its lines.

What belongs here: what only a whole column can tell (the order of day and month, the scale of the
ratings, whether "Watched" holds days or yes), the converters that follow from it, and whether a
line of the wrong length still fits. What does not: how lines are split.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import cast

from movie_pipeline.exports import values
from movie_pipeline.exports.dates import DateOrder, DateSurvey
from movie_pipeline.exports.exporter import Line, TableFormat, header_name
from movie_pipeline.exports.title_types import title_type

_DAYS = ("logged_on", "rated_on", "watched_on", "seen_or_day")
_RATINGS = ("rating", "rating10")
_TYPED = frozenset(
    {*_DAYS, "year", "released", "imdb_id", "tmdb_id", "letterboxd_uri", "entry", "link"}
)
_UNIQUE = frozenset(
    {"title", "original_title", "imdb_id", "tmdb_id", "letterboxd_uri", "entry", "link"}
)
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
_SURVEYED = 10_000  # distinct cells of a column that decide its scale
_LONG = 100  # characters; a longer cell is no rating and no day, and is not remembered
_REMEMBERED = 10_000  # cells of a column
_SCALES = (5.0, 10.0, 20.0, 100.0)

_CONVERTERS: dict[str, Callable[[str], object]] = {
    "title": values.clean,
    "original_title": values.clean,
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
    "rewatch": values.truth,
    "liked": values.truth,
    "seen": values.seen_status,
    "tags": values.names,
    "in_list": values.clean,
    "part": values.clean,
}


class Survey:
    """What the whole of a table tells about its columns; feed it all records with `add`."""

    def __init__(self, mapping: dict[str, int]) -> None:
        self.days = {field: DateSurvey() for field in _DAYS if field in mapping}
        self._day_cells: set[str] = set()
        self._ratings: dict[str, set[str]] = {
            field: set() for field in _RATINGS if field in mapping
        }
        self._mapping = mapping

    def add(self, records: Sequence[Sequence[str]]) -> None:
        """Take records into account; cells that they lack say nothing."""
        for field, survey in self.days.items():
            index = self._mapping[field]
            cells = {cells[index] for cells in records if len(cells) > index}
            for cell in cells:
                survey.add(cell)
            if field == "seen_or_day" and len(self._day_cells) < _SURVEYED:
                self._day_cells |= {cell for cell in cells if len(cell) < _LONG}
        for field, seen in self._ratings.items():
            if len(seen) < _SURVEYED:
                index = self._mapping[field]
                found = {cells[index] for cells in records if len(cells) > index}
                seen |= {cell for cell in found if len(cell) < _LONG}

    @property
    def holds_days(self) -> bool:
        """Whether the column "Watched" holds days rather than yes and no."""
        order = DateOrder(True)
        return any(
            values.truth(cell) is None and order.read(cell) is not None for cell in self._day_cells
        )

    def scale(self, field: str, declared: float | None) -> float:
        """The best rating of a column: as declared, unless a higher one stands in it."""
        cells = self._ratings[field]
        best = max(
            (
                value
                for cell in cells
                if "/" not in cell and (value := values.number(cell)) is not None
            ),
            default=0.0,
        )
        if declared is not None and best <= declared:
            return declared
        if any("%" in cell for cell in cells):
            return 100.0
        return next((scale for scale in _SCALES if best <= scale), max(best, 1.0))


class Columns:
    """Reads the records of one table.

    Args:
        form, mapping: As `formats.recognise_table` gives them.
        header: The header's cells.
        survey: What the whole table told.
        separator: Between cells.

    Attributes:
        width: Number of the header's cells.
        title: Index of the title's cell, -1 if there is none.
        is_private: Whether there are columns that are neither read nor known to be harmless.
        notes: What the user should know of the columns.
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
            f"{header[mapping[field]].strip()}: {days.note}"
            for field, days in survey.days.items()
            if days.note and (field != "seen_or_day" or survey.holds_days)
        ]
        self._separator = separator
        self._readers: dict[str, _Reader] = {}
        for field, index in mapping.items():
            for name, convert in self._converters(field, survey):
                self._readers.setdefault(name, _Reader(name, index, convert))
        self._typed = [
            (mapping[field], DateOrder(True).read if field in _DAYS else _CONVERTERS[field])
            for field in _TYPED & mapping.keys()
            if field != "seen_or_day" or survey.holds_days
        ]

    def _converters(
        self, field: str, survey: Survey
    ) -> Iterator[tuple[str, Callable[[str], object]]]:
        if field == "link":
            yield "imdb_id", values.linked_imdb_id
            yield "tmdb_id", values.linked_tmdb_id
            yield "letterboxd_uri", values.letterboxd_uri
        elif field == "item":
            yield "title", values.item
        elif field == "seen_or_day" and not survey.holds_days:
            yield "seen", values.seen_status
        elif field in survey.days:
            yield "watched_on" if field == "seen_or_day" else field, survey.days[field].order.read
        elif field in _RATINGS:
            scale = survey.scale(field, 10.0 if field == "rating10" else self.format.scale)
            yield field, partial(values.rating, scale=scale)
        else:
            yield field, _CONVERTERS[field]

    def surveyed(self, survey: Survey) -> "Columns":
        """The same columns, read by what the whole table tells."""
        return Columns(self.format, self.mapping, self.header, survey, self._separator)

    def read(self, records: Sequence[Sequence[str]]) -> Iterator[Line]:
        """Read records, each of the header's length, as lines (as plain tuples, for speed)."""
        if not records:
            return iter(())
        cells = list(zip(*records, strict=True))
        found: dict[str, Iterable[object]] = {
            field: reader.read(cells[reader.index]) for field, reader in self._readers.items()
        }
        if "year" not in found and "title" in found:
            pairs = [_split(title) for title in found["title"]]
            found["title"] = [title for title, _ in pairs]
            found["year"] = [year for _, year in pairs]
        if "released" in found and "year" not in self._readers:
            found["year"] = _either(found.get("year", repeat(None)), found["released"])
        if "rating10" in found:
            found["rating"] = _either(found.get("rating", repeat(None)), found["rating10"])
        columns = [found.get(field, repeat(None)) for field in Line._fields]
        return cast(Iterator[Line], zip(*columns, strict=False))

    def fit(self, cells: list[str]) -> list[str] | None:
        """Bring a record of another length than the header's to its length.

        A longer one loses empty or surplus cells at its end, or its title is put together again
        where an unquoted separator had cut it. A shorter one is filled up where what it has fits.

        Returns:
            Cells as many as the header's, or None if it is no line of this table.
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
        """Count the years, days, ids and links of a record; -1 if such a cell holds none."""
        count = 0
        for index, convert in self._typed:
            cell = cells[index].strip() if index < len(cells) else ""
            if cell:
                if convert(cell) is None:
                    return -1
                count += 1
        return count

    def looks_like_record(self, cells: list[str]) -> bool:
        """Whether cells are as many as the header's, with a year, day or id where one belongs."""
        return len(cells) == self.width and self.known(cells) > 0


def _split(title: object) -> tuple[str | None, int | None]:
    """Split ``Heat (1995)``; a missing title stays missing."""
    return values.split_title(title) if isinstance(title, str) else (None, None)


class _Reader:
    """Reads one column of a table, and a cell that repeats itself only once."""

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
