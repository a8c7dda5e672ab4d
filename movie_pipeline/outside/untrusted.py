"""Untrusted values: the rules that texts and numbers from outside must meet before they are stored.

What belongs here: turning any text into one line of printable text, and checking which numbers can
be TMDB ids. What does not: what a value means (`exports.values` reads cells, `matching.film`
records), and making a text safe to show (`foreign`) or escaping it (`charts.markdown`).

The rules apply wherever data comes in: uploads, TMDB's answers, rows that an earlier version
stored. They keep out everything that is known to do harm: characters that XML lacks (NUL, ESC,
U+FFFE) abort the process that draws an SVG, half a surrogate pair can't be written to any file,
and direction marks reverse the rest of a line.
"""

import unicodedata
from typing import Any, TypeGuard

LONGEST = 1000
"""Maximum length, in characters, of a text in an answer (longer ones are cut) and of a title in an
upload (the longest real film title has 256)."""

LARGEST = 2**31 - 1
"""The largest number that the columns can hold; TMDB's ids have seven digits."""

_JOINERS = frozenset("\u200c\u200d")  # they shape letters in Persian and Hindi titles


def normalized(text: str) -> str:
    """Turn a text into one line: NFC, runs of white space and unprintable characters one space.

    NFC makes a title that was typed on two systems the same title. The function is idempotent.
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
    """Return a JSON value with every text in it cut to `LONGEST` characters and `normalized`.

    The keys of its objects stay as they are: none is shown, and only known ones are read.

    Raises:
        RecursionError: it is nested too deeply.
    """
    if isinstance(value, str):
        return normalized(value[:LONGEST])
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    return value


def is_id(value: object) -> TypeGuard[int]:
    """Whether the value can be TMDB's id of a film, a person or a genre."""
    return type(value) is int and 0 < value <= LARGEST


def number(value: object) -> float | None:
    """The value if it is a number that TMDB could send, which is never negative; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= LARGEST else None
