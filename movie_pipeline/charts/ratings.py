"""Your ratings: how often each half star was given, and the mean.

What belongs here: this one chart, its numbers and its text.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.ranking import rounded
from movie_pipeline.charts.story import Bar


def _specification() -> Drawing:
    rated = alt.Chart(alt.NamedData(DATASET)).transform_filter("isValid(datum.rating)")
    bars = (
        rated.transform_calculate(given="floor(datum.rating * 2 + 0.5) / 2")
        .transform_aggregate(films="count()", groupby=["given"])
        .transform_calculate(low="datum.given - 0.25", high="datum.given + 0.25")
    )
    x = alt.X("low:Q", bin="binned", title=None).scale(domain=[0.2, 5.3], nice=False, zero=False)
    x = x.axis(values=[1, 2, 3, 4, 5], labelExpr="datum.value + ' ★'")
    films = alt.Y("films:Q", axis=None, stack=None)
    tooltip = [alt.Tooltip("given:Q", title="Stars"), alt.Tooltip("films:Q", title="Films")]
    mean = rated.transform_aggregate(mean="mean(rating)").transform_calculate(
        words="'mean ★ ' + format(datum.mean, '.2f')"
    )
    label = mean.mark_text(baseline="bottom", color=theme.MEASURE, fontWeight=600)
    return alt.layer(
        bars.mark_bar(binSpacing=8).encode(x=x, x2="high:Q", y=films, tooltip=tooltip),
        mean.mark_rule().encode(x="mean:Q", y=alt.value(-16), y2=alt.value({"expr": "height"})),
        bars.mark_text(baseline="bottom", dy=-3, color=theme.QUIET).encode(
            x="given:Q", y=films, text="films:Q"
        ),
        label.encode(x="mean:Q", y=alt.value(-18), text="words:N"),
    ).properties(height=230)


def _numbers(films: pd.DataFrame) -> Headline:
    ratings = films["rating"]
    return {
        "rated": len(ratings),
        "mean_rating": round(float(ratings.mean()), 3),
        "median_rating": float(ratings.median()),
        "rated_four_or_more": int((ratings >= 4).sum()),
    }


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    given = (films["rating"] * 2 + 0.5) // 1 / 2
    counts = given.value_counts().sort_index(ascending=False)
    bars = [
        Bar(f"{stars:g} ★", count, md("{:,}", count))
        for stars, count in zip(counts.index.tolist(), counts.tolist(), strict=True)
    ]
    often = max(counts.items(), key=lambda one: (one[1], one[0]))[0]
    high = float((films["rating"] >= 4).mean())
    sentence = md(
        "**★ {}** on average; most often {:g} stars, and {:.0%} of the rated films got 4 or more.",
        rounded(float(films["rating"].mean()), 2),
        often,
        high,
    )
    return sentence, bars


RATINGS = Chart(
    name="ratings",
    title="Your ratings",
    question="How are the films of this list rated, from half a star to five stars?",
    columns=("rating",),
    needs="rating",
    lacking="not rated",
    specification=_specification,
    numbers=_numbers,
    story=_story,
)
