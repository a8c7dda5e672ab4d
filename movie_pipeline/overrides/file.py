"""The overrides file: the user's own decisions, one per line, which take precedence over ours.

What belongs here: reading ``<data>/overrides.csv``, and finding the line that applies to a row of
``raw.movies``. What does not: the meaning of a line's cells (`rules`), applying it to the row
(`enrichment`), noticing that the file was saved (`status.revisions`), proposing lines (`review`).

People write the file by hand, in Excel, and by appending the output of ``movie-pipeline review``.
So it may have any encoding and separator that uploads may have, and a header may occur again
anywhere: the lines below it have its columns. Lines that begin with ``#`` are skipped.
"""

import csv
import io
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from movie_pipeline.exports.contents import read_text, repair
from movie_pipeline.exports.headings import header_name
from movie_pipeline.exports.limits import UnreadableMember
from movie_pipeline.exports.tables import SEPARATORS, Records
from movie_pipeline.outside import files
from movie_pipeline.overrides.rules import Rule, identity, rule_of, target_of

COLUMNS = ("title", "year", "tmdb_id", "letterboxd_uri", "imdb_id", "upload")
"""The columns that are read; others, such as ``note``, are ignored."""

_NAMES = {header_name(column): column for column in COLUMNS}
_LINE_CHARS = 10_000
_LINES_NAMED = 20  # in an error, which is stored with every tick of the sensor
_MOST_BYTES = 5_000_000
_SEPARATOR_DECLARED = re.compile(r'"?sep=."?\s*$', re.IGNORECASE)


class OverridesError(Exception):
    """The overrides can't be used; the message names the file, its bad lines, and what to do."""


@dataclass(frozen=True)
class Override:
    """What a line says about the rows that it matches.

    Attributes:
        tmdb_id: the film that they are; None for no film (``ignore``).
        line: the line's number in the file.
    """

    tmdb_id: int | None
    line: int


class Overrides:
    """All lines, indexed by their conditions.

    Args:
        rules: each with its line number. Of several with the same conditions the last one applies.
    """

    def __init__(self, rules: Iterable[tuple[Rule, int]] = ()) -> None:
        rules = list(rules)
        self.rules = frozenset(rule for rule, _ in rules)
        index: dict[tuple[bool, ...], dict[tuple[object, ...], Override]] = {}
        for rule, line in rules:
            found = index.setdefault(rule.asks, {})
            found[rule.asked] = Override(rule.tmdb_id, line)
        self._index = sorted(index.items(), reverse=True)  # the most specific first

    def __bool__(self) -> bool:
        return bool(self.rules)

    @property
    def lines(self) -> set[int]:
        """The number of every line that says something."""
        return {said.line for _, rules in self._index for said in rules.values()}

    @classmethod
    def load(cls, path: Path) -> "Overrides":
        """The overrides in a file; none if there is no file.

        Raises:
            OverridesError: the file can't be read, or has an invalid line.
        """
        try:
            if path.is_symlink() and not path.exists():
                raise OverridesError(f"{path} is a broken link: fix or remove it")
            if path.exists() and (not path.is_file() or path.stat().st_size > _MOST_BYTES):
                raise OverridesError(f"{path} is not a file of up to 5 MB: replace or remove it")
            text = read_text(lambda: files.open_plain(path, links=True))
            with text.open() as stream:
                content = repair(stream.read())
        except FileNotFoundError:
            return cls()
        except UnreadableMember as error:
            raise OverridesError(f"{path} {error}") from error
        except OSError as error:
            raise OverridesError(
                f"{path} can't be read ({error.strerror}): make it readable, or remove it"
            ) from error
        return cls(_Reading(path).read(content))

    @staticmethod
    def lines_of(content: str) -> list[tuple[range, Rule]]:
        """Every record of a file as a rule, with its line numbers; includes commented-out lines."""
        return list(_Reading(Path()).lines(content))

    def of(self, upload: str, row: Mapping[Hashable, Any]) -> Override | None:
        """What the most specific line that matches a row says about it.

        A line that names the upload takes precedence over one that does not, and then a line with
        an id over one with only title and year.

        Args:
            upload: the row's upload.
            row: ``title``, ``year``, ``letterboxd_uri`` and ``imdb_id`` as in ``raw.movies``;
                any may be missing, None, NaN or NA.
        """
        return next((one for _, one in self.about(upload, row)), None)

    def about(
        self, upload: str, row: Mapping[Hashable, Any]
    ) -> Iterator[tuple[tuple[object, ...], Override]]:
        """Every line that matches a row, as for `of`: its conditions, and what it says."""
        if not self._index:
            return
        own = identity(upload, row)
        for asks, rules in self._index:
            asked = tuple(value if ask else None for value, ask in zip(own, asks, strict=True))
            if asked in rules:
                yield asked, rules[asked]


