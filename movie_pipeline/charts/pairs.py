"""The top pairs: which directors and actors work together most often.

What belongs here: this one chart. What does not: how pairs are ranked (`ranking`), and what a pair
is (`analytics.contributors`: the director and one of the first ten people billed).
"""

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.chart import TAB, Chart
from movie_pipeline.charts.ranking import Ranking


def _table(numbers: Numbers) -> pd.DataFrame:
    pairs = numbers.pairs.sort_values("place", ignore_index=True)
    names = {"key": pairs["director_id"], "other": pairs["actor_id"]}
    return pairs.assign(**names, label=pairs["director"] + TAB + pairs["actor"])


_RANKING = Ranking(noun="pair", column="pairs", table=_table, most=10, names=2)

PAIRS = Chart(
    name="pairs",
    title="Directors and their actors",
    question="Which directors and actors work together most often in this list?",
    dimension="actor",
    lacking="without a cast",
    rows=_RANKING.rows,
    marks=_RANKING.marks,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    columns=("pairs", "rating", "overall"),
    needs=("cast_ids",),
    transform=_RANKING.transform,
    totals=_RANKING.totals,
    totalled=_RANKING.totalled,
)
