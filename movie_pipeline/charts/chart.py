"""The definition of a chart: a question, one Altair specification over films, and its text.

What belongs here: the `Chart` type. What does not: single charts, which have modules of their own;
the text around several charts (`overview`); compiling and drawing (`specifications`, `picture`).
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.films import Counted, count
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.people import TAB
from movie_pipeline.charts.story import Bar, summary

#: The dataset that every chart draws: one row per film. `picture` and the page fill it.
DATASET = "films"
#: The Vega-Lite version that Altair targets, in vl-convert's notation ("6.4").
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])

#: Columns that `Counted` computes from the others on demand.
DERIVED = ("directed", "acted", "pairs")

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
    """One chart; to add a chart, add one of these to `CHARTS`.

    Attributes:
        name: The asset's name below ``dashboard/`` and the element's on the page.
        title: The text above it.
        question: The question that it answers, one sentence; this is the asset's description.
        columns: The columns of a film that the specification reads: those of `Counted.films`, or
            one of `DERIVED`.
        needs: The column, or one of `DERIVED`, that a film must have to be used here.
        lacking: How to describe films that don't have it: "without a genre".
        specification: The Altair chart over the named dataset `DATASET`, without data or size.
        numbers: From the usable films (never empty) to numbers for the metadata.
        story: From the usable films (never empty) to a sentence and the rows of a bar table.
        drawn: From the usable films to those that the picture shows; by default, all of them. A
            ranking reduces them: Vega takes 1 kB for each film and need not read the others.
        everything: Whether it covers all lines in scope, including unmatched ones.
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
    story: Callable[[pd.DataFrame], tuple[Markdown, Sequence[Bar]]]
    drawn: Callable[[pd.DataFrame], pd.DataFrame] = lambda films: films
    everything: bool = False
    pick: Pick | None = None
    wide: bool = False

    def usable(self, counted: Counted) -> pd.DataFrame:
        """Return the counted films that have what this chart needs, with only its `columns`."""
        films = counted.lines if self.everything else counted.films
        values = getattr(counted, self.needs) if self.needs in DERIVED else films[self.needs]
        there = values.map(bool) if values.dtype == "object" else values.notna()
        columns = {n: getattr(counted, n) if n in DERIVED else films[n] for n in self.columns}
        return pd.DataFrame(columns).loc[there]

    def headline(self, films: pd.DataFrame | Counted) -> Headline:
        """Return numbers to plot over time: `films`, `films_left_out`, and those of this chart.

        Args:
            films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
        """
        counted = count(films)
        usable = self.usable(counted)
        numbers = self.numbers(usable) if len(usable) else {}
        return {"films": len(usable), "films_left_out": counted.total - len(usable), **numbers}

    def summary(self, films: pd.DataFrame | Counted, *, notice: str | None = None) -> Markdown:
        """Tell the story in fewer than 1,000 characters of markdown, which the UI shows inline.

        Args:
            films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
            notice: What must be read before anything else, cut at 200 characters.
        """
        counted = count(films)
        usable = self.usable(counted)
        nothing = md("{}", self.nothing(counted))
        sentence, bars = self.story(usable) if len(usable) else (nothing, ())
        lead = md("**{}**\n\n{}", notice, sentence) if notice else sentence
        return summary(lead, bars, self.basis(counted))

    def basis(self, counted: Counted) -> str:
        """Say in one sentence how many films the chart is based on and how many are left out."""
        usable = len(self.usable(counted))
        rests_on = counted.total if self.everything else len(counted.films)
        left_out = [f"{rests_on - usable:,} {self.lacking}"] if rests_on > usable else []
        if len(counted.unmatched) and not self.everything:
            left_out.append(f"{len(counted.unmatched):,} not matched")
        return counted.phrase(usable) + (f"; left out: {', '.join(left_out)}" if left_out else "")

    def nothing(self, counted: Counted) -> str:
        """Explain why there is nothing to draw."""
        if not counted.total:
            return "No films in this upload."
        if counted.films.empty and not self.everything:
            return "None of these films was matched on TMDB, so there is nothing to draw."
        return f"Every film here is {self.lacking}, so there is nothing to draw."

    def sized(self, width: int | Literal["container"]) -> Drawing:
        """Return the specification with a width in pixels, including labels, or its container's."""
        fit = alt.AutoSizeParams(type="fit-x", contains="padding")
        return self.specification().properties(width=width, autosize=fit)

    def rows(self, films: pd.DataFrame) -> str:
        """Return the films in the form that the specification reads: JSON text, long names cut.

        Vega parses text as JSON. vl-convert would copy objects before Vega sees them, which takes
        100 MB more for 50,000 films.
        """
        rows = films[[*self.columns]].apply(lambda column: column.map(_short))
        return str(rows.to_json(orient="records", force_ascii=False))


def _short(value: Any) -> Any:
    return [_cut(item) for item in value] if isinstance(value, list) else _cut(value)


def _cut(item: object) -> object:
    """Shorten a long title or name, or each name in a key (`people.repeated`), before Vega does.

    Vega cuts at any UTF-16 code unit, and half a character makes vl-convert fail (1.9.0).
    """
    if isinstance(item, str) and TAB in item:
        return TAB.join(str(_cut(part)) for part in item.split(TAB))
    if not isinstance(item, str) or len(item) <= theme.LABEL_COLUMNS // 2:
        return item
    columns = 0
    for position, character in enumerate(item):
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > theme.LABEL_COLUMNS:
            return item[: position - 1].rstrip() + "…"
    return item
