"""Studios: which made several of the films, and how those were rated.

What belongs here: this one chart and its text. A film of several studios counts for each.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import RECURRING
from movie_pipeline.charts.bars import bars, dots, named
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story, ranked, tallied
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md, text
from movie_pipeline.charts.ranking import rated_bars

#: The maximum number of studios drawn.
AT_MOST = 10


def _several(numbers: Numbers) -> pd.DataFrame:
    rows = numbers.of("studio")
    return rows[rows["films"] >= RECURRING]


def _rows(numbers: Numbers) -> pd.DataFrame:
    return _several(numbers).head(AT_MOST)


def _transform(films: alt.Chart) -> alt.Chart:
    each = films.transform_flatten(["studio_ids", "studios"], as_=["key", "label"])
    counted = tallied(each.transform_filter("isValid(datum.key)"), "key", "label")
    several = ranked(counted.transform_filter(f"datum.films >= {RECURRING}"))
    return several.transform_filter(f"datum.place <= {AT_MOST}")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    return bars(named(rows, "Studio"), note="stars", look=dots)


def _numbers(numbers: Numbers) -> Headline:
    several = _several(numbers)
    top: Headline = {"top_studio": str(several["label"].iloc[0])} if len(several) else {}
    return {"studios_of_two_or_more": len(several), **top}


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).head(9)
    if rows.empty:
        return md("No studio has two films here."), ()
    told = rated_bars(rows["label"], rows)
    return md("**{}** leads with {:,} films.", text(told[0].name, 60), told[0].value), told


STUDIOS = Chart(
    name="studios",
    title="Studios",
    question="Which studios made the most of these films?",
    dimension="studio",
    lacking="without a studio",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("studio_ids", "studios", "rating"),
    needs=("has_studio",),
    transform=_transform,
)
