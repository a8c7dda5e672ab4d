"""The definition of a chart: a question, the numbers that it draws, its marks, and its text.

What belongs here: the `Chart` type. What does not: single charts, which have modules of their own;
the numbers (`movie_pipeline.analytics`); the text around several charts (`overview`); compiling and
drawing (`specifications`, `picture`).

A chart's marks draw rows. In a picture, these are rows of a table of numbers. On the page, where
the reader filters films, a Vega transform makes the same rows from the films that are left; a test
finds both equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.findings import FINDINGS
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar, summary

#: The datasets: films (on the page), or the rows and the single row of totals (in a picture).
FILMS, ROWS, TOTALS = "films", "rows", "totals"
#: A field by which `specifications` finds where the rows and totals are made on the page.
MADE = "made"
#: A field with the height in pixels of a chart that is as tall as its data.
TALL = "tall"
#: Separates the names of two people in one label; names contain no tab.
TAB = "\t"

Drawing: TypeAlias = "alt.Chart | alt.LayerChart | alt.FacetChart"
Headline = dict[str, int | float | str]
Story = tuple[Markdown, Sequence[Bar]]


@dataclass(frozen=True)
class Pick:
    """What clicking a mark of a chart selects on the page.

    Attributes:
        filter: The page's filter, e.g. ``genre``.
        field: The field of the mark's datum that holds the filter's value.
    """

    filter: str
    field: str


def _no_totals(numbers: Numbers) -> Mapping[str, Any]:
    del numbers
    return {}


@dataclass(frozen=True)
class Chart:
    """One chart; to add a chart, add one of these to `SUBJECTS`.

    Attributes:
        name: The picture's and the element's name.
        title: The text above it.
        question: The question that it answers, one sentence.
        dimension: The dimension whose basis is the number of films that it rests on.
        lacking: How to describe films that have no entry in it: "without a genre".
        rows: The rows to draw, from the tables of numbers.
        marks: The Altair chart, without data or size, over the rows and the row of totals.
        numbers: Numbers for the metadata, if any film is usable.
        story: A sentence and the rows of a bar table, if any film is usable.
        columns: The columns of a film on the page that `transform` reads.
        needs: The columns that a film on the page must have for an entry in the dimension.
        transform: On the page, from films to the rows.
        totals: The values of the row of totals, if the marks read any.
        totalled: On the page, from films to the row of totals.
        identified: Whether only films that TMDB knows can have an entry.
        covers: ``films`` that count; ``everything``, so also films that you have not seen; or all
            ``lines``, so also those that are no films.
        pick: What a click on a mark selects on the page.
        least: The number of rows from which it is worth showing.
        wide: Whether the chart takes the whole width of the page.
        ratio: Its height divided by its width, if that is not fixed by its marks.
    """

    name: str
    title: str
    question: str
    dimension: str
    lacking: str
    rows: Callable[[Numbers], pd.DataFrame]
    marks: Callable[[alt.Chart, alt.Chart], Drawing]
    numbers: Callable[[Numbers], Headline]
    story: Callable[[Numbers], Story]
    columns: tuple[str, ...]
    needs: tuple[str, ...]
    transform: Callable[[alt.Chart], alt.Chart]
    totals: Callable[[Numbers], Mapping[str, Any]] = _no_totals
    totalled: Callable[[alt.Chart], alt.Chart] = lambda films: films
    identified: bool = True
    covers: Literal["films", "everything", "lines"] = "films"
    pick: Pick | None = None
    least: int = 1
    wide: bool = False
    ratio: float | None = None

    def headline(self, numbers: Numbers) -> Headline:
        """Return numbers to plot over time: `films`, `films_left_out`, and those of this chart."""
        usable = numbers.basis(self.dimension)
        return {
            "films": usable,
            "films_left_out": max(numbers.watched - usable, 0),
            **(self.numbers(numbers) if usable else {}),
        }

    def finding(self, numbers: Numbers) -> str | None:
        """What the rows say in one sentence, without a full stop; None if that is not clear."""
        usable, told = numbers.basis(self.dimension), FINDINGS.get(self.name)
        if not usable or told is None:
            return None
        rows: Sequence[Any] = self.rows(numbers).to_dict("records")
        return told(rows, usable, self.totals(numbers)) if len(rows) >= self.least else None

    def summary(self, numbers: Numbers, *, notice: str | None = None) -> Markdown:
        """Tell the story in fewer than 1,000 characters of markdown, which the UI shows inline.

        Args:
            numbers: The numbers of an upload.
            notice: What must be read before anything else, cut at 200 characters.
        """
        usable = numbers.basis(self.dimension)
        sentence, bars = self.story(numbers) if usable else (md("{}", self.nothing(numbers)), ())
        if finding := self.finding(numbers):
            sentence = md("**{}.**\n\n{}", finding, sentence)
        lead = md("**{}**\n\n{}", notice, sentence) if notice else sentence
        return summary(lead, bars, self.basis(numbers))

    def basis(self, numbers: Numbers) -> str:
        """Say in one sentence how many films the chart is based on and how many are left out."""
        usable = numbers.basis(self.dimension)
        if self.covers == "everything":
            seen = numbers.summary["seen"]
            return f"{usable:,} films, seen or not" if seen else numbers.phrase(usable)
        unknown = numbers.watched - int(numbers.summary["films"]) if self.identified else 0
        lacking = numbers.watched - usable - unknown
        left_out = [f"{unknown:,} not identified"] if unknown else []
        left_out += [f"{lacking:,} {self.lacking}"] if lacking else []
        return numbers.phrase(usable) + (f"; left out: {', '.join(left_out)}" if left_out else "")

    def nothing(self, numbers: Numbers) -> str:
        """Explain why there is nothing to draw."""
        if not numbers.watched:
            return "No films in this upload."
        if self.identified and not numbers.summary["films"]:
            return "TMDB identified none of these films, so there is nothing to draw."
        return f"Every film here is {self.lacking}, so there is nothing to draw."

    def picture(self) -> Drawing:
        """Return the Altair chart over the rows and totals of a picture."""
        return self.marks(alt.Chart(alt.NamedData(ROWS)), alt.Chart(alt.NamedData(TOTALS)))

    def on_page(self) -> Drawing:
        """Return the Altair chart over the films of the page."""
        films = alt.Chart(alt.NamedData(FILMS))
        made = (self.transform(films), ROWS), (self.totalled(films), TOTALS)
        rows, totals = (
            one.transform_calculate(as_=MADE, calculate=repr(name)) for one, name in made
        )
        return self.marks(rows, totals)

    def sized(self, form: Literal["card", "page"]) -> Drawing:
        """Return the chart with a width in pixels, including labels, or its container's."""
        fit = alt.AutoSizeParams(type="fit-x", contains="padding")
        if form == "card":
            return self.picture().properties(width=theme.CARD_WIDTH, autosize=fit)
        return self.on_page().properties(width="container", autosize=fit)


