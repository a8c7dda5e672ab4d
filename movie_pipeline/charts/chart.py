"""What a chart is: a question, one Altair specification over films, and what to say about it.

What belongs here: the `Chart` type and how any chart becomes a picture. What does not: a single
chart, each of which has a module of its own; the words around several (``overview.py``).
"""

import base64
import html
import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import pandas as pd

from movie_pipeline import theme
from movie_pipeline.charts import markdown
from movie_pipeline.charts.drawing import draw
from movie_pipeline.charts.films import Counted, count

#: The dataset that every chart draws: one row per film. The page fills it, `Chart.draw` inlines it.
DATASET = "films"
#: The Vega-Lite that Altair writes for, as vl-convert names it ("6.4").
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart
Headline = dict[str, int | float | str]


@dataclass(frozen=True)
class Pick:
    """What clicking a mark of a chart selects on the page.

    Attributes:
        filter: The page's filter, e.g. ``genre``.
        field: The field of the mark's datum that holds the filter's value.
    """

    filter: str
    field: str


@dataclass(frozen=True)
class Chart:
    """One chart: adding one means adding one of these to `CHARTS`.

    Attributes:
        name: The asset's name below ``dashboard/`` and the element's on the page.
        title: What stands above it.
        question: One sentence, the question that it answers: the asset's description.
        columns: The columns of a film that the specification reads.
        needs: The column without which a film cannot be used here.
        lacking: How such films are called: "without a genre".
        specification: The Altair chart over the named dataset `DATASET`, without data or size.
        numbers: From the usable films (never empty) to numbers for the metadata.
        story: From the usable films (never empty) to a sentence and the rows of a bar table.
        drawn: From the usable films to those that make the picture; all of them, unless said. A
            ranking says so: Vega, which takes 1 kB for each film, need not read the others.
        pick: What a click on a mark selects on the page.
        wide: Whether the chart takes the whole width of the page.
    """

    name: str
    title: str
    question: str
    columns: tuple[str, ...]
    needs: str
    lacking: str
    specification: Callable[[], Drawing]
    numbers: Callable[[pd.DataFrame], Headline]
    story: Callable[[pd.DataFrame], tuple[str, Sequence[markdown.Bar]]]
    drawn: Callable[[pd.DataFrame], pd.DataFrame] = lambda films: films
    pick: Pick | None = None
    wide: bool = False

    def usable(self, counted: Counted) -> pd.DataFrame:
        """Return the counted films that have what this chart needs, with its `columns` alone."""
        values = counted.films[self.needs]
        there = values.map(bool) if values.dtype == "object" else values.notna()
        return counted.films.loc[there, [*self.columns]]

    def headline(self, films: pd.DataFrame | Counted) -> Headline:
        """Return numbers that plot over time: `films` counted, `films_left_out`, and its own.

        Args:
            films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
        """
        counted = count(films)
        usable = self.usable(counted)
        numbers = self.numbers(usable) if len(usable) else {}
        return {"films": len(usable), "films_left_out": counted.total - len(usable), **numbers}

    def summary(self, films: pd.DataFrame | Counted, *, notice: str | None = None) -> str:
        """Tell the story in fewer than 1,000 characters of markdown, which the UI shows inline.

        Args:
            films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
            notice: What must be read before anything else; of its text 200 characters stay.
        """
        counted = count(films)
        usable = self.usable(counted)
        sentence, bars = self.story(usable) if len(usable) else (self.nothing(counted), ())
        lead = f"**{markdown.text(notice)}**\n\n{sentence}" if notice else sentence
        return markdown.summary(lead, bars, self.basis(counted))

    def basis(self, counted: Counted) -> str:
        """Say in one sentence how many films the chart rests on and how many it could not use."""
        usable = len(self.usable(counted))
        without = len(counted.films) - usable
        left_out = [f"{without:,} {self.lacking}"] if without else []
        if len(counted.unmatched):
            left_out.append(f"{len(counted.unmatched):,} not matched")
        return counted.phrase(usable) + (f"; left out: {', '.join(left_out)}" if left_out else "")

    def nothing(self, counted: Counted) -> str:
        """Say why there is nothing to draw."""
        if not counted.total:
            return "No films in this upload."
        if counted.films.empty:
            return "None of these films was matched on TMDB, so there is nothing to draw."
        return f"Every film here is {self.lacking}, so there is nothing to draw."

    def sized(self, width: int | Literal["container"]) -> Drawing:
        """Return the specification at a width in pixels, labels included, or at its container's."""
        fit = alt.AutoSizeParams(type="fit-x", contains="padding")
        return self.specification().properties(width=width, autosize=fit)

    def draw(self, films: pd.DataFrame | Counted, *, width: int = 640) -> Drawing:
        """Return the Altair chart with title, basis and its films inlined.

        Args:
            films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
            width: Of the whole picture, in pixels.
        """
        counted = count(films)
        usable = self.usable(counted)
        chart: Drawing
        if usable.empty:
            note = alt.Chart(alt.InlineData([{}])).mark_text(align="left", color=theme.QUIET)
            chart = note.encode(text=alt.value(self.nothing(counted)), x=alt.value(0))
            chart = chart.properties(height=24, width=width - 40)
        else:
            chart = self.sized(width)
            chart.datasets = {DATASET: self.rows(self.drawn(usable))}
        title = alt.TitleParams(self.title, subtitle=self.basis(counted))
        settings = theme.config(card=True, aria=False)
        return chart.properties(title=title, config=settings)

    def rows(self, films: pd.DataFrame) -> str:
        """Return the films as the specification reads them: JSON text, long names cut.

        Vega reads a text as JSON. Of objects, Altair, vl-convert and the compiler of Vega-Lite
        make copies before Vega sees them, which takes 100 MB more for 50,000 films.
        """
        rows = films[[*self.columns]].apply(lambda column: column.map(_short))
        return str(rows.to_json(orient="records", force_ascii=False))


def _short(value: Any) -> Any:
    return [_cut(item) for item in value] if isinstance(value, list) else value


def _cut(item: object) -> object:
    """Cut a long name before Vega does.

    Vega cuts at any UTF-16 unit, and half a character makes vl-convert fail (1.9.0).
    """
    if not isinstance(item, str) or len(item) <= theme.LABEL_COLUMNS // 2:
        return item
    columns = 0
    for position, character in enumerate(item):
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > theme.LABEL_COLUMNS:
            return item[: position - 1].rstrip() + "…"
    return item


def to_svg(chart: Chart, films: pd.DataFrame | Counted, *, width: int = 640) -> str:
    """Render a chart as SVG, the same bytes for the same films.

    Args:
        chart: An entry of `CHARTS`.
        films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
        width: Of the whole picture, in pixels.
    """
    # Unvalidated, which would take longer than drawing. A test validates.
    specification = chart.draw(films, width=width).to_dict(validate=False)
    svg = draw(json.dumps(specification), VEGA_LITE)
    # Every text names its typeface, a quarter of the bytes; once on the root says the same.
    font = f' font-family="{html.escape(theme.FONT, quote=False)}"'
    svg = svg.replace(font, "").replace("<svg", f"<svg{font}", 1)
    return svg.replace(f'fill="{theme.CARD}"', f'fill="{theme.CARD}" rx="12"', 1)


def svg_markdown(svg: str, *, alt_text: str = "chart") -> str:
    """Wrap an SVG as a markdown image, the only form of it that Dagster's UI shows."""
    data = base64.b64encode(svg.encode()).decode()
    return f"![{markdown.text(alt_text)}](data:image/svg+xml;base64,{data})"
