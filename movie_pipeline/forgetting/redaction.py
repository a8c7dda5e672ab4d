"""Redaction: the lines of the overrides and of the club that go with a forgotten upload.

What belongs here: which lines those are, and the file without them. What does not: what a line says
(`overrides.rules`, `overrides`, `people.club`), and when an upload is forgotten (`forgetting`).

The files are the user's own: every byte of the other lines stays as it is.
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
# Codecs that take no mark away and add none.
_CODECS = {
    (codecs.BOM_UTF16_LE, "utf-16"): "utf-16-le",
    (codecs.BOM_UTF16_BE, "utf-16"): "utf-16-be",
    (codecs.BOM_UTF32_LE, "utf-32"): "utf-32-le",
    (codecs.BOM_UTF32_BE, "utf-32"): "utf-32-be",
}


def redacted(path: Path, upload: str, warehouse: Warehouse) -> bytes | None:
    """The file without the lines of an upload; None if it has none of them.

    These are lines that name the upload, and lines about its films that fit no film of another
    upload, also behind a ``#`` as `movie-pipeline review` writes them.

    Raises:
        OverridesError: the file makes no sense.
        WarehouseError: the upload's films can't be read.
        OSError: the file can't be read.
    """
    if not Overrides.load(path) and not path.exists():
        return None
    lines, codec = _read(path)
    said = Overrides.lines_of(repair("".join(line.rstrip("\r\n") + "\n" for line in lines)))
    own = _about_nobody_else(warehouse, upload, [rule for _, rule in said])
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
    """The club's file without the lines that name a person; None if it has none of them.

    Raises:
        OverridesError: the file is no text.
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
    """Put the content in place of the file's, whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    files.write(path.resolve(), content, as_it_was=True)  # of a link: the file that it leads to


def _read(path: Path) -> tuple[list[str], str]:
    """A file's lines with their ends, and the codec that they are kept in.

    Raises:
        OverridesError: it is no text, or can't be written as it was.
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
        raise OverridesError(f"{path} is in no encoding that can be kept: save it as UTF-8")
    return _LINES.findall(text), codec


def _errors(codec: str) -> str:
    return "surrogateescape" if codec == "utf-8" else "surrogatepass"


def _codec(path: Path, data: bytes) -> str:
    encoding = read_text(lambda: files.open_plain(path, links=True)).encoding
    for (mark, name), codec in _CODECS.items():
        if encoding == name and data.startswith(mark):
            return codec
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _about_nobody_else(
    warehouse: Warehouse, upload: str, rules: Collection[Rule]
) -> set[tuple[object, ...]]:
    """What those lines ask for that fit films of this upload, and of no other one."""
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
