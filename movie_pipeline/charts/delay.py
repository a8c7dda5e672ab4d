"""The delay: how long after its release you first saw each film.

What belongs here: this one chart and its text.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import DELAYS
from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story, rows_of
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

#: The words for each step of `DELAYS`.
WORDS = dict(
    zip(
        DELAYS,
        (
            "before its release",
            "in the first month",
            "in the first year",
            "1 to 5 years",
            "5 to 10 years",
            "10 to 20 years",
            "20 to 40 years",
            "over 40 years",
        ),
        strict=True,
    )
)

_rows = rows_of("delay", numeric=True)


def _transform(films: alt.Chart) -> alt.Chart:
    steps = " : ".join(f"datum.delay >= {days} ? {days}" for days in reversed(DELAYS))
    return films.transform_calculate(key=f"{steps} : null").transform_aggregate(
        films="count()", groupby=["key"]
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    # Object keys in Vega's expressions are texts.
    words = {str(days): said for days, said in WORDS.items()}
    steps = rows.transform_calculate(name=f"{words}[toString(datum.key)]", none="''").encode(
        y=alt.Y("name:N", title=None).sort(field="key", op="min"),
        tooltip=[alt.Tooltip("name:N", title="Seen"), alt.Tooltip("films:Q", title="Films")],
    )
    return bars(steps, note="none")


def _numbers(numbers: Numbers) -> Headline:
    rows = _rows(numbers)
    soon = int(rows.loc[rows["key"] < DELAYS[3], "films"].sum())
    return {"seen_within_a_year": soon}


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).sort_values("key")
    told = [
        Bar(WORDS[int(key)], films, md("{:,}", films))
        for key, films in zip(rows["key"].tolist(), rows["films"].tolist(), strict=True)
    ]
    soon = int(rows.loc[rows["key"] < DELAYS[3], "films"].sum())
    sentence = md("**{:,}** of {:,} films seen within a year.", soon, numbers.basis("delay"))
    return sentence, told


DELAY = Chart(
    name="delay",
    title="How old the films were",
    question="How long after its release did you first see each film?",
    dimension="delay",
    lacking="without a release date or a dated viewing",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("delay",),
    needs=("delay",),
    transform=_transform,
)
