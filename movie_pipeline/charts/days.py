"""The calendar: a square for each day with a viewing, and how the films added up.

What belongs here: these two charts and their text. What does not: months and weekdays (`viewings`).
A day stays the same wherever the chart is drawn: it is read as UTC, never in the reader's time
zone.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Drawing, Headline, Pick, Story, rows_of
from movie_pipeline.charts.findings import MILESTONES
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar
from movie_pipeline.charts.viewings import MONTHS, dated

#: How many years are drawn, the latest, and the height of a day and of a year in pixels.
YEARS_SHOWN, DAY, YEAR = 4, 12, 100


def _by_day(films: alt.Chart) -> alt.Chart:
    return films.transform_flatten(["viewings"], as_=["key"]).transform_aggregate(
        viewings="count()", groupby=["key"]
    )


def _calendar(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    days = (
        rows.transform_calculate(year="toNumber(slice(datum.key, 0, 4))")
        .transform_window(rank="dense_rank()", sort=[alt.SortField("year", order="descending")])
        .transform_filter(f"datum.rank <= {YEARS_SHOWN}")
        .transform_joinaggregate(most="max(viewings)")
        .transform_calculate(
            # Weeks begin on Monday, as everywhere; `begins` is the weekday of 1 January.
            begins="(utcday(utc(datum.year, 0, 1)) + 6) % 7",
            number="(toDate(datum.key) - utc(datum.year, 0, 1)) / 86400000",
        )
        .transform_calculate(
            week="floor((datum.number + datum.begins) / 7)",
            weekday="(datum.number + datum.begins) % 7",
            step="datum.most > 1 ? 3 + round((datum.viewings - 1) / (datum.most - 1) * 6) : 6",
            name="toString(datum.year)",
        )
    )
    y = alt.Y("name:O", title=None).scale(paddingInner=1 - 7 * DAY / YEAR, paddingOuter=0)
    y = y.axis(labelFontWeight=600)
    x = alt.X("week:Q", title=None).scale(domain=[0, 53], nice=False, zero=False)
    x = x.axis(
        values=[week * 53 / 12 for week in range(12)],
        labelExpr=f"{list(MONTHS)}[round(datum.value * 12 / 53)]",
        labelAlign="left",
        labelOverlap="parity",
    )
    top = "scale('y', datum.name)"
    ground = days.transform_aggregate(viewings="sum(viewings)", groupby=["name"])
    return alt.layer(
        ground.mark_rect(color=theme.LINE, opacity=0.45).encode(
            x=alt.value(0), x2=alt.value({"expr": "width"}), y=y
        ),
        days.transform_calculate(end="datum.week + 1")
        .mark_rect(
            cursor="pointer",
            fill={"expr": f"{[*theme.RAMP]}[datum.step]"},
            stroke=theme.CARD,
            strokeWidth=1,
        )
        .encode(
            x=x,
            x2="end:Q",
            y=alt.value({"expr": f"{top} + datum.weekday * {DAY}"}),
            y2=alt.value({"expr": f"{top} + (datum.weekday + 1) * {DAY}"}),
            tooltip=[
                alt.Tooltip("key:N", title="Day"),
                alt.Tooltip("viewings:Q", title="Viewings"),
            ],
        ),
    ).properties(height=alt.Step(YEAR))


def _calendar_numbers(numbers: Numbers) -> Headline:
    summary = numbers.summary
    return {
        "viewing_days": int(summary["viewing_days"]),
        "longest_run": int(summary["longest_run"]),
        "most_in_a_day": int(numbers.of("day")["viewings"].iloc[0]),
        "most_in_a_week": int(numbers.of("week")["viewings"].iloc[0]),
    }


def _calendar_story(numbers: Numbers) -> Story:
    summary, week = numbers.summary, numbers.of("week").iloc[0]
    sentence = md(
        "A film on **{:,} days**; {} in a row at most, until {}. Busiest week: {}, with {:,}.",
        int(summary["viewing_days"]),
        int(summary["longest_run"]),
        f"{summary['run_ended']:%Y-%m-%d}",
        week["key"],
        int(week["viewings"]),
    )
    days = numbers.of("day").head(9)
    return sentence, [
        Bar(day, viewings, md("{:,}", viewings))
        for day, viewings in zip(days["key"], days["viewings"].astype(int), strict=True)
    ]


def _by_first(films: alt.Chart) -> alt.Chart:
    return films.transform_calculate(key="datum.viewings[0]").transform_aggregate(
        films="count()", groupby=["key"]
    )


def _adding_up(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    each = " : ".join(f"datum.all >= {least} ? {step}" for least, step in MILESTONES)
    days = (
        rows.transform_calculate(day="toDate(datum.key)")
        .transform_window(seen="sum(films)", sort=[alt.SortField("key")])
        .transform_joinaggregate(all="sum(films)")
        .transform_calculate(each=f"{each} : null")
        .transform_calculate(
            milestone="floor(datum.seen / datum.each) > floor((datum.seen - datum.films)"
            " / datum.each) ? floor(datum.seen / datum.each) * datum.each : null",
            words="floor(datum.seen / datum.each) * datum.each + 'th'",
        )
    )
    x = alt.X("day:T", title=None).scale(type="utc").axis(tickCount=8, labelFlush=False)
    y = alt.Y("seen:Q", title=None).axis(**theme.COUNTS)
    tooltip = [alt.Tooltip("key:N", title="Day"), alt.Tooltip("seen:Q", title="Films so far")]
    reached = days.transform_filter("isValid(datum.milestone)")
    return alt.layer(
        days.mark_area(
            interpolate="step-after",
            color=theme.FILMS,
            opacity=0.2,
            line={"color": theme.FILMS, "strokeWidth": 2},
            aria=False,
        ).encode(x=x, y=y),
        reached.mark_circle(size=80, opacity=1, color=theme.FILMS).encode(
            x=x, y=y, tooltip=tooltip
        ),
        reached.mark_text(align="right", dx=-8, dy=-6, fontWeight=600).encode(
            x=x, y=y, text="words:N"
        ),
    ).properties(height=190)


def _added_numbers(numbers: Numbers) -> Headline:
    return {"films_with_a_date": numbers.basis("first_seen")}


def _added_story(numbers: Numbers) -> Story:
    films = numbers.films[numbers.films["nth"].notna()].sort_values("nth")
    first = films.iloc[0]
    sentence = md(
        "**{:,} films** since {}, beginning with {}.",
        numbers.basis("first_seen"),
        f"{first['first_viewing']:%Y-%m-%d}",
        str(first["title"])[:60],
    )
    return sentence, []


CALENDAR = dated(
    name="calendar",
    title="Calendar",
    question="On which days did you watch? The latest four years, a square for a day; the"
    " stronger, the more.",
    dimension="day",
    rows=rows_of("day"),
    marks=_calendar,
    numbers=_calendar_numbers,
    story=_calendar_story,
    columns=("viewings",),
    transform=_by_day,
    pick=Pick(filter="year", field="key"),
    wide=True,
)
ADDING_UP = dated(
    name="total",
    title="Adding up",
    question="How did the films add up? Each film by its first dated viewing.",
    dimension="first_seen",
    rows=rows_of("first_seen"),
    marks=_adding_up,
    numbers=_added_numbers,
    story=_added_story,
    columns=("viewings",),
    transform=_by_first,
    wide=True,
)
