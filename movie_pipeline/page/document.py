"""The interactive page of one upload: one HTML file that opens offline and makes no requests.

What belongs here: building the page from its templates (`page.html`, `page.css`, the scripts), the
charts' specifications, the films and the drawing library. What does not: selecting or cleaning
films (`charts/films.py`), charts (`charts/`), where the file is written (`publication`).

Security: everything from outside enters the page as base64 in a data block, or escaped; `page.js`
sets text, never markup; and the content security policy allows only the two scripts and the style
sheet, by their hashes, and no connection. It needs no ``unsafe-eval``: Vega-Embed includes Vega's
expression interpreter, which the page enables (``ast: true``).
"""

import base64
import datetime as dt
import gzip
import hashlib
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from movie_pipeline.charts import ATTRIBUTION, CHARTS, Chart, Counted, Specifications, count, theme
from movie_pipeline.charts.films import STATE_WORDS
from movie_pipeline.charts.overview import DATAFLOW
from movie_pipeline.outside import foreign
from movie_pipeline.page.bundle import bundle
from movie_pipeline.page.columns import columns

__all__ = ["build", "bundle"]

#: The files that are joined, in this order, into the page's one script.
SCRIPTS = ("data.js", "filters.js", "charts.js", "table.js", "page.js")

NO_FILMS = "There are no films in this upload."
NOTHING_MATCHED = "None of these films was found, so there is nothing to draw yet."


def build(
    films: pd.DataFrame | Counted,
    *,
    upload: str,
    generated_at: dt.datetime,
    notice: str | None,
    specifications: Specifications,
    bundle_cache: Path,
) -> str:
    """Return the page of one upload; the same input gives the same text.

    Args:
        films: The rows of one upload, as `movie_pipeline.charts.count` takes them.
        upload: The partition key, shown as the title.
        generated_at: When the films were read, with a time zone.
        notice: What must be read before anything else, e.g. that only the sample answered.
        specifications: The compiled charts, `movie_pipeline.charts.compiled`.
        bundle_cache: The folder in which the drawing library is cached.
    """
    counted = count(films)
    library = bundle(bundle_cache)
    script, style = "\n".join(map(_template, SCRIPTS)), _fill(_template("page.css"), _colours())
    policy = (
        f"default-src 'none'; script-src {_hash(script)} {_hash(gzip.decompress(library))}; "
        f"style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "upload": html.escape(foreign.line(upload)),
        "size": counted.phrase(counted.total) if counted.total else "No films",
        "generated_at": html.escape(generated_at.isoformat(timespec="seconds")),
        "generated": f"{generated_at.day} {generated_at:%B %Y}",
        "notice": f'<p class="notice" role="note">{html.escape(notice)}</p>' if notice else "",
        "charts": "".join(_section(chart) for chart in CHARTS),
        "coverage": _coverage(counted),
        "attribution": html.escape(ATTRIBUTION),
        "style": style,
        "script": script,
        "specifications": _json(_settings(counted, specifications)),
        "films": _packed(_gzipped(_object(columns(counted)))),
        "library": _packed(library),
    }
    return _fill(_template("page.html"), parts)


def _settings(counted: Counted, specifications: Specifications) -> dict[str, Any]:
    """Return what `page.js` needs for drawing: the charts' specifications, without films."""
    return {
        "nothing": NOTHING_MATCHED if counted.total else NO_FILMS,
        "states": STATE_WORDS,
        "numbers": DATAFLOW,
        "charts": [
            {
                "name": chart.name,
                "columns": chart.columns,
                "needs": chart.needs,
                "lacking": chart.lacking,
                "everything": chart.everything,
                "pick": {"filter": chart.pick.filter, "field": chart.pick.field}
                if chart.pick
                else None,
                "specification": specifications[chart.name]["page"],
            }
            for chart in CHARTS
        ],
    }


def _section(chart: Chart) -> str:
    wide = " wide" if chart.wide else ""
    return (
        f'<section class="card chart{wide}" id="chart-{chart.name}" '
        f'aria-labelledby="title-{chart.name}">'
        f'<h2 id="title-{chart.name}">{html.escape(chart.title)}</h2>'
        f'<p class="basis" title="{html.escape(chart.question)}"></p>'
        '<div class="plot"></div><p class="nothing" hidden></p></section>'
    )


def _coverage(counted: Counted) -> str:
    """Return list items with the count of each state, and of repeated and unseen lines."""
    states = "".join(
        f'<li class="{state}"><b>{number:,}</b> {html.escape(STATE_WORDS[state])}</li>'
        for state, number in counted.states().items()
        if number
    )
    notes = []
    if counted.repeated:
        notes.append(f"<li><b>{counted.repeated:,}</b> repeated, counted once</li>")
    if counted.unseen:
        notes.append(f"<li><b>{counted.unseen:,}</b> more only on a watchlist or list</li>")
    return states + "".join(notes)


def _colours() -> dict[str, str]:
    names = ("films", "measure", "ink", "quiet", "line")
    return {f"theme_{name}": getattr(theme, name.upper()) for name in names}


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _fill(template: str, parts: dict[str, str]) -> str:
    """Insert the parts in a single pass, so that placeholders inside a part are left unchanged."""
    return re.sub(r"\{\{ (\w+) \}\}", lambda place: parts[place[1]], template)


def _json(value: object) -> str:
    r"""Return JSON that cannot close its script element: ``<`` is written as ``\u003c``."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _object(members: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield the JSON of an object, one member at a time."""
    for place, (name, value) in enumerate(members):
        yield f"{',' if place else '{'}{_json(name)}:{_json(value)}"
    yield "}"


def _gzipped(texts: Iterable[str]) -> bytes:
    packer = zlib.compressobj(9, wbits=31)  # 31: with a gzip header, without a timestamp
    return b"".join([*(packer.compress(text.encode()) for text in texts), packer.flush()])


def _packed(packed: bytes) -> str:
    return base64.b64encode(packed).decode()


def _hash(source: str | bytes) -> str:
    data = source.encode() if isinstance(source, str) else source
    return f"'sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}'"
