"""The charts' specifications compiled to Vega, once per installed version.

What belongs here: turning a chart's Altair specification into two Vega specifications, one for a
card of its own (pictures) and one for the page. What does not: data; a specification contains
none.

Building and compiling would take 60 ms per chart, and loading the compiler another 0.3 s, in every
run. So the result is cached in one file, whose name changes with the code and with the versions.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from movie_pipeline.charts import drawing, theme
from movie_pipeline.charts.build_cache import cached
from movie_pipeline.charts.chart import MADE, TALL, Chart, Drawing, vega_lite
from movie_pipeline.charts.later import alt

Form = Literal["card", "page"]
#: Vega specifications by the name of their chart.
Specifications = Mapping[str, Mapping[Form, dict[str, Any]]]


def compiled(charts: Sequence[Chart], cache: Path) -> Specifications:
    """Return the specifications of the charts, cached or newly compiled.

    Args:
        charts: `movie_pipeline.charts.CHARTS`.
        cache: The folder of the cache file.
    """
    file = cache / f"charts-{_digest(charts)}.json.gz"
    made = cached(file, lambda: json.dumps(compile_charts(charts)))
    specifications: Specifications = json.loads(gzip.decompress(made))
    return specifications


def compile_charts(charts: Sequence[Chart]) -> dict[str, dict[Form, dict[str, Any]]]:
    """Return the charts' Vega specifications by name, all with empty datasets."""
    from altair.utils.schemapi import debug_mode  # noqa: PLC0415  # as `later` says

    # Validating would take longer than compiling; a test does it instead.
    with debug_mode(arg=False):
        written = [form(chart) for chart in charts for form in (_card, _page)]
    vega = iter(drawing.to_vega(written, vega_lite()))
    return {
        chart.name: {
            "card": _as_tall(next(vega), None),
            "page": _as_tall(_with_rows(next(vega)), chart.ratio),
        }
        for chart in charts
    }


def _with_rows(specification: dict[str, Any]) -> dict[str, Any]:
    """The specification with rows and totals as datasets of their own, for the findings."""
    data: list[dict[str, Any]] = []
    for dataset in specification["data"]:
        transforms = dataset.get("transform", [])
        made = next((n for n, one in enumerate(transforms) if one.get("as") == MADE), None)
        name = None if made is None else transforms[made]["expr"].strip("\"'")
        if made is None or any(one["name"] == name for one in data):
            data.append(dataset)
            continue
        data.append({**dataset, "name": name, "transform": transforms[: made + 1]})
        data.append({"name": dataset["name"], "source": name, "transform": transforms[made + 1 :]})
    return {**specification, "data": data}


def _as_tall(specification: dict[str, Any], ratio: float | None) -> dict[str, Any]:
    """The specification with a height that Vega-Lite can't express.

    It follows the width, or is the column `TALL` of the dataset that has one.
    """
    rows = next(
        (
            dataset["name"]
            for dataset in specification["data"]
            if any(one.get("as") == TALL for one in dataset.get("transform", []))
        ),
        None,
    )
    if ratio is not None:
        height = f"width * {ratio}"
    elif rows is not None:
        height = f"length(data('{rows}')) ? data('{rows}')[0].{TALL} : 0"
    else:
        return specification
    signals = [*specification.get("signals", []), {"name": "height", "update": height}]
    return {name: value for name, value in specification.items() if name != "height"} | {
        "signals": signals
    }


@functools.cache
def compile_chart(chart: Chart) -> dict[Form, dict[str, Any]]:
    """Return the two Vega specifications of one chart."""
    return compile_charts([chart])[chart.name]


def _card(chart: Chart) -> dict[str, Any]:
    title = alt.TitleParams(chart.title, subtitle="-")  # makes room for one
    config = theme.config(card=True, aria=False)
    card = chart.sized("card").properties(title=title, config=config)
    return _unvalidated(card)


def _page(chart: Chart) -> dict[str, Any]:
    specification = _unvalidated(chart.sized("page"))
    config = theme.config(card=False, aria=True)
    # On a phone, names leave two thirds of the width for the bars.
    limit = f"min({theme.LABEL_LIMIT}, containerSize()[0] * 0.36)"
    config["axis"] |= {"labelLimit": {"expr": limit}}
    return {**specification, "config": config}


def _unvalidated(chart: Drawing) -> dict[str, Any]:
    specification: dict[str, Any] = chart.to_dict(validate=False)
    return specification


def _digest(charts: Sequence[Chart]) -> str:
    """A digest that changes with the version of the code, of Altair and of Vega."""
    here = Path(__file__)
    sources = {*here.parent.glob("*.py"), Path(theme.__file__)}
    sources |= {Path(inspect.getfile(chart.transform)) for chart in charts}
    digest = hashlib.sha256()
    for name in ("altair", "vl-convert-python"):
        digest.update(version(name).encode())
    for chart in charts:
        digest.update(chart.name.encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
