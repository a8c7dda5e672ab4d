"""Runtimes: how long the films are, and how long one is on average.

What belongs here: this one chart and its text. A runtime of 0 means "unknown" on TMDB;
such films are left out, and the chart says so.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import LONGEST, RUNTIME_STEP
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Pick, Story, rows_of
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

_rows = rows_of("runtime", numeric=True)
_HOURS = (
    "datum.value == 0 ? '0' : (datum.value >= 60 ? floor(datum.value / 60) + ' h ' : '')"
    " + (datum.value % 60 ? datum.value % 60 + (datum.value < 60 ? ' min' : '') : '')"
    f" + (datum.value == {LONGEST} ? '+' : '')"
)


def _transform(films: alt.Chart) -> alt.Chart:
    step = f"floor(min(datum.runtime_minutes, {LONGEST}) / {RUNTIME_STEP}) * {RUNTIME_STEP}"
    return films.transform_calculate(key=step).transform_aggregate(films="count()", groupby=["key"])


def _totalled(films: alt.Chart) -> alt.Chart:
    return films.transform_aggregate(
        minutes="sum(runtime_minutes)", timed="valid(runtime_minutes)"
    ).transform_calculate(mean_runtime="datum.minutes / datum.timed")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    bars = (
        rows.transform_calculate(
            end=f"datum.key + {RUNTIME_STEP}",
            range="datum.key + '-'"
            f" + (datum.key == {LONGEST} ? '' : datum.key + {RUNTIME_STEP - 1})",
            length=f"datum.key == {LONGEST} ? '{LONGEST} min and longer'"
            f" : datum.key + ' to ' + (datum.key + {RUNTIME_STEP - 1}) + ' min'",
        )
        .mark_bar(binSpacing=1.5, cursor="pointer")
        .encode(
            x=alt.X("key:Q", bin="binned", title=None)
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
    average = totals.transform_calculate(
        words="'average ' + floor(round(datum.mean_runtime) / 60) + ' h '"
        " + pad(round(datum.mean_runtime) % 60, 2, '0', 'left') + ' min'",
    )
    label = average.mark_text(
        align="left", baseline="bottom", dx=6, color=theme.MEASURE, fontWeight=600
    )
    return alt.layer(
        bars,
        average.mark_rule().encode(x="mean_runtime:Q"),
        label.encode(x="mean_runtime:Q", y=alt.value(-2), text="words:N"),
    ).properties(height=230)


def _numbers(numbers: Numbers) -> Headline:
    summary = numbers.summary
    return {
        "mean_runtime_minutes": round(summary["mean_runtime"], 1),
        "median_runtime_minutes": float(summary["median_runtime"]),
        "shortest_minutes": int(summary["shortest"]),
        "longest_minutes": int(summary["longest"]),
        "total_hours": round(summary["hours"], 1),
        "hours_of_rewatches": round(summary["hours_again"], 1),
        "hours_with_rewatches": round(summary["hours"] + summary["hours_again"], 1),
    }


def _story(numbers: Numbers) -> Story:
    summary, rows = numbers.summary, _rows(numbers)
    edges = [(0, 60), (60, 90), (90, 120), (120, 150), (150, 180), (180, LONGEST + 1)]
    bars = []
    for low, high in edges:
        films = int(rows.loc[(rows["key"] >= low) & (rows["key"] < high), "films"].sum())
        name = f"{low} min and more" if high > LONGEST else f"{low} to {high - 1} min"
        bars.append(Bar(name, films, md("{:,}", films)))
    sentence = md(
        "**{}** on average, half of the films under {}; {:,.0f} hours in all",
        hours(summary["mean_runtime"]),
        hours(summary["median_runtime"]),
        summary["hours"],
    )
    again = summary["hours_again"]
    rewatched = md(", each film once, and {:,.0f} more of rewatches", again) if again else ""
    return md("{}{}.", sentence, rewatched), bars


def hours(minutes: float) -> str:
    """Format minutes for people: ``1 h 52 min``."""
    whole, rest = divmod(round(minutes), 60)
    return f"{whole} h {rest:02d} min" if whole else f"{rest} min"


RUNTIME = Chart(
    name="runtime",
    title="Runtime",
    question="How long are the films of this list, on average and from shortest to longest?",
    dimension="runtime",
    lacking="without a known runtime",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("runtime_minutes",),
    needs=("runtime_minutes",),
    transform=_transform,
    totals=lambda numbers: {"mean_runtime": numbers.summary["mean_runtime"]},
    totalled=_totalled,
    pick=Pick(filter="runtime", field="range"),
)
