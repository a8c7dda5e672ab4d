"""Genres: which ones make up the list, as bars with each genre's share of the films.

What belongs here: this one chart and its text. A film with several genres counts once for each, so
shares add up to more than 100 %.
"""

import altair as alt

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import (
    STARS,
    Chart,
    Drawing,
    Headline,
    Pick,
    Story,
    ranked,
    rows_of,
    tallied,
)
from movie_pipeline.charts.markdown import md, text
from movie_pipeline.charts.story import Bar


def _transform(films: alt.Chart) -> alt.Chart:
    each = films.transform_joinaggregate(all="count()").transform_flatten(
        ["genre_ids", "genres"], as_=["key", "label"]
    )
    rows = tallied(each, "key", "label", "all")
    return ranked(rows).transform_calculate(share="datum.films / datum.all")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    genres = rows.transform_calculate(
        # Two ids may have one name, and need separate rows.
        row="datum.place + '\\t' + datum.label",
        percent="format(datum.share, '.0%')",
        stars=STARS,
    ).encode(
        y=alt.Y("row:N")
        .title(None)
        .sort(field="place", op="min")
        .axis(labelExpr="split(datum.label, '\\t')[1]"),
        tooltip=[
            alt.Tooltip("label:N", title="Genre"),
            alt.Tooltip("films:Q", title="Films"),
            alt.Tooltip("share:Q", title="Share of the films", format=".1%"),
            alt.Tooltip("stars:N", title="Your mean rating"),
        ],
    )
    return bars(genres, note="percent", clickable=True)


_rows = rows_of("genre")


def _numbers(numbers: Numbers) -> Headline:
    rows = _rows(numbers)
    top = rows.iloc[0]
    return {
        "genres": len(rows),
        "top_genre": str(top["label"]),
        "top_genre_films": int(top["films"]),
        "top_genre_share": round(float(top["share"]), 4),
    }


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).head(9)
    bars = [
        Bar(genre, films, md("{:,} · {:.0%}", films, share))
        for genre, films, share in zip(rows["label"], rows["films"], rows["share"], strict=True)
    ]
    name, share = text(bars[0].name, 40), float(rows["share"].iloc[0])
    return md("**{}** leads with {:.0%} of the films.", name, share), bars


GENRES = Chart(
    name="genres",
    title="Genres",
    question="Which genres make up this film list, and what share of the films does each have?",
    dimension="genre",
    lacking="without a genre",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("genre_ids", "genres", "rating"),
    needs=("genres",),
    transform=_transform,
    pick=Pick(filter="genre", field="label"),
)
