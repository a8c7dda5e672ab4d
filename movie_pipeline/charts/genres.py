"""The genre distribution: how many of the films are dramas, comedies, and so on.

What belongs here: this one chart, its numbers and its text.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline, Pick
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar


def _specification() -> Drawing:
    genres = (
        alt.Chart(alt.NamedData(DATASET))
        .transform_filter("length(datum.genres) > 0")
        .transform_joinaggregate(all="count()")
        .transform_flatten(["genres"], as_=["genre"])
        .transform_aggregate(
            films="count()", all="max(all)", rating="mean(rating)", groupby=["genre"]
        )
        .transform_window(
            place="row_number()",
            sort=[alt.SortField("films", order="descending"), alt.SortField("genre")],
        )
        .transform_calculate(
            share="datum.films / datum.all",
            percent="format(datum.share, '.0%')",
            stars="isValid(datum.rating) ? '★ ' + format(datum.rating, '.1f') : 'not rated'",
        )
        .encode(
            y=alt.Y("genre:N", title=None).sort(field="place", op="min"),
            tooltip=[
                alt.Tooltip("genre:N", title="Genre"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("share:Q", title="Share of the films", format=".1%"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
    )
    return bars(genres, note="percent", clickable=True)


def _ranking(films: pd.DataFrame) -> pd.DataFrame:
    """Return `genre` and `films`, most films first, ties by name."""
    counts = films["genres"].explode().value_counts().rename_axis("genre")
    ranking = counts.rename("films").reset_index()
    return ranking.sort_values(["films", "genre"], ascending=[False, True], ignore_index=True)


def _numbers(films: pd.DataFrame) -> Headline:
    ranking = _ranking(films)
    top = ranking.iloc[0]
    return {
        "genres": len(ranking),
        "top_genre": str(top["genre"]),
        "top_genre_films": int(top["films"]),
        "top_genre_share": round(float(top["films"] / len(films)), 4),
    }


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    ranking = _ranking(films)
    bars = [
        Bar(genre, count, md("{:,} · {:.0%}", count, count / len(films)))
        for genre, count in zip(ranking["genre"], ranking["films"].tolist(), strict=True)
    ]
    first = bars[0]
    share = first.value / len(films)
    return md("**{}** leads with {:.0%} of the films.", text(first.name, 40), share), bars[:9]


GENRES = Chart(
    name="genres",
    title="Genres",
    question="Which genres make up this film list, and what share of the films does each have?",
    columns=("genres", "rating"),
    needs="genres",
    lacking="without a genre",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    pick=Pick(filter="genre", field="genre"),
)
