"""Dated viewings, each once.

What belongs here: deciding whether two lines mean the same viewing. A diary line and its review are
in two files; a film watched twice on one day is twice in one file, as two different entries. So
within one file, viewings are told apart by their entries, and the n-th viewing of a film on a day
in one file is the n-th in another. What does not: which lines mean the same film (``films``).
"""

from array import array
from datetime import date

import pandas as pd

VIEWING_COLUMNS = ("row_number", "watched_on", "rating", "rewatch", "tags")
_NONE: list[str] = []  # shared, to save memory
_A_DAY = 24  # viewings of one film on one day; more must be an error in the file
_DAYS = 4_000_000  # more than ``date.max.toordinal()``


class Viewings:
    """The viewings of one upload, column by column."""

    def __init__(self) -> None:
        self._film = array("q")
        self._entry = array("q")  # hashes: compared only between viewings of one film on one day
        self._day: list[date] = []
        self._rating: list[float | None] = []
        self._rewatch: list[bool | None] = []
        self._tags: dict[int, tuple[str, ...]] = {}
        self._of_day: dict[int, int] = {}
        self._more_of_day: dict[int, list[int]] = {}
        self._twins: dict[int, list[int]] = {}
        self._file_start = 0

    def begin_file(self) -> None:
        """Start a file."""
        self._twins = {}
        self._file_start = len(self._film)

    def add(  # noqa: PLR0917 (called for every viewing, by position for speed)
        self,
        film: int,
        day: date,
        entry: str | None,
        rating: float | None,
        rewatch: bool | None,
        tags: tuple[str, ...] | None,
    ) -> bool:
        """Add a viewing; return False if it is already there."""
        number = len(self._film)
        key = film * _DAYS + day.toordinal()
        mark = hash(entry)
        first = self._of_day.setdefault(key, number)
        if first != number and not self._is_another(key, first, mark, number):
            return False
        self._film.append(film)
        self._entry.append(mark)
        self._day.append(day)
        self._rating.append(rating)
        self._rewatch.append(rewatch)
        if tags:
            self._tags[number] = tags
        return True

    def _is_another(self, key: int, first: int, mark: int, number: int) -> bool:
        """Whether a film's viewing on a day that already has one is another viewing."""
        known = [first, *self._more_of_day.get(key, ())]
        here = [self._entry[viewing] for viewing in known if viewing >= self._file_start]
        twins = self._twins.get(key, [])
        if mark in here or mark in twins or len(known) >= _A_DAY:
            return False
        if len(known) > len(here) + len(twins):
            self._twins.setdefault(key, []).append(mark)
            return False
        self._more_of_day.setdefault(key, []).append(number)
        return True

    def table(self) -> pd.DataFrame:
        """One row per viewing, columns `VIEWING_COLUMNS`; see `Export.viewings`."""
        rows = range(len(self._film))
        columns = {
            "row_number": pd.array([film + 1 for film in self._film], dtype="Int64"),
            "watched_on": pd.Series(self._day, dtype="object"),
            "rating": pd.Series(self._rating, dtype="float64"),
            "rewatch": pd.array(self._rewatch, dtype="boolean"),
            "tags": pd.Series(
                [list(tags) if (tags := self._tags.get(row)) else _NONE for row in rows],
                dtype="object",
            ),
        }
        return pd.DataFrame(columns, columns=list(VIEWING_COLUMNS))
