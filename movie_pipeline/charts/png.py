"""PNG files: made small, and marked with what they show.

What belongs here: the chunks of a PNG. What does not: drawing one (`drawing`), and where it is
stored (`movie_pipeline.page.publication`).

The renderer compresses in haste: a card of 30 kB takes 800 kB. The mark is a digest in a text
chunk, so that a picture that would look the same need not be drawn again, and no other file has to
say so.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEY = b"movie-pipeline\0"
#: A mark stands in the first bytes of a file.
HEAD_BYTES = 200


def packed(png: bytes, mark: str) -> bytes:
    """The same picture, compressed well, with a mark; the same bytes for the same picture."""
    chunks = [*_chunks(png)]
    pixels = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    (header,) = (data for name, data in chunks if name == b"IHDR")
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"tEXt", _KEY + mark.encode("ascii")),
            _chunk(b"IDAT", zlib.compress(pixels, 6)),
            _chunk(b"IEND", b""),
        ]
    )


def mark_of(svg: str) -> str:
    """The mark of a picture of this SVG."""
    return hashlib.sha256(svg.encode()).hexdigest()[:32]


def is_marked(head: bytes, mark: str) -> bool:
    """Whether a file that begins with these bytes (`HEAD_BYTES` of them) has the mark."""
    return head.startswith(_SIGNATURE) and _KEY + mark.encode("ascii") in head


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(_SIGNATURE)
    while position < len(png):
        length, name = struct.unpack_from(">I4s", png, position)
        yield name, png[position + 8 : position + 8 + length]
        position += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))
