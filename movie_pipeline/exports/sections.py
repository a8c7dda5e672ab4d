"""The lines of a table, section by section.

What belongs here: reading a table twice, first to survey its columns and then to read its lines,
and detecting a second table in the same file (people join exports). What does not: what becomes of
a line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, islice
from pathlib import PurePosixPath
from typing import NamedTuple, TextIO, cast

from movie_pipeline.exports import values
from movie_pipeline.exports.columns import Columns
from movie_pipeline.exports.contents import Text
from movie_pipeline.exports.dates import DateSurvey
from movie_pipeline.exports.exporter import Line, Source, TableFormat
from movie_pipeline.exports.formats import recognise_table
from movie_pipeline.exports.headings import are_headings
from movie_pipeline.exports.limits import UnreadableMember
from movie_pipeline.exports.survey import Survey
from movie_pipeline.exports.tables import Dialect, Records, Row

_SECTIONS = 100
_ROWS = 512  # at a time; with more in memory, garbage collection costs more than reading
_WITHHELD = "(withheld: the file has columns that may hold private text)"


@dataclass
class Section:
    """A header and how to read the lines below it.

    Attributes:
        header: The header's cells.
        columns: Reads the lines below it.
        source: What a film's presence below it means; less if a column tells what was seen.
        survey: What was found in all lines below it.
    """

    header: Sequence[str]
    columns: Columns
    source: Source
    survey: Survey

    def header_in(self, cells: Sequence[str]) -> tuple[TableFormat, dict[str, int]] | None:
        """Recognise a record, whose title cell equals that of this header, as a header.

        A line about a film of that name (Title, 1995) has no other known name.
        """
        found = recognise_table(cells)
        if found is None or not are_headings(cells, found[1]):
            return None
        again = len(cells) > 1 and list(cells) == list(self.header)
        return found if again or len(found[1]) > 1 else None


class Batch(NamedTuple):
    """Some lines of one section, those that were read and those that were rejected.

    Attributes:
        lines: Each has a title.
        rejected: Line number, reason, and as much of the line as may be shown.
    """

    section: Section
    lines: list[Line]
    rejected: list[tuple[int, str, str]]


class Table:
    """A table whose columns have been surveyed.

    Args:
        text: The file.
        dialect: How it is laid out.
        path: Its name, from which formats derive a `Source`.
        line_chars: As in `Limits`.

    Attributes:
        sections: By the line number of their headers.
        damaged: Whether it contains bytes that are not UTF-8.
    """

    def __init__(self, text: Text, dialect: Dialect, path: PurePosixPath, line_chars: int) -> None:
        self._text = text
        self._dialect = dialect
        self._path = path
        self._line_chars = line_chars
        self._days = DateSurvey()
        self._first = self._section(
            dialect.format, dialect.mapping, dialect.header, dialect.preamble
        )
        self.sections: dict[int, Section] = {dialect.header_line: self._first}
        self.damaged = False
        self._survey()

    def _section(
        self,
        form: TableFormat,
        mapping: dict[str, int],
        header: Sequence[str],
        preamble: Sequence[Sequence[str]],
    ) -> Section:
        survey = Survey(mapping, self._days)
        columns = Columns(form, mapping, header, survey, self._dialect.separator)
        return Section(header, columns, form.source(self._path, preamble), survey)

    def _rows(self, stream: TextIO) -> Iterator[list[Row]]:
        """Yield the records of the file in lists of at most `_ROWS`."""
        records = Records(
            stream,
            self._dialect.separator,
            self._line_chars,
            self._first.columns.looks_like_record,
            self._first.columns.fits,
        )
        each = iter(records)
        while rows := list(islice(each, _ROWS)):
            yield rows
        self.damaged = records.damaged

    def _survey(self) -> None:
        """Go through all records once to find the sections and survey their columns."""
        section, start = self._first, self._dialect.header_line
        with self._text.open() as stream:
            for rows in self._rows(stream):
                below = rows if rows[0][0] > start else [row for row in rows if row[0] > start]
                first, title = 0, section.columns.title
                for at, (number, cells, _, _) in enumerate(below):
                    # Nearly no line is a header; a call for each would take longer than this.
                    if not 0 <= title < len(cells) or cells[title] != section.header[title]:
                        continue
                    if not self._dialect.header_line or (found := section.header_in(cells)) is None:
                        continue
                    if len(self.sections) >= _SECTIONS:
                        raise UnreadableMember(
                            f"has more than {_SECTIONS} header rows; remove all but the first"
                        )
                    section.survey.add([row[1] for row in below[first:at]])
                    first = at + 1
                    section = self._section(*found, cells, ())
                    title = section.columns.title
                    self.sections[number] = section
                section.survey.add([row[1] for row in below[first:]])
        for section in self.sections.values():
            section.columns = section.columns.surveyed(section.survey)
            if section.survey.says_seen and not section.columns.format.presence_is_seen:
                section.source = replace(section.source, seen=False, rated_is_seen=True)

    def batches(self) -> Iterator[Batch]:
        """Read every data line."""
        section = self._first
        with self._text.open() as stream:
            for rows in self._rows(stream):
                first = 0
                for at, row in enumerate(rows):
                    if row[0] < self._dialect.header_line:
                        first = at + 1
                    elif row[0] in self.sections:
                        if at > first:
                            yield _read(section, rows[first:at], self._dialect.separator)
                        section = self.sections[row[0]]
                        first = at + 1
                if first < len(rows):
                    yield _read(section, rows[first:] if first else rows, self._dialect.separator)


def _read(section: Section, rows: list[Row], separator: str) -> Batch:
    """Read records of one section."""
    columns = section.columns
    rejected: list[tuple[int, str, str]] = []
    records = [row[1] for row in rows]
    if set(map(len, records)) != {columns.width}:
        rows = [row for row in rows if row[2] or any(map(str.strip, row[1]))]
        rows = _fit(columns, rows, separator, rejected)
        records = [row[1] for row in rows]
    if columns.extras(records):
        rows = _without_extras(columns, rows, separator, rejected)
        records = [row[1] for row in rows]
    lines = list(columns.read(records))
    titles = [line[0] for line in lines]
    if None in titles or max(map(len, cast(list[str], titles)), default=0) > values.TITLE_CHARS:
        lines = _titled(columns, rows, lines, separator, rejected)
    if "year" not in columns.mapping:
        lines = _one_film_each(lines)
    return Batch(section, lines, rejected)


def _fit(
    columns: Columns, rows: list[Row], separator: str, rejected: list[tuple[int, str, str]]
) -> list[Row]:
    """Bring every record to the header's length, or reject it."""
    fitting: list[Row] = []
    for row in rows:
        number, cells, problem, raw = row
        if not problem and len(cells) != columns.width:
            fitted = columns.fit(cells)
            if fitted is None:
                problem = f"has {len(cells)} cells where the header has {columns.width}"
                raw = separator.join(cells)
            else:
                cells = fitted
        if problem:
            rejected.append((number, problem, _shown(columns, raw)))
        else:
            fitting.append((number, cells, "", ""))
    return fitting


