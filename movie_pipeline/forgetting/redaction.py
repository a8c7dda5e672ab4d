"""Redaction: removing a forgotten upload's lines from the overrides and the club.

What belongs here: which lines those are, and the file without them. What does not: what a line
means (`overrides.rules`, `overrides`, `people.club`), and when an upload is forgotten (`forget`).

The files are the user's own: the other lines stay byte for byte.
"""

import codecs
import csv
import re
from collections.abc import Collection
from pathlib import Path

from movie_pipeline.exports.contents import read_text, repair
from movie_pipeline.exports.limits import UnreadableMember
from movie_pipeline.outside import files
from movie_pipeline.overrides.file import Overrides, OverridesError
from movie_pipeline.overrides.rules import Rule, identity
from movie_pipeline.people.club import name_of
from movie_pipeline.status.revisions import candidates
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import RAW_MOVIES

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ROWS = f"""
SELECT DISTINCT title, year, letterboxd_uri, imdb_id FROM {RAW_MOVIES.sql_name} WHERE upload = ?
"""
# Codecs that neither remove nor add a byte order mark.
_CODECS = {
    (codecs.BOM_UTF16_LE, "utf-16"): "utf-16-le",
    (codecs.BOM_UTF16_BE, "utf-16"): "utf-16-be",
    (codecs.BOM_UTF32_LE, "utf-32"): "utf-32-le",
    (codecs.BOM_UTF32_BE, "utf-32"): "utf-32-be",
}


def redacted(path: Path, upload: str, warehouse: Warehouse) -> bytes | None:
    """The overrides file without the upload's lines; None if there are none.

    These are the lines that name the upload, and those that match its films but no film of another
    upload; also if they are commented out with ``#``, as `movie-pipeline review` writes them.

    Raises:
        OverridesError: the file is invalid.
        WarehouseError: the upload's films can't be read.
        OSError: the file can't be read.
    """
    if not Overrides.load(path) and not path.exists():
        return None
    lines, codec = _read(path)
    said = Overrides.lines_of(repair("".join(line.rstrip("\r\n") + "\n" for line in lines)))
    own = _exclusive_to(warehouse, upload, [rule for _, rule in said])
    (name, *_) = identity(upload, {})
    gone = {
        number
        for numbers, rule in said
        if rule.upload == name or (rule.upload is None and rule.asked in own)
        for number in numbers
    }
    if not gone:
        return None
    left = (line for number, line in enumerate(lines, start=1) if number not in gone)
    return "".join(left).encode(codec, _errors(codec))


def without_person(path: Path, person: str) -> bytes | None:
    """The club's file without the lines that name a person; None if there are none.

    Raises:
        OverridesError: the file is not a text file.
        OSError: the file can't be read.
    """
    if not path.exists():
        return None
    lines, codec = _read(path)
    left = [line for line in lines if not _names(repair(line), person)]
    return "".join(left).encode(codec, _errors(codec)) if left != lines else None


def _names(line: str, person: str) -> bool:
    try:
        (cells,) = csv.reader([line.removeprefix("\ufeff")]) if line.strip() else [[]]
    except (csv.Error, ValueError):
        return False
    return name_of(cells).casefold() == person.casefold()


def replace(path: Path, content: bytes) -> None:
    """Replace the file's content atomically.

    Raises:
        OSError: the file can't be written.
    """
    files.write(path.resolve(), content, as_it_was=True)  # if it is a link, its target


def _read(path: Path) -> tuple[list[str], str]:
    """A file's lines with their line ends, and its codec.

    Raises:
        OverridesError: it is not a text file, or its encoding does not round-trip.
        OSError: it can't be read.
    """
    with files.open_plain(path, links=True) as file:
        data = file.read()
    try:
        codec = _codec(path, data)
    except UnreadableMember as error:
        raise OverridesError(f"{path} {error}") from error
    text = data.decode(codec, _errors(codec))
    if text.encode(codec, _errors(codec)) != data:
        raise OverridesError(f"{path} has an encoding that can't be preserved: save it as UTF-8")
    return _LINES.findall(text), codec


def _errors(codec: str) -> str:
    return "surrogateescape" if codec == "utf-8" else "surrogatepass"


def _codec(path: Path, data: bytes) -> str:
    encoding = read_text(lambda: files.open_plain(path, links=True)).encoding
    for (mark, name), codec in _CODECS.items():
        if encoding == name and data.startswith(mark):
            return codec
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _exclusive_to(
    warehouse: Warehouse, upload: str, rules: Collection[Rule]
) -> set[tuple[object, ...]]:
    """What the lines ask for that match films of this upload and of no other."""
    overrides = Overrides((rule, 0) for rule in rules if rule.upload is None)
    if not overrides:
        return set()
    with warehouse.reading() as connection:
        rows = connection.execute(_ROWS, [upload]).fetchall()
    names = ("title", "year", "letterboxd_uri", "imdb_id")
    ours = {
        asked
        for row in rows
        for asked, _ in overrides.about(upload, dict(zip(names, row, strict=True)))
    }
    rules = [rule for rule in overrides.rules if rule.asked in ours]
    for other, cells in candidates(warehouse, rules):
        if other != upload:
            ours -= {asked for asked, _ in overrides.about(other, cells)}
    return ours
