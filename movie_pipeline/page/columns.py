"""The format of the films inside the page: columns, with people and genres in dictionaries.

What belongs here: reading them from the tables of `movie_pipeline.analytics.films` in the form that
`data.js` takes. What does not: which films count, and what the page does with them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from movie_pipeline.analytics.contributors import MET, ROLES
from movie_pipeline.analytics.next import Waiting
from movie_pipeline.analytics.strip import UNKNOWN_RUNTIME
from movie_pipeline.analytics.thresholds import BILLED, RECURRING
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts import annual
from movie_pipeline.outside.untrusted import normalized

if TYPE_CHECKING:
    import duckdb

#: The crew: of these, the page only has people with several films.
CREW = {role: columns for role, columns in ROLES.items() if role not in ("director", "actor")}
#: Columns stored unchanged. If a chart needs another one, add it here.
VALUES = (
    *("film", "tmdb_id", "title", "released", "rating", "runtime_minutes", "vote_average"),
    *("vote_count", "popularity", "original_language", "state", "liked", "seen", "watchlisted"),
    *("seen_before", "delay", "has_studio"),
    *(f"has_{role}" for role in CREW),
)
#: Columns with lists, each with its own dictionary.
LISTS = (
    "director_genders",
    "genres",
    "genre_ids",
    "origin_countries",
    "viewings",
    "tags",
    "in_lists",
    *("studios", "studio_ids", "franchises"),
)
#: The columns with lists of people, and those with their ids.
PEOPLE = {"directors": "director_ids", "cast": "cast_ids"}
#: Columns that the page makes of the others: people and pairs with several films, for rankings; the
#: mean rating; and whether a film was seen before the viewings selected.
DERIVED = ("directed", "acted", "pairs", "overall", "earlier", *(f"crew_{role}" for role in CREW))

_CHUNK = 2_000
#: Up to this many lines are held as a table, from which each column is read at once. Planning the
#: view for each takes 0.3 s of 300 films; but of 50,000, a table would take 200 MB.
_FEW = 10_000
_CREWED = [name.strip('"') for columns in CREW.values() for name in columns]
_HAS = ", ".join(
    f"CASE WHEN {ids} <> [] THEN 1 END AS has_{role}" for role, (ids, _) in CREW.items()
)
_EMPTY = (*LISTS, *PEOPLE, *PEOPLE.values(), *_CREWED)
# A studio or franchise with one film, seen or not, needs no name.
_SHOWN = f"""
CREATE OR REPLACE TEMP {{kind}} shown AS
WITH studio AS (
    SELECT map(list(id), list(name)) AS names
    FROM (
        SELECT id, min(name) AS name
        FROM (
            SELECT film, unnest(production_company_ids) AS id,
                unnest(production_companies) AS name
            FROM everything
        ) WHERE id IS NOT NULL GROUP BY id HAVING count(DISTINCT film) >= {RECURRING}
    )
)
SELECT film, tmdb_id, title, tmdb_title, original_title, released, rating, runtime_minutes,
    vote_average, vote_count, popularity, original_language, state, genres, genre_ids,
    origin_countries, list_transform(viewings, lambda day: strftime(day, '%Y-%m-%d')) AS viewings,
    {_HAS}, delay,
    CASE WHEN production_company_ids <> [] THEN 1 END AS has_studio,
    list_filter(list_distinct(production_company_ids), lambda id: studio.names[id] IS NOT NULL)
        AS studio_ids,
    list_transform(studio_ids, lambda id: studio.names[id]) AS studios,
    CASE WHEN collection_id IS NOT NULL
        AND count(*) OVER (PARTITION BY collection_id) >= {RECURRING}
        THEN [min(collection) OVER (PARTITION BY collection_id)] ELSE [] END AS franchises,
    {", ".join(_CREWED)}, director_genders,
    tags, in_lists, liked, seen, watchlisted, seen_before,
    directors, director_ids, "cast", cast_ids,
    row_number() OVER (ORDER BY NOT counted, tmdb_id IS NULL, place DESC) AS place
FROM everything, studio
UNION ALL BY NAME
SELECT title, year AS released, state, {", ".join(f'[] AS "{name}"' for name in _EMPTY)},
    1_000_000_000 + row_number AS place
