"""From a path to an `Export`, through all the other modules.

What belongs here: the order of the steps, and recording the fate of every line. What does not: how
each step is done.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pandas as pd

from movie_pipeline.exports.archives import Member, open_upload
from movie_pipeline.exports.contents import Text, read_text
from movie_pipeline.exports.dates import UNSET, can_be_viewing, impossible_note
from movie_pipeline.exports.documents import ARRAY, SEPARATOR, as_table, headings, items
from movie_pipeline.exports.export import Export, FileReport
from movie_pipeline.exports.exporter import DocumentFormat, Line, Source
from movie_pipeline.exports.films import Films
from movie_pipeline.exports.formats import is_film_list, recognise_document, recognise_table
from movie_pipeline.exports.headings import is_data
from movie_pipeline.exports.headless import guess
from movie_pipeline.exports.histories import as_history
from movie_pipeline.exports.limits import Limits, UnreadableExport, UnreadableMember
from movie_pipeline.exports.sections import Table
from movie_pipeline.exports.tables import SEPARATORS, Dialect, find_header, has_years
from movie_pipeline.outside.untrusted import normalized

_TEXT_CHARS = 200
_HEADER_CELL = re.compile(r"[^\d@]{0,30}")  # column names may be shown, cell contents may not
# What zipfile raises for broken entries, and for compression and encryption it does not support.
_DAMAGED = (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def read_export(path: Path, name: str, limits: Limits = Limits()) -> Export:  # noqa: B008
    """Read a film list that was exported from any service.

    Args:
        path: The file, ZIP archive or folder on disk.
        name: The upload's key, such as ``alice/letterboxd.zip``. It is used in messages, and its
            file name tells a watchlist from films seen where the header does not.
        limits: Bounds on size.

    Returns:
        The films, viewings and rejected lines, and a report per file. A list with a header but no
        lines is an export without films.

    Raises:
        UnreadableExport: Nothing is readable or the upload is refused; the message says which
            file, what is wrong and what to do.
    """
    book = _Book(limits)
    with open_upload(path, name, limits) as upload:
        members = upload.members
        if not upload.is_known:
            members = [member for member in members if _may_be_read(member, limits.line_chars)]
        for member in members:
            _read_member(member, book)
        skipped = (member.name for member in upload.members if member not in members)
        unopened = {*upload.unopened, *skipped}
        if not book.files:
            shown = ", ".join(sorted(unopened)[:5])
            raise UnreadableExport(
                f"{name}: none of its files is a film list (found: {shown}): in an archive, a "
                "table needs titles and a year, an id, a rating or a day of viewing; drop the film "
                "list itself as CSV"
            )
        if not any(report.format for report in book.files):
            first = book.files[0]
            where = name if first.name == name else f"{name}: {first.name}"
            raise UnreadableExport(f"{where}: {first.notes[-1]}")
        return book.export(sorted(unopened))


class _Book:
    """The films of one upload and the fate of each of its lines."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.films = Films()
        self.files: list[FileReport] = []
        self._rejected: list[tuple[str, int, str, str]] = []

    def open(self, name: str) -> FileReport:
        """Start the report on a file."""
        self.films.begin_file()
        self.files.append(FileReport(normalized(name)))
        return self.files[-1]

    def take(self, report: FileReport, lines: Iterable[Line], source: Source, service: str) -> None:
        """Add lines that were read; the fate of each is viewing, film or merged."""
        fates = self.films.take(lines, source, service)
        report.lines += sum(fates)
        report.viewings += fates.viewings
        report.films += fates.films
        report.merged += fates.merged

    def reject(self, report: FileReport, line: int, reason: str, text: str) -> None:
        """Add a line that could not be read."""
        report.lines += 1
        report.rejected += 1
        if report.rejected > self.limits.rejected_lines:
            raise UnreadableExport(
                f"{report.name}: more than {self.limits.rejected_lines} of its lines could not be "
                f"read as films (limit rejected_lines), the last because: {reason}; "
                "export the list as CSV again"
            )
        self._rejected.append((report.name, line, reason, text[:_TEXT_CHARS]))

    def export(self, unopened: list[str]) -> Export:
        """Assemble the results."""
        rejected = pd.DataFrame(
            self._rejected, columns=["file", "line", "reason", "text"], dtype="object"
        )
        rejected["line"] = rejected["line"].astype("Int64")
        names = [normalized(name) for name in unopened]
        return Export(self.films.films(), self.films.viewings(), rejected, self.files, names)


def _may_be_read(member: Member, limit: int) -> bool:
    """Whether a file among private ones is a film list, or it can be told why it is none.

    A table that only has titles may as well be a list of devices: it is not read further.
    """
    if member.problem:
        return True
    try:
        text = read_text(member.open)
        if text.is_json:
            form, empty = _recognise(text, limit)
            if form is not None or empty:
                return form is not None
            with text.open() as stream:
                header, _ = headings(items(stream, limit))
            return is_film_list(recognise_table(header))
        dialect = find_header(text.head, limit) or guess(
            text.head, PurePosixPath(member.name), limit
        )
        if dialect is None:
            return False
        dialect = as_history(dialect, text.head, PurePosixPath(member.name), limit)
        return is_film_list((dialect.format, dialect.mapping)) or has_years(
            dialect, text.head, limit
        )
    except (UnreadableMember, *_DAMAGED):
        return True


