"""Markdown for the Dagster UI: titles and names as text, bars made of blocks.

What belongs here: escaping and small tables. What does not: what any chart has to say.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

#: Dagster's UI shows markdown inline below this length, else behind a click (measured on 1.13).
INLINE = 1_000

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BLOCKS = "▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Bar:
    """One row of a bar table: a name from outside, a number, and what to print beside the bar."""

    name: str
    value: float
    note: str


def text(raw: str, limit: int = 200) -> str:
    """Make any text mean itself in markdown: one line, no markup, at most `limit` characters.

    Every ASCII punctuation mark may be escaped by a backslash (CommonMark 0.31, 2.4), which also
    keeps GitHub's autolinks and HTML away. Control and direction characters go: one title must
    not turn the rest of a table around.
    """
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in raw)
    visible = "".join(c for c in visible if c in "\u200c\u200d" or unicodedata.category(c) != "Cf")
    line = " ".join(visible.split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _PUNCTUATION.sub(r"\\\1", line)


def bar(share: float, width: int = 12) -> str:
    """Return a bar of block characters, to an eighth of a character, `share` of 0 to 1."""
    eighths = max(1, round(share * width * 8))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_BLOCKS[rest - 1] if rest else "")


def summary(sentence: str, bars: Sequence[Bar], basis: str) -> str:
    """Put a story together so that the UI shows it inline: rows that do not fit are left out."""
    basis = f"*{basis}.*"
    longest = max((entry.value for entry in bars), default=0)
    head = ["| | | |", "|:--|:--|--:|"]
    lines = [sentence, ""]
    for entry in bars:
        drawn = bar(entry.value / longest) if longest and entry.value else ""
        row = f"| {text(entry.name, 32)} | {drawn} | {entry.note} |"
        new = [*(head if len(lines) == 2 else []), row]
        if sum(len(line) + 1 for line in [*lines, *new, "", basis]) >= INLINE:
            break
        lines += new
    if len(lines) > 2:
        lines.append("")
    return "\n".join([*lines, basis])
