"""The top directors: whose films come back again and again, and how they were rated.

What belongs here: this one chart, its numbers and its words. People are told apart by their TMDB
id; co-directors count fully each.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline import theme
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline, Pick
from movie_pipeline.charts.markdown import Bar, text

#: One film says nothing about a preference.
AT_LEAST = 2
#: Rows of the ranking that are drawn.
AT_MOST = 15


def _specification() -> Drawing:
    everyone = (
        alt.Chart(alt.NamedData(DATASET))
        .transform_flatten(["director_ids", "directors"], as_=["id", "director"])
        .transform_aggregate(films="count()", rating="mean(rating)", groupby=["id", "director"])
    )
    ranked = (
        everyone.transform_filter(f"datum.films >= {AT_LEAST}")
        .transform_calculate(rated="isValid(datum.rating) ? datum.rating : 0")
        .transform_window(
            place="row_number()",
            sort=[
                alt.SortField("films", order="descending"),
                alt.SortField("rated", order="descending"),
                alt.SortField("director"),
                alt.SortField("id"),
            ],
        )
        .transform_filter(f"datum.place <= {AT_MOST}")
        .transform_calculate(
            # Namesakes need rows of their own: the id is in the value, the name on the axis.
            who="datum.id + '\\t' + datum.director",
            stars="isValid(datum.rating) ? '★ ' + format(datum.rating, '.1f') : ''",
        )
        .encode(
            y=alt.Y("who:N")
            .title(None)
            .sort(field="place", op="min")
            .axis(labelExpr="slice(datum.label, indexof(datum.label, '\\t') + 1)"),
            tooltip=[
                alt.Tooltip("director:N", title="Director"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
    )
    room = alt.Scale(range=[0, {"expr": "width - 84"}], zero=True)
    films = alt.X("films:Q", axis=None, scale=room, stack=None)
    nobody = (
        everyone.transform_aggregate(most="max(films)")
        .transform_filter(f"datum.most < {AT_LEAST}")
        .mark_text(align="left", color=theme.QUIET, text="No director has two films here.")
        .encode(x=alt.value(0), y=alt.value(8))
    )
    return alt.layer(
        ranked.mark_bar(cornerRadiusEnd=3, cursor="pointer").encode(x=films),
        ranked.mark_text(align="left", dx=6, fontWeight=600).encode(x=films, text="films:Q"),
        ranked.mark_text(align="right", color=theme.MEASURE, fontWeight=600).encode(
            x=alt.value({"expr": "width"}), text="stars:N"
        ),
        nobody,
    ).properties(height=alt.Step(23))


def _ranking(films: pd.DataFrame) -> pd.DataFrame:
    """Return `director_ids`, `directors`, `films`, `rating`, ordered as the chart is."""
    people = films[["director_ids", "directors", "rating"]].explode(["director_ids", "directors"])
    ranking = people.groupby(["director_ids", "directors"], sort=False, as_index=False).agg(
        films=("directors", "size"), rating=("rating", "mean")
    )
    ranking["rated"] = ranking["rating"].fillna(0)
    # An id that is only a name (see `films.count`) must not be compared with a number.
    ranking["last"] = ranking["director_ids"].map(str)
    return ranking.sort_values(
        ["films", "rated", "directors", "last"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )


def _drawn(films: pd.DataFrame) -> pd.DataFrame:
    """Return the films of all who have as many as the last one drawn: nobody else can be drawn."""
    ranking = _ranking(films)
    enough = ranking["films"] >= ranking["films"].head(AT_MOST).min()
    some = set(ranking["director_ids"][enough])
    return films[[not some.isdisjoint(people) for people in films["director_ids"]]]


def _numbers(films: pd.DataFrame) -> Headline:
    ranking = _ranking(films)
    repeated = ranking[ranking["films"] >= AT_LEAST]
    numbers: Headline = {"directors": len(ranking), "directors_of_two_or_more": len(repeated)}
    if len(repeated):
        top = repeated.iloc[0]
        numbers |= {"top_director": str(top["directors"]), "top_director_films": int(top["films"])}
        if pd.notna(top["rating"]):
            numbers["top_director_mean_rating"] = round(float(top["rating"]), 2)
    return numbers


def _story(films: pd.DataFrame) -> tuple[str, Sequence[Bar]]:
    ranking = _ranking(films)
    repeated = ranking[ranking["films"] >= AT_LEAST]
    if repeated.empty:
        return f"{len(ranking):,} directors, none of them with two films here.", ()
    bars = [
        Bar(str(name), number, f"{number:,}" + _stars(rating))
        for name, number, rating in zip(
            repeated["directors"].head(9),
            repeated["films"].head(9).tolist(),
            repeated["rating"].head(9).tolist(),
            strict=True,
        )
    ]
    first = bars[0]
    sentence = (
        f"**{text(first.name, 40)}** leads with {first.value:,} films; {len(repeated):,} of "
        f"{len(ranking):,} directors have two or more."
    )
    return sentence, bars


def _stars(rating: float) -> str:
    return f" · ★ {rating:.1f}" if pd.notna(rating) else ""


DIRECTORS = Chart(
    name="directors",
    title="Top directors",
    question="Whose films come back most often in this list, and how are they rated on average?",
    columns=("director_ids", "directors", "rating"),
    needs="director_ids",
    lacking="without a director",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    drawn=_drawn,
    pick=Pick(filter="director", field="id"),
)