def rows_of(
    dimension: str, *, numeric: bool = False, most: int = 10_000
) -> Callable[[Numbers], pd.DataFrame]:
    """Return a function from `Numbers` to the rows of a dimension, as charts draw them.

    The rows have `key` (as a number, if `numeric`), `label`, the measures, `place`, and `share`:
    their films divided by all films with an entry.
    """

    def rows(numbers: Numbers) -> pd.DataFrame:
        rows = numbers.of(dimension).head(most)
        share = rows["films"] / max(numbers.basis(dimension), 1)
        key = pd.to_numeric(rows["key"]) if numeric else rows["key"]
        return rows.assign(key=key, share=share)

    return rows


def tallied(films: alt.Chart, *keys: str) -> alt.Chart:
    """Count films by keys, as the tables of numbers do: `films`, `rated` and `mean_rating`.

    Args:
        films: Rows of films with their `rating`.
        keys: The fields to count by, usually ``key``.
    """
    return (
        films.transform_calculate(points=POINTS)
        .transform_aggregate(
            films="count()", total="sum(points)", rated="valid(points)", groupby=[*keys]
        )
        .transform_calculate(mean_rating="datum.rated ? datum.total / (1000 * datum.rated) : null")
    )


#: A film's rating in thousandths of a star, as in ``films`` (`movie_pipeline.analytics.films`).
POINTS = "isValid(datum.rating) ? round(datum.rating * 1000) : null"
#: A row's mean rating in words.
STARS = "isValid(datum.mean_rating) ? '★ ' + format(datum.mean_rating, '.1f') : 'not rated'"


def shade(stars: str) -> str:
    """A Vega expression for the colour of a rating in stars, of which 0 is none.

    Args:
        stars: A Vega expression for the rating.
    """
    return f"{[theme.NONE, *theme.RAMP]}[min(10, round({stars} * 2))]"


def vega_lite() -> str:
    """Return the Vega-Lite version that Altair targets, in vl-convert's notation ("6.4")."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def ranked(rows: alt.Chart, *then: alt.SortField) -> alt.Chart:
    """Rank rows by their number of films, then by the given fields, then by key, as `place`."""
    films = alt.SortField("films", order="descending")
    return rows.transform_window(place="row_number()", sort=[films, *then, alt.SortField("key")])


def as_json(rows: pd.DataFrame) -> str:
    """Return rows as JSON text, with long names cut and unknown values null.

    Vega parses text as JSON. vl-convert would copy objects before Vega sees them.
    """
    cut = rows.apply(lambda column: column.map(_cut))
    return str(cut.to_json(orient="records", force_ascii=False, date_format="iso"))


def _cut(item: object) -> object:
    """Shorten a long title or name, or each of several, before Vega does.

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
