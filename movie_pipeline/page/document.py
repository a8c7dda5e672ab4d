"""The interactive page of one upload: one HTML file that opens offline and makes no requests.

What belongs here: building the page from its templates (`page.html`, `page.css`, the scripts), the
charts' specifications, the films and the drawing library. What does not: selecting films
(`analytics`), charts (`charts`), where the file is written (`publication`).

Security: everything from outside enters the page as base64 in a data block, or escaped; `page.js`
sets text, never markup; and the content security policy allows only the two scripts and the style
sheet, by their hashes, and no connection. It needs no ``unsafe-eval``: Vega-Embed includes Vega's
expression interpreter, which the page enables (``ast: true``).
"""

import base64
import datetime as dt
import gzip
import html
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from movie_pipeline.analytics.films import STATE_WORDS
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import ATTRIBUTION, CHARTS, Chart, Specifications
from movie_pipeline.charts.actors import ACTORS
from movie_pipeline.charts.agreement import AGREEMENT
from movie_pipeline.charts.best import BEST
from movie_pipeline.charts.chart import TOTALS
from movie_pipeline.charts.countries import COUNTRY, LANGUAGE
from movie_pipeline.charts.coverage import COVERAGE
from movie_pipeline.charts.crew import CINEMATOGRAPHERS, COMPOSERS, EDITORS, WRITERS
from movie_pipeline.charts.days import ADDING_UP, CALENDAR
from movie_pipeline.charts.decades import DECADES
from movie_pipeline.charts.delay import DELAY
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.findings import RULES
from movie_pipeline.charts.genres import GENRES
from movie_pipeline.charts.lists import OWN_LISTS
from movie_pipeline.charts.overview import DATAFLOW
from movie_pipeline.charts.pairs import PAIRS
from movie_pipeline.charts.popularity import POPULARITY
from movie_pipeline.charts.quarters import QUARTERS
from movie_pipeline.charts.ratings import RATINGS
from movie_pipeline.charts.runtime import RUNTIME
from movie_pipeline.charts.studios import STUDIOS
from movie_pipeline.charts.taste import TASTE
from movie_pipeline.charts.viewings import VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY
from movie_pipeline.charts.women import WOMEN
from movie_pipeline.charts.world import WORLD
from movie_pipeline.charts.years import YEARS
from movie_pipeline.outside import foreign
from movie_pipeline.page.bundle import bundle
from movie_pipeline.page.templates import fill, hash_of, style_of, template

__all__ = ["build", "bundle"]

#: The files that are joined, in this order, into the page's one script.
SCRIPTS = (
    "data.js",
    "filters.js",
    "findings.js",
    "opening.js",
    "tile.js",
    "next.js",
    "records.js",
    "year.js",
    "charts.js",
    "table.js",
    "page.js",
)


class View(NamedTuple):
    """A view that `records.js` makes of elements: its name, which is its place's, and its text."""

    name: str
    title: str
    question: str
    kind: str = "tiles"


SHELF = View("shelf", "Your favourites", "Which do you love most?")
RECORDS = View("records", "Records", "The ends of every scale.", "records")
MILESTONES = View("milestones", "Milestones", "Which films marked the way?")
#: The parts of the page, in the order of its story.
SECTIONS: dict[str, tuple[Chart | View, ...]] = {
    "Your films": (SHELF, YEARS, RUNTIME, DELAY, RECORDS),
    "Your taste": (RATINGS, AGREEMENT, TASTE, GENRES, DECADES, QUARTERS),
    "Your people": (
        *(DIRECTORS, ACTORS, WRITERS, COMPOSERS, CINEMATOGRAPHERS, EDITORS, STUDIOS),
        *(BEST, PAIRS, WOMEN),
    ),
    "Your world": (WORLD, COUNTRY, LANGUAGE),
    "Your time": (CALENDAR, ADDING_UP, MILESTONES, VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY),
    "Your lists": (OWN_LISTS,),
}
#: The charts behind the films.
ABOUT = (COVERAGE, POPULARITY)
#: Charts of which a switch shows one pair at a time, so that the others need not be drawn.
ROLES: dict[str, tuple[Chart, ...]] = {
    "Directors and cast": (DIRECTORS, ACTORS),
    "Writers and composers": (WRITERS, COMPOSERS),
    "Camera and editing": (CINEMATOGRAPHERS, EDITORS),
    "Studios": (STUDIOS,),
}
#: Charts that have no place in the story yet come after it.
SECTIONS["More"] = tuple(
    chart
    for chart in CHARTS
    if chart not in ABOUT and not any(chart in charts for charts in SECTIONS.values())
)
FROM_SAMPLE = (
    "<p>The bundled sample catalogue answered, not TMDB; its votes and popularity are"
    " illustrative.</p>"
)
NO_FILMS = "There are no films in this upload."