def _read_member(member: Member, book: _Book) -> None:
    """Read one file; if it cannot be read to its end, this adds one rejected line."""
    report = book.open(member.name)
    try:
        if member.problem:
            raise UnreadableMember(member.problem)
        text = read_text(member.open)
        report.encoding = text.encoding
        if text.was_encoded_twice:
            report.notes.append("its text was encoded twice (AmÃ©lie for Amélie); corrected")
        if text.is_json:
            _read_document(member.name, text, report, book)
        else:
            _read_table(member.name, text, report, book)
    except UnreadableMember as problem:
        reason = str(problem)
    except _DAMAGED:
        reason = "is damaged and could not be read to its end; download the export again"
    else:
        return
    report.notes.append(reason)
    book.reject(report, 0, reason, "")


def _read_document(name: str, text: Text, report: FileReport, book: _Book) -> None:
    limit = book.limits.line_chars
    form, empty = _recognise(text, limit)
    if form is None and not empty:
        _read_items(name, text, report, book)
        return
    impossible = 0
    with text.open() as stream:
        for number, key, item, problem in items(stream, limit):
            if problem:
                book.reject(report, number, problem, "")
                continue
            found = recognise_document(item) if isinstance(item, dict) else None
            if found is None or not isinstance(item, dict):
                book.reject(report, number, "not a film", "")
                continue
            try:
                line = found.read(item, key, PurePosixPath(name))
            except ValueError as error:
                book.reject(report, number, str(error), "")
                continue
            day = line.watched_on
            if day is not None and (day == UNSET or not can_be_viewing(day)):
                impossible += 1
                line = line._replace(watched_on=None)
            book.take(report, (line,), Source(), found.service)
    if impossible:
        report.notes.append(impossible_note("watched", impossible))
    report.format = form.name if form else "empty list"
    report.mapping = dict(form.mapping) if form else {}
    report.confidence = form.confidence if form else 0.5


def _read_items(name: str, text: Text, report: FileReport, book: _Book) -> None:
    """Read the objects of a document as the lines of a table."""
    with text.open() as stream:
        header, broken = headings(items(stream, book.limits.line_chars))
    found = recognise_table(header)
    if found is None or not {"title", "file"} & found[1].keys():
        raise UnreadableMember(
            "is JSON, but not a film list in a known format; "
            "export the list as CSV, with a column of titles"
        )
    form, mapping = found
    mapping.setdefault("listed", header.index(ARRAY))
    for number, problem in broken:
        book.reject(report, number, problem, "")
    dialect = Dialect(SEPARATOR, 0, header, form, mapping, ())
    _read_lines(
        Table(
            as_table(text, header, book.limits.line_chars),
            dialect,
            PurePosixPath(name),
            book.limits.line_chars,
        ),
        dialect,
        report,
        book,
    )


def _recognise(text: Text, limit: int) -> tuple[DocumentFormat | None, bool]:
    """Find the first format that fits an item of a document, and whether it has no items."""
    empty = True
    with text.open() as stream:
        for _, _, item, _ in items(stream, limit):
            empty = False
            if isinstance(item, dict) and (form := recognise_document(item)):
                return form, False
    return None, empty


def _read_table(name: str, text: Text, report: FileReport, book: _Book) -> None:
    limit = book.limits.line_chars
    dialect = find_header(text.head, limit) or guess(text.head, PurePosixPath(name), limit)
    if dialect is None:
        raise UnreadableMember(_no_titles(text.head))
    dialect = as_history(dialect, text.head, PurePosixPath(name), limit)
    _read_lines(Table(text, dialect, PurePosixPath(name), limit), dialect, report, book)


def _read_lines(table: Table, dialect: Dialect, report: FileReport, book: _Book) -> None:
    _describe(report, dialect, table)
    for section, lines, rejected in table.batches():
        book.take(report, lines, section.source, section.columns.format.service)
        for line, reason, shown in rejected:
            book.reject(report, line, reason, shown)
    for section in table.sections.values():
        report.notes.extend(section.columns.impossible_days())


def _describe(report: FileReport, dialect: Dialect, table: Table) -> None:
    """Add to a report how a table was understood."""
    report.format = dialect.format.name
    report.separator = dialect.separator if dialect.separator in SEPARATORS else ""
    report.confidence = dialect.format.confidence
    report.mapping = {
        field: normalized(dialect.header[index]) or f"column {index + 1}"
        for field, index in dialect.mapping.items()
    }
    if table.damaged:
        report.encoding = "windows-1252"
    for line, section in table.sections.items():
        if line != dialect.header_line:
            report.notes.append(f"line {line}: a second header ({section.columns.format.name})")
        report.notes.extend(section.columns.notes)


def _no_titles(head: str) -> str:
    first = next((line.strip() for line in head.splitlines() if line.strip()), "")
    if not first:
        return "is empty; export the list again"
    cells = [cell.strip() for cell in re.split("[,;\t|]", first)]
    if len(cells) == 1 or any(map(is_data, cells)) or not all(map(_HEADER_CELL.fullmatch, cells)):
        return (
            "has no heading line that tells its columns, and no column of titles was recognised: "
            'add a first line such as "Title,Year"'
        )
    return (
        'has no column of titles: rename the column that holds them to "Title" '
        f"(it has {', '.join(cells)[:120]})"
    )
