"""Years of release: a column of dots for every three years, from the oldest film to the newest.

What belongs here: this one chart and its text. A dot is a film, in the colour of your rating, the
best at the bottom; of many films, one dot stands for several.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import TALL, Chart, Drawing, Headline, Pick, Story, rows_of, shade
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

#: Years in a column, how many dots fit above each other, and their distance in pixels.
YEARS_EACH, MOST_DOTS, PITCH = 3, 20, 11
HEIGHT = MOST_DOTS * PITCH
#: Below the dots, the room for the decades; above them, room for what a dot stands for.
BELOW, ABOVE = 22, 14

_rows = rows_of("year_rating")
_years = rows_of("year", numeric=True)
#: A film's year and rating in half stars, as in the dimension ``year_rating``.
KEY = (
    "datum.released + ':'"
    " + (isValid(datum.rating) ? toString(floor(datum.rating * 2 + 0.5) / 2) : '')"
)


def split(rows: alt.Chart) -> alt.Chart:
    """Split the key of ``year_rating`` into `released` and `stars`, which is 0 without a rating."""
    return rows.transform_calculate(
        released="toNumber(split(datum.key, ':')[0])",
        stars="toNumber(split(datum.key, ':')[1] || 0)",
    )


def _transform(films: alt.Chart) -> alt.Chart:
    return films.transform_calculate(key=KEY).transform_aggregate(films="count()", groupby=["key"])


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    up = alt.SortField("stars", order="descending")
    dots = (
        split(rows)
        .transform_calculate(period=f"floor(datum.released / {YEARS_EACH}) * {YEARS_EACH}")
        .transform_aggregate(films="sum(films)", groupby=["period", "stars"])
        .transform_window(to="sum(films)", groupby=["period"], sort=[up])
        .transform_joinaggregate(most="max(to)", first="min(period)", last="max(period)")
        .transform_calculate(
            room=f"width / ((datum.last - datum.first) / {YEARS_EACH} + 1)",
        )
        # Dots stand side by side before one stands for several films.
        .transform_calculate(
            across=f"max(1, min(floor(datum.room / {PITCH + 1}), ceil(datum.most / {MOST_DOTS})))",
        )
        .transform_calculate(each=f"ceil(datum.most / datum.across / {MOST_DOTS})")
        .transform_calculate(
            pitch="min(datum.room / datum.across * 0.95, 15,"
            f" {HEIGHT} / ceil(datum.most / datum.across / datum.each))"
        )
        # A short list's columns are short, and the chart with them.
        .transform_calculate(
            ground="ceil(datum.most / datum.across / datum.each) * datum.pitch"
            f" + (datum.each > 1 ? {ABOVE} : 0)",
        )
        .transform_calculate(
            places="sequence(ceil((datum.to - datum.films) / datum.each),"
            " ceil(datum.to / datum.each))",
        )
        .transform_flatten(["places"], as_=["nth"])
        .transform_filter("isValid(datum.nth)")
        .transform_calculate(
            x=f"(datum.period - datum.first + {YEARS_EACH / 2}) / {YEARS_EACH} * datum.room"
            " + (datum.nth % datum.across - (datum.across - 1) / 2) * datum.pitch",
            y="datum.ground - (floor(datum.nth / datum.across) + 0.5) * datum.pitch",
            decade="floor(datum.period / 10) * 10",
            said=f"datum.period + ' to ' + (datum.period + {YEARS_EACH - 1})",
            rated="datum.stars ? '★ ' + datum.stars : 'not rated'",
            **{TALL: f"datum.ground + {BELOW}"},
        )
    )
    circles = dots.mark_circle(
        opacity=1,
        cursor="pointer",
        size={"expr": "PI / 4 * pow(datum.pitch * 0.86, 2)"},
        fill={"expr": shade("datum.stars")},
    ).encode(
        x=alt.X("x:Q", scale=None, axis=None),
        y=alt.Y("y:Q", scale=None, axis=None),
        tooltip=[
            alt.Tooltip("said:N", title="Released"),
            alt.Tooltip("rated:N", title="You"),
            alt.Tooltip("films:Q", title="Films of this rating"),
        ],
    )
    note = (
        dots.transform_aggregate(each="max(each)", groupby=[])
        .transform_filter("datum.each > 1")
        .transform_calculate(means="'a dot is ' + datum.each + ' films'")
        .mark_text(align="right", baseline="top", color=theme.QUIET, fontSize=11.5)
    )
    labels = (
        dots.transform_aggregate(
            first="min(first)", last="max(last)", ground="max(ground)", groupby=[]
        )
        .transform_calculate(step="datum.last - datum.first > 60 && width < 700 ? 20 : 10")
        .transform_calculate(
            decades="sequence(ceil(datum.first / datum.step) * datum.step, datum.last + 3,"
            " datum.step)"
        )
        .transform_flatten(["decades"], as_=["decade"])
        .transform_calculate(
            x="(datum.decade - datum.first + 0.5) / (datum.last - datum.first + 3) * width",
            y="datum.ground + 8",
        )
        .mark_text(baseline="top", color=theme.QUIET, fontSize=11.5)
        .encode(x=alt.X("x:Q", scale=None), y=alt.Y("y:Q", scale=None), text="decade:Q")
    )
    return alt.layer(
        circles,
        labels,
        note.encode(x=alt.value({"expr": "width"}), y=alt.value(0), text="means:N"),
    ).properties(height=HEIGHT + BELOW)


def _numbers(numbers: Numbers) -> Headline:
    rows = _years(numbers)
    return {
        "years": len(rows),
        "first_year": int(numbers.summary["first_year"]),
        "last_year": int(numbers.summary["last_year"]),
        "top_year": int(rows["key"].iloc[0]),
        "top_year_films": int(rows["films"].iloc[0]),
    }


def _story(numbers: Numbers) -> Story:
    rows = _years(numbers).head(9)
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
    question="When were these films made? A dot for each film, the best rated at the bottom.",
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
