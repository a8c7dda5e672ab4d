"""The SQL of every number, over the temporary tables ``lines`` and ``films`` (`films.prepare`).

What belongs here: one statement for each temporary table of numbers, and the queries that fill the
tables ``analytics.*`` from these. What does not: which films count (`films`), running it for an
upload (`defs.assets.analytics`), reading it (`numbers`).

Sums are of whole numbers, divided once, and ties are broken by id, never by text: so SQL and Vega
agree to the last digit (a test compares them).
"""

from dataclasses import dataclass

from movie_pipeline.analytics import shrinkage
from movie_pipeline.analytics.films import STATES
from movie_pipeline.warehouse.tables import (
    ANALYTICS_ACTORS,
    ANALYTICS_BREAKDOWNS,
    ANALYTICS_DECADES,
    ANALYTICS_DIRECTORS,
    ANALYTICS_FILM_FACTS,
    ANALYTICS_GENRES,
    ANALYTICS_PAIRS,
    ANALYTICS_PEOPLE,
    ANALYTICS_SUMMARY,
    Table,
)

#: The number of films from which a person, or a pair of people, counts as recurring.
RECURRING = 2
#: How many of the cast, in billing order, count as working with the director.
BILLED = 10
#: Votes from which TMDB's mean counts as the public's opinion.
ENOUGH_VOTES = 10
#: A film is obscure below the first number of votes, and popular from the second.
OBSCURE, POPULAR = 100, 10_000
#: Minutes per step of runtime, and the start of the last step, "and longer".
RUNTIME_STEP, LONGEST = 10, 240
#: A rating from which a film is a favourite.
HIGH = 4.0

#: Films whose rating can be compared with the public's.
_COMPARED = f"rating IS NOT NULL AND vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}"
_DIFFERENCE = "(points * 2 - round(vote_average * 1000))"


@dataclass(frozen=True)
class Dimension:
    """Something that films are counted by: SQL over ``films``.

    Attributes:
        where: Which films have an entry.
        key: The key of an entry, as text; None if only these films are counted.
    """

    where: str
    key: str | None = None


_FILM_DIMENSIONS = {
    "film": Dimension("true"),
    "director": Dimension("director_ids <> []"),
    "actor": Dimension("cast_ids <> []"),
    "rated_by_both": Dimension("rating IS NOT NULL AND vote_average IS NOT NULL"),
    "genre": Dimension("genre_ids <> []", "unnest(list_distinct(genre_ids))::VARCHAR"),
    "country": Dimension("origin_countries <> []", "unnest(list_distinct(origin_countries))"),
    "language": Dimension("original_language <> ''", "original_language"),
    "list": Dimension("in_lists <> []", "unnest(in_lists)"),
    "decade": Dimension("released IS NOT NULL", "(released // 10 * 10)::VARCHAR"),
    "year": Dimension("released IS NOT NULL", "released::VARCHAR"),
    "rating": Dimension("rating IS NOT NULL", "format('{:g}', floor(rating * 2 + 0.5) / 2)"),
    "runtime": Dimension(
        "runtime_minutes IS NOT NULL",
        f"(least(runtime_minutes, {LONGEST}) // {RUNTIME_STEP} * {RUNTIME_STEP})::VARCHAR",
    ),
    # Half powers of ten: 0 for no votes, then 1, 3, 10, 30 and so on.
    "votes": Dimension(
        "vote_count IS NOT NULL",
        "(CASE WHEN vote_count < 1 THEN 0"
        " ELSE 1 + least(10, floor(2 * log10(vote_count) + 1e-9)) END)::INTEGER::VARCHAR",
    ),
    "agreement": Dimension(
        _COMPARED, "format('{:g}:{:g}', floor(rating * 2 + 0.5) / 2, floor(vote_average + 0.5))"
    ),
    "difference": Dimension(
        _COMPARED,
        f"CASE WHEN {_DIFFERENCE} >= 2000 THEN '2' WHEN {_DIFFERENCE} > 0 THEN '1'"
        f" WHEN {_DIFFERENCE} > -2000 THEN '0' ELSE '-1' END",
    ),
    "state": Dimension("true", "state"),
}
#: What viewings are counted by: the key of a `day`.
_VIEWING_DIMENSIONS = {
    "month": "strftime(day, '%Y-%m')",
    "weekday": "isodow(day)::VARCHAR",
    "season": "isodow(day) || ':' || strftime(day, '%m')",
    "seen_in": "year(day)::VARCHAR",
}
_SEEN = "viewings <> []"


