"""Your ratings compared with the public's: how closely they agree, and who rates higher.

What belongs here: this one chart, its numbers and its text. Stars are doubled to match the scale of
TMDB's mean (0 to 10). Films with fewer than `ENOUGH` votes are left out, and the chart says so.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar

#: Votes from which TMDB's mean counts as the public's opinion.
ENOUGH = 10


def _specification() -> Drawing:
    rated = (
        alt.Chart(alt.NamedData(DATASET))
        .transform_filter("isValid(datum.rating)")
        .transform_calculate(
            used=f"datum.vote_count >= {ENOUGH} && isValid(datum.vote_average) ? 1 : 0",
            higher="datum.used && datum.rating * 2 > datum.vote_average ? 1 : 0",
        )
    )
    cells = (
        rated.transform_filter("datum.used")
        .transform_calculate(
            stars="floor(datum.rating * 2 + 0.5) / 2",
            public="floor(datum.vote_average + 0.5)",
        )
        .transform_aggregate(films="count()", groupby=["stars", "public"])
        .mark_circle(color=theme.FILMS, opacity=0.85)
        .encode(
            x=alt.X("stars:Q", title="your rating")
            .scale(domain=[0.2, 5.3], nice=False, zero=False)
            .axis(values=[1, 2, 3, 4, 5], labelExpr="datum.value + ' ★'"),
            y=alt.Y("public:Q", title="TMDB's mean")
            .scale(domain=[0.5, 10.3], nice=False)
            .axis(values=[2, 4, 6, 8, 10], grid=True, labelColor=theme.QUIET),
            size=alt.Size("films:Q", legend=None).scale(range=[0, 520], zero=True),
            tooltip=[
                alt.Tooltip("stars:Q", title="Your stars"),
                alt.Tooltip("public:Q", title="TMDB's mean, about"),
                alt.Tooltip("films:Q", title="Films"),
            ],
        )
    )
    totals = rated.transform_aggregate(
        all="count()", used="sum(used)", higher="sum(higher)"
    ).transform_calculate(
        few="datum.all - datum.used",
        # On a line of its own: a phone or a column of the page has no room for both on one line.
        left=f"datum.few ? '|' + datum.few + ' with fewer than {ENOUGH} votes left out' : ''",
        words="(datum.used ? format(datum.higher / datum.used, '.0%') + ' rated higher than by"
        " the public' : 'No film with enough votes') + datum.left",
    )
    # Where both ratings are equal: a line between two fixed points, drawn for every selection.
    line = totals.transform_calculate(a="0.5", b="5", c="1", d="10")
    return alt.layer(
        line.mark_rule(strokeDash=[4, 4], strokeWidth=1.5).encode(
            x="a:Q", x2="b:Q", y="c:Q", y2="d:Q"
        ),
        cells,
        totals.mark_text(
            align="left", baseline="bottom", color=theme.MEASURE, fontWeight=600, lineBreak="|"
        ).encode(x=alt.value(0), y=alt.value(-10), text="words:N"),
    ).properties(height=250)


def _used(films: pd.DataFrame) -> pd.DataFrame:
    """Return the films with enough votes and `difference`: yours minus the public's (of ten)."""
    used = films[(films["vote_count"] >= ENOUGH) & films["vote_average"].notna()]
    return used.assign(difference=used["rating"] * 2 - used["vote_average"])


def _numbers(films: pd.DataFrame) -> Headline:
    used = _used(films)
    numbers: Headline = {"films_of_few_votes": len(films) - len(used)}
    if len(used):
        numbers["share_rated_higher"] = round(float((used["difference"] > 0).mean()), 4)
        numbers["mean_difference"] = round(float(used["difference"].mean()), 3)
    correlation = used["rating"].corr(used["vote_average"]) if _varied(used) else float("nan")
    return numbers | (
        {"correlation": round(float(correlation), 3)} if pd.notna(correlation) else {}
    )


def _varied(used: pd.DataFrame) -> bool:
    """Whether both ratings vary; constants have no correlation."""
    return bool(used["rating"].nunique() > 1 and used["vote_average"].nunique() > 1)


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    used = _used(films)
    few = len(films) - len(used)
    left = md(" {:,} with fewer than {} votes on TMDB left out.", few, ENOUGH) if few else ""
    if used.empty:
        return md("No rated film has enough votes on TMDB to compare with.{}", left), ()
    difference = float(used["difference"].mean())
    edges = [("2 or more higher", 2, 99), ("higher, by less", 0, 2)]
    edges += [("the same or lower, by less", -2, 0), ("2 or more lower", -99, -2)]
    counts = [
        (name, int(_between(used["difference"], low, high).sum())) for name, low, high in edges
    ]
    higher = float((used["difference"] > 0).mean())
    sentence = md(
        "**{:.0%}** of the films are rated higher than by TMDB's public; on average {:.1f} of ten"
        " points {} it.{}",
        higher,
        abs(difference),
        "above" if difference > 0 else "below",
        left,
    )
    return sentence, [Bar(name, count, md("{:,}", count)) for name, count in counts]


def _between(values: pd.Series, low: float, high: float) -> pd.Series:
    if high <= 0:
        return (values > low) & (values <= high)
    return (values >= low) & (values < high) if low else (values > low) & (values < high)


AGREEMENT = Chart(
    name="agreement",
    title="You and the public",
    question="Do the ratings of this list agree with those of TMDB's public, and who rates higher?",
    columns=("rating", "vote_average", "vote_count"),
    needs="rating",
    lacking="not rated",
    specification=_specification,
    numbers=_numbers,
    story=_story,
)
