"""The top pairs: which directors and actors work together most often.

What belongs here: this one chart. What does not: how pairs are ranked (`ranking`), and what a pair
is (`people`: the director and one of the first ten people billed).
"""

from movie_pipeline.charts.chart import Chart
from movie_pipeline.charts.ranking import Ranking

_RANKING = Ranking(noun="pair", column="pairs", rows=10, lines=2)

PAIRS = Chart(
    name="pairs",
    title="Directors and their actors",
    question="Which directors and actors work together most often in this list?",
    columns=("pairs", "rating"),
    needs="cast_ids",
    lacking="without a cast",
    specification=_RANKING.specification,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    drawn=_RANKING.drawn,
)
