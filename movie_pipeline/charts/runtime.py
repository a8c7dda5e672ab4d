"""Runtimes: how long the films are, and how long one is on average.

What belongs here: this one chart, its numbers and its text. A runtime of 0 means "unknown" on TMDB;
such films are left out, and the chart says so.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar

#: Minutes per bar of the histogram, and the start of its last bar, "and longer".
STEP, LONGEST = 10, 240

_HOURS = (
    "datum.value == 0 ? '0' : (datum.value >= 60 ? floor(datum.value / 60) + ' h ' : '')"
    " + (datum.value % 60 ? datum.value % 60 + (datum.value < 60 ? ' min' : '') : '')"
    f" + (datum.value == {LONGEST} ? '+' : '')"
)


def _specification() -> Drawing:
    films = alt.Chart(alt.NamedData(DATASET)).transform_filter("datum.runtime_minutes > 0")
    bars = (
        films.transform_calculate(shown=f"min(datum.runtime_minutes, {LONGEST})")
        .transform_calculate(start=f"floor(datum.shown / {STEP}) * {STEP}")
        .transform_aggregate(films="count()", groupby=["start"])
        .transform_calculate(
            end=f"datum.start + {STEP}",
            length=f"datum.start == {LONGEST} ? '{LONGEST} min and longer'"
            " : datum.start + ' to ' + (datum.end - 1) + ' min'",
        )
        .mark_bar(binSpacing=1.5)
        .encode(
            x=alt.X("start:Q", bin="binned", title=None)
            .scale(domain=alt.DomainUnionWith(unionWith=[60, 180]), nice=False, zero=False)
            .axis(labelExpr=_HOURS, values=list(range(0, LONGEST + 1, 30)), labelOverlap=True),
            x2="end:Q",
            y=alt.Y("films:Q", title="films", stack=None).axis(
                **theme.COUNTS,
                titleAngle=0,
                titleAlign="left",
                titleAnchor="end",
                titleY=-12,
                titleX=-4,
            ),
            tooltip=[
                alt.Tooltip("length:N", title="Runtime"),
                alt.Tooltip("films:Q", title="Films"),
            ],
        )
    )
    average = films.transform_aggregate(mean="mean(runtime_minutes)").transform_calculate(
        minutes="round(datum.mean)",
        words="'average ' + floor(datum.minutes / 60) + ' h '"
        " + pad(datum.minutes % 60, 2, '0', 'left') + ' min'",
    )
    label = average.mark_text(
        align="left", baseline="bottom", dx=6, color=theme.MEASURE, fontWeight=600
    )
    return alt.layer(
        bars,
        average.mark_rule().encode(x="mean:Q"),
        label.encode(x="mean:Q", y=alt.value(-2), text="words:N"),
    ).properties(height=230)


def _numbers(films: pd.DataFrame) -> Headline:
    minutes = films["runtime_minutes"]
    again = minutes_again(films)
    return {
        "mean_runtime_minutes": round(float(minutes.mean()), 1),
        "median_runtime_minutes": float(minutes.median()),
        "shortest_minutes": int(minutes.min()),
        "longest_minutes": int(minutes.max()),
        "total_hours": round(float(minutes.sum()) / 60, 1),
        "hours_of_rewatches": round(again / 60, 1),
        "hours_with_rewatches": round((float(minutes.sum()) + again) / 60, 1),
    }


def minutes_again(films: pd.DataFrame) -> float:
    """Return the minutes of all dated viewings except each film's first (dated or not)."""
    again = films["viewings"].map(len).clip(lower=1) - 1
    return float((films["runtime_minutes"] * again).sum())


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    minutes = films["runtime_minutes"]
    edges = [(0, 60), (60, 90), (90, 105), (105, 120), (120, 150), (150, 180), (180, None)]
    bars = []
    for low, high in edges:
        inside = minutes >= low if high is None else (minutes >= low) & (minutes < high)
        name = f"{low} min and more" if high is None else f"{low} to {high - 1} min"
        bars.append(Bar(name, int(inside.sum()), md("{:,}", int(inside.sum()))))
    sentence = md(
        "**{}** on average, half of the films under {}; {:,.0f} hours in all",
        hours(float(minutes.mean())),
        hours(float(minutes.median())),
        minutes.sum() / 60,
    )
    again = minutes_again(films)
    rewatched = md(", each film once, and {:,.0f} more of rewatches", again / 60) if again else ""
    return md("{}{}.", sentence, rewatched), bars


def hours(minutes: float) -> str:
    """Format minutes for people: ``1 h 52 min``."""
    whole, rest = divmod(round(minutes), 60)
    return f"{whole} h {rest:02d} min" if whole else f"{rest} min"


RUNTIME = Chart(
    name="runtime",
    title="Runtime",
    question="How long are the films of this list, on average and from shortest to longest?",
    columns=("runtime_minutes", "viewings"),
    needs="runtime_minutes",
    lacking="without a known runtime",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    wide=True,
)
