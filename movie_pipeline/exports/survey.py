"""What can only be learnt from whole columns.

What belongs here: a first pass over a table that collects the order of day and month, the ratings,
the unit of runtimes, whether "Watched" holds days or yes and no, and whether any column tells for
any line that its film was seen. What does not: reading any line.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import cast

from movie_pipeline.exports import marks, values
from movie_pipeline.exports.dates import DateOrder, DateSurvey
from movie_pipeline.exports.programs import shows

DAYS = ("logged_on", "rated_on", "watched_on", "watched", "more_days")
"""Fields of a table that hold days."""

RATINGS = ("rating", "rating10")
"""Fields of a table that hold ratings."""

_SEEN: dict[str, Callable[[str], object]] = {
    "watched": lambda cell: marks.seen_status(cell) or DateOrder(True).read(cell),
    "seen": marks.seen_status,
    "event": marks.event,
    "plays": marks.plays,
    "watched_on": DateOrder(True).read,
    "more_days": DateOrder(True).read,
}
_VIEWINGS = ("watched_on", "watched", "more_days")
_LONG_DAY = 20  # characters: more may be several days
_A_DAY = 10  # characters of 31/12/2020
_SURVEYED = 10_000  # distinct cells of a column, beyond which no more are collected
_LONG = 100  # characters; a longer cell is not a rating or a day
_UNITS = ((1e8, 6e8), (1e5, 60_000), (1000, 60))  # of runtimes: ticks, milliseconds, seconds


class Survey:
    """Learns about the columns of a table from all its records; feed it these with `add`.

    Attributes:
        days: The days of each column.
        file: The days of all columns of the file.
        says_seen: Whether a column that tells which films were seen says so of any.
        several_days: Whether a cell of the days of viewings holds more than one.
    """

    def __init__(self, mapping: dict[str, int], file: DateSurvey | None = None) -> None:
        self.days = {field: DateSurvey() for field in DAYS if field in mapping}
        self.file = file or DateSurvey()
        self.says_seen = self.several_days = False
        self._day_cells: set[str] = set()
        self._collected: dict[str, Counter[str]] = {
            field: Counter() for field in (*RATINGS, "runtime", "program") if field in mapping
        }
        self._mapping = mapping
        self._telling = [field for field in _SEEN if field in mapping]

    def add(self, records: Sequence[Sequence[str]]) -> None:
        """Take records into account; missing cells are skipped."""
        for field, survey in self.days.items():
            cells = self._cells(records, self._mapping[field])
            if field in _VIEWINGS and max(map(len, cells), default=0) > _LONG_DAY:
                parts = {part for cell in cells for part in values.several(cell)}
                self.several_days = self.several_days or not parts <= cells
                cells |= parts
            for cell in cells:
                survey.add(cell)
            self.file.include(survey)
            if field == "watched" and len(self._day_cells) < _SURVEYED:
                self._day_cells |= {cell for cell in cells if len(cell) < _LONG}
        if any(survey.undecided for survey in self.days.values()):
            self._add_other_days(records)
        if not self.says_seen:
            self.says_seen = any(
                any(map(_SEEN[field], self._cells(records, self._mapping[field])))
                for field in self._telling
            )
        for field, seen in self._collected.items():
            if len(seen) < _SURVEYED:
                index = self._mapping[field]
                seen.update(
                    cells[index]
                    for cells in records
                    if len(cells) > index and len(cells[index]) < _LONG
                )

    def _add_other_days(self, records: Sequence[Sequence[str]]) -> None:
        """Look for days that decide the order in the columns that are not read."""
        for index in range(max(map(len, records), default=0)):
            for cell in self._cells(records, index):
                if len(cell) <= _A_DAY:
                    self.file.add(cell)

    @staticmethod
    def _cells(records: Sequence[Sequence[str]], index: int) -> set[str]:
        return {cells[index] for cells in records if len(cells) > index}

    def order(self, field: str) -> DateOrder:
        """The order of day and month: the column's own, else the file's."""
        own = self.days[field]
        return self.file.order if own.undecided else own.order

    def note(self, field: str) -> str | None:
        """What to tell the user about the days of a column that had to be left empty; else None."""
        own = self.days[field]
        return own.note if not own.undecided or self.order(field).day_first is None else None

    @property
    def runtime_unit(self) -> float:
        """How many of the units of the column of runtimes are a minute."""
        found = [float(cell) for cell in self._collected["runtime"] if cell.strip().isdecimal()]
        middle = median([one for one in found if one] or [0])
        return next((unit for most, unit in _UNITS if middle > most), 1)

    @property
    def holds_days(self) -> bool:
        """Whether the column "Watched" holds days rather than yes and no."""
        order = DateOrder(True)
        return any(
            marks.truth(cell) is None and order.read(cell) is not None for cell in self._day_cells
        )

    @property
    def shows(self) -> frozenset[str]:
        """The series whose episodes a column of programs names without a season."""
        return shows(" ".join(title.split()) for title in self._collected["program"])

    def has_thumbs(self, field: str) -> bool:
        """Whether a column of ratings holds thumbs."""
        return any("👍" in cell or "👎" in cell for cell in self._collected[field])

    def ratings(self, field: str) -> Counter[float]:
        """How often each positive number occurs in a column of ratings.

        Cells that carry a scale of their own (``8/10``, ``80%``, stars) are not counted.
        """
        found: Counter[float] = Counter()
        for cell, count in self._collected[field].items():
            if not values.carries_scale(cell) and (values.number(cell) or 0.0) > 0:
                found[cast(float, values.number(cell))] += count
        return found