FROM lines WHERE state IN ('not_a_movie', 'ignored')
"""


def read(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """Return what the page knows about the lines of a list, as members of a JSON object.

    They are text, since the same as objects would take 200 MB for 50,000 films.

    Args:
        connection: One on which `analytics.films.prepare` was called.

    Returns:
        ``films``: the number of films that count, which come first; ``unseen``: the number of the
        others, which come next; ``length``: that of all lines;
        ``recurring``, ``billed``: as in `analytics.thresholds`; ``unknown_runtime``: as in
        `analytics.strip`;
        ``values``: the columns of `VALUES`, null if unknown; ``lists``: the columns of `LISTS`,
        each ``{"values", "of"}``, where ``of`` has, for each line, indexes into ``values``;
        ``others``: for each line, the TMDB and original titles that differ from its title, for the
        search; ``people``: ``{"ids", "names"}``; ``directors`` and ``cast``: for each line,
        indexes into ``people``; ``crew``: the same for each role of `CREW`, without people who have
        one film; ``pairs``: the directors and actors who share several films, as
        pairs of indexes into ``people``.
    """
    (lines,) = connection.execute("SELECT count(*) FROM lines").fetchone() or (0,)
    connection.execute(_SHOWN.format(kind="TABLE" if lines <= _FEW else "VIEW"))
    films, unseen, length = connection.execute(
        "SELECT count(*) FILTER (counted), count(*) FILTER (NOT counted),"
        " (SELECT count(*) FROM shown) FROM chosen"
    ).fetchone() or (0, 0, 0)
    people: dict[Any, int] = {}
    names: list[str] = []
    members = [f'"films":{films}', f'"unseen":{unseen}', f'"length":{length}']
    members += [f'"recurring":{RECURRING}', f'"billed":{BILLED}']
    members.append(f'"unknown_runtime":{UNKNOWN_RUNTIME}')
    values: dict[str, list[Any]] = {name: [] for name in VALUES}
    for row in _rows(connection, *VALUES):
        for column, value in zip(values.values(), row, strict=True):
            column.append(_value(value))
    members.append(_member("values", values))
    lists = (f'"{name}":{_coded(_column(connection, name))}' for name in LISTS)
    members.append(f'"lists":{{{",".join(lists)}}}')
    members.append(_member("others", [*_others(connection)]))
    for role, ids in PEOPLE.items():
        members.append(f'"{role}":{_array(_people(_rows(connection, ids, role), people, names))}')
    crew = (
        f'"{role}":{_array(_recurring([*_people(_rows(connection, *columns), people, names)]))}'
        for role, columns in CREW.items()
    )
    members.append(f'"crew":{{{",".join(crew)}}}')
    members.append(_member("people", {"ids": [*people], "names": names}))
    pairs = connection.execute(MET).fetchall()
    met = [[people[one], people[two]] for one, two in pairs if one in people and two in people]
    return [*members, _member("pairs", met)]


def suggestions(films: Iterable[Waiting]) -> str:
    """Return what to see next as a member of that object, best first.

    ``next``: of each film, its `film`, the words of its reason (every second one emphasized), and
    the kinds of the reasons that speak most for it.
    """
    rows = [[one.film, one.parts, [reason.kind for reason in one.strongest]] for one in films]
    return _member("next", rows)


def calendar(years: Iterable[Year], today: date) -> str:
    """Return the years as a member of that object.

    ``years``: of each, `Year.numbers`, its first ``people``, and what `annual` says of it on this
    day: its ``name`` and ``said``, the sentences of its panels.
    """
    return _member("years", [_year(year, today) for year in years])


def posters(pictures: Mapping[int, str]) -> str:
    """Return pictures (`pictures.held`) as a member of that object: ``posters``, by film."""
    return _member("posters", {str(film): picture for film, picture in pictures.items()})


def _year(year: Year, today: date) -> dict[str, Any]:
    people = year.people.sort_values(["role", "place"])
    columns_ = ["role", "name", "films", "as_many"]
    told = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in year.numbers.items()
    }
    said = {"name": annual.name(year, today), "said": annual.panels(year, today)}
    return {**told, **said, "people": people[columns_].to_dict("records")}


def _recurring(lists: list[list[int]]) -> Iterator[list[int]]:
    """The lists without people who have fewer than `RECURRING` films."""
    films = Counter(person for people in lists for person in people)
    return ([one for one in people if films[one] >= RECURRING] for people in lists)


def _rows(connection: "duckdb.DuckDBPyConnection", *names: str) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(f'"{name.strip(chr(34))}"' for name in names)
    found = connection.execute(f"SELECT {columns} FROM shown ORDER BY place")
    while rows := found.fetchmany(_CHUNK):
        yield from rows


def _column(connection: "duckdb.DuckDBPyConnection", name: str) -> Iterator[Any]:
    return (value for (value,) in _rows(connection, name))


def _member(name: str, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f'"{name}":{text}'


def _value(value: Any) -> Any:
    """Return a text without what rows of an earlier version may contain, and 4.0 as 4."""
    if isinstance(value, str):
        return normalized(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _array(lists: Iterable[Iterable[int]]) -> str:
    """Return the JSON of lists of numbers; as objects, those of 50,000 casts would take 40 MB."""
    return "[" + ",".join("[" + ",".join(map(str, one)) + "]" for one in lists) + "]"


def _coded(lists: Iterable[list[Any]]) -> str:
    codes: dict[Any, int] = {}
    of = _array([codes.setdefault(_value(one), len(codes)) for one in values] for values in lists)
    return f'{{{_member("values", list(codes))},"of":{of}}}'


def _others(connection: "duckdb.DuckDBPyConnection") -> Iterator[list[str]]:
    for title, *names in _rows(connection, "title", "tmdb_title", "original_title"):
        yield [normalized(name) for name in dict.fromkeys(names) if name and name != title]


def _people(
    rows: Iterable[tuple[list[Any], list[str]]], people: dict[Any, int], names: list[str]
) -> Iterator[list[int]]:
    """Yield the people of each line as indexes, each once; one spelling per id."""
    for row_ids, row_names in rows:
        of: dict[int, None] = {}
        for person, name in zip(row_ids, row_names, strict=False):
            if person not in people:
                people[person] = len(people)
                names.append(normalized(name or ""))
            of[people[person]] = None
        yield [*of]
