"""What the bytes of a file are.

What belongs here: telling text from other files that were renamed to .csv, and opening text in its
encoding. A byte that is not UTF-8 is read as Windows-1252, so that a file in either encoding, or
pasted together from both, is read correctly without holding it in memory. What does not: the
structure of the text.
"""

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, TextIO

from movie_pipeline.exports.limits import UnreadableMember

HEAD_BYTES = 65_536

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "open it and save it as CSV"),
    (b"%PDF", "a PDF", "export the list as CSV instead"),
    (b"\x89PNG", "a PNG image", "export the list as CSV instead"),
    (b"\xff\xd8\xff", "a JPEG image", "export the list as CSV instead"),
    (b"GIF8", "a GIF image", "export the list as CSV instead"),
    (b"BM\x00", "a bitmap image", "export the list as CSV instead"),
    (b"RIFF", "an image, audio or video file", "export the list as CSV instead"),
    (b"\x1f\x8b", "a gzip archive", "unpack it, or pack it as ZIP"),
    (b"BZh", "a bzip2 archive", "unpack it, or pack it as ZIP"),
    (b"\xfd7zXZ", "an xz archive", "unpack it, or pack it as ZIP"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it, or pack it as ZIP"),
    (b"Rar!", "a RAR archive", "unpack it, or pack it as ZIP"),
    (b"SQLite format 3", "a SQLite database", "export its table as CSV"),
    (b"PAR1", "a Parquet file", "export its table as CSV"),
    (b"{\\rtf", "a rich text document", "save it as plain text"),
    (b"\x7fELF", "a program", "export the list as CSV instead"),
    (b"MZ\x90", "a program", "export the list as CSV instead"),
    (b"bplist", "a property list", "export the list as CSV instead"),
)
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body|table|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\s*<\?xml\b|\s*<(?:rss|feed|svg)\b", re.IGNORECASE)
_JSON = re.compile(r"\s*(?:\[\s*(?:[\[{]|\]\s*$)|\{\s*[\"}])")
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Text:
    r"""A file that holds text.

    Attributes:
        open: Opens it, decoded, with every line end as ``\n``; every call starts at its beginning.
        encoding: utf-8, utf-8-sig, utf-16-le, …; `repair` may find it to be windows-1252.
        head: Its first characters.
        was_encoded_twice: Whether it says ``AmÃ©lie``, which `open` corrects.
    """

    open: Callable[[], TextIO]
    encoding: str
    head: str
    was_encoded_twice: bool = False

    @property
    def is_json(self) -> bool:
        """Whether it starts like a JSON array or object (``[REC],2007`` does not)."""
        return bool(_JSON.match(self.head.lstrip("\ufeff")))


def read_text(open_bytes: Callable[[], BinaryIO]) -> Text:
    """Find out how to read a file as text.

    Args:
        open_bytes: Opens the file; every call starts at its beginning.

    Raises:
        UnreadableMember: It is not text; the message says what it is and what to do.
    """
    with open_bytes() as stream:
        head = stream.read(HEAD_BYTES)
    _refuse_other_kinds(head)
    encoding = _encoding(head)
    if encoding.startswith("utf-8") and len(_CONTROLS.findall(head)) > max(32, len(head) // 20):
        raise UnreadableMember("is not text; export the list as CSV")

    def open_text() -> TextIO:
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        return io.TextIOWrapper(open_bytes(), encoding=encoding, errors=errors, newline=None)

    if encoding.startswith("utf-8") and _is_encoded_twice(open_bytes, open_text):

        def open_once() -> TextIO:
            return io.TextIOWrapper(
                io.BufferedReader(_EncodedOnce(open_text())), encoding="utf-8", newline=None
            )

        with open_once() as decoded:
            return Text(open_once, encoding, decoded.read(HEAD_BYTES), was_encoded_twice=True)
    with open_text() as decoded:
        return Text(open_text, encoding, repair(decoded.read(HEAD_BYTES)))


def _bytes_of(error: UnicodeError) -> tuple[bytes, int]:
    """Give the control characters that Windows-1252 lacks the bytes that they have in Latin-1."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].encode("latin-1"), error.end


codecs.register_error("movie_pipeline.latin1", _bytes_of)


def _encoded_once(text: str) -> bytes:
    """Undo one of the two encodings of a text: the bytes of the other.

    Raises:
        UnicodeError: It has characters that such a text can't have.
    """
    return text.encode("cp1252", "movie_pipeline.latin1")


def _is_encoded_twice(open_bytes: Callable[[], BinaryIO], open_text: Callable[[], TextIO]) -> bool:
    """Whether every character of a text beyond ASCII is the result of encoding UTF-8 again.

    ``Ã©`` may be; an ``Ã`` that is followed by a letter is none.
    """
    with open_bytes() as data:
        if all(map(bytes.isascii, iter(partial(data.read, HEAD_BYTES), b""))):
            return False
    found = False
    with open_text() as stream:
        while chunk := stream.read(HEAD_BYTES):
            chunk += stream.readline(HEAD_BYTES)
            if chunk.isascii():
                continue
            try:
                _encoded_once(chunk).decode("utf-8")
            except UnicodeError:
                return False
            found = True
    return found


class _EncodedOnce(io.RawIOBase):
    """The bytes of a text that was encoded twice, after undoing one of the encodings."""

    def __init__(self, text: TextIO) -> None:
        super().__init__()
        self._text = text
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        rest = self._rest or _encoded_once(self._text.read(HEAD_BYTES))
        size = min(len(buffer), len(rest))
        buffer[:size], self._rest = rest[:size], rest[size:]
        return size

    def close(self) -> None:
        self._text.close()
        super().close()


def repair(text: str) -> str:
    """Decode as Windows-1252 the bytes of a text that were not UTF-8."""
    if text.isascii():
        return text
    return _ESCAPED.sub(
        lambda found: bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace"), text
    )


def is_damaged(text: str) -> bool:
    """Whether a text holds bytes that were not UTF-8."""
    return not text.isascii() and _ESCAPED.search(text) is not None


def _refuse_other_kinds(head: bytes) -> None:
    if head and not head.strip(b"\0"):
        raise UnreadableMember(
            "holds nothing but NUL bytes, so it was not saved properly: export it again"
        )
    for signature, kind, advice in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableMember(f"is {kind}, not a CSV: {advice}")
    if head[4:8] == b"ftyp":
        raise UnreadableMember("is an image or a video, not a CSV: export the list as CSV instead")
    start = head.removeprefix(codecs.BOM_UTF8)
    if _HTML.match(start):
        raise UnreadableMember(
            "is a web page, not a CSV (perhaps a log-in page saved in its place): "
            "download the export again"
        )
    if _XML.match(start):
        raise UnreadableMember("is XML, not a CSV: export the list as CSV instead")


def _encoding(head: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    sample = head[:4096]
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.4 * half:
        return "utf-16-be"
    return "utf-8"
