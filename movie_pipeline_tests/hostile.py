"""Names and texts as an attacker would choose them, and what a reader of markdown makes of a text.

Here belong: the texts, and `strangers`: every link, picture and HTML element in a markdown that is
none of ours.

Not here: the doors by which such texts come in (`test_hostile_names.py`).
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = re.compile(
    r"data:image/svg\+xml;base64,[\w+/=]*"
    r"|https://www\.themoviedb\.org/(?:movie/\d+|search/movie\?query=[\w%.~-]*)",
    re.ASCII,
)
"""Every address that we write ourselves: our pictures, and a film's page and search at TMDB."""

TEXTS = (
    "![x](/graphql?query=mutation{a})",
    "![x](http://e.example/p.png)",
    "[x](http://e.example)",
    "[x](javascript:alert%281%29)",
    "http://e.example/a?b=c",
    "HTTPS://e.example",
    "www.e.example",
    "WWW.e.example",
    "www",
    "me@e.example",
    "<http://e.example>",
    "mailto:me@e.example",
    "<img src=//e.example>",
    "<details open><b>",
    "<!-- ",
    "&lt;img src=x&gt; &#33;[x](/y)",
    "&#33;&lbrack;x&rbrack;&lpar;/y&rpar;",
    "`![x](/y)`",
    "``` ![x](/y)",
    "| ![x](/y) |",
    "\\![x](/y)",
    "ends in \\",
    "**[x](/y)**",
    "a\n\n![x](/y)",
    "a\r![x](/y)",
    "a\u2028![x](/y)",
    "[1]: http://e.example",
    "x [1] [^1]",
    "[^1]: ![x](/y)",
    "- [ ] ![x](/y)",
    "$![x](/y)$",
    "~~[x](/y)~~",
    "=![x](/y)",
    "\u202e)y/(]x[!",
    "\x1b]8;;http://e.example\x07x",
    "\x9b31mred",
    "[link=http://e.example]x[/link]",
    "long " * 400 + "![x](/y)",
)

_READER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
_READER.validateLink = lambda _: True  # type: ignore[method-assign]  # judged here, not hidden
#: What the UI's own renderer looks for in texts when all escapes are resolved
#: (mdast-util-gfm-autolink-literal 1.0.3); `markdown_it` does not.
_LITERAL_LINKS = re.compile(
    r"(?:https?://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(?:\.[-\w]+)+", re.IGNORECASE | re.ASCII
)


def strangers(markdown: str) -> list[str]:
    """Every link, picture and HTML element in it that we did not write."""
    return [*_strangers(_READER.parse(markdown))]


def _strangers(tokens: list[Token]) -> Iterator[str]:
    text, links = "", 0
    for token in tokens:
        if token.type in ("link_open", "image"):
            address = str(token.attrs["href" if token.type == "link_open" else "src"])
            if not OURS.fullmatch(address):
                yield f"{token.type} {address}"
        if token.type.startswith("html_"):
            yield f"{token.type} {token.content}"
        links += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type in ("text", "text_special") and not links:
            text += token.content
        else:
            yield from _LITERAL_LINKS.findall(text)
            text = ""
        yield from _strangers(token.children or [])
    yield from _LITERAL_LINKS.findall(text)
