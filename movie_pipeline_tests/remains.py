"""Whether a word is anywhere in a folder, in any form in which a file could hold it."""

import base64
import html
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

_PACKED = re.compile("eJ[A-Za-z0-9+/]{20,}")  # zlib in base64, as Dagster keeps a cursor


def files_with(folder: Path, *words: str) -> set[tuple[str, str]]:
    """The files, and rows of SQLite files, that hold one of the words, with the word."""
    forms = {word: set(_forms(word)) for word in words}
    return {
        (where, word)
        for where, content in _contents(folder)
        for word, needles in forms.items()
        if any(needle in content for needle in needles)
    }


def _forms(word: str) -> Iterator[bytes]:
    texts = {word, word.casefold(), html.escape(word), quote(word), quote_plus(word)}
    for _ in range(3):  # JSON within JSON
        texts |= {json.dumps(text)[1:-1] for text in texts}
    for text in texts:
        yield text.encode()
        yield text.encode("utf-16-le")
        yield text.encode("cp1252", "ignore")
    for ahead in range(3):  # base64 is another text at each of three places
        packed = base64.b64encode(b"x" * ahead + word.encode())
        yield packed[4:].rstrip(b"=")[:-1]


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        where = str(path.relative_to(folder))
        yield where, where.encode()
        if path.is_file():
            content = path.read_bytes()
            yield where, content
            if content.startswith(b"SQLite format 3"):
                for row in _unpacked(path):
                    yield f"{where}, packed", row
            else:
                with suppress(zlib.error):
                    yield f"{where}, packed", zlib.decompress(content, wbits=47)


def _unpacked(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    texts = _PACKED.findall(cell) if isinstance(cell, str) else ()
                    for packed in [cell] if isinstance(cell, bytes) else map(_decoded, texts):
                        with suppress(zlib.error):
                            yield zlib.decompress(packed)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
