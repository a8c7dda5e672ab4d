"""Your mean rating over time: of the films that you watched in each quarter.

What belongs here: this one chart and its text. A film counts once in each quarter in which you saw
it, with its rating of today.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import (
    Drawing,
    Headline,
    Story,
    rows_of,
    tallied,
)
from movie_pipeline.charts.findings import rounded
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.ranking import stars
from movie_pipeline.charts.story import Bar
from movie_pipeline.charts.viewings import dated

_rows = rows_of("quarter")


def _transform(films: alt.Chart) -> alt.Chart:
    quarter = "slice(datum.day, 0, 4) + '-Q' + ceil(toNumber(slice(datum.day, 5, 7)) / 3)"
    each = (
        films.transform_flatten(["viewings"], as_=["day"])
        .transform_calculate(key=quarter)
        .transform_aggregate(times="count()", rating="max(rating)", groupby=["film", "key"])
        .transform_joinaggregate(viewings="sum(times)", groupby=["key"])
    )
    return tallied(each, "key", "viewings")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    quarters = (
        rows.transform_filter("datum.rated > 0")
        .transform_calculate(
            start="utc(toNumber(slice(datum.key, 0, 4)), 3 * toNumber(slice(datum.key, 6)) - 2, 1)",
            words="'★ ' + format(datum.mean_rating, '.2f')",
        )
        .transform_joinaggregate(low="min(mean_rating)", high="max(mean_rating)")
    )
    x = alt.X("start:T", title=None).scale(type="utc").axis(tickCount=8, labelFlush=False)
    y = alt.Y("mean_rating:Q", title=None).scale(zero=False, nice=False, padding=14)
    y = y.axis(grid=True, tickCount=4, labelColor=theme.QUIET, labelExpr="'★ ' + datum.label")
    tooltip = [
        alt.Tooltip("key:N", title="Quarter"),
        alt.Tooltip("words:N", title="Your mean rating"),
        alt.Tooltip("rated:Q", title="Rated films"),
        alt.Tooltip("viewings:Q", title="Viewings"),
    ]
    ends = quarters.transform_filter(
        "datum.mean_rating == datum.low || datum.mean_rating == datum.high"
    )
    return alt.layer(
        quarters.mark_line(color=theme.FILMS, strokeWidth=1.5, aria=False).encode(x=x, y=y),
        quarters.mark_circle(opacity=1, color=theme.FILMS).encode(
            x=x,
            y=y,
            size=alt.Size("viewings:Q", legend=None).scale(range=[20, 320], zero=True),
            tooltip=tooltip,
        ),
        ends.mark_text(
            fontWeight=600,
            color=theme.MEASURE,
            dy={"expr": "datum.mean_rating == datum.high ? -16 : 17"},
        ).encode(x=x, y=y, text="words:N"),
    ).properties(height=180)


def _rated(numbers: Numbers) -> list[tuple[str, float]]:
    rows = _rows(numbers)
    rows = rows[rows["rated"] > 0].sort_values("key")
    return [*zip(rows["key"], rows["mean_rating"].tolist(), strict=True)]


def _numbers(numbers: Numbers) -> Headline:
    rated = _rated(numbers)
    return {"quarters": len(rated), **({"latest_quarter": round(rated[-1][1], 2)} if rated else {})}


def _story(numbers: Numbers) -> Story:
    rated = _rated(numbers)
    if not rated:
        return md("No film with a dated viewing is rated."), ()
    low, high = min(rated, key=lambda one: one[1]), max(rated, key=lambda one: one[1])
    sentence = md(
        "Between **★ {}** ({}) and **★ {}** ({}), by quarter.",
        rounded(low[1], 2),
        low[0],
        rounded(high[1], 2),
        high[0],
    )
    return sentence, [Bar(key, mean, stars(mean)) for key, mean in reversed(rated[-9:])]


QUARTERS = dated(
    name="quarters",
    title="Your mean over time",
    question="Are you getting harder? Your mean rating of the films of each quarter; the larger"
    " the dot, the more viewings.",
    dimension="quarter",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("film", "viewings", "rating"),
    transform=_transform,
    least=4,
    wide=True,
)
