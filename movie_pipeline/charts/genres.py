"""Genres: which ones make up the list, as bars with each genre's share of the films.

What belongs here: this one chart and its text. A film with several genres counts once for each, so
shares add up to more than 100 %.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.bars import bars, means, named
from movie_pipeline.charts.chart import (
    Chart,
    Drawing,
    Headline,
    Pick,
    Story,
    ranked,
    rows_of,
    tallied,
)
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md, text
from movie_pipeline.charts.ranking import rated_bars


def _transform(films: alt.Chart) -> alt.Chart:
    each = films.transform_joinaggregate(all="count()").transform_flatten(
        ["genre_ids", "genres"], as_=["key", "label"]
    )
    rows = tallied(each, "key", "label", "all", "overall")
    return ranked(rows).transform_calculate(share="datum.films / datum.all")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    return bars(named(rows, "Genre"), note="stars", clickable=True, look=means)


_counted = rows_of("genre")


def _rows(numbers: Numbers) -> pd.DataFrame:
    overall = numbers.summary["mean_rating"]
    return _counted(numbers).assign(overall=None if overall is None else overall * 1000)


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
    bars = rated_bars(rows["label"], rows)
    name, share = text(bars[0].name, 40), float(rows["share"].iloc[0])
    return md("**{}** leads with {:.0%} of the films.", name, share), bars


GENRES = Chart(
    name="genres",
    title="Genres",
    question="What do you watch, and what do you rate best? Films on the left; on the right, how"
    " far your mean of each genre is from that of all films.",
    dimension="genre",
    lacking="without a genre",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("genre_ids", "genres", "rating", "overall"),
    needs=("genres",),
    transform=_transform,
    pick=Pick(filter="genre", field="label"),
)
