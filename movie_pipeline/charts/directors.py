"""The top directors: who directed the most films, and how those were rated.

What belongs here: this one chart. What does not: how people are ranked (`ranking`). Each
co-director counts fully.
"""

from movie_pipeline.charts.chart import Chart, Pick
from movie_pipeline.charts.ranking import Ranking

_RANKING = Ranking(noun="director", column="directed")

DIRECTORS = Chart(
    name="directors",
    title="Top directors",
    question="Which directors have the most films in this list, and how are those films rated?",
    columns=("directed", "rating"),
    needs="director_ids",
    lacking="without a director",
    specification=_RANKING.specification,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    drawn=_RANKING.drawn,
    pick=Pick(filter="director", field="id"),
)