def _score(total: str, number: str) -> str:
    """The shrunk mean in stars, rounded, of ratings in thousandths; NULL without a rating."""
    overall = "(SELECT sum(points) / count(points) FROM chosen)"
    score = shrinkage.expression(total, number, overall, shrinkage.RATINGS)
    return (
        f"CASE WHEN {number} > 0 THEN"
        f" round({score} / 1000 * {shrinkage.DIGITS}) / {shrinkage.DIGITS} END"
    )


# Of rows of films with `points`, `times` (viewings) and `minutes` (runtime).
_MEASURES = f"""
count(*) AS films, sum(times)::INTEGER AS viewings, coalesce(sum(minutes), 0) / 60 AS hours,
count(points) AS rated, sum(points) / (1000 * count(points)) AS mean_rating,
{_score("sum(points)", "count(points)")} AS score
"""
_MEASURED = "points, times, runtime_minutes AS minutes"


def _by_film(name: str, dimension: Dimension) -> str:
    return f"""
SELECT '{name}' AS dimension, key, {_MEASURES}
FROM (SELECT {dimension.key} AS key, {_MEASURED} FROM films WHERE {dimension.where}) GROUP BY key
"""


def _by_viewing(name: str, key: str) -> str:
    """Count viewings; a film is in a month, say, once, however often it was seen in it."""
    return f"""
SELECT '{name}' AS dimension, key, {_MEASURES}
FROM (
    SELECT {key} AS key, any_value(points) AS points, count(*) AS times,
        sum(runtime_minutes) AS minutes
    FROM (SELECT film, points, runtime_minutes, unnest(viewings) AS day FROM films)
    GROUP BY {key}, film
) GROUP BY key
"""


def _basis(name: str, where: str) -> str:
    """How many films have an entry in a dimension, as a row of the dimension ``basis``."""
    return f"""
SELECT 'basis' AS dimension, '{name}' AS key, {_MEASURES}
FROM (SELECT {_MEASURED} FROM films WHERE {where})
"""


_COUNTS = [
    *(_by_film(name, one) for name, one in _FILM_DIMENSIONS.items() if one.key),
    *(_by_viewing(name, key) for name, key in _VIEWING_DIMENSIONS.items()),
    *(_basis(name, one.where) for name, one in _FILM_DIMENSIONS.items()),
    *(_basis(name, _SEEN) for name in _VIEWING_DIMENSIONS),
]

_BREAKDOWNS = f"""
CREATE OR REPLACE TEMP TABLE breakdowns AS
WITH counted AS (
    {" UNION ALL ".join(_COUNTS)}
    UNION ALL BY NAME
    SELECT 'state' AS dimension, state AS key, count(*) AS films, 0 AS viewings, 0 AS hours,
        0 AS rated
    FROM lines WHERE state IN {STATES[-2:]} GROUP BY state
),
names AS (
    SELECT 'genre' AS dimension, id::VARCHAR AS key, min(name) AS label
    FROM (SELECT unnest(genre_ids) AS id, unnest(genres) AS name FROM films) GROUP BY id
)
SELECT counted.*,
    coalesce(label, CASE WHEN dimension = 'decade' THEN key || 's' END, key) AS label,
    row_number() OVER (
        PARTITION BY dimension
        ORDER BY CASE WHEN dimension IN {tuple(_VIEWING_DIMENSIONS)} THEN viewings ELSE films END
            DESC, try_cast(key AS DOUBLE), key
    )::INTEGER AS place
FROM counted LEFT JOIN names USING (dimension, key)
WHERE key IS NOT NULL AND films > 0
"""


