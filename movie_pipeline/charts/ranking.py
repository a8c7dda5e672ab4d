"""Rankings of people: who has the most films, and how those were rated.

What belongs here: what the charts of directors, actors and pairs have in common. What does not:
what is ranked and what it is called (`directors`, `actors`, `pairs`).

People are ranked by number of films, then by shrunk mean (`movie_pipeline.analytics.shrinkage`),
then by id; people without a rated film come after those with equally many films who have one. The
mean that is printed is the plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from movie_pipeline.analytics import shrinkage
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import RECURRING
from movie_pipeline.charts import theme
from movie_pipeline.charts.bars import bars, dots
from movie_pipeline.charts.chart import POINTS, TAB, Drawing, Headline, Story
from movie_pipeline.charts.findings import rounded
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar

_TAB = repr(TAB)


@dataclass(frozen=True)
class Ranking:
    """A kind of ranking.

    Attributes:
        noun: What is ranked, in the singular: ``director``; a role of ``analytics.people``.
        column: The column of a film on the page with its people, as `page.people` writes them.
        table: The ranked rows, of the table of numbers, with `key` and `label`.
        most: How many rows are drawn.
        names: The number of names in a label.
    """

    noun: str
    column: str
    table: Callable[[Numbers], pd.DataFrame]
    most: int = 15
    names: int = 1

    def rows(self, numbers: Numbers) -> pd.DataFrame:
        """Return the rows to draw."""
        return self.table(numbers).head(self.most)

    def totals(self, numbers: Numbers) -> dict[str, int]:
        """Return how many have several films."""
        return {"recurring": int(numbers.recurring.get(self.noun, 0))}

    def _counted(self, films: alt.Chart) -> alt.Chart:
        """Count films on the page by the people of the column, who are its keys and labels."""
        column = self.column
        who = f"split(datum.{column}, {_TAB})"
        return (
            # An empty list would vanish, and with it the note for empty rankings; null counts as no
            # person below. It replaces the list, as a further field of 85,000 rows takes time.
            films.transform_calculate(points=POINTS)
            .transform_calculate(
                as_=column, calculate=f"length(datum.{column}) ? datum.{column} : [null]"
            )
            .transform_flatten([column])
            .transform_aggregate(
                films=f"valid({column})",
                total="sum(points)",
                rated="valid(points)",
                overall="mean(overall)",
                given="values(points)",
                groupby=[column],
            )
            .transform_calculate(recurring=f"datum.films >= {RECURRING} ? 1 : 0")
            .transform_calculate(ids=f"datum.recurring ? {who} : []")
        )

    def measured(self, films: alt.Chart, *, least: str = "true") -> alt.Chart:
        """From films on the page to people with several of them, with their measures.

        Args:
            films: The films.
            least: A Vega expression for which of these people are measured.
        """
        score = shrinkage.expression(
            "datum.total", "datum.rated", "datum.overall", shrinkage.RATINGS
        )
        names = f" + {_TAB} + ".join(f"datum.ids[{2 * n + 1}]" for n in range(self.names))
        return (
            self._counted(films)
            .transform_filter("datum.recurring")
            .transform_window(rank="rank()", sort=[alt.SortField("films", order="descending")])
            .transform_filter(least)
            .transform_calculate(
                key="toNumber(datum.ids[0])",
                other=f"toNumber(datum.ids[{2 * self.names - 2}])",
                label=names,
                mean_rating="datum.rated ? datum.total / (1000 * datum.rated) : null",
                ratings="slice(reverse(sort(pluck(datum.given, 'rating'))), 0, datum.rated)",
                score=f"datum.rated ? round({score} / 1000 * {shrinkage.DIGITS})"
                f" / {shrinkage.DIGITS} : null",
            )
        )

    def transform(self, films: alt.Chart) -> alt.Chart:
        """From films on the page to the rows of the ranking."""
        # People with fewer films than the last one drawn need no name and no score; this leaves a
        # few dozen of 30,000 actors.
        rows = (
            self.measured(films, least=f"datum.rank <= {self.most}")
            .transform_calculate(order="datum.rated ? datum.score : 0")
            .transform_window(
                place="row_number()",
                sort=[
                    alt.SortField("films", order="descending"),
                    alt.SortField("order", order="descending"),
                    alt.SortField("key"),
                    alt.SortField("other"),
                ],
            )
        )
        return rows.transform_filter(f"datum.place <= {self.most}")

    def totalled(self, films: alt.Chart) -> alt.Chart:
        """From films on the page to how many have several of them."""
        return self._counted(films).transform_aggregate(recurring="sum(recurring)")

    def marks(self, rows: alt.Chart, totals: alt.Chart) -> Drawing:
        """Return the chart: bars of films, their number, and the mean rating on the right."""
        people = rows.transform_calculate(
            row=f"datum.place + {_TAB} + datum.label",
            name=f"join(split(datum.label, {_TAB}), ' · ')",
            stars="datum.rated ? '★ ' + format(datum.mean_rating, '.1f') : ''",
            said="datum.rated ? '★ ' + format(datum.mean_rating, '.2f') + ' of '"
            " + datum.rated + ' rated' : 'not rated'",
        ).encode(
            y=alt.Y("row:N").title(None).sort(field="place", op="min").axis(self._axis()),
            tooltip=[
                alt.Tooltip("name:N", title=self.noun.capitalize()),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("said:N", title="Your mean rating"),
            ],
        )
        empty = (
            totals.transform_filter("!datum.recurring")
            .mark_text(align="left", color=theme.QUIET, text=f"No {self.noun} has two films here.")
            .encode(x=alt.value(0), y=alt.value(8))
        )
        # A pair is two people, but a click sets only one filter.
        single = self.names == 1
        return bars(
            people,
            note="stars",
            clickable=single,
            lines=self.names,
            look=dots,
            otherwise=empty,
        )

    def numbers(self, numbers: Numbers) -> Headline:
        """Return how many have several films, and the leader's name, films and mean rating."""
        table = self.table(numbers)
        figures: Headline = {f"{self.noun}s_of_two_or_more": self.totals(numbers)["recurring"]}
        if len(table):
            top = table.iloc[0]
            figures |= {
                f"top_{self.noun}": _name(top["label"]),
                f"top_{self.noun}_films": int(top["films"]),
            }
            if top["rated"]:
                figures[f"top_{self.noun}_rating"] = round(float(top["mean_rating"]), 2)
        return figures

    def story(self, numbers: Numbers) -> Story:
        """Return a sentence about the leader, and the first nine as bars."""
        table = self.table(numbers).head(9)
        if table.empty:
            return md("No {} has two films here.", self.noun), ()
        bars = rated_bars(map(_name, table["label"]), table)
        number = self.totals(numbers)["recurring"]
        several = f"{number:,} {self.noun}{'s have' if number > 1 else ' has'} several"
        leader, most = text(bars[0].name, 60), bars[0].value
        sentence = md("**{}** leads with {:,} films; {}.", leader, most, several)
        if table["rated"].any():
            sentence += md(
                " Equal numbers of films are ranked by the mean rating with {} average ratings"
                " added.",
                shrinkage.RATINGS,
            )
        return sentence, bars

    def _axis(self) -> alt.Axis:
        label = f"split(datum.label, {_TAB})"
        if self.names == 1:
            return alt.Axis(labelExpr=f"{label}[1]")
        names = ", ".join(f"{label}[{name + 1}]" for name in range(self.names))
        return alt.Axis(labelExpr=f"[{names}]", labelOffset=-7, labelLineHeight=14)


def role(name: str) -> Callable[[Numbers], pd.DataFrame]:
    """Return a function from `Numbers` to the ranked people of a role."""
    return lambda numbers: numbers.role(name).rename(columns={"person_id": "key", "name": "label"})


def _name(label: str) -> str:
    return label.replace(TAB, " · ")


def rated_bars(names: Iterable[str], rows: pd.DataFrame) -> list[Bar]:
    """Return a bar for each row, with its number of films and its mean rating, if it has one."""
    return [
        Bar(name, films, md("{:,}{}", films, md(" · {}", stars(mean)) if rated else ""))
        for name, films, mean, rated in zip(
            names,
            rows["films"].tolist(),
            rows["mean_rating"].tolist(),
            rows["rated"].tolist(),
            strict=True,
        )
    ]


def stars(rating: float) -> Markdown:
    """Format a rating as the charts do: ``★ 3.3``."""
    return md("★ {}", rounded(rating, 1))
