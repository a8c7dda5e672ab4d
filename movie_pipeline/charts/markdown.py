r"""Markdown for Dagster's UI: our own markup, and foreign text in it that means only itself.

What belongs here: the type `Markdown` and all ways to make one. What does not: what is said in it,
pictures of numbers (`charts.story`), plain text (`movie_pipeline.outside.foreign`).

The UI renders as markdown: metadata of that kind, and every description (of assets, checks and
columns, of events and of what a check found). It shows as plain text: all other metadata, cells of
tables, failures, reasons of a sensor, keys and tags. Only its log makes links of addresses.

A plain text can't become markdown by accident: `md` takes its markup from a literal, and escapes
every text that it puts in. So what is foreign is told from what is ours by its type, and to forget
the escaping means to see backslashes, not to let a stranger's link in. A test reads the source: it
finds no other way to the UI, and no markup that is no literal.

**What escapes.** A backslash before every mark of ASCII punctuation (CommonMark 0.31, 2.4) ends
links, images, tables, HTML, entities and footnotes. It does not end the literal links of GitHub's
markdown: the UI's renderer looks for ``http://…``, ``www.…`` and ``a@b.c`` once more when the
backslashes are gone. So an invisible joiner stands where such a link would begin; in an address it
is ignored when that is pasted (UTS #46).
"""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import date
from numbers import Number
from string import Formatter
from typing import Any

from movie_pipeline.outside import foreign

#: Dagster's UI shows markdown inline below this length, else behind a click (measured on 1.13).
INLINE = 1_000

#: All that we link to; `link` takes nothing else.
LINKED = "https://www.themoviedb.org/"

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_JOINER = "\u2060"
_LITERAL_LINK = re.compile(r"(?<=://)|(?<=www)(?=\.|$)|(?=@)", re.IGNORECASE)
_ADDRESS = re.compile(rf"{re.escape(LINKED)}[\w/?=%.~-]*", re.ASCII)
_FENCES = re.compile(r"`{3,}")


class Markdown(str):
    """Markdown that shows as we mean it; every foreign text in it is escaped.

    Made by the functions of this module. Joined or added to, it escapes what is no markdown.
    """

    __slots__ = ()

    def join(self, parts: Iterable[str], /) -> "Markdown":
        """Join the parts, by what is markdown as well."""
        return Markdown(super().join(map(_markdown, parts)))

    def __add__(self, other: str, /) -> "Markdown":
        return Markdown(super().__add__(_markdown(other)))


def md(template: str, *values: object, **named: object) -> Markdown:
    """Fill our own markup with values, as `str.format` does.

    Numbers and days are written as their format says, markdown is put in as it is, and everything
    else is escaped (`text`).

    Args:
        template: A literal, such as ``"**{}** is on {:.0%} of the films."``.
        values: For ``{}``.
        named: For ``{name}``.
    """
    return Markdown(_FILLING.vformat(template, values, named))


def text(raw: str, limit: int = 200) -> Markdown:
    """Make any text mean itself in markdown: one line, no markup, at most `limit` characters."""
    unlinked = _LITERAL_LINK.sub(_JOINER, foreign.line(raw, limit))
    return Markdown(_PUNCTUATION.sub(r"\\\1", unlinked))


def code(raw: str, limit: int = 600) -> Markdown:
    """A command to copy, letter by letter; as `text` where its own marks would end it early.

    A backtick ends the code, and a bar the cell of a table that it stands in.
    """
    line = foreign.line(raw, limit)
    return Markdown(f"`{line}`") if line and not {"`", "|"} & set(line) else text(raw, limit)


def block(lines: str, language: str = "") -> Markdown:
    """Lines to copy, behind fences that none of them can end."""
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCES.findall(lines))])
    return Markdown(f"{fence}{language}\n{foreign.safe_to_show(lines)}\n{fence}")


def link(words: str, address: str) -> Markdown:
    """A link of ours.

    Raises:
        ValueError: the address is none of `LINKED`, or would end the link early.
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not below {LINKED}")
    return Markdown(f"[{_markdown(words)}]({address})")


def image(svg: str, alt_text: str) -> Markdown:
    """A picture of ours: the only form of an SVG that the UI shows; it can load nothing."""
    data = base64.b64encode(svg.encode()).decode()
    return Markdown(f"![{_markdown(alt_text)}](data:image/svg+xml;base64,{data})")


def bullets(items: Sequence[str], most: int = 50) -> Markdown:
    """A list of at most so many items, with the number of the others; "none" of none."""
    lines = [md("- {}", item) for item in items[:most]]
    if len(items) > most:
        lines.append(md("- *and {:,} more*", len(items) - most))
    return Markdown("\n").join(lines) if lines else Markdown("none")


def row(*cells: object) -> Markdown:
    """A row of a table; cells that are no markdown are escaped."""
    return md("| {} |", Markdown(" | ").join(md("{}", cell) for cell in cells))


def _markdown(part: str) -> str:
    return str(part) if isinstance(part, Markdown) else text(part)


class _Filling(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value so that it means itself."""
        if isinstance(value, Markdown):
            return str(value)
        written = format(value, format_spec)
        return written if isinstance(value, Number | date) else text(written)


_FILLING = _Filling()
