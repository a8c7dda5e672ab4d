"""Your ratings: how often each half star was given, and the mean.

What belongs here: this one chart and its text.
"""

import altair as alt

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import POINTS, Chart, Drawing, Headline, Story, rows_of, tallied
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.ranking import rounded
from movie_pipeline.charts.story import Bar


def _transform(films: alt.Chart) -> alt.Chart:
    return tallied(films.transform_calculate(key="floor(datum.rating * 2 + 0.5) / 2"), "key")


def _totalled(films: alt.Chart) -> alt.Chart:
    return (
        films.transform_calculate(points=POINTS)
        .transform_aggregate(total="sum(points)", rated="valid(points)")
        .transform_calculate(mean_rating="datum.total / (1000 * datum.rated)")
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    bars = rows.transform_calculate(low="datum.key - 0.25", high="datum.key + 0.25")
    x = alt.X("low:Q", bin="binned", title=None).scale(domain=[0.2, 5.3], nice=False, zero=False)
    x = x.axis(values=[1, 2, 3, 4, 5], labelExpr="datum.value + ' ★'")
    films = alt.Y("films:Q", axis=None, stack=None)
    tooltip = [alt.Tooltip("key:Q", title="Stars"), alt.Tooltip("films:Q", title="Films")]
    mean = totals.transform_calculate(words="'average ★ ' + format(datum.mean_rating, '.2f')")
    label = mean.mark_text(baseline="bottom", color=theme.MEASURE, fontWeight=600)
    height = alt.value({"expr": "height"})
    return alt.layer(
        bars.mark_bar(binSpacing=8).encode(x=x, x2="high:Q", y=films, tooltip=tooltip),
        mean.mark_rule().encode(x="mean_rating:Q", y=alt.value(-16), y2=height),
        bars.mark_text(baseline="bottom", dy=-3, color=theme.QUIET).encode(
            x="key:Q", y=films, text="films:Q"
        ),
        label.encode(x="mean_rating:Q", y=alt.value(-18), text="words:N"),
    ).properties(height=230)


def _numbers(numbers: Numbers) -> Headline:
    return {
        "rated": int(numbers.summary["rated"]),
        "mean_rating": round(numbers.summary["mean_rating"], 3),
        "median_rating": float(numbers.summary["median_rating"]),
        "rated_four_or_more": int(numbers.summary["rated_high"]),
    }


_rows = rows_of("rating", numeric=True)


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).sort_values("key", ascending=False)
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
    question="How are the films of this list rated, from half a star to five stars?",
    dimension="rating",
    lacking="not rated",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("rating",),
    needs=("rating",),
    transform=_transform,
    totals=lambda numbers: {"mean_rating": numbers.summary["mean_rating"]},
    totalled=_totalled,
    identified=False,
)
