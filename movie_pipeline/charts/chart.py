"""What a chart is: a question, one Altair specification over films, and what to say about it.

What belongs here: the `Chart` type. What does not: a single chart, each of which has a module of
its own; the words around several (`overview`); compiling and drawing (`specifications`, `picture`).
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

#: The dataset that every chart draws: one row per film. It is filled by `picture` and by the page.
DATASET = "films"
#: The Vega-Lite that Altair writes for, as vl-convert names it ("6.4").
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])

#: Columns that `Counted` makes of the others when they are asked for.
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
    """One chart: adding one means adding one of these to `CHARTS`.

    Attributes:
        name: The asset's name below ``dashboard/`` and the element's on the page.
        title: What stands above it.
        question: One sentence, the question that it answers: the asset's description.
        columns: The columns of a film that the specification reads: those of `Counted.films`, or
            one of `DERIVED`.
        needs: The column, or one of `DERIVED`, without which a film cannot be used here.
        lacking: How such films are called: "without a genre".
        specification: The Altair chart over the named dataset `DATASET`, without data or size.
        numbers: From the usable films (never empty) to numbers for the metadata.
        story: From the usable films (never empty) to a sentence and the rows of a bar table.
        drawn: From the usable films to those that make the picture; all of them, unless said. A
            ranking says so: Vega, which takes 1 kB for each film, need not read the others.
        everything: Whether it rests on all lines in scope, also those that no film was found for.
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
        """Return the counted films that have what this chart needs, with its `columns` alone."""
        films = counted.lines if self.everything else counted.films
        values = getattr(counted, self.needs) if self.needs in DERIVED else films[self.needs]
        there = values.map(bool) if values.dtype == "object" else values.notna()
        columns = {n: getattr(counted, n) if n in DERIVED else films[n] for n in self.columns}
        return pd.DataFrame(columns).loc[there]

    def headline(self, films: pd.DataFrame | Counted) -> Headline:
        """Return numbers that plot over time: `films` counted, `films_left_out`, and its own.

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
            notice: What must be read before anything else; of its text 200 characters stay.
        """
        counted = count(films)
        usable = self.usable(counted)
        nothing = md("{}", self.nothing(counted))
        sentence, bars = self.story(usable) if len(usable) else (nothing, ())
        lead = md("**{}**\n\n{}", notice, sentence) if notice else sentence
        return summary(lead, bars, self.basis(counted))

    def basis(self, counted: Counted) -> str:
        """Say in one sentence how many films the chart rests on and how many it could not use."""
        usable = len(self.usable(counted))
        rests_on = counted.total if self.everything else len(counted.films)
        left_out = [f"{rests_on - usable:,} {self.lacking}"] if rests_on > usable else []
        if len(counted.unmatched) and not self.everything:
            left_out.append(f"{len(counted.unmatched):,} not matched")
        return counted.phrase(usable) + (f"; left out: {', '.join(left_out)}" if left_out else "")

    def nothing(self, counted: Counted) -> str:
        """Say why there is nothing to draw."""
        if not counted.total:
            return "No films in this upload."
        if counted.films.empty and not self.everything:
            return "None of these films was matched on TMDB, so there is nothing to draw."
        return f"Every film here is {self.lacking}, so there is nothing to draw."

    def sized(self, width: int | Literal["container"]) -> Drawing:
        """Return the specification at a width in pixels, labels included, or at its container's."""
        fit = alt.AutoSizeParams(type="fit-x", contains="padding")
        return self.specification().properties(width=width, autosize=fit)

    def rows(self, films: pd.DataFrame) -> str:
        """Return the films as the specification reads them: JSON text, long names cut.

        Vega reads a text as JSON. Of objects, vl-convert makes copies before Vega sees them, which
        takes 100 MB more for 50,000 films.
        """
        rows = films[[*self.columns]].apply(lambda column: column.map(_short))
        return str(rows.to_json(orient="records", force_ascii=False))


def _short(value: Any) -> Any:
    return [_cut(item) for item in value] if isinstance(value, list) else _cut(value)


def _cut(item: object) -> object:
    """Cut a long title or name, or each name of a key (`people.repeated`), before Vega does.

    Vega cuts at any UTF-16 unit, and half a character makes vl-convert fail (1.9.0).
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
