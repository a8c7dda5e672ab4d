"""Templates: the files beside this one that pages are made of, and the hashes that permit them.

What belongs here: reading and filling them. What does not: what a page shows (`document`, `home`).
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib import resources

from movie_pipeline.charts import theme


def template(name: str) -> str:
    """A file of this package."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def fill(text: str, parts: Mapping[str, str]) -> str:
    """Insert the parts in a single pass, so that placeholders inside a part are left unchanged."""
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: parts[place[1]], text)


def style_of(name: str) -> str:
    """A style sheet behind the tokens that all pages share, with the colours of the theme."""
    return fill(template("tokens.css") + template(name), _colours())


def hash_of(source: str | bytes) -> str:
    """What a content security policy permits a script or a style sheet by."""
    data = source.encode() if isinstance(source, str) else source
    return f"'sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}'"


def _colours() -> dict[str, str]:
    names = ("films", "measure", "public", "ink", "quiet", "line", "card", "none")
    colours = {f"theme_{name}": getattr(theme, name.upper()) for name in names}
    colours |= {f"theme_r{step}": shade for step, shade in enumerate(theme.RAMP, start=1)}
    for mode, palette in (("light", theme.LIGHT), ("dark", theme.DARK)):
        for name in ("ground", "ink", "quiet", "none"):
            colours[f"{mode}_{name}"] = getattr(palette, name)
        colours |= {f"{mode}_r{step}": shade for step, shade in enumerate(palette.ramp, start=1)}
    return colours
