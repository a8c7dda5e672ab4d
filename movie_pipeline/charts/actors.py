"""The top actors: who appears in the most films, and how those were rated.

What belongs here: this one chart. What does not: how people are ranked (`ranking`). The cast is the
first 20 people billed on TMDB.
"""

from movie_pipeline.charts.chart import Chart, Pick
from movie_pipeline.charts.ranking import Ranking, role

_RANKING = Ranking(noun="actor", column="acted", table=role("actor"))

ACTORS = Chart(
    name="actors",
    title="Top actors",
    question="Which actors appear most often in this list, and how are their films rated?",
    dimension="actor",
    lacking="without a cast",
    rows=_RANKING.rows,
    marks=_RANKING.marks,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    columns=("acted", "rating", "overall"),
    needs=("cast_ids",),
    transform=_RANKING.transform,
    totals=_RANKING.totals,
    totalled=_RANKING.totalled,
    pick=Pick(filter="actor", field="key"),
)
