"""Reads the items of a JSON document, one after the other.

What belongs here: splitting a JSON array, or an object of arrays, into items without holding it in
memory, and losing only what comes after a syntax error. What does not: what an item means.
"""

import json
import re
from collections.abc import Iterator
from typing import TextIO

from movie_pipeline.exports.contents import repair

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
        yield "", scalars