def _without_extras(
    columns: Columns, rows: list[Row], separator: str, rejected: list[tuple[int, str, str]]
) -> list[Row]:
    """Reject trailers and the like."""
    extras = columns.extras([row[1] for row in rows])
    for number, cells, _, _ in compress(rows, extras):
        rejected.append(
            (number, "a trailer or the like, not a film", _shown(columns, separator.join(cells)))
        )
    return [row for row, extra in zip(rows, extras, strict=True) if not extra]


def _one_film_each(lines: list[Line]) -> list[Line]:
    """Read a line whose title is several titles with their years as several lines."""
    found: list[Line] = []
    for line in lines:
        title, year = line[0], line[1]
        several = values.titles(f"{title} ({year})") if title and year and "(" in title else []
        for one, its_year in several:
            found.append(Line(*line)._replace(title=one, year=its_year))
        if not several:
            found.append(line)
    return found


def _titled(
    columns: Columns,
    rows: list[Row],
    lines: list[Line],
    separator: str,
    rejected: list[tuple[int, str, str]],
) -> list[Line]:
    """Keep the lines with a title, or an id in its place; reject the others, skip blank ones."""
    kept: list[Line] = []
    for (number, cells, _, _), values_of_line in zip(rows, lines, strict=True):
        line = Line(*values_of_line)
        stand_in = (
            line.original_title or line.imdb_id or (str(line.tmdb_id) if line.tmdb_id else None)
        )
        if line.title is None and stand_in:
            line = line._replace(title=stand_in)
        if line.title is not None and len(line.title) <= values.TITLE_CHARS:
            kept.append(line)
        elif line.title is not None:
            problem = f"has a title of more than {values.TITLE_CHARS} characters"
            rejected.append((number, problem, _shown(columns, separator.join(cells))))
        elif any(map(str.strip, cells)):
            rejected.append((number, "has no title", _shown(columns, separator.join(cells))))
    return kept


def _shown(columns: Columns, raw: str) -> str:
    return _WITHHELD if columns.is_private else raw
