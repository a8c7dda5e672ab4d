"""Lists without a header: a title on each line, or a few self-explanatory columns.

What belongs here: guessing, from the cells alone, which column holds titles and which years or
ids. It is the last resort, so its confidence is low. Plain lines of text are taken for a list of
titles only if the file is called .txt. What does not: tables with a header (``tables``).
"""

import io
import re
from itertools import islice
from pathlib import PurePosixPath

from movie_pipeline.exports import values
from movie_pipeline.exports.dates import DateOrder
from movie_pipeline.exports.exporter import Source, TableFormat, source_by_name
from movie_pipeline.exports.tables import SEPARATORS, Dialect, Records

_SAMPLE = 200  # lines
_MOST = 0.8  # of a column's cells
_LONGEST = 120  # characters of a title in a list of plain lines
_YEAR = re.compile(r"\s*(18[7-9]\d|19\d\d|20\d\d)(?:\.0)?\s*")
_IMDB = re.compile(r".*\btt\d{7,9}\b.*")
_LETTERS = re.compile(r"[^\W\d_]")


def _source(path: PurePosixPath, preamble: object) -> Source:
    del preamble
    return source_by_name(path)


def _format(name: str, confidence: float) -> TableFormat:
    return TableFormat(
        name=name,
        service="generic",
        specificity=-10,
        signatures=(),
        columns={},
        source=_source,
        confidence=confidence,
    )


_COLUMNS = _format("table without a header", 0.4)
_TITLES = _format("list of titles", 0.3)
_IDS = _format("list of ids", 0.4)


def guess(head: str, path: PurePosixPath, line_chars: int) -> Dialect | None:
    """Guess the layout of a text without a header; None if it does not look like films.

    Args:
        head: The beginning of the text.
        path: The file's name.
        line_chars: As in `Limits`.
    """
    for separator in SEPARATORS:
        rows = _rows(head, separator, line_chars)
        width = len(rows[0]) if rows else 0
        if width < 2 or sum(len(row) == width for row in rows) < _MOST * len(rows):
            continue
        mapping = _columns([row for row in rows if len(row) == width], width)
        if "title" in mapping and mapping.keys() & {"year", "imdb_id"}:
            return Dialect(separator, 0, [""] * width, _COLUMNS, mapping, ())
    lines = [line.strip() for line in head.splitlines()[:_SAMPLE] if line.strip()]
    ids = sum(bool(_IMDB.match(line)) for line in lines)
    if lines and ids >= _MOST * len(lines):
        return Dialect("\x1f", 0, [""], _IDS, {"imdb_id": 0}, ())
    with_year = sum(values.split_title(line)[1] is not None for line in lines)
    if not lines or (with_year < _MOST * len(lines) and path.suffix.lower() != ".txt"):
        return None
    if with_year < _MOST * len(lines) and not _are_titles(lines):
        return None
    items = sum(values.item(line) != line for line in lines) >= _MOST * len(lines)
    return Dialect("\x1f", 0, [""], _TITLES, {"item" if items else "title": 0}, ())


def _are_titles(lines: list[str]) -> bool:
    """Whether lines may be titles: short, with letters, and neither prose nor a table."""
    return (
        all(len(line) <= _LONGEST for line in lines)
        and sum(bool(_LETTERS.search(line)) for line in lines) >= _MOST * len(lines)
        and sum(line.endswith((",", ";", "{", "}", ":", "=")) for line in lines) < 0.1 * len(lines)
    )


def _rows(head: str, separator: str, line_chars: int) -> list[list[str]]:
    records = islice(Records(io.StringIO(head), separator, line_chars), _SAMPLE)
    return [[cell.strip() for cell in cells] for _, cells, problem, _ in records if not problem]


def _columns(rows: list[list[str]], width: int) -> dict[str, int]:
    mapping: dict[str, int] = {}
    day = DateOrder(True)
    for index in range(width):
        cells = [row[index] for row in rows if row[index]]
        enough = _MOST * len(cells) if cells else 1
        if sum(bool(_YEAR.fullmatch(cell)) for cell in cells) >= enough:
            mapping.setdefault("year", index)
        elif sum(bool(_IMDB.match(cell)) for cell in cells) >= enough:
            mapping.setdefault("imdb_id", index)
        elif sum(day.read(cell) is not None for cell in cells) >= enough:
            mapping.setdefault("logged_on", index)
        elif sum("://" in cell for cell in cells) >= enough:
            mapping.setdefault("link", index)
        elif (
            sum(bool(_LETTERS.search(cell)) for cell in cells) >= enough
            and len(cells) >= len(rows) / 2
        ):
            mapping.setdefault("title", index)
    return mapping
