"""Stories: a sentence and a few bars made of block characters, short enough to be shown inline.

What belongs here: how the story of a chart, or of all persons, is put together. What does not: its
contents, which each chart decides, and markdown itself (`charts.markdown`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from movie_pipeline.charts.markdown import INLINE, Markdown, md, row, text

_BLOCKS = "▏▎▍▌▋▊▉█"
_HEAD = (Markdown("| | | |"), Markdown("|:--|:--|--:|"))
_NAME_CHARS = 32


@dataclass(frozen=True)
class Bar:
    """One row of a bar table: an (outside) name, a number, and the text beside the bar."""

    name: str
    value: float
    note: Markdown


def bar(share: float, width: int = 12) -> str:
    """Return a bar of block characters, precise to an eighth of one, for a `share` of 0 to 1."""
    eighths = max(1, round(share * width * 8))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_BLOCKS[rest - 1] if rest else "")


def summary(sentence: Markdown, bars: Sequence[Bar], basis: str) -> Markdown:
    """Put a story together, leaving out rows for which it would be too long to show inline."""
    footer = md("*{}.*", basis)
    longest = max((entry.value for entry in bars), default=0)
    lines = [sentence, Markdown("")]
    for entry in bars:
        drawn = bar(entry.value / longest) if longest and entry.value else ""
        new = row(text(entry.name, _NAME_CHARS), drawn, entry.note)
        added = [*(_HEAD if len(lines) == 2 else ()), new]
        if sum(len(line) + 1 for line in [*lines, *added, "", footer]) >= INLINE:
            break
        lines += added
    if len(lines) > 2:
        lines.append(Markdown(""))
    return Markdown("\n").join([*lines, footer])
