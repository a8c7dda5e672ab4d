"""Bars: rows with a name, a bar proportional to the number of films, that number, and a note.

What belongs here: how such rows look, and how they leave room for the numbers at any width. What
does not: which rows there are and in which order, which each chart decides.
"""

from typing import Literal

import altair as alt

from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Drawing

#: Height of a row in pixels, by the number of lines of its name.
STEPS = {1: 23, 2: 34}


def bars(
    rows: alt.Chart,
    *,
    note: str,
    clickable: bool = False,
    lines: int = 1,
    otherwise: alt.Chart | None = None,
) -> Drawing:
    """Return the layers of bars, numbers and notes, adding nothing to the rows' own encoding.

    Args:
        rows: Transforms that end in a row for each bar, with the fields ``films`` and `note`;
            ``y`` is encoded.
        note: The field of the text at the right edge: ``percent``, or ``stars`` in their colour.
        clickable: Whether the chart has a `Pick`.
        lines: The number of lines of a row's name.
        otherwise: What is shown if there are no rows.
    """
    room = alt.Scale(range=[0, {"expr": "width - 84"}], zero=True)
    films = alt.X("films:Q", axis=None, scale=room, stack=None)
    cursor: Literal["pointer", "default"] = "pointer" if clickable else "default"
    rated = note == "stars"
    return alt.layer(
        rows.mark_bar(cursor=cursor).encode(x=films),
        rows.mark_text(align="left", dx=6, fontWeight=600).encode(x=films, text="films:Q"),
        rows.mark_text(
            align="right",
            color=theme.MEASURE if rated else theme.QUIET,
            fontWeight=600 if rated else 400,
        ).encode(x=alt.value({"expr": "width"}), text=f"{note}:N"),
        *([otherwise] if otherwise else []),
    ).properties(height=alt.Step(STEPS[lines]))
