"""Popular or obscure: how many people on TMDB have voted on each film.

What belongs here: this one chart and its text. Votes are grouped on a logarithmic scale in steps of
half a power of ten; TMDB's popularity, which changes daily, is only one of the numbers.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import OBSCURE
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import STARS, Chart, Drawing, Headline, Story, rows_of, tallied
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

_STEPS = ("0", "1", "3", "10", "30", "100", "300", "1k", "3k", "10k", "30k", "100k")
_rows = rows_of("votes", numeric=True)


def _transform(films: alt.Chart) -> alt.Chart:
    step = "1 + min(10, floor(2 * log(datum.vote_count) / LN10 + 1e-9))"
    return tallied(films.transform_calculate(key=f"datum.vote_count < 1 ? 0 : {step}"), "key")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    names = list(_STEPS)
    return (
        rows.transform_calculate(
            end="datum.key + 1",
            votes=f"{names}[datum.key] + (datum.key ? ' and more' : '')",
            stars=STARS,
        )
        .mark_bar(binSpacing=2)
        .encode(
            x=alt.X("key:Q", bin="binned", title="votes on TMDB")
            .scale(domain=[0, len(names)], nice=False)
            .axis(values=[*range(12)], labelExpr=f"{names}[datum.value]", labelFlush=False),
            x2="end:Q",
            y=alt.Y("films:Q", title=None, stack=None).axis(**theme.COUNTS),
            tooltip=[
                alt.Tooltip("votes:N", title="Votes"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
        .properties(height=200)
    )


def _numbers(numbers: Numbers) -> Headline:
    summary = numbers.summary
    figures: Headline = {
        "median_votes": float(summary["median_votes"]),
        "obscure_films": int(summary["obscure"]),
        "popular_films": int(summary["popular"]),
    }
    if summary["median_popularity"] is not None:
        figures["median_popularity"] = round(float(summary["median_popularity"]), 2)
    return figures


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).sort_values("key")
    bars = [
        Bar(f"{_STEPS[step]} votes and more" if step else "no votes", films, md("{:,}", films))
        for step, films in zip(rows["key"].tolist(), rows["films"].tolist(), strict=True)
    ]
    sentence = md(
        "Half of the films have **{:,.0f} votes** or fewer on TMDB; {:,} have fewer than {}.",
        numbers.summary["median_votes"],
        int(numbers.summary["obscure"]),
        OBSCURE,
    )
    return sentence, bars


POPULARITY = Chart(
    name="popularity",
    title="Popular and obscure",
    question="Are these films that everybody knows, or films that few people know?",
    dimension="votes",
    lacking="without votes",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("vote_count", "rating"),
    needs=("vote_count",),
    transform=_transform,
)
