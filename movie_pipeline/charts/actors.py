"""The top actors: who is on the screen again and again, and how their films were rated.

What belongs here: this one chart. What does not: how people are ranked (`ranking`). The cast is the
first 20 that TMDB bills.
"""

from movie_pipeline.charts.chart import Chart, Pick
from movie_pipeline.charts.ranking import Ranking

_RANKING = Ranking(noun="actor", column="acted")

ACTORS = Chart(
    name="actors",
    title="Top actors",
    question="Who plays in most films of this list, and how are these rated on average?",
    columns=("acted", "rating"),
    needs="cast_ids",
    lacking="without a cast",
    specification=_RANKING.specification,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    drawn=_RANKING.drawn,
    pick=Pick(filter="actor", field="id"),
)