def _people(role: str, ids: str, names: str) -> str:
    # TMDB may credit a person twice. One row for each person and film would take 100 MB for 50,000
    # films, so names are found apart.
    return f"""
SELECT '{role}' AS role, counted.*, name
FROM (
    SELECT person_id, {_MEASURES}
    FROM (SELECT {_MEASURED}, unnest(list_distinct({ids})) AS person_id FROM films)
    GROUP BY person_id
) AS counted JOIN (
    SELECT person_id, min(name) AS name
    FROM (SELECT unnest({ids}) AS person_id, unnest({names}) AS name FROM films)
    GROUP BY person_id
) USING (person_id)
"""


_PEOPLE = f"""
CREATE OR REPLACE TEMP TABLE people AS
SELECT *, row_number() OVER (
    PARTITION BY role ORDER BY films DESC, coalesce(score, 0) DESC, person_id
)::INTEGER AS place
FROM (
    {_people("director", "director_ids", "directors")}
    UNION ALL {_people("actor", "cast_ids", '"cast"')}
)
"""

_PAIRS = f"""
CREATE OR REPLACE TEMP TABLE pairs AS
WITH directed AS (
    SELECT {_MEASURED}, unnest(list_distinct(director_ids)) AS director_id,
        list_distinct(list_slice(cast_ids, 1, {BILLED})) AS billed
    FROM films
),
counted AS (
    SELECT director_id, actor_id, {_MEASURES}
    FROM (SELECT * EXCLUDE (billed), unnest(billed) AS actor_id FROM directed)
    WHERE director_id <> actor_id
    GROUP BY director_id, actor_id HAVING count(*) >= {RECURRING}
)
SELECT counted.*, d.name AS director, a.name AS actor,
    row_number() OVER (
        ORDER BY counted.films DESC, coalesce(counted.score, 0) DESC, director_id, actor_id
    )::INTEGER AS place
FROM counted
JOIN people AS d ON d.role = 'director' AND d.person_id = director_id
JOIN people AS a ON a.role = 'actor' AND a.person_id = actor_id
"""

_PUBLIC = shrinkage.expression(
    "vote_average * vote_count",
    "vote_count",
    "(SELECT sum(round(vote_average * 1000)) / (1000 * count(*)) FROM compared)",
    shrinkage.VOTES,
)

# `difference` is a rating minus the public's (shrunk) mean, in points of ten.
_FILM_FACTS = f"""
CREATE OR REPLACE TEMP TABLE film_facts AS
WITH compared AS (
    SELECT film, rating, vote_average, vote_count FROM films WHERE {_COMPARED}
),
differing AS (
    SELECT film,
        round((rating * 2 - {_PUBLIC}) * {shrinkage.DIGITS}) / {shrinkage.DIGITS} AS difference
    FROM compared
)
SELECT film, row_number, tmdb_id, title, released, rating, runtime_minutes, vote_average,
    vote_count, times AS viewings, viewings[1] AS first_viewing, viewings[-1] AS last_viewing,
    difference,
    CASE WHEN difference IS NOT NULL THEN row_number() OVER (
        ORDER BY difference DESC NULLS LAST, film) END::INTEGER AS above,
    CASE WHEN difference IS NOT NULL THEN row_number() OVER (
        ORDER BY difference NULLS LAST, film DESC) END::INTEGER AS below
FROM films LEFT JOIN differing USING (film)
"""

_TIMED = "runtime_minutes IS NOT NULL"
_AGAIN = "runtime_minutes * greatest(times - 1, 0)"

