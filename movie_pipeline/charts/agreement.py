"""Your ratings compared with the public's: how closely they agree, and who rates higher.

What belongs here: this one chart and its text. Stars are doubled to match the scale of TMDB's mean
(0 to 10). Films with fewer than `analytics.thresholds.ENOUGH_VOTES` votes are left out, and the
chart says so.
"""

from __future__ import annotations

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.thresholds import ENOUGH_VOTES
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story, rows_of
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.story import Bar

#: On the page, a film whose rating can be compared with the public's.
COMPARED = (
    f"isValid(datum.rating) && isValid(datum.vote_average) && datum.vote_count >= {ENOUGH_VOTES}"
)


def few(numbers: Numbers) -> Markdown:
    """Say how many rated films that TMDB knows have too few votes to compare with."""
    left = numbers.basis("rated_by_both") - numbers.basis("agreement")
    if not left:
        return Markdown()
    return md(" {:,} with fewer than {} votes on TMDB left out.", left, ENOUGH_VOTES)


def _transform(films: alt.Chart) -> alt.Chart:
    return (
        films.transform_filter(COMPARED)
        .transform_calculate(
            key="toString(floor(datum.rating * 2 + 0.5) / 2) + ':'"
            " + toString(floor(datum.vote_average + 0.5))"
        )
        .transform_aggregate(films="count()", groupby=["key"])
    )


def _totalled(films: alt.Chart) -> alt.Chart:
    return (
        films.transform_calculate(
            compared=f"{COMPARED} ? 1 : 0",
            higher="datum.rating * 2 > datum.vote_average ? 1 : 0",
        )
        .transform_calculate(higher="datum.compared * datum.higher")
        .transform_aggregate(
            possible="count()", compared="sum(compared)", rated_higher="sum(higher)"
        )
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    cells = (
        rows.transform_calculate(
            stars="toNumber(split(datum.key, ':')[0])", public="toNumber(split(datum.key, ':')[1])"
        )
        .mark_circle(color=theme.FILMS, opacity=0.85)
        .encode(
            x=alt.X("stars:Q", title="your rating")
            .scale(domain=[0.2, 5.3], nice=False, zero=False)
            .axis(values=[1, 2, 3, 4, 5], labelExpr="datum.value + ' ★'"),
            y=alt.Y("public:Q", title="TMDB's mean")
            .scale(domain=[0.5, 10.3], nice=False)
            .axis(values=[2, 4, 6, 8, 10], grid=True, labelColor=theme.QUIET),
            size=alt.Size("films:Q", legend=None).scale(range=[0, 520], zero=True),
            tooltip=[
                alt.Tooltip("stars:Q", title="Your stars"),
                alt.Tooltip("public:Q", title="TMDB's mean, about"),
                alt.Tooltip("films:Q", title="Films"),
            ],
        )
    )
    words = totals.transform_calculate(
        few="datum.possible - datum.compared",
        # On a line of its own: a phone or a column of the page has no room for both on one line.
        left=f"datum.few ? '|' + datum.few + ' with fewer than {ENOUGH_VOTES} votes left out' : ''",
        words="(datum.compared ? format(datum.rated_higher / datum.compared, '.0%') + ' rated"
        " higher than by the public' : 'No film with enough votes') + datum.left",
    )
    # Where both ratings are equal: a line between two fixed points, drawn for every selection.
    line = totals.transform_calculate(a="0.5", b="5", c="1", d="10")
    return alt.layer(
        line.mark_rule(strokeDash=[4, 4], strokeWidth=1.5).encode(
            x="a:Q", x2="b:Q", y="c:Q", y2="d:Q"
        ),
        cells,
        words.mark_text(
            align="left", baseline="bottom", color=theme.MEASURE, fontWeight=600, lineBreak="|"
        ).encode(x=alt.value(0), y=alt.value(-10), text="words:N"),
    ).properties(height=250)


def _totals(numbers: Numbers) -> dict[str, int]:
    return {
        "possible": numbers.basis("rated_by_both"),
        "compared": int(numbers.summary["compared"]),
        "rated_higher": int(numbers.summary["rated_higher"]),
    }


def _numbers(numbers: Numbers) -> Headline:
    totals, summary = _totals(numbers), numbers.summary
    figures: Headline = {"films_of_few_votes": totals["possible"] - totals["compared"]}
    if totals["compared"]:
        figures["share_rated_higher"] = round(totals["rated_higher"] / totals["compared"], 4)
        figures["mean_difference"] = round(summary["mean_difference"], 3)
    if summary["correlation"] is not None:
        figures["correlation"] = round(summary["correlation"], 3)
    return figures


def _story(numbers: Numbers) -> Story:
    compared = int(numbers.summary["compared"])
    if not compared:
        return md("No rated film has enough votes on TMDB to compare with.{}", few(numbers)), ()
    difference = numbers.summary["mean_difference"]
    by = numbers.of("difference").set_index("key")["films"]
    bars = [
        Bar(name, int(by.get(key, 0)), md("{:,}", int(by.get(key, 0))))
        for key, name in (
            ("2", "2 or more higher"),
            ("1", "higher, by less"),
            ("0", "the same or lower, by less"),
            ("-1", "2 or more lower"),
        )
    ]
    sentence = md(
        "**{:.0%}** of the films are rated higher than by TMDB's public; on average {:.1f} of ten"
        " points {} it.{}",
        numbers.summary["rated_higher"] / compared,
        abs(difference),
        "above" if difference > 0 else "below",
        few(numbers),
    )
    return sentence, bars


AGREEMENT = Chart(
    name="agreement",
    title="You and the public",
    question="Do the ratings of this list agree with those of TMDB's public, and who rates higher?",
    dimension="rated_by_both",
    lacking="not rated",
    rows=rows_of("agreement"),
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("rating", "vote_average", "vote_count"),
    needs=("rating", "vote_average"),
    transform=_transform,
    totals=_totals,
    totalled=_totalled,
)
