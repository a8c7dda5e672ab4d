"""The format of the films inside the page: columns, with people and genres in dictionaries.

What belongs here: the form of the data that `data.js` reads. What does not: selecting films
(`movie_pipeline.charts.films.count`).
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pandas as pd

from movie_pipeline.charts import Counted
from movie_pipeline.charts.chart import DERIVED

#: Columns stored unchanged. If a chart needs another one, add it here.
VALUES = (
    *("tmdb_id", "title", "released", "rating", "runtime_minutes", "vote_average", "vote_count"),
    *("popularity", "original_language", "match_status"),
)
#: Columns with lists of texts, each with its own dictionary.
LISTS = ("genres", "origin_countries", "viewings", "in_lists", *DERIVED)
#: The columns with lists of people, and those with their ids.
PEOPLE = {"directors": "director_ids", "cast": "cast_ids"}


def columns(counted: Counted) -> Iterator[tuple[str, Any]]:
    """Yield what the page knows about the lines of a list, as names and parts ready for JSON.

    The parts are yielded one by one: for 50,000 films, all of them together take 50 MB.

    Yields:
        ``length``: the number of lines; ``found``: how many of them are matched films, which come
        first; ``values``: the columns of `VALUES`, null if unknown; ``lists``: the columns of
        `LISTS`, each ``{"values", "of"}``, where ``of`` has, for each line, indexes into
        ``values``; ``others``: for each line, the TMDB and original titles that differ from its
        title, for the search; ``people``: ``{"ids", "names"}``; ``directors`` and ``cast``: for
        each line, indexes into ``people``.
    """
    lines, films = counted.lines, counted.films
    yield "length", len(lines)
    yield "found", len(films)
    yield "values", {name: _values(lines[name]) for name in VALUES}
    yield "lists", {name: _coded(_lists(counted, name)) for name in LISTS}
    yield "others", _others(lines)
    people = _places(chain.from_iterable(_people(lines, role) for role in PEOPLE))
    yield "people", {"ids": [i for i, _ in people], "names": [name for _, name in people]}
    for role in PEOPLE:
        yield role, _indexes(_people(lines, role), people)


def _lists(counted: Counted, name: str) -> list[list[str]]:
    if name not in DERIVED:
        return counted.lines[name].tolist()
    found: list[list[str]] = getattr(counted, name).tolist()
    return [*found, *([] for _ in range(len(counted.unmatched)))]


def _coded(lists: list[list[str]]) -> dict[str, Any]:
    places = _places(lists)
    return {"values": list(places), "of": _indexes(lists, places)}


def _others(films: pd.DataFrame) -> list[list[str]]:
    titles = zip(films["title"], films["tmdb_title"], films["original_title"], strict=True)
    return [
        [name for name in dict.fromkeys(names) if name and name != title]
        for title, *names in titles
    ]


def _people(films: pd.DataFrame, role: str) -> Iterator[Iterable[tuple[Any, str]]]:
    """Yield the people of each film in a role, as pairs of id and name."""
    for ids, names in zip(films[PEOPLE[role]], films[role], strict=True):
        yield zip(ids, names, strict=True)


def _places(lists: Iterable[Iterable[Any]]) -> dict[Any, int]:
    """Return each distinct value in the lists with its index in their dictionary."""
    values = dict.fromkeys(chain.from_iterable(lists))
    return {value: place for place, value in enumerate(values)}


def _indexes(lists: Iterable[Iterable[Any]], places: dict[Any, int]) -> list[list[int]]:
    return [[places[value] for value in values] for values in lists]


def _values(column: pd.Series) -> list[Any]:
    """Return unknown values as null, and whole numbers without a decimal point."""
    return [None if pd.isna(value) else _number(value) for value in column.tolist()]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