_SUMMARY = f"""
CREATE OR REPLACE TEMP TABLE summary AS
SELECT
    (SELECT count(*) FROM lines) AS total_movies,
    (SELECT count(*) FROM lines WHERE state = 'matched') AS matched,
    (SELECT count(*) FROM lines WHERE state = 'ambiguous') AS ambiguous,
    (SELECT count(*) FROM lines WHERE state IN ('not_found', 'ignored')) AS not_found,
    (SELECT count(*) FROM lines WHERE state = 'not_a_movie') AS not_a_movie,
    (SELECT count(*) FROM lines WHERE state = 'error') AS error,
    (SELECT count(*) FROM lines WHERE state = 'ignored') AS ignored,
    (SELECT CASE WHEN bool_or(answered_by = 'sample') THEN 'sample'
        ELSE any_value(answered_by) END FROM lines) AS answered_by,
    (SELECT coalesce(bool_or(seen), true) FROM films) AS seen,
    (SELECT count(*) FROM lines WHERE NOT seen AND state NOT IN ('not_a_movie', 'ignored')
        AND (SELECT coalesce(bool_or(seen), true) FROM films)) AS on_watchlist,
    count(*) AS watched,
    count(tmdb_id) AS films,
    coalesce(sum(lines), 0) - count(*) AS repeated,
    count(*) FILTER ({_TIMED}) AS timed,
    coalesce(sum(runtime_minutes), 0) / 60 AS hours,
    coalesce(sum({_AGAIN}), 0) / 60 AS hours_again,
    sum(runtime_minutes) / count(runtime_minutes) AS mean_runtime,
    median(runtime_minutes) AS median_runtime,
    min(runtime_minutes) AS shortest, max(runtime_minutes) AS longest,
    count(points) AS rated,
    sum(points) / (1000 * count(points)) AS mean_rating,
    median(rating) AS median_rating,
    count(*) FILTER (rating >= {HIGH}) AS rated_high,
    min(released) AS first_year, max(released) AS last_year, median(released) AS median_year,
    coalesce(sum(times), 0) AS viewings,
    count(*) FILTER (times > 1) AS rewatched,
    min(viewings[1]) AS first_viewing, max(viewings[-1]) AS last_viewing,
    (SELECT count(*) FROM (SELECT unnest(viewings) AS day FROM films)
        WHERE day > (SELECT max(viewings[-1]) FROM films) - 365) AS viewings_in_the_last_year,
    count(*) FILTER ({_COMPARED}) AS compared,
    count(*) FILTER ({_COMPARED} AND rating * 2 > vote_average) AS rated_higher,
    sum(points * 2 - round(vote_average * 1000)) FILTER ({_COMPARED})
        / (1000 * count(*) FILTER ({_COMPARED})) AS mean_difference,
    (SELECT CASE WHEN count(DISTINCT rating) > 1 AND count(DISTINCT vote_average) > 1
        THEN corr(rating, vote_average) END FROM films WHERE {_COMPARED}) AS correlation,
    median(vote_count) AS median_votes,
    count(*) FILTER (vote_count < {OBSCURE}) AS obscure,
    count(*) FILTER (vote_count >= {POPULAR}) AS popular,
    median(popularity) AS median_popularity,
    (SELECT count(*) FROM people WHERE role = 'director') AS directors
FROM films
"""

#: The statements that make the temporary tables, in order.
STATEMENTS = (_BREAKDOWNS, _PEOPLE, _PAIRS, _FILM_FACTS, _SUMMARY)

_PERSON = "person_id, name, films, mean_rating, rated, score"

#: For each table of ``analytics``, the query that gives its rows without `upload`.
SQL: dict[Table, str] = {
    ANALYTICS_GENRES: """
        SELECT key::INTEGER AS genre_id, label AS genre, films, hours AS runtime_hours,
            mean_rating, rated, films / (SELECT count(tmdb_id) FROM films) AS share
        FROM breakdowns WHERE dimension = 'genre'""",
    ANALYTICS_DIRECTORS: f"SELECT {_PERSON} FROM people WHERE role = 'director'",
    ANALYTICS_ACTORS: f"SELECT {_PERSON} FROM people WHERE role = 'actor'",
    ANALYTICS_DECADES: """
        SELECT key::INTEGER AS decade, films, mean_rating
        FROM breakdowns WHERE dimension = 'decade'""",
    ANALYTICS_SUMMARY: "SELECT * FROM summary",
    ANALYTICS_BREAKDOWNS: "SELECT * FROM breakdowns",
    ANALYTICS_PEOPLE: f"SELECT * FROM people WHERE films >= {RECURRING}",
    ANALYTICS_PAIRS: "SELECT * FROM pairs",
    ANALYTICS_FILM_FACTS: "SELECT * FROM film_facts",
}
