"""Rankings of people: who has the most films, and how those were rated.

What belongs here: what the charts of directors, actors and pairs have in common. What does not:
what is ranked and what it is called (`directors`, `actors`, `pairs`), and finding people who occur
more than once (`people`).

People are ranked by number of films, then by shrunk mean (`movie_pipeline.analytics.shrinkage`),
then by name and id. People without a rated film come after those with equally many films who have
one. Means are compared to six digits, so that Vega and pandas, which sum in different orders, see
the same ties.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import altair as alt
import pandas as pd

from movie_pipeline.analytics import shrinkage
from movie_pipeline.charts import theme
from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import DATASET, Drawing, Headline
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.people import AT_LEAST, TAB
from movie_pipeline.charts.story import Bar

_DIGITS = 1_000_000
_TAB = repr(TAB)


@dataclass(frozen=True)
class Ranking:
    """A kind of ranking.

    Attributes:
        noun: What is ranked, in the singular: ``director``.
        column: The column with lists of keys (`people.repeated`, `people.pairs`) to count.
        rows: How many rows are drawn.
        lines: The number of lines of a name beside its bar: one for each person.
    """

    noun: str
    column: str
    rows: int = 15
    lines: int = 1

    def specification(self) -> Drawing:
        """Return the chart: bars of films, their number, and the shrunk mean on the right."""
        key = self.column
        everyone = (
            alt.Chart(alt.NamedData(DATASET))
            .transform_joinaggregate(overall="mean(rating)")
            # An empty list would vanish, and with it the note for empty rankings; null counts as no
            # person below. It replaces the list, as a further field of 85,000 rows takes time.
            .transform_calculate(as_=key, calculate=f"length(datum.{key}) ? datum.{key} : [null]")
            .transform_flatten([key])
            .transform_aggregate(
                films=f"valid({key})",
                total="sum(rating)",
                rated="valid(rating)",
                overall="mean(overall)",
                groupby=[key],
            )
        )
        score = shrinkage.expression(
            "datum.total", "datum.rated", "datum.overall", shrinkage.RATINGS
        )
        parts = f"split(datum.{key}, {_TAB})"
        name = " + ' · ' + ".join(f"{parts}[{2 * line + 1}]" for line in range(self.lines))
        ranked = (
            everyone.transform_filter(f"datum.films >= {AT_LEAST}")
            # People with fewer films than the last one drawn need no name and no score; this
            # leaves a few dozen of 30,000 actors.
            .transform_window(most="rank()", sort=[alt.SortField("films", order="descending")])
            .transform_filter(f"datum.most <= {self.rows}")
            .transform_calculate(
                id=f"{parts}[0]",
                name=name,
                score=f"datum.rated ? round({score} * {_DIGITS}) / {_DIGITS} : 0",
            )
            .transform_window(
                place="row_number()",
                sort=[
                    alt.SortField("films", order="descending"),
                    alt.SortField("score", order="descending"),
                    alt.SortField("name"),
                    alt.SortField(key),
                ],
            )
            .transform_filter(f"datum.place <= {self.rows}")
            .transform_calculate(
                stars="datum.rated ? '★ ' + format(datum.score, '.1f') : ''",
                ratings="datum.rated ? '★ ' + format(datum.total / datum.rated, '.2f') + ' of '"
                " + datum.rated + ' rated' : 'not rated'",
            )
            .encode(
                y=alt.Y(f"{key}:N").title(None).sort(field="place", op="min").axis(self._axis()),
                tooltip=[
                    alt.Tooltip("name:N", title=self.noun.capitalize()),
                    alt.Tooltip("films:Q", title="Films"),
                    alt.Tooltip("ratings:N", title="Your mean rating"),
                    alt.Tooltip("stars:N", title="Shrunk toward your mean"),
                ],
            )
        )
        empty = (
            everyone.transform_aggregate(most="max(films)")
            .transform_filter(f"datum.most < {AT_LEAST}")
            .mark_text(align="left", color=theme.QUIET, text=f"No {self.noun} has two films here.")
            .encode(x=alt.value(0), y=alt.value(8))
        )
        # A pair is two people, but a click sets only one filter.
        single = self.lines == 1
        return bars(ranked, note="stars", clickable=single, lines=self.lines, otherwise=empty)

    def drawn(self, films: pd.DataFrame) -> pd.DataFrame:
        """Return the films of the people drawn, and one more row that preserves the overall mean.

        Vega takes 1 kB for each film, and most of 50,000 films have none of these people.
        """
        chosen = set(self.table(films)["who"].head(self.rows))
        column = films[self.column].map(lambda keys: [key for key in keys if key in chosen])
        narrow = films.assign(**{self.column: column})
        few = narrow[column.map(bool)]
        rated, rest = few["rating"].dropna(), narrow[~column.map(bool)].head(1)
        if rest.empty:
            return few
        overall = float(films["rating"].mean())  # NaN where nothing is rated
        balance = overall * (len(rated) + 1) - float(rated.sum())
        return pd.concat([few, rest.assign(rating=balance)], ignore_index=True)

    def table(self, films: pd.DataFrame) -> pd.DataFrame:
        """Return `who` (the key), `name`, `films`, `rated`, `score`, in the order of the chart."""
        keys = films[[self.column, "rating"]].explode(self.column).dropna(subset=[self.column])
        people = keys.groupby(self.column, sort=False)["rating"].agg(["size", "count", "sum"])
        people = people[people["size"] >= AT_LEAST].rename_axis("who").reset_index()
        people.columns = pd.Index(["who", "films", "rated", "total"])
        people["name"] = [" · ".join(str(who).split(TAB)[1::2]) for who in people["who"]]
        score = shrinkage.shrunk(
            people["total"], people["rated"], float(films["rating"].mean()), shrinkage.RATINGS
        )
        people["score"] = score.mul(_DIGITS).round().div(_DIGITS).where(people["rated"] > 0, 0)
        return people.sort_values(
            ["films", "score", "name", "who"],
            ascending=[False, False, True, True],
            ignore_index=True,
        )

    def numbers(self, films: pd.DataFrame) -> Headline:
        """Return how many have several films, and the leader's name, films and shrunk mean."""
        table = self.table(films)
        numbers: Headline = {f"{self.noun}s_of_two_or_more": len(table)}
        if len(table):
            top = table.iloc[0]
            numbers |= {
                f"top_{self.noun}": str(top["name"]),
                f"top_{self.noun}_films": int(top["films"]),
            }
            if top["rated"]:
                numbers[f"top_{self.noun}_score"] = round(float(top["score"]), 2)
        return numbers

    def story(self, films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
        """Return a sentence about the leader, and the first nine as bars."""
        table = self.table(films)
        if table.empty:
            return md("No {} has two films here.", self.noun), ()
        first = table.head(9)
        bars = [
            Bar(name, number, md("{:,}{}", number, md(" · {}", stars(score)) if rated else ""))
            for name, number, score, rated in zip(
                first["name"],
                first["films"].tolist(),
                first["score"].tolist(),
                first["rated"].tolist(),
                strict=True,
            )
        ]
        several = f"{len(table):,} {self.noun}{'s have' if len(table) > 1 else ' has'} several"
        leader, number = text(bars[0].name, 60), bars[0].value
        sentence = md("**{}** leads with {:,} films; {}.", leader, number, several)
        if table["rated"].any():
            sentence += md(" ★ is the mean, with {} average ratings added.", shrinkage.RATINGS)
        return sentence, bars

    def _axis(self) -> alt.Axis:
        label = f"split(datum.label, {_TAB})"
        if self.lines == 1:
            return alt.Axis(labelExpr=f"{label}[1]")
        names = ", ".join(f"{label}[{2 * line + 1}]" for line in range(self.lines))
        return alt.Axis(labelExpr=f"[{names}]", labelOffset=-7, labelLineHeight=14)


def stars(rating: float) -> Markdown:
    """Format a rating as the charts do: ``★ 3.3``."""
    return md("★ {}", rounded(rating, 1))


def rounded(number: float, places: int) -> Decimal:
    """Round a number as Vega does: halves up, where Python rounds to even."""
    return Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
