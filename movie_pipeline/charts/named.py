"""Studios and franchises: which of them several of the films belong to.

What belongs here: these two charts, which count films by something that TMDB names. What does not:
genres, whose shares and means are worth a chart of their own (`genres`), and people (`ranking`).
"""

import altair as alt
import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.sql import RECURRING
from movie_pipeline.charts.bars import bars, named
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story, ranked, tallied
from movie_pipeline.charts.markdown import md, text
from movie_pipeline.charts.ranking import rated_bars

#: The maximum number of rows drawn.
AT_MOST = 10


def _chart(noun: str, title: str, question: str) -> Chart:
    def rows(numbers: Numbers) -> pd.DataFrame:
        found = numbers.of(noun)
        return found[found["films"] >= RECURRING].head(AT_MOST)

    def transform(films: alt.Chart) -> alt.Chart:
        each = films.transform_flatten([f"{noun}_ids", f"{noun}s"], as_=["key", "label"])
        each = tallied(each.transform_filter("isValid(datum.key)"), "key", "label")
        several = ranked(each.transform_filter(f"datum.films >= {RECURRING}"))
        return several.transform_filter(f"datum.place <= {AT_MOST}")

    def marks(found: alt.Chart, totals: alt.Chart) -> Drawing:
        del totals
        return bars(named(found, noun.capitalize()), note="stars", dots=True)

    def figures(numbers: Numbers) -> Headline:
        found = rows(numbers)
        several = int((numbers.of(noun)["films"] >= RECURRING).sum())
        top = {f"top_{noun}": str(found["label"].iloc[0])} if several else {}
        return {f"{noun}s_of_two_or_more": several, **top}

    def story(numbers: Numbers) -> Story:
        found = rows(numbers).head(9)
        if found.empty:
            return md("No {} has two films here.", noun), ()
        told = rated_bars(found["label"], found)
        return md("**{}** leads with {:,} films.", text(told[0].name, 60), told[0].value), told

    return Chart(
        name=f"{noun}s",
        title=title,
        question=question,
        dimension=noun,
        lacking=f"without a {noun}",
        rows=rows,
        marks=marks,
        numbers=figures,
        story=story,
        columns=(f"{noun}_ids", f"{noun}s", "rating"),
        needs=(f"has_{noun}",),
        transform=transform,
    )


STUDIOS = _chart("studio", "Studios", "Which studios made the most of these films?")
FRANCHISES = _chart("franchise", "Franchises", "Of which franchises have you seen several films?")
