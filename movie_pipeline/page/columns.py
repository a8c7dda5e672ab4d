"""How films travel inside the page: columns, with people and genres in dictionaries.

What belongs here: the form of the data that `page.js` reads. What does not: any choice of films,
which is `movie_pipeline.charts.films.count`'s.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pandas as pd

from movie_pipeline.charts import Counted

#: Columns that travel as they are. A chart that reads another one adds it here.
VALUES = ("tmdb_id", "title", "released", "rating", "runtime_minutes", "vote_average")

#: The lists of people of a film, with those of their ids.
PEOPLE = {"directors": "director_ids", "cast": "cast_ids"}


def columns(counted: Counted) -> Iterator[tuple[str, Any]]:
    """Yield what the page knows of the films, each part with its name, ready for JSON.

    One part after the other: of 50,000 films all at once take 50 MB.

    Yields:
        ``length``; ``values``: the columns of `VALUES`, null where unknown; ``others``: per film
        the TMDB and original titles that differ from its title, for the search; ``genres``:
        ``{"names", "of"}``, where ``of`` holds per film the indexes into ``names``; ``people``:
        ``{"ids", "names"}`` with ``directors`` and ``cast`` as indexes into it, per film;
        ``unmatched``: ``title``, ``released`` and ``status`` of the rows without a film.
    """
    films = counted.films
    yield "length", len(films)
    yield "values", {name: _values(films[name]) for name in VALUES}
    yield "others", _others(films)
    genres = _places(films["genres"])
    yield "genres", {"names": list(genres), "of": _indexes(films["genres"], genres)}
    people = _places(chain.from_iterable(_people(films, role) for role in PEOPLE))
    yield "people", {"ids": [i for i, _ in people], "names": [name for _, name in people]}
    for role in PEOPLE:
        yield role, _indexes(_people(films, role), people)
    yield "unmatched", _unmatched(counted.unmatched)


def _unmatched(rows: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        "title": rows["title"].tolist(),
        "released": _values(rows["released"]),
        "status": rows["match_status"].tolist(),
    }


def _others(films: pd.DataFrame) -> list[list[str]]:
    titles = zip(films["title"], films["tmdb_title"], films["original_title"], strict=True)
    return [
        [name for name in dict.fromkeys(names) if name and name != title]
        for title, *names in titles
    ]


def _people(films: pd.DataFrame, role: str) -> Iterator[Iterable[tuple[Any, str]]]:
    """Yield per film its people in a role, each as id and name."""
    for ids, names in zip(films[PEOPLE[role]], films[role], strict=True):
        yield zip(ids, names, strict=True)


def _places(lists: Iterable[Iterable[Any]]) -> dict[Any, int]:
    """Return each value that is in any of the lists with its place in their dictionary."""
    values = dict.fromkeys(chain.from_iterable(lists))
    return {value: place for place, value in enumerate(values)}


def _indexes(lists: Iterable[Iterable[Any]], places: dict[Any, int]) -> list[list[int]]:
    return [[places[value] for value in values] for values in lists]


def _values(column: pd.Series) -> list[Any]:
    """Return null for what is unknown, and whole numbers without their point."""
    return [None if pd.isna(value) else _number(value) for value in column.tolist()]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
