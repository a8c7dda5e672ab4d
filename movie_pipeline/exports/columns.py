"""The columns of a recognised table, ready to read its lines.

What belongs here: what only a whole column can tell (the order of day and month, the scale of the
ratings, whether "Watched" holds days or yes), the converters that follow from it, and whether a
line of the wrong length still fits. What does not: how lines are split.
"""

from collections.abc import Callable, Sequence

from movie_pipeline.exports import values
from movie_pipeline.exports.dates import DateOrder, DateSurvey
from movie_pipeline.exports.exporter import Line, TableFormat, header_name
from movie_pipeline.exports.title_types import title_type

_DAYS = ("logged_on", "rated_on", "watched_on", "seen_or_day")
_RATINGS = ("rating", "rating10")
_TYPED = frozenset({*_DAYS, "year", "released", "imdb_id", "tmdb_id", "letterboxd_uri", "entry", "link"})
_HARMLESS = frozenset(
    header_name(name)
    for name in (
        "Position,Rank,Modified,Genres,Genre,IMDb Rating,Num Votes,Num. Votes,URL,Release Date,"
        "Release Date (month/day/year),average_rating,movie_id,trakt_id,trakt_rating,tvdb_id,action,"
        "season_number,episode_number,Season Number,Episode Number,simkl_id,TVDB,MAL_ID,MAL,"
        "Country,Language,Runtime,Id"
    ).split(",")
)
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
    "status": values.seen_status,
    "tags": values.names,
    "in_list": values.clean,
    "last_episode": values.clean,
    "part": values.clean,
}


class Survey:
    """What the whole of a table tells about its columns; feed it every record with `add`."""

    def __init__(self, mapping: dict[str, int]) -> None:
        self.mapping = mapping
        self.days = {field: DateSurvey() for field in _DAYS if field in mapping}
        self._day_cells: set[str] = set()
        self._rating_cells: dict[str, set[str]] = {
            field: set() for field in _RATINGS if field in mapping
        }
        self._days = [(survey.add, mapping[field]) for field, survey in self.days.items()]
        self._ratings = [(cells, mapping[field]) for field, cells in self._rating_cells.items()]
        self.needed = bool(self._days or self._ratings)

    def add(self, cells: Sequence[str]) -> None:
        """Take one record into account."""
        width = len(cells)
        for add, index in self._days:
            if index < width:
                cell = cells[index]
                if cell and cell[4:5] != "-":
                    add(cell)
        for seen, index in self._ratings:
            if index < width and len(seen) < 10_000:
                seen.add(cells[index])
        if "seen_or_day" in self.days and len(self._day_cells) < 1_000:
            index = self.mapping["seen_or_day"]
            if index < width:
                self._day_cells.add(cells[index])

    @property
    def holds_days(self) -> bool:
        """Whether the column "Watched" holds days rather than yes and no."""
        order = DateOrder(True)
        return any(
            values.truth(cell) is None and order.read(cell) is not None for cell in self._day_cells
        )

    def scale(self, field: str, declared: float | None) -> float:
        """The best rating of a column: as declared, unless a higher one stands in it."""
        best = max(
            (
                value
                for cell in self._rating_cells[field]
                if "/" not in cell and (value := values.number(cell)) is not None
            ),
            default=0.0,
        )
        if declared is not None and best <= declared:
            return declared
        if any("%" in cell for cell in self._rating_cells[field]):
            return 100.0
        return next((scale for scale in _SCALES if best <= scale), max(best, 1.0))


class Columns:
    """Reads the records of one table.

    Args:
        form, mapping: As `formats.recognise_table` gives them.
        header: The header's cells.
        survey: What the whole table told.
        separator: Between cells.
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
        self._separator = separator
        self.notes = [
            f"{header[mapping[field]].strip()}: {days.note}"
            for field, days in survey.days.items()
            if days.note and (field != "seen_or_day" or survey.holds_days)
        ]
        self._readers: list[tuple[str, int, Callable[[str], object]]] = []
        for field, index in mapping.items():
            name, convert = self._converter(field, survey)
            self._readers.append((name, index, convert))
        self._typed = [
            (index, DateOrder(True).read if field in _DAYS else convert)
            for (_, index, convert), field in zip(self._readers, mapping, strict=True)
            if field in _TYPED and (field != "seen_or_day" or survey.holds_days)
        ]
        self.title = mapping.get("title", -1)
        self._splits_titles = "year" not in mapping
        self.is_private = any(
            index not in mapping.values() and header_name(cell) not in _HARMLESS
            for index, cell in enumerate(header)
            if cell.strip()
        )

    def _converter(self, field: str, survey: Survey) -> tuple[str, Callable[[str], object]]:
        if field == "seen_or_day":
            if survey.holds_days:
                return "watched_on", survey.days[field].order.read
            return "seen", values.seen_status
        if field in survey.days:
            return field, survey.days[field].order.read
        if field in _RATINGS:
            scale = survey.scale(field, 10.0 if field == "rating10" else self.format.scale)
            return field, lambda text: values.rating(text, scale)
        return field, _CONVERTERS[field]

    def surveyed(self, survey: Survey) -> "Columns":
        """The same columns, read by what the whole table tells."""
        return Columns(self.format, self.mapping, self.header, survey, self._separator)

    def read(self, cells: list[str]) -> Line:
        """Read a record as a `Line`; ``cells`` has as many cells as the header."""
        line: Line = {}
        for field, index, convert in self._readers:
            cell = cells[index]
            if cell:
                value = convert(cell)
                if value is not None and value != []:
                    line[field] = value
        if self._splits_titles:
            self._split_title(line)
        if "rating10" in line:
            line.setdefault("rating", line.pop("rating10"))
        if self.format.refine is not None:
            self.format.refine(line)
        return line

    def _split_title(self, line: Line) -> None:
        title = line.get("title")
        if isinstance(title, str):
            line["title"], year = values.split_title(title)
            if year is not None:
                line["year"] = year
        if "year" not in line and "released" in line:
            line["year"] = line["released"]

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
                return joined
        return cells[: self.width]

    def known(self, cells: Sequence[str]) -> int:
        """Count the years, days, ids and links of a record; -1 if such a cell holds no such thing."""
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
