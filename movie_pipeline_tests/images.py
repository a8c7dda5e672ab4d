"""Small pictures made in code, as an image server would send them.

A baseline JPEG of one grey component: blocks of 8 by 8 pixels, each of one shade, so only the first
coefficient of a block is coded (ITU-T T.81).
"""

import struct
import zlib

_DC_CODES = 12  # one code of four bits for each size of a difference


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(name: str, width: int = 92, height: int = 138) -> bytes:
    """A JPEG whose shades depend on the name: a gradient from top to bottom."""
    seed = zlib.crc32(name.encode())
    top, bottom = seed % 120 - 80, seed // 120 % 120 - 60
    across, down = -(-width // 8), -(-height // 8)
    bits, before = [], 0
    for row in range(down):
        shade = top + (bottom - top) * row // max(down - 1, 1)
        for _ in range(across):
            difference, before = shade - before, shade
            size = abs(difference).bit_length()
            coded = difference if difference >= 0 else difference + (1 << size) - 1
            bits.append(f"{size:04b}" + (f"{coded:0{size}b}" if size else "") + "0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"".join(
        [
            b"\xff\xd8",
            _segment(0xDB, bytes([0]) + bytes([8] + [1] * 63)),
            _segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)),
            _segment(0xC4, bytes([0x00, *(0, 0, 0, _DC_CODES), *[0] * 12, *range(_DC_CODES)])),
            _segment(0xC4, bytes([0x10, 1, *[0] * 15, 0])),
            _segment(0xDA, bytes([1, 1, 0, 0, 63, 0])),
            data,
            b"\xff\xd9",
        ]
    )
