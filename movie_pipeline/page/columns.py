"""How films travel inside the page: columns, with people and genres in dictionaries.

What belongs here: the form of the data that `page.js` reads. What does not: any choice of films,
which is `movie_pipeline.charts.films.count`'s.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from movie_pipeline.charts import Counted

#: Columns that travel as they are. A chart that reads another one adds it here.
VALUES = ("tmdb_id", "title", "released", "rating", "runtime_minutes", "vote_average")


def columns(counted: Counted) -> dict[str, Any]:
    """Return what the page knows of the films, ready for JSON.

    Returns:
        ``length``; ``values``: the columns of `VALUES`, null where unknown; ``others``: per film
        the TMDB and original titles that differ from its title, for the search; ``genres``:
        ``{"names", "of"}``, where ``of`` holds per film the indexes into ``names``; ``people``:
        ``{"ids", "names"}`` with ``directors`` and ``cast`` as indexes into it, per film;
        ``unmatched``: ``title``, ``released`` and ``status`` of the rows without a film.
    """
    films = counted.films
    genres, genres_of = _dictionary(films["genres"])
    people: dict[tuple[Any, str], int] = {}
    people_of = {}
    for names, ids in (("directors", "director_ids"), ("cast", "cast_ids")):
        people_of[names] = [
            [
                people.setdefault(person, len(people))
                for person in zip(of_ids, of_names, strict=True)
            ]
            for of_ids, of_names in zip(films[ids], films[names], strict=True)
        ]
    return {
        "length": len(films),
        "values": {name: _values(films[name]) for name in VALUES},
        "others": [
            [name for name in dict.fromkeys(names) if name and name != title]
            for title, *names in zip(
                films["title"], films["tmdb_title"], films["original_title"], strict=True
            )
        ],
        "genres": {"names": genres, "of": genres_of},
        "people": {"ids": [i for i, _ in people], "names": [name for _, name in people]},
        **people_of,
        "unmatched": {
            "title": counted.unmatched["title"].tolist(),
            "released": _values(counted.unmatched["released"]),
            "status": counted.unmatched["match_status"].tolist(),
        },
    }


def _dictionary(lists: Iterable[list[str]]) -> tuple[list[str], list[list[int]]]:
    index: dict[str, int] = {}
    of = [[index.setdefault(value, len(index)) for value in values] for values in lists]
    return list(index), of


def _values(column: pd.Series) -> list[Any]:
    """Return null for what is unknown, and whole numbers without their point."""
    return [None if pd.isna(value) else _number(value) for value in column.tolist()]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
