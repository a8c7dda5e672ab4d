"""The page's Vega transforms and the SQL of the numbers give the same rows, to twelve digits.

Not more: the test reads numbers through a JSON parser that may round the last ones.
"""

import functools
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from movie_pipeline.analytics.numbers import Numbers, count
from movie_pipeline.charts import CHARTS, Chart, drawing, vega_lite
from movie_pipeline.charts.chart import TAB
from movie_pipeline.charts.overview import DATAFLOW
from movie_pipeline.page.columns import CREW
from movie_pipeline_tests.charts.test_charts_people import company
from movie_pipeline_tests.counting import numbers, prepared
from movie_pipeline_tests.films import films

# One worker compiles the transforms once.
pytestmark = pytest.mark.xdist_group("transforms")

MEASURES = ("key", "films", "rated", "mean_rating")
RANKED = (*MEASURES, "label", "score", "place")
#: The columns of each chart's rows that its marks draw.
DRAWN = {
    "genres": (*MEASURES, "label", "share", "place", "overall"),
    "directors": (*RANKED, "ratings"),
    "best": (*RANKED, "ratings"),
    "actors": (*RANKED, "ratings"),
    "pairs": RANKED,
    "writers": (*RANKED, "ratings"),
    "composers": (*RANKED, "ratings"),
    "cinematographers": (*RANKED, "ratings"),
    "editors": (*RANKED, "ratings"),
    "studios": (*MEASURES, "label", "place"),
    "women": ("decade", "who", "films"),
    "ratings": ("side", "key", "films"),
    "agreement": ("key", "films"),
    "taste": ("film", "title", "rating", "vote_count", "difference", "above", "below"),
    "quarters": ("key", "viewings", "rated", "mean_rating"),
    "calendar": ("key", "viewings"),
    "total": ("key", "films"),
    "months": ("key", "viewings", "again"),
    "weekdays": ("key", "viewings"),
    "decades": MEASURES,
    "years": ("key", "films"),
    "delay": ("key", "films"),
    "map": ("key", "films", "label"),
    "countries": ("key", "films", "share", "place", "label"),
    "languages": ("key", "films", "share", "place", "label"),
    "runtime": ("key", "films"),
    "popularity": MEASURES,
    "coverage": ("key", "films", "share"),
    "lists": ("key", "films", "total"),
}
LISTS = {
    "one": films(1),
    "few": films(12, seed=3),
    "many": films(400, seed=5),
    "unrated": films(60, rated=0.0),
    "company": company(200),
    "odd ratings": films(90).assign(rating=lambda rows: rows["rating"] * 0.73 + 0.05),
    "listed": films(90).assign(
        seen=[n % 3 > 0 for n in range(90)],
        in_lists=[[f"List {k}" for k in range(15) if n % (k + 2) == 0] for n in range(90)],
    ),
    "studios": films(80).assign(
        production_company_ids=[[n % 7, 100 + n % 31] if n % 9 else [] for n in range(80)],
        production_companies=[[f"S{n % 7}", f"T{n % 31}"] if n % 9 else [] for n in range(80)],
    ),
    "seen before": films(70).assign(rewatch=[n % 3 == 0 for n in range(70)]),
    "lost": films(80).assign(match_status="not_found", tmdb_id=None, release_date=None),
}

_BETWEEN = "\u241f"


def _said(columns: Iterable[str]) -> str:
    """A Vega expression for the values of these columns in one text."""
    cells = ", ".join(f"toString(datum.{column})" for column in columns)
    return f"'row{_BETWEEN}' + join([{cells}], '{_BETWEEN}')"


@functools.cache
def _compiled() -> dict[tuple[str, str], dict[str, Any]]:
    """Each chart's transforms, to its rows and to its totals, compiled at once with a text mark."""
    films_ = alt.Chart(alt.NamedData("films"))
    wanted = {
        (chart.name, "rows"): (chart.transform(films_), DRAWN[chart.name]) for chart in CHARTS
    }
    for chart in CHARTS:
        if totals := chart.totals(numbers(films(60))):
            wanted[chart.name, "totals"] = (chart.totalled(films_), tuple(totals))
    written = [
        transformed.transform_calculate(said=_said(columns))
        .mark_text(limit=0)
        .encode(text="said:N")
        .to_dict()
        for transformed, columns in wanted.values()
    ]
    return dict(zip(wanted, drawing.to_vega(written, vega_lite()), strict=True))


def by_vega(chart: Chart, what: str, values: list[dict[str, Any]]) -> list[Any]:
    """The rows that a chart's transform makes of films: drawn as texts, read from the picture."""
    vega = _compiled()[chart.name, what]
    data = [{**one, "values": values} if one["name"] == "films" else one for one in vega["data"]]
    svg = ET.fromstring(drawing.draw(json.dumps({**vega, "data": data})))
    texts = ["".join(node.itertext()) for node in svg.iter() if node.tag.endswith("}text")]
    rows = [text.split(_BETWEEN)[1:] for text in texts if text.startswith("row")]
    return sorted(tuple(map(_value, row)) for row in rows)


def _value(text: Any) -> Any:
    """A number as a float, and every kind of missing value as an empty text."""
    if isinstance(text, np.ndarray):
        text = ",".join(map(repr, text.tolist()))
    if text is None or text is pd.NA or text in ("null", "undefined", "NaN", ""):
        return ""
    try:
        numbers = [float(one) for one in str(text).split(",")]
    except ValueError:
        return str(text)
    return ",".join("" if math.isnan(number) else f"{number:.12g}" for number in numbers)


