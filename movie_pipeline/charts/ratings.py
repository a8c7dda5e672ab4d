"""Your ratings: how often each half star was given, by you and by the public, and your mean.

What belongs here: this one chart and its text.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.agreement import COMPARED
from movie_pipeline.charts.chart import POINTS, Chart, Drawing, Headline, Pick, Story, rows_of
from movie_pipeline.charts.findings import rounded
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar


def _transform(films: alt.Chart) -> alt.Chart:
    public = f"{COMPARED} ? ['public', floor(datum.vote_average + 0.5) / 2] : null"
    return (
        films.transform_calculate(sides=f"[['you', floor(datum.rating * 2 + 0.5) / 2], {public}]")
        .transform_flatten(["sides"], as_=["side"])
        .transform_filter("isValid(datum.side)")
        .transform_calculate(key="datum.side[1]", side="datum.side[0]")
        .transform_aggregate(films="count()", groupby=["side", "key"])
    )


def _totalled(films: alt.Chart) -> alt.Chart:
    return (
        films.transform_calculate(points=POINTS)
        .transform_aggregate(total="sum(points)", rated="valid(points)")
        .transform_calculate(mean_rating="datum.total / (1000 * datum.rated)")
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    bars = rows.transform_calculate(
        low="datum.key - 0.25",
        high="datum.key + 0.25",
        # The public's bars hang down.
        height="datum.side == 'you' ? datum.films : -datum.films",
        whose="datum.side == 'you' ? 'You' : 'The public'",
        range="datum.side == 'you' ? (datum.key - 0.25) + '-' + format(datum.key + 0.249, '.3f')"
        " : null",
    )
    x = alt.X("low:Q", bin="binned", title=None).scale(domain=[0.2, 5.3], nice=False, zero=False)
    x = x.axis(values=[1, 2, 3, 4, 5], labelExpr="datum.value + ' ★'")
    height = alt.Y("height:Q", axis=None, stack=None)
    tooltip = [
        alt.Tooltip("whose:N", title="Rated by"),
        alt.Tooltip("key:Q", title="Stars"),
        alt.Tooltip("films:Q", title="Films"),
    ]
    fill = {"expr": f"datum.side == 'you' ? '{theme.FILMS}' : '{theme.PUBLIC}'"}
    mean = totals.transform_calculate(words="'your mean ★ ' + format(datum.mean_rating, '.2f')")
    label = mean.mark_text(baseline="bottom", color=theme.MEASURE, fontWeight=600)
    named = bars.transform_aggregate(films="sum(films)", groupby=["side", "whose"])
    return alt.layer(
        bars.mark_bar(
            binSpacing=8, cursor={"expr": "datum.side == 'you' ? 'pointer' : 'default'"}, fill=fill
        ).encode(x=x, x2="high:Q", y=height, tooltip=tooltip),
        mean.mark_rule(strokeDash=[2, 3], strokeWidth=1.5).encode(
            x="mean_rating:Q", y=alt.value(-16), y2=alt.value(0)
        ),
        bars.transform_filter("datum.side == 'you'")
        .mark_text(baseline="bottom", dy=-3, color=theme.QUIET)
        .encode(x="key:Q", y=height, text="films:Q"),
        bars.transform_filter("datum.side != 'you'")
        .mark_text(baseline="top", dy=4, color=theme.QUIET)
        .encode(x="key:Q", y=height, text="films:Q"),
        named.mark_text(
            align="left",
            fontWeight=600,
            fill={"expr": f"datum.side == 'you' ? '{theme.MEASURE}' : '{theme.PUBLIC}'"},
        ).encode(
            x=alt.value(0),
            y=alt.value({"expr": "datum.side == 'you' ? 8 : height - 8"}),
            text="whose:N",
        ),
        label.encode(x="mean_rating:Q", y=alt.value(-18), text="words:N"),
    ).properties(height=250)


def _numbers(numbers: Numbers) -> Headline:
    return {
        "rated": int(numbers.summary["rated"]),
        "mean_rating": round(numbers.summary["mean_rating"], 3),
        "median_rating": float(numbers.summary["median_rating"]),
        "rated_four_or_more": int(numbers.summary["rated_high"]),
    }


_yours, _public = rows_of("rating", numeric=True), rows_of("rated_by_public", numeric=True)


def _rows(numbers: Numbers) -> pd.DataFrame:
    """How many films have a rating: `side` (``you`` or ``public``), `key` (stars), `films`."""
    sides = {"you": _yours(numbers), "public": _public(numbers)}
    rows = [found[["key", "films"]].assign(side=side) for side, found in sides.items()]
    return pd.concat(rows, ignore_index=True)


def _story(numbers: Numbers) -> Story:
    rows = _yours(numbers).sort_values("key", ascending=False)
    bars = [
        Bar(f"{stars:g} ★", films, md("{:,}", films))
        for stars, films in zip(rows["key"].tolist(), rows["films"].tolist(), strict=True)
    ]
    often = max(zip(rows["films"].tolist(), rows["key"].tolist(), strict=True))[1]
    sentence = md(
        "**★ {}** on average; most often {:g} stars, and {:.0%} of the rated films got 4 or more.",
        rounded(numbers.summary["mean_rating"], 2),
        often,
        numbers.summary["rated_high"] / numbers.summary["rated"],
    )
    return sentence, bars


RATINGS = Chart(
    name="ratings",
    title="Your ratings",
    question="How do you rate, and how does everybody else? Your half stars upwards; downwards,"
    " TMDB's mean of the same films, if they have enough votes.",
    dimension="rating",
    lacking="not rated",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("rating", "vote_average", "vote_count"),
    needs=("rating",),
    transform=_transform,
    totals=lambda numbers: {"mean_rating": numbers.summary["mean_rating"]},
    totalled=_totalled,
    identified=False,
    pick=Pick(filter="rating", field="range"),
)
