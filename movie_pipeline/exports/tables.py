"""Splits text into records.

What belongs here: separators, quotes, lines that are not records, and finding the header. Every
record starts on a line of its own, so that a broken line does not affect the others: a line with a
quote that is never properly closed is rejected, and reading continues with the next line. What does
not: what a column means.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from movie_pipeline.exports.contents import is_damaged, repair
from movie_pipeline.exports.exporter import TableFormat
from movie_pipeline.exports.formats import recognise_table
from movie_pipeline.exports.headings import are_headings, header_name, is_data, words
from movie_pipeline.exports.programs import named
from movie_pipeline.exports.values import split_title

SEPARATORS = ",;\t|"
_SAMPLE = 200  # records
_HEADER_WITHIN = 40  # records; the longest preamble that we have seen has 4
_LINES_OF_A_NOTE = 50  # all of them like records: more is a quote that was never closed
_PREAMBLE = 3  # records between a preamble's own header and the table's header
_MOST = 0.8  # of the cells of a column of titles have letters
_TITLE_CHARS = 200
_LETTERS = re.compile(r"[^\W\d_]")
_NO_TITLES = words(
    "genre genres genero generos жанр жанры director directors cast actors actor country countries "
    "страна language languages studio note notes comment comments review reviews description plot "
    "overview summary synopsis tagline user username email mail poster image picture url link "
    "device platform service where format certificate keywords tags awards writer writers producer "
    "uuid guid slug id token hash"
)  # as `header_name` gives them
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


@dataclass(frozen=True)
class Dialect:
    """How a text is laid out as a table.

    Attributes:
        separator: Between cells.
        header_line: Line number of the header; 0 if there is none.
        header: The header's cells.
        format, mapping: As `formats.recognise_table` returns them for the header.
        preamble: The records above the header.
    """

    separator: str
    header_line: int
    header: Sequence[str]
    format: TableFormat
    mapping: dict[str, int]
    preamble: Sequence[Sequence[str]]


Row = tuple[int, list[str], str, str]
"""Line number, cells, problem, text of the line; the last two are "" unless it is broken."""


class Records:
    r"""The records of a text, one after the other.

    Args:
        stream: The text, its line ends as ``\n``; it is not closed.
        separator: Between cells.
        line_chars: Maximum length of a line and of a quoted cell.
        looks_like_record: Whether cells look like a whole record of the table; tells a stray quote
            from a cell that continues on the next line.
        fits: Whether cells can be a record of the table.

    Attributes:
        damaged: Whether bytes that are not UTF-8 have been found.
        lines: How many lines the latest record spans.
    """

    def __init__(
        self,
        stream: TextIO,
        separator: str,
        line_chars: int,
        looks_like_record: Callable[[list[str]], bool] = lambda _: False,
        fits: Callable[[list[str]], bool] = lambda _: True,
    ) -> None:
        self._stream = stream
        self._separator = separator
        self._line_chars = line_chars
        self._ahead: deque[str] = deque()
        self._line: str | None = None
        self._pulled: list[str] = []
        self._pulled_chars = 0
        self._reader = self._new_reader()
        self.looks_like_record = looks_like_record
        self.fits = fits
        self.damaged = False

    @property
    def lines(self) -> int:  # noqa: D102  # documented in the class's Attributes
        return 1 + len(self._pulled)

    def __iter__(self) -> Iterator[Row]:  # noqa: C901, PLR0912 (every kind of line, in one hot loop)
        """Yield a `Row` for every record, skipping blank lines."""
        number = 0
        separator, limit, ahead = self._separator, self._line_chars, self._ahead
        readline = self._stream.readline
        while line := (ahead.popleft() if ahead else readline(limit)):
            number += 1
            if len(line) == limit and line[-1] != "\n":
                start = line[:200]
                while (line := readline(limit)) and line[-1] != "\n":
                    pass
                yield number, [], f"line is longer than {limit} characters", repair(start)
                continue
            if not line.isascii() and is_damaged(line):
                self.damaged = True
                line = repair(line)
            if "\0" in line:
                yield number, [], "NUL byte in the line", line.replace("\0", " ").rstrip()
            elif line[0] in "<=>|" and line.startswith(_CONFLICT):
                yield number, [], "conflict marker left by git", line.rstrip()
            elif line[0] == "|" and not line.strip("|:- \n"):
                continue  # the rule below the header of a Markdown table
            elif '"' not in line:
                if not line.isspace():
                    yield number, line.rstrip("\n").split(separator), "", ""
            else:
                self._line, pulled = line, self._pulled
                try:
                    cells: list[str] | None = next(self._reader)
                except (csv.Error, _Unclosed):
                    cells = None
                if cells is None or pulled:
                    cells = self._settle(line, cells)
                if cells is None:
                    yield number, [], "stray or unclosed quote", line.rstrip()
                else:
                    yield number, cells, "", ""
                    number += len(pulled)
                if pulled:
                    pulled.clear()
                    self._pulled_chars = 0

    def _settle(self, line: str, cells: list[str] | None) -> list[str] | None:
        """Decide whether a quoted cell spans the lines after it; if not, they are read again."""
        pulled = self._pulled
        if cells is not None and not self._is_stray(line, cells):
            return cells
        self._ahead.extendleft(reversed(pulled))
        pulled.clear()
        self._pulled_chars = 0
        self._reader = self._new_reader()
        return _escaped(line, self._separator) if '\\"' in line else None

    def _is_stray(self, line: str, cells: list[str]) -> bool:
        """Whether a quote that swallowed whole lines is a mistake.

        The quoting is taken at its word if the record fits the table, unless each of its lines
        would be a record of its own without the quotes: then two stray quotes stand there (except
        in the last column, where a cell may well hold what looks like records).
        """
        lines = [line, *self._pulled]
        if not self.fits(cells):
            return any(map(self._is_record, lines[1:-1])) or self._is_record(line)
        swallowed = "\n" not in cells[-1] or len(lines) > _LINES_OF_A_NOTE
        return swallowed and all(map(self._is_record, lines))

    def _is_record(self, line: str) -> bool:
        return self.looks_like_record(line.rstrip("\n").replace('"', "").split(self._separator))

    def _new_reader(self) -> Iterator[list[str]]:
        """Create a reader to reuse from line to line, because creating it is the costly part."""

        def lines() -> Iterator[str]:
            while True:
                line, self._line = self._line, None
                yield self._next_line() if line is None else line

        return csv.reader(lines(), delimiter=self._separator, strict=True, skipinitialspace=True)

    def _next_line(self) -> str:
        """Return the next line, for a quoted cell that continues on it."""
        more = self._ahead.popleft() if self._ahead else self._stream.readline(self._line_chars)
        if not more:
            raise _Unclosed
        self._pulled.append(more)
        self._pulled_chars += len(more)
        if "\0" in more or self._pulled_chars > self._line_chars:
            raise _Unclosed
        return repair(more)


class _Unclosed(Exception):
    """A quoted cell does not end."""


def _escaped(line: str, separator: str) -> list[str] | None:
    """Split a line in which quotes within quoted cells are escaped by a backslash."""
    reader = csv.reader(
        [line],
        delimiter=separator,
        strict=True,
        skipinitialspace=True,
        escapechar="\\",
        doublequote=False,
    )
    try:
        return next(reader, None)
    except csv.Error:
        return None


def find_header(head: str, line_chars: int) -> Dialect | None:
    """Find the separator and the header row of a table.

    The best separator is the one whose header the most specific format recognises, then the one
    that gives the most recognised columns.

    Args:
        head: The beginning of the text.
        line_chars: As in `Records`.

    Returns:
        None if no row is a header with a column of titles or ids.
    """
    first, _, rest = head.partition("\n")
    declared = first.strip().strip('"')
    skipped, separators = 0, SEPARATORS
    if declared.lower().startswith("sep=") and len(declared) == 5:  # Excel's own declaration
        head, skipped, separators = rest, 1, declared[4]
    best: Dialect | None = None
    best_rank = (-1000, 0)
    for separator in separators:
        if separator != separators[0] and separator not in head:
            continue  # the same single cells again
        rows = list(islice(Records(io.StringIO(head), separator, line_chars), _HEADER_WITHIN))
        found = _header(rows)
        if found is None:
            continue
        position, form, mapping = found
        rank = (form.specificity, len(mapping))
        if rank > best_rank:
            line, cells, _, _ = rows[position]
            preamble = [above for _, above, broken, _ in rows[:position] if not broken]
            best = Dialect(separator, line + skipped, cells, form, mapping, preamble)
            best_rank = rank
    return best


def has_years(dialect: Dialect, head: str, line_chars: int) -> bool:
    """Whether most titles or names of files of a table carry a year: ``Heat (1995)``."""
    field = next((one for one in ("title", "item", "file") if one in dialect.mapping), "")
    index = dialect.mapping.get(field, -1)
    records = islice(Records(io.StringIO(head), dialect.separator, line_chars), _SAMPLE)
    cells = [
        row[1][index].strip()
        for row in records
        if row[0] > dialect.header_line and 0 <= index < len(row[1])
    ]
    years = [named(cell).year if field == "file" else split_title(cell)[1] for cell in cells]
    return len(years) < 2 * (len(years) - years.count(None))


def _header(rows: Sequence[Row]) -> tuple[int, TableFormat, dict[str, int]] | None:
    """Find the header among the first rows.

    It is the first row that an exporter's own format recognises. A row that only a generic format
    recognises gives way to a better one close below it, because preambles have their own headers.
    """
    best: tuple[int, TableFormat, dict[str, int]] | None = None
    for position, (_, cells, problem, _) in enumerate(rows):
        found = None if problem else recognise_table(cells)
        if found is None or (best is not None and position > best[0] + _PREAMBLE):
            continue
        form, mapping = found
        if form.specificity <= 0:
            if not _is_header(rows, position, mapping):
                continue
            if "title" not in mapping and "file" not in mapping:
                title = title_column(cells, [row[1] for row in rows[position + 1 :]], mapping)
                if title >= 0:
                    mapping = {"title": title, **mapping}
                elif not {"imdb_id", "tmdb_id"} & mapping.keys():
                    continue
        if best is None or (form.specificity, len(mapping)) > (best[1].specificity, len(best[2])):
            best = position, form, mapping
        if form.specificity > 0:
            break
    return best


def _is_header(rows: Sequence[Row], position: int, mapping: Mapping[str, int]) -> bool:
    """Whether a row that has known names is the header, and not a line that happens to have one.

    A header stands first or below a preamble: not below lines like those of a table, and not, if it
    is a single cell, below others without a blank line between. What it says is in no column below.
    """
    line, cells = rows[position][:2]
    if not are_headings(cells, mapping):
        numbers = [index for index, cell in enumerate(cells) if is_data(cell)]
        return (
            position == 0
            and not any(  # a column for each of some years, say
                is_data(more[index]) and len(more[index]) == len(cells[index])
                for _, more, _, _ in rows[1:]
                for index in numbers
                if index < len(more)
            )
        )
    if len(mapping) > 1 or position == 0:
        below = [row[1] for row in rows[position + 1 :] if row[1] != cells]
        again = (
            sum(index < len(more) and more[index] == cells[index] for more in below)
            for index in mapping.values()
        )
        return len(mapping) > 2 or max(again) <= max(1, len(below) / 3)
    if position <= _PREAMBLE + 1 and line - rows[position - 1][0] > 1:
        return True  # a blank line divides it from the preamble
    return len(cells) > 1 and not any(
        len(above) == len(cells) and any(map(is_data, above)) for _, above, _, _ in rows[:position]
    )


def title_column(
    header: Sequence[str], rows: Sequence[Sequence[str]], mapping: Mapping[str, int]
) -> int:
    """Find the column of titles, which has the most distinct short texts; -1 if there is none."""
    best, most = -1, 0
    for index, name in enumerate(header):
        if index in mapping.values() or header_name(name) in _NO_TITLES:
            continue
        cells = [row[index].strip() for row in rows if len(row) > index and row[index].strip()]
        texts = [cell for cell in cells if _LETTERS.search(cell) and "://" not in cell]
        if len(texts) * 2 < max(1, len(rows)) or max(map(len, texts)) > _TITLE_CHARS:
            continue
        if len(texts) >= _MOST * len(cells) and len(set(texts)) > most:
            best, most = index, len(set(texts))
    return best
