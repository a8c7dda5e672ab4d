"""Days as exports write them.

What belongs here: reading one cell as a day, and deciding for a whole column whether 3/4/2021 is
in March or in April. A time and a time zone after the day are ignored: the day is the one that the
export names. What does not: other kinds of cells (``values``).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro januari ene gen",
            "feb february februar fevrier février febrero febbraio fevereiro februari fev fév",
            "mar march märz marz mars marzo março marco maart mär mrz",
            "apr april avril abril aprile abr avr",
            "may mai mayo maggio maio mei mag",
            "jun june juni juin junio giugno junho giu",
            "jul july juli juillet julio luglio julho lug",
            "aug august août aout agosto augustus ago",
            "sep sept september septembre septiembre settembre setembro set",
            "oct october oktober octobre octubre ottobre outubro okt ott out",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro dez dic déc",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_NUMBERS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2[ ]?('?\d{2}|\d{4})(?!\d)")
_EASTERN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})")
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_NUMBER = re.compile(r"(?<![\d:])\d{1,4}(?![\d:])")
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?$|\d{13}$")
_SPREADSHEET_DAY = re.compile(r"\d{5}(?:\.\d+)?$")
_LONGEST = 100  # characters of a day in words with time and zone
_SPREADSHEET_ZERO = date(1899, 12, 30)
_FIRST_SCREENING = date(1895, 12, 28)  # the first public one, by the Lumières in Paris
_UNSET = re.compile(r"1970-01-01[T ]00:00(?::00)?(?:\.0+)?(?:Z|\+00:?00| ?UTC)?$")

UNSET = date(1970, 1, 1)
"""What Trakt and others write for a viewing on an unknown day (at midnight, UTC)."""


def is_unset(text: str) -> bool:
    """Whether a cell holds the zero of the Unix clock; a bare ``1970-01-01`` is a real day."""
    return _UNSET.match(text.strip()) is not None


def can_be_viewing(day: date) -> bool:
    """Whether a film can have been watched on a day: after cinema began, and not in the future.

    Tomorrow (UTC) is allowed: it may already have begun where the export comes from.
    """
    return _FIRST_SCREENING <= day <= datetime.now(UTC).date() + timedelta(days=1)


def impossible_note(column: str, lines: int) -> str:
    """Tell the user how many lines have no viewing date because theirs is impossible."""
    return (
        f"{column}: {lines} {'day is' if lines == 1 else 'days are'} unknown (1970-01-01T00:00), "
        "before the first film screening (1895-12-28) or in the future; no viewing was recorded"
    )


@dataclass(frozen=True)
class DateOrder:
    """Which of the two small numbers of a date is the day.

    Attributes:
        day_first: True, False, or None if the column does not show it.
    """

    day_first: bool | None

    def read(self, text: str) -> date | None:
        """Read a cell as a day; None if it is not a day, or if its order is not known."""
        try:
            if text[4:5] == "-":
                return date.fromisoformat(text[:10])
        except ValueError:
            pass
        return _read(text.strip(), self.day_first)


class DateSurvey:
    """Finds the order of day and month from all cells of one column.

    Feed it every cell with `add`, then ask for `order` and `note`.
    """

    def __init__(self) -> None:
        self._day_first = False
        self._month_first = False
        self._undecided = False

    def add(self, text: str) -> None:
        """Take one cell into account (ISO days say nothing about the order and are skipped)."""
        if text[4:5] == "-":
            return
        found = _NUMBERS.match(text.strip())
        if found is None:
            return
        first, separator, second = int(found[1]), found[2], int(found[3])
        if first > 12 >= second:
            self._day_first = True
        elif second > 12 >= first:
            self._month_first = True
        elif separator == "." and first <= 12:
            self._day_first = True  # 04.03.2021 is never written month-first
        elif first != second and first <= 12:
            self._undecided = True

    def include(self, other: "DateSurvey") -> None:
        """Take into account what another survey has found."""
        self._day_first |= other._day_first  # noqa: SLF001
        self._month_first |= other._month_first  # noqa: SLF001
        self._undecided |= other._undecided  # noqa: SLF001

    @property
    def undecided(self) -> bool:
        """Whether there are days that could be read in both orders, and nothing decides."""
        return self._undecided and not self._day_first and not self._month_first

    @property
    def order(self) -> DateOrder:
        """The order that the whole column fits, if it fits exactly one."""
        if self._day_first == self._month_first:
            return DateOrder(None)
        return DateOrder(self._day_first)

    @property
    def note(self) -> str | None:
        """What to tell the user if days had to be left empty; else None."""
        if self._day_first and self._month_first:
            return (
                "dates are ambiguous: neither day-first nor month-first fits the whole column; "
                "those that could be either were left empty"
            )
        if self.undecided:
            return (
                "dates are ambiguous: both day-first and month-first fit the whole file; "
                "they were left empty"
            )
        return None


def _read(text: str, day_first: bool | None) -> date | None:
    try:
        return _read_unchecked(text, day_first)
    except (ValueError, OverflowError):
        return None


def _read_unchecked(text: str, day_first: bool | None) -> date | None:  # noqa: PLR0911
    if not text or len(text) > _LONGEST or not any(letter.isdigit() for letter in text):
        return None
    if found := _ISO.match(text) or _COMPACT.match(text) or _EASTERN.match(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.match(text):
        first, second, year = int(found[1]), int(found[3]), _full_year(found[4])
        if second > 12 >= first:
            return date(year, first, second)
        if first > 12 >= second or first == second:
            return date(year, second, first)
        if day_first is None:
            return None
        return date(year, second, first) if day_first else date(year, first, second)
    text = text.removeprefix("watch-date-")  # TV Time's
    if _EPOCH.match(text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC).date()
    if _SPREADSHEET_DAY.match(text):
        return _SPREADSHEET_ZERO + timedelta(days=int(float(text)))
    return _read_words(text)


def _read_words(text: str) -> date | None:
    """Read ``4 March 2017``, ``Mar 4, 2017``, ``Sat Mar  4 00:00:00 2017`` and the like."""
    words = [found.casefold() for found in _WORD.findall(text)]
    # whole words first: the French "mardi" is not March
    month = next(
        (_MONTHS[word] for word in (*words, *(w[:3] for w in words)) if word in _MONTHS), None
    )
    numbers: list[str] = _NUMBER.findall(text)
    year = next((int(number) for number in numbers if len(number) == 4), None)
    day = next((int(number) for number in numbers if len(number) <= 2), None)
    if month is None or year is None or day is None:
        return None
    return date(year, month, day)


def _full_year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    short = int(text.lstrip("'"))
    return 2000 + short if short <= datetime.now(UTC).year % 100 + 1 else 1900 + short
