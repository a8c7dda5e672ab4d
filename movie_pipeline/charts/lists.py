"""Own lists: how much of each you have seen, and what to see next of the watchlist.

What belongs here: this one chart and its text, and the table of what to see next. It also counts
films that you have not seen. What does not: the order and the reasons (`analytics.next`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from movie_pipeline.analytics.next import Waiting
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.bars import STEPS
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Pick, Story
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import Markdown, link, md, row, text
from movie_pipeline.charts.story import Bar

#: The maximum number of lists drawn.
AT_MOST = 12
#: The maximum number of films to see that are listed.
MOST_TO_SEE = 20


def progress(numbers: Numbers) -> pd.DataFrame:
    """A row for each list, the longest first: `key` (its name), `films` (those seen), `total`."""
    every, seen = numbers.of("listed"), numbers.of("list")
    if not numbers.summary["seen"]:  # a mere list: its films count, but none was seen
        seen = seen.head(0)
    counts = dict(zip(seen["key"], seen["films"].tolist(), strict=True))
    rows = pd.DataFrame(
        {
            "key": every["key"],
            "films": [int(counts.get(name, 0)) for name in every["key"]],
            "total": every["films"].astype(int),
        }
    )
    return rows.sort_values(["total", "key"], ascending=[False, True], ignore_index=True)


def to_see(films: Sequence[Waiting]) -> Markdown:
    """A table of the first films to see next, each with its reason."""
    if not films:
        return Markdown("Nothing is on the watchlist.")
    lines = [row("", "film", "year", "minutes", "why"), Markdown("| --: | --- | --: | --: | --- |")]
    for film in films[:MOST_TO_SEE]:
        title = text(film.title or "Untitled", 80)
        if film.film > 0:
            title = link(title, f"https://www.themoviedb.org/movie/{film.film}")
        facts = (film.released or "", film.runtime_minutes or "", film.words)
        lines.append(row(film.place, title, *map(str, facts)))
    if len(films) > MOST_TO_SEE:
        more = md("\n{:,} more are on the page and in films.csv.", len(films) - MOST_TO_SEE)
        lines.append(more)
    return Markdown("\n").join(lines)


def _rows(numbers: Numbers) -> pd.DataFrame:
    return progress(numbers).head(AT_MOST)


def _transform(films: alt.Chart) -> alt.Chart:
    return (
        films.transform_flatten(["in_lists"], as_=["key"])
        .transform_calculate(one="datum.seen ? 1 : 0")
        .transform_aggregate(films="sum(one)", total="count()", groupby=["key"])
        .transform_window(
            place="row_number()",
            sort=[alt.SortField("total", order="descending"), alt.SortField("key")],
        )
        .transform_filter(f"datum.place <= {AT_MOST}")
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    lists = rows.transform_calculate(
        progress="datum.films + ' of ' + datum.total + ' seen'",
        share="format(datum.films / datum.total, '.0%')",
    ).encode(
        y=alt.Y("key:N", title=None).sort(field="total", op="max", order="descending"),
        tooltip=[
            alt.Tooltip("key:N", title="List"),
            alt.Tooltip("progress:N", title="Films"),
            alt.Tooltip("share:N", title="Seen"),
        ],
    )
    room = alt.Scale(range=[0, {"expr": "width - 104"}], zero=True)
    return alt.layer(
        lists.mark_bar(cursor="pointer", color=theme.LINE).encode(
            x=alt.X("total:Q", axis=None, scale=room)
        ),
        lists.mark_bar(cursor="pointer").encode(x=alt.X("films:Q", axis=None, scale=room)),
        lists.mark_text(align="right", color=theme.QUIET).encode(
            x=alt.value({"expr": "width"}), text="progress:N"
        ),
    ).properties(height=alt.Step(STEPS[1]))


def _numbers(numbers: Numbers) -> Headline:
    rows = progress(numbers)
    return {
        "lists": len(rows),
        "lists_completed": int((rows["films"] == rows["total"]).sum()),
        "on_watchlist": int(numbers.summary["on_watchlist"]),
    }


def _story(numbers: Numbers) -> Story:
    rows = progress(numbers)
    first = rows.iloc[0]
    sentence = md(
        "You have seen **{:,} of {:,}** films of {}.",
        int(first["films"]),
        int(first["total"]),
        str(first["key"])[:60],
    )
    if waiting := int(numbers.summary["on_watchlist"]):
        sentence += _waiting(waiting)
    return sentence, [
        Bar(name, films, md("{:,} of {:,}", films, total))
        for name, films, total in rows.head(9).itertuples(index=False)
    ]


def _waiting(number: int) -> Markdown:
    films = "1 film waits" if number == 1 else f"{number:,} films wait"
    return md(" {} on the watchlist.", films)


OWN_LISTS = Chart(
    name="lists",
    title="Your lists",
    question="How many films of your own lists have you seen?",
    dimension="listed",
    lacking="on none of your lists",
    rows=_rows,
    marks=_marks,
    numbers=_numbers,
    story=_story,
    columns=("in_lists", "seen"),
    needs=("in_lists",),
    transform=_transform,
    identified=False,
    covers="everything",
    pick=Pick("list", "key"),
)
