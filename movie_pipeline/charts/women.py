"""Women behind the camera: how many films of each decade have a director who is a woman.

What belongs here: this one chart and its text. Genders are TMDB's; a film with a director whose
gender it does not have, and no woman among the others, is unknown and drawn as such.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md
from movie_pipeline.charts.story import Bar

#: Who directed a film, in the order drawn, with the words and the colour for it.
WHO = {"women": "a woman", "others": "others", "unknown": "not known"}
_COLOURS = [theme.FILMS, theme.RAMP[0], theme.LINE]


def _rows(numbers: Numbers) -> pd.DataFrame:
    rows = numbers.of("director_gender_by_decade")
    split = rows["key"].str.split(":", expand=True).reindex(columns=[0, 1])
    return rows.assign(decade=pd.to_numeric(split[0]), who=split[1])


def _transform(films: alt.Chart) -> alt.Chart:
    who = (
        "indexof(datum.director_genders, 1) >= 0 ? 'women' : !length(datum.director_genders)"
        " || indexof(datum.director_genders, 0) >= 0 ? 'unknown' : 'others'"
    )
    return films.transform_calculate(
        decade="floor(datum.released / 10) * 10", who=who
    ).transform_aggregate(films="count()", groupby=["decade", "who"])


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    order = f"indexof({[*WHO]}, datum.who)"
    return (
        rows.transform_calculate(
            name="datum.decade + 's'", directed=f"{WHO}[datum.who]", order=order
        )
        .mark_bar()
        .encode(
            x=alt.X("name:O", title=None, sort=alt.SortField("decade")).axis(labelAngle=0),
            y=alt.Y("films:Q", title=None, axis=alt.Axis(**theme.COUNTS)),
            color=alt.Color("directed:N")
            .scale(domain=[*WHO.values()], range=_COLOURS)
            .legend(orient="top", title="Directed by", titleColor=theme.QUIET, symbolOpacity=1),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("name:N", title="Decade"),
                alt.Tooltip("directed:N", title="Directed by"),
                alt.Tooltip("films:Q", title="Films"),
            ],
        )
        .properties(height=210)
    )


def _counts(numbers: Numbers) -> dict[str, int]:
    rows = numbers.of("director_gender")
    counts = dict(zip(rows["key"], rows["films"].tolist(), strict=True))
    return {who: int(counts.get(who, 0)) for who in WHO}


def _numbers(numbers: Numbers) -> Headline:
    return {f"directed_by_{who}": films for who, films in _counts(numbers).items()}


def _story(numbers: Numbers) -> Story:
    counts = _counts(numbers)
    known = counts["women"] + counts["others"]
    unknown = counts["unknown"]
    sentence = md(
        "**{:,}** of {:,} films have a woman among their directors", counts["women"], known
    )
    sentence += md("; of {:,} more, TMDB doesn't say.", unknown) if unknown else md(".")
    return sentence, [Bar(WHO[who], films, md("{:,}", films)) for who, films in counts.items()]


WOMEN = Chart(
    name="women",
    title="Women behind the camera",
    question="How many of these films were directed by women, by decade of release?",
    dimension="director_gender_by_decade",
    lacking="without a director",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("director_genders", "released"),
    needs=("director_ids", "released"),
    transform=_transform,
    wide=True,
)
