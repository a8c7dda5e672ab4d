"""The lines of a table, section by section.

What belongs here: reading a table twice, once to learn what only whole columns tell and once to
read its lines, and noticing that a second table follows in the same file (people join exports).
What does not: what becomes of a line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from movie_pipeline.exports.columns import Columns, Survey
from movie_pipeline.exports.contents import Text
from movie_pipeline.exports.exporter import Line, Source, TableFormat
from movie_pipeline.exports.formats import recognise_table
from movie_pipeline.exports.limits import UnreadableMember
from movie_pipeline.exports.tables import Dialect, Records
from movie_pipeline.exports.values import TITLE_CHARS

_SECTIONS = 1000
_WITHHELD = "(withheld: the file has columns of private text)"


@dataclass
class Section:
    """A header and what its lines mean.

    Attributes:
        header: The header's cells.
        columns: Reads the lines below it.
        source: What standing below it means for a film.
        survey: What the whole of the lines below it tells.
    """

    header: Sequence[str]
    columns: Columns
    source: Source
    survey: Survey

    def repeats(self, cells: Sequence[str]) -> bool:
        """Whether a record may be a header: it says in the title's place what the header says."""
        index = self.columns.title
        return 0 <= index < len(cells) and cells[index] == self.header[index]


LineRead = tuple[int, Section, Line | None, str, str]
"""Number, section, what the line says or None, why it is rejected, what of it may be shown."""


class Table:
    """A table whose columns have been surveyed.

    Args:
        text: The file.
        dialect: How it is laid out.
        path: Its name, for what a name can tell.
        line_chars: As in `Limits`.

    Attributes:
        sections: By the line number of their headers.
        damaged: Whether bytes that are not UTF-8 were met.
    """

    def __init__(self, text: Text, dialect: Dialect, path: PurePosixPath, line_chars: int) -> None:
        self._text = text
        self._dialect = dialect
        self._path = path
        self._line_chars = line_chars
        self._first = self._section(dialect.format, dialect.mapping, dialect.header, dialect.preamble)
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
        survey = Survey(mapping)
        columns = Columns(form, mapping, header, survey, self._dialect.separator)
        return Section(header, columns, form.source(self._path, preamble), survey)

    def _survey(self) -> None:
        """Read all records once, without reading what they say."""
        section = self._first
        with self._text.open() as stream:
            records = Records(
                stream, self._dialect.separator, self._line_chars, section.columns.looks_like_record
            )
            start = self._dialect.header_line
            for number, cells, problem, _ in records:
                if number <= start or problem:
                    continue
                if section.repeats(cells) and (found := recognise_table(cells)):
                    if len(self.sections) >= _SECTIONS:
                        raise UnreadableMember(f"has more than {_SECTIONS} header rows; remove them")
                    section = self._section(*found, cells, ())
                    self.sections[number] = section
                    records.looks_like_record = section.columns.looks_like_record
                else:
                    section.survey.add(cells)
            self.damaged = records.damaged
        for section in self.sections.values():
            section.columns = section.columns.surveyed(section.survey)

    def lines(self) -> Iterator[LineRead]:
        """Read every data line."""
        dialect, sections, section = self._dialect, self.sections, self._first
        columns = section.columns
        width, read, source = columns.width, columns.read, dialect.separator
        with self._text.open() as stream:
            records = Records(
                stream, dialect.separator, self._line_chars, columns.looks_like_record
            )
            for number, cells, problem, raw in records:
                if number in sections or number < dialect.header_line:
                    if number in sections:
                        section = sections[number]
                        columns = section.columns
                        width, read = columns.width, columns.read
                        records.looks_like_record = columns.looks_like_record
                    continue
                if not problem and len(cells) != width:
                    if not any(map(str.strip, cells)):
                        continue
                    fitted = columns.fit(cells)
                    if fitted is None:
                        problem = f"has {len(cells)} cells where the header has {width}"
                        raw = source.join(cells)
                    else:
                        cells = fitted
                if problem:
                    yield number, section, None, problem, _shown(columns, raw)
                    continue
                line = read(cells)
                if "title" not in line:
                    if not any(map(str.strip, cells)):
                        continue
                    name = line.get("imdb_id") or line.get("tmdb_id")
                    if name is None:
                        raw = source.join(cells)
                        yield number, section, None, "has no title", _shown(columns, raw)
                        continue
                    line["title"] = str(name)
                elif len(cast(str, line["title"])) > TITLE_CHARS:
                    raw = source.join(cells)
                    problem = f"has a title of more than {TITLE_CHARS} characters"
                    yield number, section, None, problem, _shown(columns, raw)
                    continue
                yield number, section, line, "", ""


def _shown(columns: Columns, raw: str) -> str:
    return _WITHHELD if columns.is_private else raw
