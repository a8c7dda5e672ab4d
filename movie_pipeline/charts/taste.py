"""Your taste: the films that you rated furthest above and below the public.

What belongs here: this one chart, its numbers and its text. Stars are doubled to match TMDB's scale
(0 to 10). The public's mean is shrunk toward that of all rated films here
(`movie_pipeline.analytics.shrinkage`), so that three strangers' votes do not count as the public;
films with fewer than `ENOUGH` votes are left out, and the chart says so.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.analytics import shrinkage
from movie_pipeline.charts import theme
from movie_pipeline.charts.agreement import ENOUGH
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.ranking import rounded
from movie_pipeline.charts.story import Bar

#: The maximum number of films at either end.
AT_MOST = 8
_DIGITS = 1_000_000


def _specification() -> Drawing:
    rated = alt.Chart(alt.NamedData(DATASET)).transform_filter("isValid(datum.rating)")
    few = f"datum.vote_count >= {ENOUGH} && isValid(datum.vote_average)"
    public = shrinkage.expression(
        "datum.vote_average * datum.vote_count",
        "datum.vote_count",
        "datum.overall",
        shrinkage.VOTES,
    )
    furthest = (
        rated.transform_filter(few)
        .transform_joinaggregate(overall="mean(vote_average)")
        .transform_calculate(public=public)
        .transform_calculate(
            difference=f"round((datum.rating * 2 - datum.public) * {_DIGITS}) / {_DIGITS}"
        )
        .transform_window(
            above="row_number()",
            sort=[
                alt.SortField("difference", order="descending"),
                alt.SortField("tmdb_id"),
            ],
        )
        .transform_window(
            below="row_number()",
            sort=[
                alt.SortField("difference"),
                alt.SortField("tmdb_id", order="descending"),
            ],
        )
        .transform_filter(
            f"(datum.above <= {AT_MOST} && datum.difference > 0)"
            f" || (datum.below <= {AT_MOST} && datum.difference < 0)"
        )
        .transform_calculate(
            # Films with the same title need separate rows.
            film="datum.tmdb_id + '\\t' + datum.title",
            # Few typefaces have a bold minus sign.
            signed="(datum.difference > 0 ? '+' : '-') + format(abs(datum.difference), '.1f')",
            side="datum.difference > 0 ? 'above' : 'below'",
            stars="'★ ' + datum.rating",
        )
        .encode(
            y=alt.Y("film:N")
            .title(None)
            .sort(field="above", op="min")
            .axis(labelExpr="slice(datum.label, indexof(datum.label, '\\t') + 1)"),
            tooltip=[
                alt.Tooltip("title:N", title="Film"),
                alt.Tooltip("stars:N", title="You"),
                alt.Tooltip("vote_average:Q", title="TMDB's mean", format=".1f"),
                alt.Tooltip("vote_count:Q", title="Votes", format=","),
                alt.Tooltip("signed:N", title="Difference, of ten"),
            ],
        )
    )
    room = alt.Scale(range=[34, {"expr": "width - 34"}], zero=True)
    x = alt.X("difference:Q", axis=None, scale=room, stack=None)
    colour = alt.Color("side:N", legend=None).scale(
        domain=["above", "below"], range=[theme.FILMS, theme.MEASURE]
    )
    beside = furthest.mark_text(
        align={"expr": "datum.difference > 0 ? 'left' : 'right'"},
        dx={"expr": "datum.difference > 0 ? 6 : -6"},
        fontWeight=600,
    )
    # A note for when nothing is drawn.
    nothing = (
        rated.transform_calculate(used=f"{few} ? 1 : 0")
        .transform_aggregate(used="sum(used)")
        .transform_filter("!datum.used")
        .mark_text(align="left", color=theme.QUIET, text="No rated film here has enough votes.")
        .encode(x=alt.value(0), y=alt.value(8))
    )
    return alt.layer(
        furthest.mark_bar().encode(x=x, color=colour),
        beside.encode(x=x, text="signed:N"),
        nothing,
    ).properties(height=alt.Step(23))


def _compared(films: pd.DataFrame) -> pd.DataFrame:
    """Return the films with enough votes and their `difference`, the highest first."""
    used = films[(films["vote_count"] >= ENOUGH) & films["vote_average"].notna()]
    votes = used["vote_count"]
    overall = float(used["vote_average"].mean())
    public = shrinkage.shrunk(used["vote_average"] * votes, votes, overall, shrinkage.VOTES)
    difference = ((used["rating"] * 2 - public) * _DIGITS).round() / _DIGITS
    return used.assign(difference=difference).sort_values(
        ["difference", "tmdb_id"], ascending=[False, True], ignore_index=True
    )


def _numbers(films: pd.DataFrame) -> Headline:
    compared = _compared(films)
    numbers: Headline = {"films_of_few_votes": len(films) - len(compared)}
    if len(compared):
        above, below = compared.iloc[0], compared.iloc[-1]
        if above["difference"] > 0:
            numbers |= {
                "furthest_above": str(above["title"]),
                "furthest_above_points": round(float(above["difference"]), 2),
            }
        if below["difference"] < 0:
            numbers |= {
                "furthest_below": str(below["title"]),
                "furthest_below_points": round(float(below["difference"]), 2),
            }
    return numbers


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    compared = _compared(films)
    few = len(films) - len(compared)
    left = md(" {:,} with fewer than {} votes left out.", few, ENOUGH) if few else ""
    if compared.empty:
        return md("No rated film has enough votes on TMDB to compare with.{}", left), ()
    above = compared[compared["difference"] > 0].head(4)
    below = compared[compared["difference"] < 0].tail(4)
    shown = pd.concat([above, below])
    bars = [
        Bar(title, abs(points), md("{:+}", rounded(points, 1)))
        for title, points in zip(shown["title"].tolist(), shown["difference"].tolist(), strict=True)
    ]
    extremes = [
        md("**{}** is furthest {} the public", text(rows.iloc[place]["title"], 60), word)
        for rows, place, word in ((above, 0, "above"), (below, -1, "below"))
        if len(rows)
    ]
    lead = Markdown(", ").join(extremes) if extremes else "Every film has the public's rating"
    sentence = md(
        "{} (points of ten; TMDB's mean, with {} average votes added).{}",
        lead,
        shrinkage.VOTES,
        left,
    )
    return sentence, bars


TASTE = Chart(
    name="taste",
    title="Your taste",
    question="Which films of this list are rated furthest above and below TMDB's public?",
    columns=("tmdb_id", "title", "rating", "vote_average", "vote_count"),
    needs="rating",
    lacking="not rated",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    wide=True,
)