@dataclass
class _Table:
    """A header, and the lines below it."""

    line: int
    separator: str
    names: list[str]
    body: list[str] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    """Skipped lines, with their line numbers."""

    def is_record(self, cells: list[str]) -> bool:
        """Whether the cells have a valid ``tmdb_id`` in the header's column, whatever the title."""
        try:
            target_of(cells[self.names.index("tmdb_id")].strip())
        except (IndexError, ValueError):
            return False
        return True


class _Reading:
    """Reads a file and collects its errors, line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wrong: list[tuple[int, str]] = []

    def read(self, content: str) -> list[tuple[Rule, int]]:
        """Every line's rule with the line number.

        Raises:
            OverridesError: there are invalid lines.
        """
        said: dict[tuple[object, ...], tuple[Rule, int]] = {}
        rules = []
        for table in self._tables(content):
            for (line, *_), rule in self._rules(table):
                first, where = said.setdefault(rule.asked, (rule, line))
                if first != rule:
                    self._wrong.append(
                        (line, f"line {where} contradicts it for the same film: remove one of them")
                    )
                rules.append((rule, line))
        if self._wrong:
            wrong = sorted(self._wrong)
            listed = "; ".join(f"line {line}: {why}" for line, why in wrong[:_LINES_NAMED])
            others = len(wrong) - _LINES_NAMED
            more = f"; and {others:,} more lines" if others > 0 else ""
            raise OverridesError(f"{self._path}, {listed}{more}")
        return rules

    def lines(self, content: str) -> Iterator[tuple[range, Rule]]:
        """Every record as a rule, with its line numbers; includes commented-out lines.

        Invalid lines are skipped.
        """
        for table in self._tables(content):
            yield from self._rules(table)
            for number, text in table.aside:
                one = _Table(number - 1, table.separator, table.names, [text.lstrip("# ")])
                yield from self._rules(one)

    def _tables(self, content: str) -> Iterator[_Table]:
        """The file's tables; skipped lines become empty ones, so that line numbers stay right."""
        table: _Table | None = None
        for number, text in enumerate(content.split("\n"), start=1):
            line = text.lstrip("\ufeff")  # if a file was appended to another
            header = _header(line)
            if header is not None and not (table and table.is_record(_cut(line, table.separator))):
                if table is not None:
                    yield table
                table = _Table(number, *header)
            elif line.startswith("#") or _SEPARATOR_DECLARED.match(line):
                if table is not None:
                    table.body.append("")
                    table.aside.append((number, line))
            elif table is not None:
                table.body.append(line)
            elif line.strip():
                self._wrong.append((number, "the first line must be a header: title,year,tmdb_id"))
                return
        if table is not None:
            yield table

    def _rules(self, table: _Table) -> Iterator[tuple[range, Rule]]:
        stream = io.StringIO("\n".join(table.body))
        records = Records(stream, table.separator, _LINE_CHARS, table.is_record)
        for number, cells, problem, _ in records:
            line = table.line + number
            if problem:
                self._wrong.append((line, f"{problem}: correct it"))
                continue
            if not any(cell.strip() for cell in cells):
                continue
            try:
                yield range(line, line + records.lines), rule_of(_cells(cells, table))
            except ValueError as error:
                self._wrong.append((line, str(error)))


def _header(line: str) -> tuple[str, list[str]] | None:
    """The separator and the column names, if the line is a header."""
    if "mdb" not in line.lower():
        return None
    for separator in SEPARATORS:
        names = [_NAMES.get(header_name(cell), "") for cell in _cut(line, separator)]
        if "tmdb_id" in names and {"title", "letterboxd_uri", "imdb_id"} & set(names):
            return separator, names
    return None


def _cut(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _cells(cells: list[str], table: _Table) -> dict[str, str]:
    """A record's cells by column.

    Raises:
        ValueError: there are more than the table has columns.
    """
    if any(cell.strip() for cell in cells[len(table.names) :]):
        raise ValueError(
            f"it has {len(cells)} cells, but the header above it has {len(table.names)}: put a"
            f" title that contains {table.separator!r} in quotes"
        )
    named = [(name, cell.strip()) for name, cell in zip(table.names, cells, strict=False) if name]
    return dict(reversed(named))  # of several columns with the same name the first one counts
