"""Decades of release: when the films are from, and which decades are rated best.

What belongs here: this one chart and its text. The year is that of TMDB's release date, else the
export's, so that films which TMDB does not know are here too.
"""

import altair as alt

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Pick, Story, rows_of, tallied
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.ranking import stars
from movie_pipeline.charts.story import Bar

_rows = rows_of("decade", numeric=True)


def _transform(films: alt.Chart) -> alt.Chart:
    return tallied(films.transform_calculate(key="floor(datum.released / 10) * 10"), "key")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    decades = rows.transform_calculate(
        name="datum.key + 's'",
        stars="isValid(datum.mean_rating) ? '★ ' + format(datum.mean_rating, '.1f') : ''",
    ).encode(
        y=alt.Y("name:N", title=None).sort(field="key", op="min", order="descending"),
        tooltip=[
            alt.Tooltip("name:N", title="Decade"),
            alt.Tooltip("films:Q", title="Films"),
            alt.Tooltip("stars:N", title="Your mean rating"),
        ],
    )
    return bars(decades, note="stars", clickable=True)


def _numbers(numbers: Numbers) -> Headline:
    rows = _rows(numbers)
    return {
        "decades": len(rows),
        "top_decade": int(rows["key"].iloc[0]),
        "top_decade_share": round(float(rows["share"].iloc[0]), 4),
        "median_year": int(numbers.summary["median_year"]),
    }


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers)
    latest = rows.sort_values("key", ascending=False)
    bars_ = [
        Bar(f"{decade}s", films, md("{:,}{}", films, md(" · {}", stars(mean)) if rated else ""))
        for decade, films, mean, rated in zip(
            latest["key"].tolist(),
            latest["films"].tolist(),
            latest["mean_rating"].tolist(),
            latest["rated"].tolist(),
            strict=True,
        )
    ]
    sentence = md(
        "The **{}s** lead with {:.0%} of the films; half are older than {:.0f}.",
        int(rows["key"].iloc[0]),
        float(rows["share"].iloc[0]),
        numbers.summary["median_year"],
    )
    return sentence, bars_


DECADES = Chart(
    name="decades",
    title="Decades",
    question="Which decades are the films of this list from, and which decades are rated best?",
    dimension="decade",
    lacking="without a year",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("released", "rating"),
    needs=("released",),
    transform=_transform,
    identified=False,
    pick=Pick(filter="decade", field="key"),
)
