"""Coverage: how many films of this list were identified, and what happened to the other lines.

What belongs here: this one chart and its text. No other chart covers lines that are not films.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.films import STATE_WORDS, STATES
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar


def _rows(numbers: Numbers) -> pd.DataFrame:
    rows = numbers.of("state")
    return rows.assign(share=rows["films"] / max(int(rows["films"].sum()), 1))


def _transform(lines: alt.Chart) -> alt.Chart:
    return (
        lines.transform_calculate(key="datum.state")
        .transform_joinaggregate(all="count()")
        .transform_aggregate(films="count()", all="max(all)", groupby=["key"])
        .transform_calculate(share="datum.films / datum.all")
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    states = rows.transform_calculate(
        state=f"{STATE_WORDS}[datum.key]",
        order=f"indexof({list(STATES)}, datum.key)",
        percent="format(datum.share, '.0%')",
    ).encode(
        # Labels omit what is in brackets or after a comma; the tooltip has the full text.
        y=alt.Y("state:N")
        .title(None)
        .sort(field="order", op="min")
        .axis(labelExpr="split(split(datum.label, ' (')[0], ',')[0]"),
        tooltip=[
            alt.Tooltip("state:N", title="State"),
            alt.Tooltip("films:Q", title="Titles"),
            alt.Tooltip("percent:N", title="Share"),
        ],
    )
    return bars(states, note="percent")


def _identified(numbers: Numbers) -> float:
    """The share of films that TMDB knows; lines that are not films are not part of it."""
    return numbers.states()["matched"] / max(numbers.watched, 1)


def _numbers(numbers: Numbers) -> Headline:
    return {**numbers.states(), "matched_share": round(_identified(numbers), 4)}


def _story(numbers: Numbers) -> Story:
    drawn = [
        Bar(STATE_WORDS[state], number, md("{:,}", number))
        for state, number in numbers.states().items()
        if number
    ]
    share = _identified(numbers)
    return md("**{:.0%}** of the films of this list were identified on TMDB.", share), drawn


COVERAGE = Chart(
    name="coverage",
    title="What was found",
    question="How many films of this list were found on TMDB, and what happened to the others?",
    dimension="film",
    lacking="without a state",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("state",),
    needs=("state",),
    transform=_transform,
    identified=False,
    covers="lines",
)
