"""The charts' specifications compiled to Vega, once per installed version.

What belongs here: turning a chart's Altair specification into the two Vega specifications that are
drawn, on a card of its own (pictures) and on the page. What does not: films; a specification has
none.

Building and compiling takes 60 ms a chart, and the compiler another 0.3 s to load, in every run;
so all of it is kept in one file, whose name changes with the code and with the versions.
"""

import functools
import gzip
import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import altair as alt
import vl_convert as vlc

from movie_pipeline import theme
from movie_pipeline.charts.chart import VEGA_LITE, Chart
from movie_pipeline.kept import kept

Form = Literal["card", "page"]
#: Vega specifications by the name of their chart.
Specifications = Mapping[str, Mapping[Form, dict[str, Any]]]


def compiled(charts: Sequence[Chart], cache: Path) -> Specifications:
    """Return the specifications of the charts, from the file that keeps them or made anew.

    Args:
        charts: `movie_pipeline.charts.CHARTS`.
        cache: The folder of the file.
    """
    file = cache / f"charts-{_digest(charts)}.json.gz"
    made = kept(file, lambda: json.dumps({one.name: compile_chart(one) for one in charts}))
    specifications: Specifications = json.loads(gzip.decompress(made))
    return specifications


@functools.cache
def compile_chart(chart: Chart) -> dict[Form, dict[str, Any]]:
    """Return the chart's two Vega specifications, in both of which the dataset is empty."""
    return {"card": _card(chart), "page": _page(chart)}


def _card(chart: Chart) -> dict[str, Any]:
    title = alt.TitleParams(chart.title, subtitle="-")  # which makes room for one
    config = theme.config(card=True, aria=False)
    return _vega(
        chart.sized(theme.CARD_WIDTH).properties(title=title, config=config).to_dict(validate=False)
    )


def _page(chart: Chart) -> dict[str, Any]:
    specification = chart.sized("container").to_dict(validate=False)
    config = theme.config(card=False, aria=True)
    # On a phone, names leave two thirds to the bars.
    limit = f"min({theme.LABEL_LIMIT}, containerSize()[0] * 0.36)"
    config["axis"] |= {"labelLimit": {"expr": limit}}
    return _vega({**specification, "config": config})


def _vega(specification: dict[str, Any]) -> dict[str, Any]:
    # Unvalidated, which would take longer than compiling. A test validates.
    vega: dict[str, Any] = vlc.vegalite_to_vega(specification, vl_version=VEGA_LITE)
    return vega


def _digest(charts: Sequence[Chart]) -> str:
    """A name that another version of the code, of Altair or of Vega does not have."""
    here = Path(__file__)
    sources = {*here.parent.glob("*.py"), Path(theme.__file__)}
    sources |= {Path(inspect.getfile(chart.specification)) for chart in charts}
    digest = hashlib.sha256()
    for name in ("altair", "vl-convert-python"):
        digest.update(version(name).encode())
    for chart in charts:
        digest.update(chart.name.encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
