"""The best rated directors: those with three or more rated films, by your mean.

What belongs here: this one chart and its text. Directors are ranked by the shrunk mean
(`movie_pipeline.analytics.shrinkage`); the mean that is drawn and printed is the plain one.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import ENOUGH_RATED
from movie_pipeline.charts import theme
from movie_pipeline.charts.bars import STEPS, named
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Pick, Story
from movie_pipeline.charts.directors import RANKING
from movie_pipeline.charts.findings import rounded
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md, text
from movie_pipeline.charts.ranking import stars
from movie_pipeline.charts.story import Bar

#: The maximum number of directors drawn.
AT_MOST = 10


def _table(numbers: Numbers) -> pd.DataFrame:
    rows = numbers.people[(numbers.people["role"] == "director") & numbers.people["best"].notna()]
    named_ = {"person_id": "key", "name": "label"}
    best = rows.drop(columns="place").rename(columns={**named_, "best": "place"})
    return best.sort_values("place", ignore_index=True)


def _rows(numbers: Numbers) -> pd.DataFrame:
    return _table(numbers).head(AT_MOST)


def _transform(films: alt.Chart) -> alt.Chart:
    several = RANKING.measured(films, least=f"datum.rated >= {ENOUGH_RATED}")
    best = [alt.SortField(name, order="descending") for name in ("score", "films")]
    return several.transform_window(
        place="row_number()", sort=[*best, alt.SortField("key")]
    ).transform_filter(f"datum.place <= {AT_MOST}")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    people = named(rows, "Director").transform_calculate(
        high="datum.ratings[0]",
        low="datum.ratings[length(datum.ratings) - 1]",
        words="'★ ' + format(datum.mean_rating, '.2f')",
    )
    scale = alt.Scale(domain=[0.4, 5.1], range=[0, {"expr": "width - 60"}], nice=False)
    axis = alt.Axis(values=[1, 2, 3, 4, 5], labelExpr="'★ ' + datum.value", grid=True)
    x = alt.X("low:Q", title=None, scale=scale, axis=axis)
    ticks = people.transform_flatten(["ratings"], as_=["rating"])
    return alt.layer(
        people.mark_rule(strokeWidth=2, color=theme.NONE).encode(x=x, x2="high:Q"),
        ticks.mark_tick(size=14, thickness=2, color=theme.RAMP[4]).encode(
            x=alt.X("rating:Q", scale=scale)
        ),
        people.mark_circle(size=110, opacity=1, color=theme.FILMS, cursor="pointer").encode(
            x=alt.X("mean_rating:Q", scale=scale)
        ),
        people.mark_text(align="right", color=theme.MEASURE, fontWeight=600).encode(
            x=alt.value({"expr": "width"}), text="words:N"
        ),
    ).properties(height=alt.Step(STEPS[1]))


def _numbers(numbers: Numbers) -> Headline:
    rows = _rows(numbers)
    return {"best_rated_director": str(rows["label"].iloc[0])} if len(rows) else {}


def _story(numbers: Numbers) -> Story:
    rows = _rows(numbers).head(9)
    if rows.empty:
        return md("No director has {} rated films here.", ENOUGH_RATED), ()
    told = [
        Bar(name, mean, md("{} · {:,} rated", stars(mean), rated))
        for name, mean, rated in zip(
            rows["label"], rows["mean_rating"].tolist(), rows["rated"].tolist(), strict=True
        )
    ]
    first = rows.iloc[0]
    sentence = md(
        "**{}** is rated best: ★ {} for {:,} films.",
        text(str(first["label"]), 60),
        rounded(first["mean_rating"], 2),
        int(first["rated"]),
    )
    return sentence, told


BEST = Chart(
    name="best",
    title="Best rated directors",
    question=f"Whom do you rate best? Directors with {ENOUGH_RATED} rated films or more: a line for"
    " each rating, a dot for the mean.",
    dimension="director",
    lacking="without a director",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("directed", "rating", "overall"),
    needs=("director_ids",),
    transform=_transform,
    least=2,
    pick=Pick(filter="director", field="key"),
)
