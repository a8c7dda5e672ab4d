"""Foreign text: what others wrote, made safe to show as plain text.

What belongs here: removing whatever acts on the reader's screen instead of being read (escape
sequences, direction marks, line breaks), and shortening long text. It needs only the standard
library, so that the command line stays quick. What does not: markdown (`charts.markdown`), what a
cell of an upload means (`exports.values`), and cleaning text before it is stored (`untrusted`).

Foreign text is every title, tag and name from an upload, TMDB, `overrides.csv` or `club.csv`, every
name of a file, a folder or an archive entry, and every error message that quotes one of these.
"""

import unicodedata

_JOINERS = "\u200c\u200d"  # they shape letters in Persian and Hindi, and emoji
_UNSHOWN = ("Cc", "Cf", "Cs")


def safe_to_show(raw: str) -> str:
    """Return the text without control and direction characters; line breaks and tabs stay.

    Neither a terminal nor a browser acts on what is left: no colours, no cursor movements, no title
    that reverses the rest of a table. All other characters stay, in every script.
    """
    return raw if raw.isprintable() else "".join(map(_shown, raw))


def line(raw: str, limit: int = 200) -> str:
    """Return the text as one line of at most `limit` characters, runs of white space collapsed."""
    spaced = raw if raw.isprintable() else "".join(" " if _controls(c) else c for c in raw)
    whole = " ".join(safe_to_show(spaced).split())
    return whole if len(whole) <= limit else f"{whole[: limit - 1].rstrip()}…"


def _controls(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def _shown(character: str) -> str:
    """The character, or what to show in its place."""
    if character.isprintable() or character in f"\n\t{_JOINERS}":
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return " "
    no_character = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return "" if category in _UNSHOWN or no_character else character
