"""Your taste: the films that you rated furthest above and below the public.

What belongs here: this one chart and its text. Stars are doubled to match TMDB's scale (0 to 10).
The public's mean is shrunk toward that of all rated films here
(`movie_pipeline.analytics.shrinkage`), so that three strangers' votes do not count as the public;
films with fewer than `analytics.thresholds.ENOUGH_VOTES` votes are left out, and the chart says so.
"""

from __future__ import annotations

import pandas as pd

from movie_pipeline.analytics import shrinkage
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.agreement import COMPARED, few
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story
from movie_pipeline.charts.findings import rounded
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar

#: The maximum number of films at either end.
AT_MOST = 8


def _rows(numbers: Numbers) -> pd.DataFrame:
    films = numbers.films
    high = (films["above"] <= AT_MOST) & (films["difference"] > 0)
    low = (films["below"] <= AT_MOST) & (films["difference"] < 0)
    rows = films[high | low].sort_values("above", ignore_index=True)
    return rows[
        ["film", "title", "rating", "vote_average", "vote_count", "difference", "above", "below"]
    ]


def _transform(films: alt.Chart) -> alt.Chart:
    public = shrinkage.expression(
        "datum.vote_average * datum.vote_count",
        "datum.vote_count",
        "datum.votes / (1000 * datum.all)",
        shrinkage.VOTES,
    )
    difference = f"(datum.rating * 2 - {public}) * {shrinkage.DIGITS}"
    return (
        films.transform_filter(COMPARED)
        .transform_calculate(thousandths="round(datum.vote_average * 1000)")
        .transform_joinaggregate(votes="sum(thousandths)", all="count()")
        .transform_calculate(difference=f"round({difference}) / {shrinkage.DIGITS}")
        .transform_window(
            above="row_number()",
            sort=[alt.SortField("difference", order="descending"), alt.SortField("film")],
        )
        .transform_window(
            below="row_number()",
            sort=[alt.SortField("difference"), alt.SortField("film", order="descending")],
        )
        .transform_filter(
            f"(datum.above <= {AT_MOST} && datum.difference > 0)"
            f" || (datum.below <= {AT_MOST} && datum.difference < 0)"
        )
    )


def _totalled(films: alt.Chart) -> alt.Chart:
    compared = films.transform_calculate(compared=f"{COMPARED} ? 1 : 0")
    return compared.transform_aggregate(compared="sum(compared)")


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    furthest = rows.transform_calculate(
        # Films with the same title need separate rows.
        row="datum.film + '\\t' + datum.title",
        # Few typefaces have a bold minus sign.
        signed="(datum.difference > 0 ? '+' : '-') + format(abs(datum.difference), '.1f')",
        you="datum.rating * 2",
        public="datum.rating * 2 - datum.difference",
        stars="'★ ' + datum.rating",
    ).encode(
        y=alt.Y("row:N")
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
    scale = alt.Scale(domain=[0, 10.4], range=[0, {"expr": "width - 48"}], nice=False)
    axis = alt.Axis(values=[0, 2, 4, 6, 8, 10], format="d", grid=True)
    x = alt.X("you:Q", title=None, scale=scale, axis=axis)
    signed = furthest.mark_text(align="right", fontWeight=600)
    nothing = (
        totals.transform_filter("!datum.compared")
        .mark_text(align="left", color=theme.QUIET, text="No rated film here has enough votes.")
        .encode(x=alt.value(0), y=alt.value(8))
    )
    return alt.layer(
        furthest.mark_rule(strokeWidth=2, color=theme.NONE).encode(x=x, x2="public:Q"),
        furthest.mark_circle(size=110, opacity=1, color=theme.PUBLIC).encode(
            x=alt.X("public:Q", scale=scale)
        ),
        furthest.mark_circle(size=110, opacity=1, color=theme.FILMS).encode(x=x),
        signed.encode(x=alt.value({"expr": "width"}), text="signed:N"),
        nothing,
    ).properties(height=alt.Step(23))


def _numbers(numbers: Numbers) -> Headline:
    rows = _rows(numbers)
    left_out = numbers.basis("rated_by_both") - int(numbers.summary["compared"])
    figures: Headline = {"films_of_few_votes": left_out}
    if len(rows) and rows["difference"].iloc[0] > 0:
        figures["furthest_above"] = str(rows["title"].iloc[0])
        figures["furthest_above_points"] = round(float(rows["difference"].iloc[0]), 2)
    if len(rows) and rows["difference"].iloc[-1] < 0:
        figures["furthest_below"] = str(rows["title"].iloc[-1])
        figures["furthest_below_points"] = round(float(rows["difference"].iloc[-1]), 2)
    return figures


def _story(numbers: Numbers) -> Story:
    if not numbers.summary["compared"]:
        return md("No rated film has enough votes on TMDB to compare with.{}", few(numbers)), ()
    rows = _rows(numbers)
    above, below = rows[rows["difference"] > 0].head(4), rows[rows["difference"] < 0].tail(4)
    shown = pd.concat([above, below])
    bars = [
        Bar(title, abs(points), md("{:+}", rounded(points, 1)))
        for title, points in zip(shown["title"].tolist(), shown["difference"].tolist(), strict=True)
    ]
    extremes = [
        md("**{}** is furthest {} the public", text(some.iloc[place]["title"], 60), word)
        for some, place, word in ((above, 0, "above"), (below, -1, "below"))
        if len(some)
    ]
    lead = Markdown(", ").join(extremes) if extremes else "Every film has the public's rating"
    sentence = md(
        "{} (points of ten; TMDB's mean, with {} average votes added).{}",
        lead,
        shrinkage.VOTES,
        few(numbers),
    )
    return sentence, bars


TASTE = Chart(
    name="taste",
    title="Your taste",
    question="Which films divide you from the public? Points of ten: your rating in amber, TMDB's"
    " mean in teal.",
    dimension="rated_by_both",
    lacking="not rated",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("film", "title", "rating", "vote_average", "vote_count"),
    needs=("rating", "vote_average"),
    transform=_transform,
    totals=lambda numbers: {"compared": int(numbers.summary["compared"])},
    totalled=_totalled,
    wide=True,
)
