"""Viewings over time: by month, and by weekday and season. Dated viewings only.

What belongs here: these two charts and their text. A day stays the same wherever the
chart is drawn: it is read from its text or as UTC, never in the reader's time zone.
"""

from __future__ import annotations

import functools

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Pick, Story, rows_of
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: A chart of dated viewings, which don't depend on what TMDB knows.
dated = functools.partial(
    Chart, lacking="without a dated viewing", needs=("viewings",), identified=False
)


def _days(films: alt.Chart) -> alt.Chart:
    """One row for each dated viewing, with its day as text: "2026-01-31"."""
    return films.transform_flatten(["viewings"], as_=["day"])


def _counted(days: alt.Chart) -> alt.Chart:
    return days.transform_aggregate(viewings="count()", groupby=["key"])


def _by_month(films: alt.Chart) -> alt.Chart:
    first = films.transform_calculate(
        first="datum.viewings[0]", before="datum.seen_before || datum.earlier"
    )
    days = _days(first).transform_calculate(
        key="slice(datum.day, 0, 7)", one="datum.before || datum.day > datum.first ? 1 : 0"
    )
    return days.transform_aggregate(viewings="count()", again="sum(one)", groupby=["key"])


def _month_rows(numbers: Numbers) -> pd.DataFrame:
    """A row for each month: `key`, its `viewings`, and how many of these were rewatches."""
    rows = numbers.of("month")
    again = numbers.of("month_again").set_index("key")["viewings"]
    return rows.assign(again=rows["key"].map(again).fillna(0).astype(int))


def _by_season(films: alt.Chart) -> alt.Chart:
    weekday = "(utcday(toDate(datum.day)) + 6) % 7 + 1"
    return _counted(
        _days(films).transform_calculate(key=f"{weekday} + ':' + slice(datum.day, 5, 7)")
    )


def _months(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    months = rows.transform_calculate(
        year="slice(datum.key, 0, 4)",
        start="toDate(datum.key + '-01')",
        # Months count from 0 here, so this month's number means the next month.
        end="utc(toNumber(slice(datum.key, 0, 4)), toNumber(slice(datum.key, 5, 7)), 1)",
        # For screen readers; Vega's own text gives the end in the reader's time zone.
        said="'Month: ' + datum.key + '; Viewings: ' + datum.viewings",
    ).encode(
        x=alt.X("start:T", title=None).scale(type="utc").axis(tickCount=8, labelFlush=False),
        x2="end:T",
        description="said:N",
        tooltip=[
            alt.Tooltip("key:N", title="Month"),
            alt.Tooltip("viewings:Q", title="Viewings"),
            alt.Tooltip("again:Q", title="of these, again"),
        ],
    )
    y = alt.Y("viewings:Q", title=None, stack=None).axis(**theme.COUNTS)
    return alt.layer(
        months.mark_rect(cursor="pointer", color=theme.FILMS).encode(y=y, y2="again:Q"),
        months.transform_filter("datum.again")
        .mark_rect(cursor="pointer", color=theme.RAMP[1])
        .encode(y="again:Q", y2=alt.Y2Datum(0)),
    ).properties(height=170)


def _weekdays(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    numbers = [f"{number:02}" for number in range(1, 13)]
    return (
        rows.transform_calculate(season="split(datum.key, ':')[1]")
        .transform_calculate(
            name=f"{list(WEEKDAYS)}[toNumber(split(datum.key, ':')[0]) - 1]",
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


def _month_numbers(numbers: Numbers) -> Headline:
    months = numbers.of("month")
    return {
        "viewings": int(numbers.summary["viewings"]),
        "rewatched_films": int(numbers.summary["rewatched"]),
        "months": len(months),
        "most_in_a_month": int(months["viewings"].iloc[0]),
        "viewings_in_the_last_year": int(numbers.summary["viewings_in_the_last_year"]),
    }


def _month_story(numbers: Numbers) -> Story:
    summary, top = numbers.summary, numbers.of("month").iloc[0]
    sentence = md(
        "**{:,} dated viewings**, most of them ({:,}) in {}; from {:%Y} to {:%Y}.",
        int(summary["viewings"]),
        int(top["viewings"]),
        top["key"],
        summary["first_viewing"],
        summary["last_viewing"],
    )
    years = numbers.of("seen_in").sort_values("key", ascending=False).head(9)
    bars = [
        Bar(year, viewings, md("{:,}", viewings))
        for year, viewings in zip(years["key"], years["viewings"].astype(int), strict=True)
    ]
    return sentence, bars


def _weekday_counts(numbers: Numbers) -> list[int]:
    """The number of viewings on each weekday, from Monday."""
    rows = numbers.of("weekday").set_index("key")["viewings"]
    return [int(rows.get(str(day), 0)) for day in range(1, 8)]


def _weekday_numbers(numbers: Numbers) -> Headline:
    counts = _weekday_counts(numbers)
    return {
        "viewings": sum(counts),
        "weekend_share": round(sum(counts[4:]) / sum(counts), 4),
        "top_weekday": WEEKDAYS[counts.index(max(counts))],
    }


def _weekday_story(numbers: Numbers) -> Story:
    counts = _weekday_counts(numbers)
    bars = [
        Bar(name, count, md("{:,}", count)) for name, count in zip(WEEKDAYS, counts, strict=True)
    ]
    sentence = md(
        "**{}** is film day; {:.0%} of the viewings are from Friday to Sunday.",
        WEEKDAYS[counts.index(max(counts))],
        sum(counts[4:]) / sum(counts),
    )
    return sentence, bars


VIEWINGS_BY_MONTH = dated(
    name="months",
    title="Viewings by month",
    question="When did you watch? Dated viewings by month: for the first time above, in the"
    " stronger colour, and again below.",
    dimension="month",
    rows=_month_rows,
    marks=_months,
    numbers=_month_numbers,
    story=_month_story,
    columns=("viewings", "seen_before", "earlier"),
    transform=_by_month,
    pick=Pick(filter="year", field="key"),
    wide=True,
)
VIEWINGS_BY_WEEKDAY = dated(
    name="weekdays",
    title="Weekdays and seasons",
    question="On which weekdays, and in which months of the year, do the viewings fall?",
    dimension="season",
    rows=rows_of("season"),
    marks=_weekdays,
    numbers=_weekday_numbers,
    story=_weekday_story,
    columns=("viewings",),
    transform=_by_season,
)
