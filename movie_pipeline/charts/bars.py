"""Bars: rows with a name, a bar as long as its number of films, that number, and a note.

What belongs here: how such rows look, and what makes room for the numbers at any width. What does
not: which rows there are and in which order, which is each chart's own.
"""

from typing import Literal

import altair as alt

from movie_pipeline import theme
from movie_pipeline.charts.chart import Drawing

#: Pixels of a row.
STEP = 23


def bars(
    rows: alt.Chart, *, note: str, note_color: str = theme.QUIET, clickable: bool = False
) -> Drawing:
    """Return the layers of a bar, its number and its note, with nothing but the rows' own encoding.

    Args:
        rows: Transforms that end in a row for each bar, with the field ``films`` and the note's;
            ``y`` is encoded.
        note: The field of the text at the right edge.
        note_color: Of that text.
        clickable: Whether the chart has a `Pick`.
    """
    room = alt.Scale(range=[0, {"expr": "width - 84"}], zero=True)
    films = alt.X("films:Q", axis=None, scale=room, stack=None)
    cursor: Literal["pointer", "default"] = "pointer" if clickable else "default"
    return alt.layer(
        rows.mark_bar(cursor=cursor).encode(x=films),
        rows.mark_text(align="left", dx=6, fontWeight=600).encode(x=films, text="films:Q"),
        rows.mark_text(align="right", color=note_color).encode(
            x=alt.value({"expr": "width"}), text=f"{note}:N"
        ),
    ).properties(height=alt.Step(STEP))