def build(
    films: Iterable[str],
    numbers: Numbers,
    *,
    heading: str,
    generated_at: dt.datetime,
    notice: str | None,
    specifications: Specifications,
    bundle_cache: Path,
) -> str:
    """Return the page of one upload; the same input gives the same text.

    Args:
        films: The films, as `columns.read` returns them.
        numbers: The upload's numbers.
        heading: Whose films these are, and where they come from.
        generated_at: When the films were read, with a time zone.
        notice: What must be read before anything else, e.g. that only the sample answered.
        specifications: The compiled charts, `movie_pipeline.charts.compiled`.
        bundle_cache: The folder in which the drawing library is cached.
    """
    library = bundle(bundle_cache)
    script, style = "\n".join(map(template, SCRIPTS)), style_of("page.css")
    policy = (
        f"default-src 'none'; script-src {hash_of(script)} {hash_of(gzip.decompress(library))}; "
        f"style-src {hash_of(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "heading": html.escape(foreign.line(heading)),
        "size": numbers.phrase(numbers.watched) if numbers.watched else "No films",
        "generated_at": html.escape(generated_at.isoformat(timespec="seconds")),
        "generated": f"{generated_at.day} {generated_at:%B %Y}",
        "notice": f'<p class="notice" role="note">{html.escape(notice)}</p>' if notice else "",
        "charts": "".join(_section(name, charts) for name, charts in SECTIONS.items() if charts),
        "about": _section("About the data", ABOUT),
        "coverage": _coverage(numbers),
        "attribution": html.escape(ATTRIBUTION),
        "sample": FROM_SAMPLE if numbers.summary["answered_by"] == "sample" else "",
        "style": style,
        "script": script,
        "specifications": _packed(_gzipped(_members(_settings(specifications)))),
        "films": _packed(_gzipped(films)),
        "library": _packed(library),
    }
    return fill(template("page.html"), parts)


def _settings(specifications: Specifications) -> dict[str, Any]:
    """Return what `page.js` needs for drawing: the charts' specifications, without films."""
    return {
        "nothing": NO_FILMS,
        "rules": RULES,
        "states": STATE_WORDS,
        "numbers": DATAFLOW,
        "charts": [
            {
                "name": chart.name,
                "columns": chart.columns,
                "needs": chart.needs,
                "lacking": chart.lacking,
                "identified": chart.identified,
                "covers": chart.covers,
                "least": chart.least,
                "role": _role(chart),
                "totals": any(one["name"] == TOTALS for one in page["data"]),
                "pick": {"filter": chart.pick.filter, "field": chart.pick.field}
                if chart.pick
                else None,
                "specification": page,
            }
            for charts in (*SECTIONS.values(), ABOUT)
            for chart in charts
            if isinstance(chart, Chart)
            for page in (specifications[chart.name]["page"],)
        ],
    }


def _section(name: str, charts: Iterable[Chart | View]) -> str:
    """A part of the page: its heading, and its charts, which `charts.js` lays out."""
    views = "".join(map(_view, charts))
    switch = "".join(
        f'<button type="button" data-role="{number}">{html.escape(role)}</button>'
        for number, (role, of) in enumerate(ROLES.items())
        if not set(of).isdisjoint(charts)
    )
    roles = f'<div class="switch roles" role="group" aria-label="Whose work">{switch}</div>'
    return (
        f'<section class="part"><h2>{name}</h2>{roles if switch else ""}'
        f'<div class="views">{views}</div></section>'
    )


def _role(chart: Chart) -> int | None:
    """The number of the role of a chart among `ROLES`, if it has one."""
    return next((n for n, charts in enumerate(ROLES.values()) if chart in charts), None)


def _view(chart: Chart | View) -> str:
    """A chart's place: its finding, which `findings.js` writes, its question, and its basis."""
    if isinstance(chart, View):
        inside = "dl" if chart.kind == "records" else "div"
        return (
            f'<section class="chart wide" id="{chart.name}" aria-labelledby="title-{chart.name}"'
            f' hidden><h3 id="title-{chart.name}">{chart.title}</h3>'
            f'<p class="question">{chart.question}</p><{inside} class="{chart.kind}"></{inside}>'
            '<p class="basis"></p></section>'
        )
    return (
        f'<section class="chart{" wide" if chart.wide else ""}" id="chart-{chart.name}" '
        f'aria-labelledby="title-{chart.name}">'
        f'<h3 id="title-{chart.name}" data-title="{html.escape(chart.title)}">'
        f"{html.escape(chart.title)}</h3>"
        f'<p class="question">{html.escape(chart.question)}</p>'
        '<div class="plot"></div><p class="basis"></p></section>'
    )


def _coverage(numbers: Numbers) -> str:
    """Return list items with the count of each state, of repeated titles, and of unseen films."""
    states = "".join(
        f'<li class="{state}"><b>{number:,}</b> {html.escape(STATE_WORDS[state])}</li>'
        for state, number in numbers.states().items()
        if number
    )
    notes = (
        ("repeated", "repeated, counted once"),
        ("on_watchlist", "more on the watchlist"),
        ("only_listed", "more only on a list"),
    )
    return states + "".join(
        f"<li><b>{int(number):,}</b> {words}</li>"
        for name, words in notes
        if (number := numbers.summary[name])
    )


def _members(settings: Mapping[str, Any]) -> Iterable[str]:
    return (
        f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for name, value in settings.items()
    )


def _gzipped(members: Iterable[str]) -> bytes:
    """Return a JSON object of these members, compressed."""
    packer = zlib.compressobj(9, wbits=31)  # 31: with a gzip header, without a timestamp
    parts = [
        packer.compress(f"{',' if place else '{'}{member}".encode())
        for place, member in enumerate(members)
    ]
    return b"".join([*parts, packer.compress(b"}"), packer.flush()])


def _packed(packed: bytes) -> str:
    return base64.b64encode(packed).decode()
