"""The top pairs: which director and which actor meet again and again.

What belongs here: this one chart. What does not: how pairs are ranked (`ranking`), or who is one
(`people`: the first ten billed).
"""

from movie_pipeline.charts.chart import Chart
from movie_pipeline.charts.ranking import Ranking

_RANKING = Ranking(noun="pair", column="pairs", rows=10, lines=2)

PAIRS = Chart(
    name="pairs",
    title="Directors and their actors",
    question="Which director and actor meet most often in this list?",
    columns=("pairs", "rating"),
    needs="cast_ids",
    lacking="without a cast",
    specification=_RANKING.specification,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    drawn=_RANKING.drawn,
)
