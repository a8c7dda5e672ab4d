"""Foreign text: what others wrote, as plain text that is safe to show.

What belongs here: taking out what acts on a reader's screen instead of being read (escape
sequences, direction marks, line breaks), and cutting what is too long. It needs the standard
library alone, so that the command line stays quick. What does not: markdown (`charts.markdown`),
and what a cell of an upload means (`exports.values`).

Foreign is every title, tag and name that an upload, TMDB, `overrides.csv` or `club.csv` brings,
every name of a file, a folder or an entry of an archive, and every error message that quotes one.
"""

import unicodedata

_JOINERS = "\u200c\u200d"  # they shape letters in Persian and Hindi, and emoji
_UNSHOWN = ("Cc", "Cf", "Cs")


def printable(raw: str) -> str:
    """Return the text without control and direction characters; its lines stay.

    Neither a terminal nor a browser acts on what is left: no colours, no cursor movements, no title
    that turns the rest of a table around. Every other character stays, in every script.
    """
    return raw if raw.isprintable() else "".join(map(_shown, raw))


def line(raw: str, limit: int = 200) -> str:
    """Return the text as one line of at most `limit` characters, white space squeezed."""
    spaced = raw if raw.isprintable() else "".join(" " if _controls(c) else c for c in raw)
    whole = " ".join(printable(spaced).split())
    return whole if len(whole) <= limit else f"{whole[: limit - 1].rstrip()}…"


def _controls(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def _shown(character: str) -> str:
    """The character, or what stands for it."""
    if character.isprintable() or character in f"\n\t{_JOINERS}":
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return " "
    no_character = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return "" if category in _UNSHOWN or no_character else character
