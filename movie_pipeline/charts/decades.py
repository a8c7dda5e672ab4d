"""Decades of release by rating: how many films of each decade got each rating.

What belongs here: this one chart and its text. The year is that of TMDB's release date, else the
export's, so that films which TMDB does not know are here too.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Pick, Story, rows_of, tallied
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.ranking import rated_bars
from movie_pipeline.charts.years import KEY, split

_decades = rows_of("decade", numeric=True)
_MEASURES = ["key", "films", "rated", "mean_rating"]
#: The shades of few to many films, and the one from which numbers on them are light.
SHADES = [theme.RAMP[step] for step in (0, 2, 4, 6, 8)]
_ROW = 24


def _rows(numbers: Numbers) -> pd.DataFrame:
    """A row for each decade, and one for each year and rating."""
    rows = [numbers.of(dimension)[_MEASURES] for dimension in ("decade", "year_rating")]
    return pd.concat(rows, ignore_index=True)


def _transform(films: alt.Chart) -> alt.Chart:
    keys = f"[toString(floor(datum.released / 10) * 10), {KEY}]"
    return tallied(films.transform_calculate(keys=keys).transform_flatten(["keys"], ["key"]), "key")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    x = alt.X("name:O", title=None, sort=alt.SortField("decade")).axis(labelAngle=0)
    x = x.scale(paddingInner=0.04, paddingOuter=0)
    y = alt.Y("row:O", title=None).scale(
        domain=[f"★ {half / 2:g}" for half in range(10, 0, -1)], paddingInner=0.08
    )
    named = "datum.decade + 's'"
    cells = (
        split(rows.transform_filter("indexof(datum.key, ':') > 0"))
        .transform_calculate(decade="floor(datum.released / 10) * 10")
        .transform_aggregate(films="sum(films)", groupby=["decade", "stars"])
        .transform_filter("datum.stars > 0")
        .transform_joinaggregate(most="max(films)")
        .transform_calculate(
            name=named,
            row="'★ ' + datum.stars",
            step=f"min({len(SHADES) - 1}, floor(datum.films / datum.most * {len(SHADES)}))",
        )
    )
    tooltip = [
        alt.Tooltip("name:N", title="Decade"),
        alt.Tooltip("row:N", title="You"),
        alt.Tooltip("films:Q", title="Films"),
    ]
    means = rows.transform_filter("indexof(datum.key, ':') < 0").transform_calculate(
        decade="toNumber(datum.key)",
        name="toNumber(datum.key) + 's'",
        mean="datum.rated ? '★ ' + format(datum.mean_rating, '.1f') : '–'",
    )
    below = means.mark_text(baseline="top", fontSize=12).encode(x=x)
    return alt.layer(
        cells.mark_rect(cursor="pointer", fill={"expr": f"{SHADES}[datum.step]"}).encode(
            x=x, y=y, tooltip=tooltip
        ),
        cells.mark_text(
            fontSize=11.5,
            fill={"expr": f"datum.step > 2 ? '{theme.CARD}' : '{theme.INK}'"},
        ).encode(x=x, y=y, text="films:Q"),
        below.encode(y=alt.value({"expr": "height + 30"}), text="mean:N"),
        below.encode(
            y=alt.value({"expr": "height + 46"}), text="films:Q", color=alt.value(theme.QUIET)
        ),
    ).properties(height=alt.Step(_ROW))


def _numbers(numbers: Numbers) -> Headline:
    rows = _decades(numbers)
    return {
        "decades": len(rows),
        "top_decade": int(rows["key"].iloc[0]),
        "top_decade_share": round(float(rows["share"].iloc[0]), 4),
        "median_year": int(numbers.summary["median_year"]),
    }


def _story(numbers: Numbers) -> Story:
    rows = _decades(numbers)
    latest = rows.sort_values("key", ascending=False)
    bars_ = rated_bars([f"{decade}s" for decade in latest["key"]], latest)
    sentence = md(
        "The **{}s** lead with {:.0%} of the films; half are older than {:.0f}.",
        int(rows["key"].iloc[0]),
        float(rows["share"].iloc[0]),
        numbers.summary["median_year"],
    )
    return sentence, bars_


DECADES = Chart(
    name="decades",
    title="Decades",
    question="Which decades do you watch, and which do you rate best? Films at each rating; below"
    " them, your mean and the number of films.",
    dimension="decade",
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
