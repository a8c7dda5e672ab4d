"""Lists without a header: a title on each line, or a few self-explanatory columns.

What belongs here: guessing, from the cells alone, which column holds titles and which years or
ids. It is the last resort, so its confidence is low. Plain lines of text are taken for a list of
titles only if the file is called .txt. What does not: tables with a header (``tables``).
"""

import io
import re
from collections.abc import Callable
from itertools import islice
from pathlib import PurePosixPath

from movie_pipeline.exports import marks, values
from movie_pipeline.exports.dates import DateOrder
from movie_pipeline.exports.exporter import Source, TableFormat, source_by_name
from movie_pipeline.exports.programs import is_file, named
from movie_pipeline.exports.tables import SEPARATORS, Dialect, Records, title_column
from movie_pipeline.exports.title_types import title_type

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
_FILES = _format("list of names of files or tasks", 0.3)
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
        if "title" in mapping and mapping.keys() & {"year", "imdb_id", "link"}:
            return Dialect(separator, 0, [""] * width, _COLUMNS, mapping, ())
    lines = [line.strip() for line in head.splitlines()[:_SAMPLE] if line.strip()]
    found = _lines(lines, is_text=path.suffix.lower() == ".txt")
    return Dialect("\x1f", 0, [""], found[0], {found[1]: 0}, ()) if found else None


def _lines(lines: list[str], *, is_text: bool) -> tuple[TableFormat, str] | None:
    """Guess what plain lines are: the format, and the field that each line is."""
    enough = max(1, _MOST * len(lines))
    found = [named(line) for line in lines]
    read = sum(one.year is not None or one.seen is not None for one in found)
    with_year = sum(values.split_title(line)[1] is not None for line in lines)
    if sum(bool(_IMDB.match(line)) for line in lines) >= enough > read:
        return _IDS, "imdb_id"
    if read >= enough > with_year or (is_text and sum(map(is_file, lines)) >= enough):
        return _FILES, "file"
    if with_year < enough and not (lines and is_text and _are_titles(lines)):
        return None
    if any(one.seen is not None for one in found):
        return _FILES, "file"
    items = sum(values.item(line) != line for line in lines) >= enough
    return _TITLES, "item" if items else "title"


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
    for index in range(width):
        cells = [row[index] for row in rows if row[index]]
        enough = max(1, _MOST * len(cells))
        for field, is_one in _CELLS.items():
            if field not in mapping and sum(map(is_one, cells)) >= enough:
                if field != "rating" or not _are_positions(cells):
                    mapping[field] = index
                break
    title = title_column([""] * width, rows, mapping)
    return mapping if title < 0 else {"title": title, **mapping}


def _are_positions(cells: list[str]) -> bool:
    """Whether numbers count the lines: 1, 2, 3."""
    found = [values.number(cell) or 0.0 for cell in cells]
    return found == [found[0] + more for more in range(len(found))] and found[0] in {0.0, 1.0}


_DAY = DateOrder(True).read
_CELLS: dict[str, Callable[[str], bool]] = {
    "year": lambda cell: bool(_YEAR.fullmatch(cell)),
    "imdb_id": lambda cell: bool(_IMDB.match(cell)),
    "logged_on": lambda cell: not cell.isdecimal() and _DAY(cell) is not None,
    "link": lambda cell: "://" in cell,
    "rating": lambda cell: 0 <= (-1.0 if (one := values.number(cell)) is None else one) <= 10,
    "title_type": lambda cell: title_type(cell) is not None,
    "seen": lambda cell: marks.seen_status(cell) is not None,
}
