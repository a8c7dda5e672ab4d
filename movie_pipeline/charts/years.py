"""Years of release: one bar per year, from the oldest film to the newest.

What belongs here: this one chart and its text.
"""

import altair as alt

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import (
    STARS,
    Chart,
    Drawing,
    Headline,
    Pick,
    Story,
    rows_of,
    tallied,
)
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

_rows = rows_of("year", numeric=True)


def _transform(films: alt.Chart) -> alt.Chart:
    return tallied(films.transform_calculate(key="datum.released"), "key")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    return (
        rows.transform_calculate(
            end="datum.key + 1", decade="floor(datum.key / 10) * 10", stars=STARS
        )
        .mark_bar(binSpacing=1, cursor="pointer")
        .encode(
            x=alt.X("key:Q", bin="binned", title=None)
            .scale(nice=False, zero=False)
            .axis(format="d", tickMinStep=1, tickCount=10, labelFlush=False, labelSeparation=6),
            x2="end:Q",
            y=alt.Y("films:Q", title=None, stack=None).axis(**theme.COUNTS),
            tooltip=[
                alt.Tooltip("key:Q", title="Year", format="d"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
        .properties(height=170)
    )


def _numbers(numbers: Numbers) -> Headline:
    rows = _rows(numbers)
    return {
        "years": len(rows),
        "first_year": int(numbers.summary["first_year"]),
        "last_year": int(numbers.summary["last_year"]),
        "top_year": int(rows["key"].iloc[0]),
        "top_year_films": int(rows["films"].iloc[0]),
    }


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).head(9)
    bars = [
        Bar(str(year), films, md("{:,}", films))
        for year, films in zip(rows["key"].tolist(), rows["films"].tolist(), strict=True)
    ]
    sentence = md(
        "**{}** is the top year, with {:,} films; the films span {} to {}.",
        bars[0].name,
        bars[0].value,
        numbers.summary["first_year"],
        numbers.summary["last_year"],
    )
    return sentence, bars


YEARS = Chart(
    name="years",
    title="Years of release",
    question="How are the films of this list distributed over the years of release?",
    dimension="year",
    lacking="without a year",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("released", "rating"),
    needs=("released",),
    transform=_transform,
    identified=False,
    pick=Pick(filter="decade", field="decade"),
    wide=True,
)
