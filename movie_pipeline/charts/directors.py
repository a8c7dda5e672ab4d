"""The top directors: whose films come back again and again, and how they were rated.

What belongs here: this one chart. What does not: how people are ranked (`ranking`). Co-directors
count fully each.
"""

from movie_pipeline.charts.chart import Chart, Pick
from movie_pipeline.charts.ranking import Ranking

_RANKING = Ranking(noun="director", column="directed")

DIRECTORS = Chart(
    name="directors",
    title="Top directors",
    question="Whose films come back most often in this list, and how are they rated on average?",
    columns=("directed", "rating"),
    needs="director_ids",
    lacking="without a director",
    specification=_RANKING.specification,
    numbers=_RANKING.numbers,
    story=_RANKING.story,
    drawn=_RANKING.drawn,
    pick=Pick(filter="director", field="id"),
)
