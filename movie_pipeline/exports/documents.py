"""Reads the items of a JSON document, one after the other, and presents them as a table.

What belongs here: splitting a JSON array, or an object of arrays, into items without holding it in
memory, and losing only what comes after a syntax error; flattening items into cells, so that the
formats of tables read them. What does not: what an item or a cell means.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TextIO

from movie_pipeline.exports.contents import Text, repair
from movie_pipeline.exports.exporter import source_by_name
from movie_pipeline.exports.values import scalar

Item = tuple[int, str, object, str]
"""Number of the item, the key of its array ("" at the top level), its value, a problem."""

_SPACE = re.compile(r"[\s\ufeff]*")
_CHUNK = 65_536


class _Fault(ValueError):
    """The document cannot be read further."""


class _Reader:
    """A window that moves forward over the text."""

    def __init__(self, stream: TextIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._ended = False

    def _more(self) -> bool:
        chunk = "" if self._ended else self._stream.read(max(_CHUNK, len(self._text) - self._at))
        self._ended = self._ended or not chunk
        self._text = self._text[self._at :] + repair(chunk)
        self._at = 0
        return bool(chunk)

    def peek(self) -> str:
        """Return the next character that is not white space, "" at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, character: str) -> None:
        if self.peek() != character:
            raise _Fault("not valid JSON from here on")
        self._at += 1

    def value(self) -> object:
        """Read one whole value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > self._limit:
                    raise _Fault(f"an item is longer than {self._limit} characters") from None
                if not self._more():
                    raise _Fault("not valid JSON from here on") from None
            except (RecursionError, ValueError):
                raise _Fault("nested too deeply, or contains too long a number") from None
            else:
                # a number at the edge of the window may continue beyond it
                if (
                    end == len(self._text)
                    and not isinstance(value, dict | list | str)
                    and self._more()
                ):
                    continue
                self._at = end
                return value


def items(stream: TextIO, limit: int) -> Iterator[Item]:
    """Yield the items of a document's arrays.

    Args:
        stream: The text.
        limit: Maximum length of an item in characters.
    """
    reader = _Reader(stream, limit)
    number = 0
    try:
        while start := reader.peek():  # one document, or one per line
            if start not in "[{":
                raise _Fault("not valid JSON from here on")
            for key, value in _array(reader) if start == "[" else _object(reader):
                number += 1
                yield number, key, value, ""
    except _Fault as fault:
        yield number + 1, "", None, str(fault)


def _array(reader: _Reader, key: str = "") -> Iterator[tuple[str, object]]:
    reader.skip("[")
    while reader.peek() != "]":
        yield key, reader.value()
        if reader.peek() == ",":
            reader.skip(",")
        elif reader.peek() != "]":
            raise _Fault("not valid JSON from here on")
    reader.skip("]")


def _object(reader: _Reader) -> Iterator[tuple[str, object]]:
    """Yield the items of all arrays of an object; an object without arrays is itself an item."""
    reader.skip("{")
    scalars: dict[str, object] = {}
    arrays = 0
    while reader.peek() != "}":
        key = reader.value()
        reader.skip(":")
        if reader.peek() == "[":
            arrays += 1
            yield from _array(reader, str(key))
        else:
            scalars[str(key)] = reader.value()
        if reader.peek() == ",":
            reader.skip(",")
        elif reader.peek() != "}":
            raise _Fault("not valid JSON from here on")
    reader.skip("}")
    if not arrays and scalars:
        yield from _within(scalars) or [("", scalars)]


def _within(value: Mapping[str, object]) -> list[tuple[str, object]]:
    """The objects in the arrays of an object that is itself no film, at any depth."""
    found: list[tuple[str, object]] = []
    if {"title", "name", "movie", "show"} & {key.casefold() for key in value}:
        return found
    for key, inner in value.items():
        if isinstance(inner, list):
            found += [(key, one) for one in inner if isinstance(one, dict)]
        elif isinstance(inner, dict):
            found += _within(inner)
    return found


SEPARATOR = "\x1f"
"""Between the cells of `as_table`."""

ARRAY = "(array)"
"""The heading of the last column of `as_table`: what the name of an item's array says."""

_DEPTH = 4
_COLUMNS = 500


def flat(item: Mapping[str, object], above: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the cells of an item with their paths, such as ``ids.imdb``.

    Texts in an array are one cell, divided by semicolons; of the objects in an array, the cells
    with the same path are.
    """
    for key, value in item.items():
        path = f"{above}{key}"
        if isinstance(value, dict):
            if depth < _DEPTH:
                yield from flat(value, f"{path}.", depth + 1)
        elif isinstance(value, list):
            several: dict[str, list[str]] = {}
            for one in value:
                for name, cell in _one_of_several(one, path, depth):
                    if cell:
                        several.setdefault(name, []).append(cell)
            for name, cells in several.items():
                yield name, "; ".join(cells)
        else:
            yield path, str(value).lower() if isinstance(value, bool) else scalar(value)


def _one_of_several(one: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """The cells of an element of an array; of an object with a name (a director), only that."""
    if not isinstance(one, dict):
        yield path, scalar(one)
    elif name := scalar(one.get("name")):
        yield path, name
    elif depth < _DEPTH:
        yield from flat(one, f"{path}.", depth + 1)


def headings(found: Iterator[Item]) -> tuple[list[str], list[tuple[int, str]]]:
    """The paths of all items, those nearest to the top first, and the numbers of broken items."""
    paths: dict[str, int] = {}
    broken: list[tuple[int, str]] = []
    for number, _, item, problem in found:
        cells = dict(flat(item)) if isinstance(item, dict) else {}
        if problem or not any(cells.values()):
            broken.append((number, problem or "not a film"))
        elif len(paths) < _COLUMNS:
            for path in cells:
                paths.setdefault(path, path.count("."))
    return [*sorted(paths, key=lambda path: paths[path]), ARRAY], broken


class _Lines(io.StringIO):
    """Items as lines of a table, one in memory at a time; a broken one is blank."""

    def __init__(self, stream: TextIO, header: Sequence[str], limit: int) -> None:
        super().__init__()
        self._document = stream
        self._header = header
        self._items = items(stream, limit)

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        del size  # `items` has limited the length
        found = next(self._items, None)
        if found is None:
            return ""
        _, key, item, problem = found
        if problem or not isinstance(item, dict):
            return "\n"
        cells = dict(flat(item))
        cells[ARRAY] = "watchlist" if not source_by_name(PurePosixPath(key)).seen else ""
        line = io.StringIO()
        row = [" ".join(cells.get(path, "").split()) for path in self._header]
        csv.writer(line, delimiter=SEPARATOR, lineterminator="\n").writerow(row)
        return line.getvalue().replace("\0", " ")

    def close(self) -> None:
        self._document.close()
        super().close()


def as_table(text: Text, header: Sequence[str], limit: int) -> Text:
    """The items of a document as lines of a table with that header, which is not among them."""
    return Text(lambda: _Lines(text.open(), header, limit), text.encoding, "")
