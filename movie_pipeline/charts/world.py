"""The map: how many films come from each country.

What belongs here: this one chart, and the shapes of the countries (``world.json``, which says where
they are from). What does not: countries too small to be seen, which the chart of `countries` lists.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from movie_pipeline.analytics.codes import COUNTRIES
from movie_pipeline.charts import theme
from movie_pipeline.charts.chart import Chart, Drawing, rows_of
from movie_pipeline.charts.countries import COUNTRY, labelled
from movie_pipeline.charts.later import alt

#: The shades, each with the number of films from which it begins.
LEVELS = {"1": 1, "2 to 4": 2, "5 to 9": 5, "10 to 49": 10, "50 and more": 50}
SHADES = [theme.RAMP[step] for step in (0, 3, 5, 7, 9)]

_rows = rows_of("country")


def shapes() -> dict[str, Any]:
    """The countries as TopoJSON, by ISO 3166-1 code."""
    text = resources.files(__package__).joinpath("world.json").read_text("utf-8")
    topology: dict[str, Any] = json.loads(text)["topology"]
    # Altair copies lists with each layer that they are in, but not tuples.
    return topology | {"arcs": tuple(topology["arcs"])}


def _transform(films: alt.Chart) -> alt.Chart:
    return (
        films.transform_calculate(codes="datum.origin_countries")
        .transform_flatten(["codes"], as_=["key"])
        .transform_aggregate(films="count()", groupby=["key"])
        .transform_calculate(label=labelled(COUNTRIES))
    )


def _marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
    del totals
    world = alt.InlineData(
        values=shapes(), format=alt.TopoDataFormat(type="topojson", feature="countries")
    )
    land = alt.Chart(world).mark_geoshape(
        aria=False, fill=theme.LINE, stroke=theme.CARD, strokeWidth=0.4
    )
    level = " : ".join(f"datum.films >= {n} ? {label!r}" for label, n in reversed(LEVELS.items()))
    level += " : null"
    placed = rows.transform_lookup(
        lookup="key", from_=alt.LookupData(data=world, key="id", fields=["type", "geometry"])
    ).transform_calculate(level=level)
    counted = (
        placed.transform_filter("isValid(datum.geometry)")
        .mark_geoshape(stroke=theme.CARD, strokeWidth=0.4)
        .encode(
            color=alt.Color("level:N")
            .scale(domain=[*LEVELS], range=SHADES)
            .legend(orient="bottom", title=None, symbolType="square", symbolOpacity=1),
            tooltip=[
                alt.Tooltip("label:N", title="Country"),
                alt.Tooltip("films:Q", title="Films"),
            ],
        )
    )
    missing = (
        placed.transform_filter("!isValid(datum.geometry)")
        .transform_calculate(said="datum.label + ' ' + datum.films")
        .transform_aggregate(each="values(said)", groupby=[])
        .transform_calculate(words="'not on the map: ' + join(pluck(datum.each, 'said'), ', ')")
        .mark_text(align="left", baseline="top", color=theme.QUIET, fontSize=11.5)
        .encode(x=alt.value(0), y=alt.value({"expr": "height"}), text="words:N")
    )
    return alt.layer(land, counted, missing).project("equalEarth").properties(height=330)


WORLD = Chart(
    name="map",
    title="The map of your films",
    question="Which countries are the films of this list from? The stronger the colour, the more.",
    dimension="country",
    lacking="without a country",
    rows=_rows,
    marks=_marks,
    numbers=COUNTRY.numbers,
    story=COUNTRY.story,
    columns=("origin_countries",),
    needs=("origin_countries",),
    transform=_transform,
    wide=True,
    ratio=0.5,
)
