"""The crew: who wrote, scored, shot and edited the most films, and how those were rated.

What belongs here: these four charts. What does not: how people are ranked (`ranking`).
"""

from movie_pipeline.charts.chart import Chart
from movie_pipeline.charts.ranking import Ranking, role


def _chart(noun: str, title: str, did: str) -> Chart:
    ranking = Ranking(noun=noun, column=f"crew_{noun}", table=role(noun), most=8)
    return Chart(
        name=f"{noun}s",
        title=title,
        question=f"Who {did} the most films in this list, and how are those films rated?",
        dimension=noun,
        lacking=f"without a {noun}" if noun != "editor" else "without an editor",
        rows=ranking.rows,
        marks=ranking.marks,
        numbers=ranking.numbers,
        story=ranking.story,
        columns=(f"crew_{noun}", "rating", "overall"),
        needs=(f"has_{noun}",),
        transform=ranking.transform,
        totals=ranking.totals,
        totalled=ranking.totalled,
    )


WRITERS = _chart("writer", "Writers", "wrote")
COMPOSERS = _chart("composer", "Composers", "composed the music of")
CINEMATOGRAPHERS = _chart("cinematographer", "Cinematographers", "shot")
EDITORS = _chart("editor", "Editors", "edited")