def as_page(connection: Any, where: str) -> list[dict[str, Any]]:
    """The films as the page passes them to the charts (`page/data.js`)."""
    rows = connection.execute(
        "SELECT * REPLACE (list_transform(viewings, one -> strftime(one, '%Y-%m-%d')) AS viewings)"
        f" FROM everything WHERE {where} ORDER BY film"
    ).df()
    people = connection.execute("SELECT role, person_id, name, films FROM people").fetchall()
    names = {person: name for _, person, name, _ in people}
    several = {(role, person) for role, person, _, number in people if number > 1}
    met = set(connection.execute("SELECT director_id, actor_id FROM pairs").fetchall())
    given = rows["points"].dropna()
    overall = float(given.sum()) / len(given) if len(given) else None
    found = []
    for row in rows.to_dict("records"):
        lists = {name: list(value) for name, value in row.items() if hasattr(value, "tolist")}
        lists = {
            name: [getattr(v, "item", lambda v=v: v)() for v in of] for name, of in lists.items()
        }
        plain = {
            name: None if pd.isna(value) else getattr(value, "item", lambda value=value: value)()
            for name, value in row.items()
            if name not in lists and name not in ("release_date", "place")
        }
        directors, cast = (list(dict.fromkeys(lists[ids])) for ids in ("director_ids", "cast_ids"))
        key = {one: f"{one}{TAB}{names.get(one)}" for one in (*directors, *cast)}
        plain["directed"] = [key[one] for one in directors if ("director", one) in several]
        plain["acted"] = [key[one] for one in cast if ("actor", one) in several]
        plain["pairs"] = [
            f"{key[d]}{TAB}{key[a]}" for d in directors for a in cast[:10] if (d, a) in met
        ]
        for role, (ids, _) in CREW.items():
            people_ = list(dict.fromkeys(lists[ids]))
            plain[f"has_{role}"] = 1 if people_ else None
            plain[f"crew_{role}"] = [
                f"{one}{TAB}{names.get(one)}" for one in people_ if (role, one) in several
            ]
        studios = dict(
            zip(lists["production_company_ids"], lists["production_companies"], strict=True)
        )
        plain["has_studio"] = 1 if studios else None
        lists["studio_ids"], lists["studios"] = [*studios], [*studios.values()]
        found.append({**plain, **lists, "overall": overall})
    return found


def known(value: Any) -> bool:
    return value is not None and value != []


@functools.cache
def counted(name: str) -> tuple[Numbers, *tuple[list[dict[str, Any]], ...]]:
    """A list's numbers; as the page has them, its films, those not seen, and what is no film."""
    with prepared(LISTS[name]) as connection:
        others = "SELECT state FROM lines WHERE state IN ('not_a_movie', 'ignored')"
        uncounted = [{"state": state} for (state,) in connection.execute(others).fetchall()]
        films = (as_page(connection, where) for where in ("counted", "NOT counted"))
        return count(connection), *films, uncounted


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
@pytest.mark.parametrize("name", LISTS)
def test_the_pages_transform_gives_the_rows_of_the_tables(chart: Chart, name: str):
    table, page, unseen, others = counted(name)
    covered = {"films": page, "everything": [*page, *unseen], "lines": [*page, *others]}
    usable = [
        film for film in covered[chart.covers] if all(known(film[need]) for need in chart.needs)
    ]
    assert len(usable) == table.basis(chart.dimension) or chart.covers == "lines"
    if not usable:
        return
    data = [{name: film.get(name) for name in chart.columns} for film in usable]
    rows = chart.rows(table)[[*DRAWN[chart.name]]].itertuples(index=False, name=None)
    assert by_vega(chart, "rows", data) == sorted(tuple(map(_value, row)) for row in rows)
    if totals := chart.totals(table):
        assert by_vega(chart, "totals", data) == [tuple(map(_value, totals.values()))]


@pytest.mark.parametrize("name", LISTS)
def test_the_figures_above_the_charts_are_those_of_the_summary(name: str):
    table, page, _, _ = counted(name)
    columns = (
        *("runtime_minutes", "viewings", "seen_before", "rating", "released"),
        *("origin_countries", "original_language"),
    )
    values = [{column: film[column] for column in columns} for film in page]
    data = [{**DATAFLOW["data"][0], "values": values}, *DATAFLOW["data"][1:]]
    found = {
        **_figures(data, "numbers", (*SAME, "minutes", "minutes_again")),
        **_figures(data, "days", ("longest_run", "viewing_days")),
        **_figures(data, "countries", ("countries",)),
        **_figures(data, "languages", ("languages",)),
    }
    expected = {**table.summary, "films": table.summary["watched"]}
    # A dataset without a row, such as one of no viewings, has no figures.
    assert {name: found[name] or "0" for name in found if not name.startswith("minutes")} == {
        name: _value(expected[name]) or "0" for name in found if not name.startswith("minutes")
    }
    hours = {"minutes": expected["hours"], "minutes_again": expected["hours_again"]}
    for figure, value in hours.items():
        assert float(found[figure]) / 60 == pytest.approx(value, rel=1e-12)


#: Figures of the dataflow that have the name and the unit of the summary's.
SAME = (
    *("films", "timed", "rated", "mean_rating", "mean_runtime", "first_year", "last_year"),
    *("viewings", "rewatches"),
)


def _figures(data: list[dict[str, Any]], dataset: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The only row of a dataset; the dataflow has no marks, so one shows it."""
    said = {"signal": _said(names)}
    mark = {"type": "text", "from": {"data": dataset}, "encode": {"enter": {"text": said}}}
    svg = drawing.draw(json.dumps({**DATAFLOW, "data": data, "marks": [mark]}))
    texts = [
        "".join(one.itertext()) for one in ET.fromstring(svg).iter() if one.tag.endswith("}text")
    ]
    values = texts[0].split(_BETWEEN)[1:] if texts else [None] * len(names)
    return dict(zip(names, map(_value, values), strict=True))
