"""Pictures: a chart of some numbers as an SVG.

What belongs here: putting rows and text into a compiled specification, and having it drawn, but
only if the result would differ. What does not: compiling (`specifications`) and calling the
renderer (`drawing`).
"""

import hashlib
import json
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import ROWS, TOTALS, Chart, as_json
from movie_pipeline.charts.drawing import draw
from movie_pipeline.charts.specifications import Specifications, compile_chart
from movie_pipeline.charts.svg import minified
from movie_pipeline.outside import files

_MARK = 'data-of="'
#: Characters in a line of a picture's heading.
_HEADING = 62


def to_svg(
    chart: Chart,
    numbers: Numbers,
    *,
    specifications: Specifications | None = None,
    file: Path | None = None,
) -> str:
    """Render a chart as SVG: the same numbers give the same bytes.

    Args:
        chart: An entry of `CHARTS`.
        numbers: The numbers of an upload or of a selection of its films.
        specifications: The compiled charts; if not given, this chart is compiled.
        file: The picture's file. If it already shows the same, it is returned unchanged, since
            drawing takes 0.7 s for the first picture and 50 ms for each; otherwise it is replaced.
    """
    compiled = (specifications or {chart.name: compile_chart(chart)})[chart.name]["card"]
    asked = json.dumps(_filled(chart, numbers, compiled))
    mark = f'{_MARK}{hashlib.sha256(asked.encode()).hexdigest()[:32]}"'
    if file is not None and mark in (old := _read(file))[:1_000]:
        return old
    svg = minified(draw(asked))
    svg = svg.replace("<svg", f"<svg {mark}", 1)
    svg = svg.replace(f'fill="{theme.CARD}"', f'fill="{theme.CARD}" rx="12"', 1)
    if file is not None:
        files.write(file, svg.encode())
    return svg


def _filled(chart: Chart, numbers: Numbers, compiled: dict[str, Any]) -> dict[str, Any]:
    """Return the specification with its rows and text, or with a note instead of rows."""
    heading = textwrap.wrap(chart.finding(numbers) or chart.title, _HEADING) or [chart.title]
    title = {**compiled["title"], "text": heading, "subtitle": chart.basis(numbers)}
    if numbers.basis(chart.dimension):
        values = {
            ROWS: as_json(chart.rows(numbers)),
            TOTALS: as_json(pd.DataFrame([{**chart.totals(numbers)}])),
        }
        data = [
            {**one, "values": values[one["name"]]} if one["name"] in values else one
            for one in compiled["data"]
        ]
        return {**compiled, "title": title, "data": data}
    look = {name: compiled[name] for name in ("$schema", "background", "padding", "config")}
    words = {"text": {"value": chart.nothing(numbers)}, "fill": {"value": theme.QUIET}}
    note = {"type": "text", "encode": {"enter": {**words, "y": {"value": 12}}}}
    return {**look, "title": title, "width": theme.CARD_WIDTH - 40, "height": 24, "marks": [note]}


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
