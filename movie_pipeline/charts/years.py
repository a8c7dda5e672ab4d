"""Years of release: one bar per year, from the oldest film to the newest.

What belongs here: this one chart, its numbers and its text.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline, Pick
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar


def _specification() -> Drawing:
    return (
        alt.Chart(alt.NamedData(DATASET))
        .transform_aggregate(films="count()", rating="mean(rating)", groupby=["released"])
        .transform_calculate(
            end="datum.released + 1",
            decade="floor(datum.released / 10) * 10",
            stars="isValid(datum.rating) ? '★ ' + format(datum.rating, '.1f') : 'not rated'",
        )
        .mark_bar(binSpacing=1, cursor="pointer")
        .encode(
            x=alt.X("released:Q", bin="binned", title=None)
            .scale(nice=False, zero=False)
            .axis(format="d", tickMinStep=1, tickCount=10, labelFlush=False, labelSeparation=6),
            x2="end:Q",
            y=alt.Y("films:Q", title=None, stack=None).axis(**theme.COUNTS),
            tooltip=[
                alt.Tooltip("released:Q", title="Year", format="d"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
        .properties(height=170)
    )


def _by_year(films: pd.DataFrame) -> pd.Series:
    return films["released"].astype("int64").value_counts().sort_index(ascending=False)


def _numbers(films: pd.DataFrame) -> Headline:
    years = _by_year(films)
    return {
        "years": len(years),
        "first_year": int(years.index.min()),
        "last_year": int(years.index.max()),
        "top_year": int(str(years.idxmax())),
        "top_year_films": int(years.max()),
    }


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    years = _by_year(films)
    most = years.sort_values(ascending=False, kind="stable").head(9)
    sentence = md(
        "**{}** is the top year, with {:,} films; the films span {} to {}.",
        most.index[0],
        most.iloc[0],
        years.index.min(),
        years.index.max(),
    )
    return sentence, [Bar(str(year), number, md("{:,}", number)) for year, number in most.items()]


YEARS = Chart(
    name="years",
    title="Years of release",
    question="How are the films of this list distributed over the years of release?",
    columns=("released", "rating"),
    needs="released",
    lacking="without a year",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    pick=Pick(filter="decade", field="decade"),
    wide=True,
)
