"""The top directors: who directed the most films, and how those were rated.

What belongs here: this one chart. What does not: how people are ranked (`ranking`). Each
co-director counts fully.
"""

from movie_pipeline.charts.chart import Chart, Pick
from movie_pipeline.charts.ranking import Ranking, role

RANKING = Ranking(noun="director", column="directed", table=role("director"))

DIRECTORS = Chart(
    name="directors",
    title="Top directors",
    question="Which directors have the most films in this list, and how are those films rated?",
    dimension="director",
    lacking="without a director",
    rows=RANKING.rows,
    marks=RANKING.marks,
    numbers=RANKING.numbers,
    story=RANKING.story,
    columns=("directed", "rating", "overall"),
    needs=("director_ids",),
    transform=RANKING.transform,
    totals=RANKING.totals,
    totalled=RANKING.totalled,
    pick=Pick(filter="director", field="key"),
)
