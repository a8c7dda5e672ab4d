"""Rows with a name, a mark proportional to the number of films, that number, and a note.

What belongs here: how such rows look, and how they leave room for the numbers at any width. What
does not: which rows there are and in which order, which each chart decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Drawing, shade
from movie_pipeline.charts.later import alt

#: Height of a row in pixels, by the number of lines of its name.
STEPS = {1: 23, 2: 34}
#: Up to this many films are drawn as a dot each.
MOST_DOTS = 24
#: From this many rated films, a name's mean is worth a mark of its own.
ENOUGH = 5

_ROOM = "width - 84"
_NUMBERS: dict[str, Any] = {"align": "left", "dx": 6, "fontWeight": 600}
Cursor = Literal["pointer", "default"]


def plain(rows: alt.Chart, cursor: Cursor) -> list[alt.Chart]:
    """A bar in each row, and its number."""
    room = alt.Scale(range=[0, {"expr": _ROOM}], zero=True)
    films = alt.X("films:Q", axis=None, scale=room, stack=None)
    return [
        rows.mark_bar(cursor=cursor).encode(x=films),
        rows.mark_text(**_NUMBERS).encode(x=films, text="films:Q"),
    ]


def bars(
    rows: alt.Chart,
    *,
    note: str,
    clickable: bool = False,
    lines: int = 1,
    look: Callable[[alt.Chart, Cursor], list[alt.Chart]] = plain,
    otherwise: alt.Chart | None = None,
) -> Drawing:
    """Return the layers of marks, numbers and notes, adding nothing to the rows' own encoding.

    Args:
        rows: Transforms that end in a row for each name, with the fields ``films`` and `note`;
            ``y`` is encoded.
        note: The field of the text at the right edge: ``percent``, or ``stars`` in their colour.
        clickable: Whether the chart has a `Pick`.
        lines: The number of lines of a row's name.
        look: What stands for the films of a row: `plain`, `dots` or `means`.
        otherwise: What is shown if there are no rows.
    """
    rated = note == "stars"
    noted = rows.mark_text(
        align="right",
        color=theme.MEASURE if rated else theme.QUIET,
        fontWeight=600 if rated else 400,
    ).encode(x=alt.value({"expr": "width"}), text=f"{note}:N")
    layers = look(rows, "pointer" if clickable else "default")
    return alt.layer(*layers, noted, *([otherwise] if otherwise else [])).properties(
        height=alt.Step(STEPS[lines])
    )


def dots(rows: alt.Chart, cursor: Cursor) -> list[alt.Chart]:
    """A dot for each film, or a bar in every row if one has more than `MOST_DOTS` films.

    Dots have the colours of the row's `ratings`, if it has them, else of its `mean_rating`.
    """
    measured = rows.transform_joinaggregate(most="max(films)").transform_calculate(
        pitch=f"min(15, ({_ROOM}) / min(datum.most, {MOST_DOTS}))"
    )
    each = (
        measured.transform_filter(f"datum.most <= {MOST_DOTS}")
        .transform_calculate(places="sequence(datum.films)")
        .transform_flatten(["places"], as_=["nth"])
        .transform_calculate(
            x="(datum.nth + 0.5) * datum.pitch",
            given="(isArray(datum.ratings) ? datum.ratings[datum.nth] : datum.mean_rating) || 0",
        )
    )
    many = measured.transform_filter(f"datum.most > {MOST_DOTS}").transform_calculate(
        x=f"datum.films / datum.most * ({_ROOM})"
    )
    ends = measured.transform_calculate(
        x=f"datum.most > {MOST_DOTS} ? datum.films / datum.most * ({_ROOM})"
        " : datum.films * datum.pitch"
    )
    at = alt.X("x:Q", scale=None, axis=None)
    return [
        each.mark_circle(
            opacity=1,
            cursor=cursor,
            size={"expr": "PI / 4 * pow(datum.pitch * 0.86, 2)"},
            fill={"expr": shade("datum.given")},
        ).encode(x=at),
        many.mark_bar(cursor=cursor).encode(x=at, x2=alt.value(0)),
        ends.mark_text(**_NUMBERS).encode(x=at, text="films:Q"),
    ]


def means(rows: alt.Chart, cursor: Cursor) -> list[alt.Chart]:
    """A bar and its number on the left; on the right, how far the mean is from the overall one.

    The rows have `mean_rating`, and `overall` in thousandths of a star.
    """
    x = alt.X("films:Q", axis=None, stack=None)
    x = x.scale(range=[0, {"expr": "width * 0.56 - 34"}], zero=True)
    both = rows.transform_calculate(
        mean=f"datum.rated >= {ENOUGH} ? datum.mean_rating : null"
    ).transform_calculate(overall="datum.overall / 1000")
    both = both.transform_joinaggregate(low="min(mean)", high="max(mean)")
    low, high = "min(datum.low, datum.overall)", "max(datum.high, datum.overall)"
    spot = f"width * 0.6 + ({{}} - {low}) / max(0.01, {high} - {low}) * (width * 0.4 - 56)"
    placed = both.transform_filter("isValid(datum.mean)").transform_calculate(
        at=spot.format("datum.mean"), origin=spot.format("datum.overall")
    )
    at = alt.X("at:Q", scale=None, axis=None)
    return [
        rows.mark_bar(cursor=cursor, color=theme.NONE).encode(x=x),
        rows.mark_text(**_NUMBERS).encode(x=x, text="films:Q"),
        placed.mark_rule(strokeWidth=1.5, color=theme.NONE).encode(x=at, x2="origin:Q"),
        placed.mark_circle(size=70, opacity=1, color=theme.FILMS).encode(x=at),
    ]


def named(rows: alt.Chart, noun: str) -> alt.Chart:
    """Give rows with `place` and `label` a name each, in the order of their places.

    Args:
        rows: With the fields of `tallied`.
        noun: What they are, for the tooltip.
    """
    # Two ids may have one name, and need separate rows.
    return rows.transform_calculate(
        row="datum.place + '\\t' + datum.label",
        stars="datum.rated ? '★ ' + format(datum.mean_rating, '.1f') : ''",
        ratings_of="datum.rated ? '★ ' + format(datum.mean_rating, '.2f') + ' of '"
        " + datum.rated + ' rated' : 'not rated'",
    ).encode(
        y=alt.Y("row:N")
        .title(None)
        .sort(field="place", op="min")
        .axis(labelExpr="split(datum.label, '\\t')[1]"),
        tooltip=[
            alt.Tooltip("label:N", title=noun),
            alt.Tooltip("films:Q", title="Films"),
            alt.Tooltip("ratings_of:N", title="Your mean rating"),
        ],
    )
