"""Popular or obscure: how many people on TMDB have voted on each film.

What belongs here: this one chart, its numbers and its text. Votes are grouped on a logarithmic
scale in steps of half a power of ten; TMDB's popularity, which changes daily, is only one of the
numbers.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar

#: A film is obscure below the first number of votes, and popular from the second.
OBSCURE, POPULAR = 100, 10_000
_NAMES = "['0', '1', '3', '10', '30', '100', '300', '1k', '3k', '10k', '30k', '100k']"


def _specification() -> Drawing:
    films = (
        alt.Chart(alt.NamedData(DATASET))
        .transform_calculate(
            step="datum.vote_count < 1 ? 0 : 1 + min(10, floor(2 * log(datum.vote_count) / LN10))"
        )
        .transform_aggregate(films="count()", rating="mean(rating)", groupby=["step"])
        .transform_calculate(
            end="datum.step + 1",
            votes=f"{_NAMES}[datum.step] + (datum.step ? ' and more' : '')",
            stars="isValid(datum.rating) ? '★ ' + format(datum.rating, '.1f') : 'not rated'",
        )
    )
    y = alt.Y("films:Q", title=None, stack=None).axis(**theme.COUNTS)
    return (
        films.mark_bar(binSpacing=2)
        .encode(
            x=alt.X("step:Q", bin="binned", title="votes on TMDB")
            .scale(domain=[0, 12], nice=False)
            .axis(values=[*range(12)], labelExpr=f"{_NAMES}[datum.value]", labelFlush=False),
            x2="end:Q",
            y=y,
            tooltip=[
                alt.Tooltip("votes:N", title="Votes"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
        .properties(height=200)
    )


def _numbers(films: pd.DataFrame) -> Headline:
    votes, popularity = films["vote_count"], films["popularity"].dropna()
    numbers: Headline = {
        "median_votes": float(votes.median()),
        "obscure_films": int((votes < OBSCURE).sum()),
        "popular_films": int((votes >= POPULAR).sum()),
    }
    if len(popularity):
        numbers["median_popularity"] = round(float(popularity.median()), 2)
    return numbers


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    votes = films["vote_count"]
    edges = [(0, 10), (10, 100), (100, 1_000), (1_000, 10_000), (10_000, None)]
    bars = []
    for low, high in edges:
        inside = votes >= low if high is None else (votes >= low) & (votes < high)
        name = f"{low:,} votes and more" if high is None else f"{low:,} to {high - 1:,} votes"
        bars.append(Bar(name, int(inside.sum()), md("{:,}", int(inside.sum()))))
    first = films.sort_values(["vote_count", "tmdb_id"]).iloc[0]
    sentence = md(
        "Half of the films have **{:,.0f} votes** or fewer on TMDB; {:,} have fewer than {}; {} has"
        " the fewest ({:,.0f}).",
        votes.median(),
        int((votes < OBSCURE).sum()),
        OBSCURE,
        text(first["title"], 40),
        first["vote_count"],
    )
    return sentence, bars


POPULARITY = Chart(
    name="popularity",
    title="Popular and obscure",
    question="Are these films that everybody knows, or films that few people know?",
    columns=("vote_count", "popularity", "rating", "title", "tmdb_id"),
    needs="vote_count",
    lacking="without votes",
    specification=_specification,
    numbers=_numbers,
    story=_story,
)
