"""The top actors: who appears in the most films, and how those were rated.

What belongs here: this one chart. What does not: how people are ranked (`ranking`). The cast is the
first 20 people billed on TMDB.
"""

from movie_pipeline.charts.chart import Chart, Pick
from movie_pipeline.charts.ranking import Ranking

_RANKING = Ranking(noun="actor", column="acted")

ACTORS = Chart(
    name="actors",
    title="Top actors",
    question="Which actors appear most often in this list, and how are their films rated?",
    columns=("acted", "rating"),
    needs="cast_ids",
    lacking="without a cast",
    specification=_RANKING.specification,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    drawn=_RANKING.drawn,
    pick=Pick(filter="actor", field="id"),
)
