r"""Markdown for Dagster's UI: our own markup, with outside text that can't act as markup.

What belongs here: the type `Markdown` and all ways to create one. What does not: the contents,
bars made of text (`charts.story`), plain text (`movie_pipeline.outside.foreign`).

The UI renders as markdown: markdown metadata, and every description (of assets, checks, columns,
events and check results). It shows as plain text: all other metadata, table cells, failures, skip
reasons of sensors, keys and tags. Only its log turns addresses into links.

Plain text can't become markdown by accident: `md` takes its markup from a literal and escapes every
text that it inserts. So outside text and ours have different types, and a mistake results in
visible backslashes instead of a stranger's link. A test reads the source code and checks that there
is no other way to the UI, and that all markup is literal.

**How escaping works.** A backslash before every ASCII punctuation character (CommonMark 0.31, 2.4)
disables links, images, tables, HTML, entities and footnotes. It does not disable the autolinks of
GitHub's markdown: the UI's renderer looks for ``http://…``, ``www.…`` and ``a@b.c`` again after it
has removed the backslashes. So an invisible joiner is inserted where such a link would begin; if
the address is copied and pasted, the joiner is ignored (UTS #46).
"""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import date
from numbers import Number
from string import Formatter
from typing import Any

from movie_pipeline.outside import foreign

#: Below this length Dagster's UI shows markdown inline, otherwise behind a click (as of 1.13).
INLINE = 1_000

#: The only site that we link to; `link` refuses all others.
LINKED = "https://www.themoviedb.org/"

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_JOINER = "\u2060"
_LITERAL_LINK = re.compile(r"(?<=://)|(?<=www)(?=\.|$)|(?=@)", re.IGNORECASE)
_ADDRESS = re.compile(rf"{re.escape(LINKED)}[\w/?=%.~-]*", re.ASCII)
_FENCES = re.compile(r"`{3,}")


class Markdown(str):
    """Markdown in which all outside text is escaped.

    It is created by the functions of this module. Joining or adding escapes plain strings.
    """

    __slots__ = ()

    def join(self, parts: Iterable[str], /) -> "Markdown":
        """Join the parts; the result is markdown as well."""
        return Markdown(super().join(map(_markdown, parts)))

    def __add__(self, other: str, /) -> "Markdown":
        return Markdown(super().__add__(_markdown(other)))


def md(template: str, *values: object, **named: object) -> Markdown:
    """Fill our own markup with values, like `str.format`.

    Numbers and dates are formatted by their format specification, markdown is inserted unchanged,
    and everything else is escaped (`text`).

    Args:
        template: A literal, such as ``"**{}** leads with {:.0%} of the films."``.
        values: For ``{}``.
        named: For ``{name}``.
    """
    return Markdown(_FILLING.vformat(template, values, named))


def text(raw: str, limit: int = 200) -> Markdown:
    """Make any text literal in markdown: one line, no markup, at most `limit` characters."""
    unlinked = _LITERAL_LINK.sub(_JOINER, foreign.line(raw, limit))
    return Markdown(_PUNCTUATION.sub(r"\\\1", unlinked))


def code(raw: str, limit: int = 600) -> Markdown:
    """A command to copy verbatim; escaped like `text` if a character in it would end the code.

    A backtick ends the code, and a bar ends the table cell that it is in.
    """
    line = foreign.line(raw, limit)
    return Markdown(f"`{line}`") if line and not {"`", "|"} & set(line) else text(raw, limit)


def block(lines: str, language: str = "") -> Markdown:
    """Lines to copy, in a fenced block that none of them can close."""
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCES.findall(lines))])
    return Markdown(f"{fence}{language}\n{foreign.safe_to_show(lines)}\n{fence}")


def link(words: str, address: str) -> Markdown:
    """A link to TMDB.

    Raises:
        ValueError: the address is not below `LINKED`, or would end the link early.
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not below {LINKED}")
    return Markdown(f"[{_markdown(words)}]({address})")


def image(svg: str, alt_text: str) -> Markdown:
    """One of our pictures as a data URI, the only SVG that the UI shows; it can load nothing."""
    data = base64.b64encode(svg.encode()).decode()
    return Markdown(f"![{_markdown(alt_text)}](data:image/svg+xml;base64,{data})")


def bullets(items: Sequence[str], most: int = 50) -> Markdown:
    """A list of at most `most` items and the number of further ones; "none" if it is empty."""
    lines = [md("- {}", item) for item in items[:most]]
    if len(items) > most:
        lines.append(md("- *and {:,} more*", len(items) - most))
    return Markdown("\n").join(lines) if lines else Markdown("none")


def row(*cells: object) -> Markdown:
    """A row of a table; cells that are not markdown are escaped."""
    return md("| {} |", Markdown(" | ").join(md("{}", cell) for cell in cells))


def _markdown(part: str) -> str:
    return str(part) if isinstance(part, Markdown) else text(part)


class _Filling(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        """Format a value and escape it if necessary."""
        if isinstance(value, Markdown):
            return str(value)
        written = format(value, format_spec)
        return written if isinstance(value, Number | date) else text(written)


_FILLING = _Filling()
