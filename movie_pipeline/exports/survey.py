"""What can only be learnt from whole columns.

What belongs here: a first pass over a table that collects the order of day and month, the ratings,
and whether "Watched" holds days or yes and no. What does not: reading any line.
"""

from collections import Counter
from collections.abc import Sequence
from typing import cast

from movie_pipeline.exports import values
from movie_pipeline.exports.dates import DateOrder, DateSurvey

DAYS = ("logged_on", "rated_on", "watched_on", "seen_or_day")
"""Fields of a table that hold days."""

RATINGS = ("rating", "rating10")
"""Fields of a table that hold ratings."""

_SURVEYED = 10_000  # distinct cells of a column, beyond which no more are collected
_LONG = 100  # characters; a longer cell is not a rating or a day


class Survey:
    """Learns about the columns of a table from all its records; feed it these with `add`."""

    def __init__(self, mapping: dict[str, int]) -> None:
        self.days = {field: DateSurvey() for field in DAYS if field in mapping}
        self._day_cells: set[str] = set()
        self._ratings: dict[str, Counter[str]] = {
            field: Counter() for field in RATINGS if field in mapping
        }
        self._mapping = mapping

    def add(self, records: Sequence[Sequence[str]]) -> None:
        """Take records into account; missing cells are skipped."""
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
                seen.update(
                    cells[index]
                    for cells in records
                    if len(cells) > index and len(cells[index]) < _LONG
                )

    @property
    def holds_days(self) -> bool:
        """Whether the column "Watched" holds days rather than yes and no."""
        order = DateOrder(True)
        return any(
            values.truth(cell) is None and order.read(cell) is not None for cell in self._day_cells
        )

    def ratings(self, field: str) -> Counter[float]:
        """How often each positive number occurs in a column of ratings.

        Cells that carry a scale of their own (``8/10``, ``80%``, stars) are not counted.
        """
        found: Counter[float] = Counter()
        for cell, count in self._ratings[field].items():
            if not values.carries_scale(cell) and (values.number(cell) or 0.0) > 0:
                found[cast(float, values.number(cell))] += count
        return found
