"""Viewings over time: by month, and by weekday and season. Dated viewings only.

What belongs here: these two charts, their numbers and their text. A day stays the same wherever the
chart is drawn: it is read from its text or as UTC, never in the reader's time zone.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline, Pick
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LACKING = "without a dated viewing"


def _days() -> alt.Chart:
    """One row for each dated viewing, with its day as text: "2026-01-31"."""
    return alt.Chart(alt.NamedData(DATASET)).transform_flatten(["viewings"], as_=["day"])


def _months() -> Drawing:
    return (
        _days()
        .transform_calculate(month="slice(datum.day, 0, 7)")
        .transform_aggregate(viewings="count()", groupby=["month"])
        .transform_calculate(
            year="slice(datum.month, 0, 4)",
            start="toDate(datum.month + '-01')",
            # Months count from 0 here, so this month's number means the next month.
            end="utc(toNumber(datum.year), toNumber(slice(datum.month, 5, 7)), 1)",
            # For screen readers; Vega's own text gives the end in the reader's time zone.
            said="'Month: ' + datum.month + '; Viewings: ' + datum.viewings",
        )
        .mark_rect(cursor="pointer", color=theme.FILMS)
        .encode(
            x=alt.X("start:T", title=None).scale(type="utc").axis(tickCount=8, labelFlush=False),
            x2="end:T",
            y=alt.Y("viewings:Q", title=None, stack=None).axis(**theme.COUNTS),
            y2=alt.Y2Datum(0),
            description="said:N",
            tooltip=[
                alt.Tooltip("month:N", title="Month"),
                alt.Tooltip("viewings:Q", title="Viewings"),
            ],
        )
        .properties(height=170)
    )


def _weekdays() -> Drawing:
    numbers = [f"{number:02}" for number in range(1, 13)]
    return (
        _days()
        .transform_calculate(
            weekday="(utcday(toDate(datum.day)) + 6) % 7", season="slice(datum.day, 5, 7)"
        )
        .transform_aggregate(viewings="count()", groupby=["weekday", "season"])
        .transform_calculate(
            name=f"{list(WEEKDAYS)}[datum.weekday]",
            month=f"{list(MONTHS)}[toNumber(datum.season) - 1]",
        )
        # One colour with varying opacity is readable on light and dark backgrounds.
        .mark_rect(color=theme.FILMS)
        .encode(
            x=alt.X("season:O", title=None)
            .scale(domain=numbers, paddingInner=0.08)
            .axis(
                labelExpr=f"{list(MONTHS)}[toNumber(datum.label) - 1]",
                labelAngle=0,
                labelOverlap="parity",
                labelSeparation=4,
            ),
            y=alt.Y("name:O", title=None).scale(domain=list(WEEKDAYS), paddingInner=0.12),
            opacity=alt.Opacity("viewings:Q", legend=None).scale(range=[0.18, 1], zero=True),
            tooltip=[
                alt.Tooltip("name:N", title="Weekday"),
                alt.Tooltip("month:N", title="Month"),
                alt.Tooltip("viewings:Q", title="Viewings"),
            ],
        )
        .properties(height=alt.Step(24))
    )


def _all(films: pd.DataFrame) -> pd.Series:
    """Return the days of all viewings as timestamps."""
    return pd.to_datetime(films["viewings"].explode())


def _month_numbers(films: pd.DataFrame) -> Headline:
    days = _all(films)
    months = days.dt.strftime("%Y-%m").value_counts()
    return {
        "viewings": len(days),
        "rewatched_films": int((films["viewings"].map(len) > 1).sum()),
        "months": len(months),
        "most_in_a_month": int(months.max()),
        "viewings_in_the_last_year": int((days > days.max() - pd.Timedelta(days=365)).sum()),
    }


def _month_story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    days = _all(films)
    years = days.dt.year.value_counts().sort_index(ascending=False)
    months = days.dt.strftime("%Y-%m").value_counts()
    top = min(months.items(), key=lambda one: (-one[1], one[0]))
    sentence = md(
        "**{:,} dated viewings**, most of them ({:,}) in {}; from {:%Y} to {:%Y}.",
        len(days),
        top[1],
        top[0],
        days.min(),
        days.max(),
    )
    bars = [Bar(str(year), number, md("{:,}", number)) for year, number in years.head(9).items()]
    return sentence, bars


def _weekday_counts(films: pd.DataFrame) -> pd.Series:
    counts = _all(films).dt.weekday.value_counts()
    return counts.reindex(range(7), fill_value=0)


def _weekday_numbers(films: pd.DataFrame) -> Headline:
    counts = _weekday_counts(films)
    return {
        "viewings": int(counts.sum()),
        "weekend_share": round(float(counts.loc[[4, 5, 6]].sum() / counts.sum()), 4),
        "top_weekday": WEEKDAYS[int(counts.to_numpy().argmax())],
    }


def _weekday_story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    counts = _weekday_counts(films)
    share = counts.loc[[4, 5, 6]].sum() / counts.sum()
    bars = [
        Bar(name, int(counts[day]), md("{:,}", counts[day])) for day, name in enumerate(WEEKDAYS)
    ]
    top = WEEKDAYS[int(counts.to_numpy().argmax())]
    sentence = md(
        "**{}** is film day; {:.0%} of the viewings are from Friday to Sunday.", top, share
    )
    return sentence, bars


VIEWINGS_BY_MONTH = Chart(
    name="months",
    title="Viewings by month",
    question="How are the viewings of these films distributed by month? Dated viewings only.",
    columns=("viewings",),
    needs="viewings",
    lacking=_LACKING,
    specification=_months,
    numbers=_month_numbers,
    story=_month_story,
    pick=Pick(filter="year", field="year"),
    wide=True,
)
VIEWINGS_BY_WEEKDAY = Chart(
    name="weekdays",
    title="Weekdays and seasons",
    question="On which weekdays, and in which months of the year, do the viewings fall?",
    columns=("viewings",),
    needs="viewings",
    lacking=_LACKING,
    specification=_weekdays,
    numbers=_weekday_numbers,
    story=_weekday_story,
)
