"""Untrusted values: the rules that texts and numbers from outside are held to where they come in.

What belongs here: what makes a line of printable text of any text, and which numbers are TMDB's
ids. What does not: what a value means (`exports.values` reads cells, `matching.film` records), and
escaping a text for where it is shown.

The rules stand at every door: uploads, TMDB's answers, rows that an earlier version stored. Behind
them is nothing that is known to hurt: characters that XML lacks (NUL, ESC, U+FFFE) abort the
process that draws an SVG, half a surrogate pair can't be written to any file, and marks of
direction turn the rest of a line around.
"""

import unicodedata
from typing import Any, TypeGuard

LONGEST = 1000
"""Characters of the longest text that is kept of an answer, and of the longest title of an upload
(the longest real film title has 256)."""

LARGEST = 2**31 - 1
"""The largest number that the columns hold; TMDB's ids have seven digits."""

_JOINERS = frozenset("\u200c\u200d")  # they shape letters in Persian and Hindi titles


def printable(text: str) -> str:
    """Make one line of a text: NFC, white space squeezed, a space for what can't be printed.

    It is NFC, so that one title typed on two systems is one title. Twice does no more than once.
    """
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable() or "  " in text:
        text = " ".join(
            "".join(
                letter if letter.isprintable() or letter in _JOINERS else " " for letter in text
            ).split()
        )
    return text


def cleaned(value: Any) -> Any:
    """Make every text in a JSON value `printable`, and none longer than `LONGEST`.

    The names in its objects stay: nobody shows them, and who reads one knows it.

    Raises:
        RecursionError: it is nested too deeply.
    """
    if isinstance(value, str):
        return printable(value[:LONGEST])
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    return value


def is_id(value: object) -> TypeGuard[int]:
    """Whether it is a number that TMDB could know a film, a person or a genre by."""
    return type(value) is int and 0 < value <= LARGEST


def number(value: object) -> float | None:
    """A number that TMDB could mean, none of which is negative; None for what isn't one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= LARGEST else None
