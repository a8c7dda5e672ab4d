"""Coverage: how many lines of this list were found, and what happened to the others.

What belongs here: this one chart, its numbers and its text. No other chart covers all lines.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.films import STATE_WORDS, STATES
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar


def _specification() -> Drawing:
    rows = (
        alt.Chart(alt.NamedData(DATASET))
        .transform_joinaggregate(all="count()")
        .transform_aggregate(films="count()", all="max(all)", groupby=["match_status"])
        .transform_calculate(
            state=f"{STATE_WORDS}[datum.match_status]",
            place=f"indexof({list(STATES)}, datum.match_status)",
            percent="format(datum.films / datum.all, '.0%')",
        )
        .encode(
            # Labels omit what is in brackets or after a comma; the tooltip has the full text.
            y=alt.Y("state:N")
            .title(None)
            .sort(field="place", op="min")
            .axis(labelExpr="split(split(datum.label, ' (')[0], ',')[0]"),
            tooltip=[
                alt.Tooltip("state:N", title="State"),
                alt.Tooltip("films:Q", title="Lines"),
                alt.Tooltip("percent:N", title="Share"),
            ],
        )
    )
    return bars(rows, note="percent")


def _counts(films: pd.DataFrame) -> dict[str, int]:
    counts = films["match_status"].value_counts()
    return {state: int(counts.get(state, 0)) for state in STATES}


def _numbers(films: pd.DataFrame) -> Headline:
    counts = _counts(films)
    return {**counts, "matched_share": round(counts["matched"] / len(films), 4)}


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    counts = _counts(films)
    share = counts["matched"] / len(films)
    drawn = [
        Bar(STATE_WORDS[state], number, md("{:,}", number))
        for state, number in counts.items()
        if number
    ]
    return md("**{:.0%}** of the films of this list were found on TMDB.", share), drawn


COVERAGE = Chart(
    name="coverage",
    title="What was found",
    question="How many films of this list were found on TMDB, and what happened to the others?",
    columns=("match_status",),
    needs="match_status",
    lacking="without a state",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    everything=True,
)
