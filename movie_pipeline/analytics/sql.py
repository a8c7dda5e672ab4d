"""The SQL of every number, over the temporary tables ``lines`` and ``films`` (`films.prepare`).

What belongs here: one statement for each temporary table of numbers, and the queries that fill the
tables ``analytics.*`` from these. What does not: which films count (`films`), running it for an
upload (`defs.assets.analytics`), reading it (`numbers`).

Sums are of whole numbers, divided once, and ties are broken by id, never by text: so SQL and Vega
agree to the last digit (a test compares them).
"""

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

#: Dimensions of which an entry is a viewing, not a film.
OF_VIEWINGS = ("month", "weekday", "season", "seen_in")

#: Films whose rating can be compared with the public's.
_COMPARED = f"rating IS NOT NULL AND vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}"

# For each film (or viewing), the keys that it has in each dimension.
_ENTRIES = f"""
CREATE OR REPLACE TEMP TABLE entries AS
WITH days AS (SELECT film, unnest(viewings) AS day FROM films),
keys AS (
    SELECT DISTINCT 'genre' AS dimension, film, unnest(genre_ids)::VARCHAR AS key,
        unnest(genres) AS label FROM films
    UNION ALL SELECT DISTINCT 'country', film, unnest(origin_countries), NULL FROM films
    UNION ALL SELECT 'language', film, original_language, NULL FROM films
        WHERE original_language <> ''
    UNION ALL SELECT DISTINCT 'list', film, unnest(in_lists), NULL FROM films
    UNION ALL SELECT 'decade', film, (released // 10 * 10)::VARCHAR, released // 10 * 10 || 's'
        FROM films WHERE released IS NOT NULL
    UNION ALL SELECT 'year', film, released::VARCHAR, NULL FROM films WHERE released IS NOT NULL
    UNION ALL SELECT 'rating', film, format('{{:g}}', floor(rating * 2 + 0.5) / 2), NULL
        FROM films WHERE rating IS NOT NULL
    UNION ALL SELECT 'runtime', film,
        (least(runtime_minutes, {LONGEST}) // {RUNTIME_STEP} * {RUNTIME_STEP})::VARCHAR, NULL
        FROM films WHERE runtime_minutes IS NOT NULL
    -- Half powers of ten: 0 for no votes, then 1, 3, 10, 30 and so on.
    UNION ALL SELECT 'votes', film, (CASE WHEN vote_count < 1 THEN 0
        ELSE 1 + least(10, floor(2 * log10(vote_count) + 1e-9)) END)::INTEGER::VARCHAR, NULL
        FROM films WHERE vote_count IS NOT NULL
    UNION ALL SELECT 'agreement', film, format(
        '{{:g}}:{{:g}}', floor(rating * 2 + 0.5) / 2, floor(vote_average + 0.5)), NULL FROM films
        WHERE {_COMPARED}
    UNION ALL SELECT 'difference', film, CASE
            WHEN points * 2 - round(vote_average * 1000) >= 2000 THEN '2'
            WHEN points * 2 > round(vote_average * 1000) THEN '1'
            WHEN points * 2 - round(vote_average * 1000) > -2000 THEN '0' ELSE '-1' END, NULL
        FROM films WHERE {_COMPARED}
    UNION ALL SELECT 'state', film, state, NULL FROM films
    UNION ALL SELECT 'month', film, strftime(day, '%Y-%m'), NULL FROM days
    UNION ALL SELECT 'weekday', film, isodow(day)::VARCHAR, NULL FROM days
    UNION ALL SELECT 'season', film, isodow(day) || ':' || strftime(day, '%m'), NULL FROM days
    UNION ALL SELECT 'seen_in', film, year(day)::VARCHAR, NULL FROM days
)
SELECT dimension, key, min(label) AS label, film, any_value(points) AS points,
    CASE WHEN dimension IN {OF_VIEWINGS} THEN count(*) ELSE any_value(times) END AS viewings,
    CASE WHEN dimension IN {OF_VIEWINGS} THEN count(*) ELSE 1 END
        * any_value(runtime_minutes) AS minutes
FROM keys JOIN films USING (film)
WHERE key IS NOT NULL
GROUP BY dimension, key, film
"""

_MEASURES = """
count(*) AS films, sum(viewings)::INTEGER AS viewings, coalesce(sum(minutes), 0) / 60 AS hours,
count(points) AS rated, sum(points) / (1000 * count(points)) AS mean_rating,
"""


def _score(total: str, number: str) -> str:
    """The shrunk mean in stars, rounded, of ratings in thousandths; NULL without a rating."""
    overall = "(SELECT sum(points) / count(points) FROM films)"
    score = shrinkage.expression(total, number, overall, shrinkage.RATINGS)
    return (
        f"CASE WHEN {number} > 0 THEN"
        f" round({score} / 1000 * {shrinkage.DIGITS}) / {shrinkage.DIGITS} END"
    )


_SCORE = _score("sum(points)", "count(points)")

# A row of the dimension `basis` says how many films have an entry in another dimension.
_BREAKDOWNS = f"""
CREATE OR REPLACE TEMP TABLE breakdowns AS
WITH basis AS (
    SELECT dimension, film, any_value(points) AS points,
        CASE WHEN dimension IN {OF_VIEWINGS} THEN sum(viewings) ELSE any_value(viewings) END
            AS viewings,
        CASE WHEN dimension IN {OF_VIEWINGS} THEN sum(minutes) ELSE any_value(minutes) END
            AS minutes
    FROM entries GROUP BY dimension, film
    UNION ALL SELECT 'film', film, points, times, runtime_minutes FROM films
    UNION ALL SELECT 'director', film, points, times, runtime_minutes FROM films
        WHERE director_ids <> []
    UNION ALL SELECT 'actor', film, points, times, runtime_minutes FROM films WHERE cast_ids <> []
    UNION ALL SELECT 'rated_by_both', film, points, times, runtime_minutes FROM films
        WHERE rating IS NOT NULL AND vote_average IS NOT NULL
),
counted AS (
    SELECT dimension, key, coalesce(min(label), key) AS label, {_MEASURES} {_SCORE} AS score
    FROM entries GROUP BY dimension, key
    UNION ALL BY NAME
    SELECT 'basis' AS dimension, dimension AS key, dimension AS label, {_MEASURES}
        {_SCORE} AS score
    FROM basis GROUP BY dimension
    UNION ALL BY NAME
    SELECT 'state' AS dimension, state AS key, state AS label, count(*) AS films, 0 AS viewings,
        0 AS hours, 0 AS rated
    FROM lines WHERE state NOT IN (SELECT DISTINCT state FROM films)
        AND state IN {STATES[-2:]} GROUP BY state
)
SELECT *, row_number() OVER (
    PARTITION BY dimension ORDER BY CASE WHEN dimension IN {OF_VIEWINGS} THEN viewings ELSE films
    END DESC, try_cast(key AS DOUBLE), key
)::INTEGER AS place
FROM counted
"""


def _people(role: str, ids: str, names: str) -> str:
    return f"""
SELECT '{role}' AS role, person_id, min(name) AS name, {_MEASURES} {_SCORE} AS score
FROM (
    SELECT person_id, min(name) AS name, film, any_value(points) AS points,
        any_value(times) AS viewings, any_value(runtime_minutes) AS minutes
    FROM (SELECT film, points, times, runtime_minutes, unnest({ids}) AS person_id,
        unnest({names}) AS name FROM films)
    WHERE person_id IS NOT NULL GROUP BY person_id, film
) GROUP BY person_id
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
    SELECT film, points, times AS viewings, runtime_minutes AS minutes,
        unnest(director_ids) AS director_id, list_slice(cast_ids, 1, {BILLED}) AS billed
    FROM films
),
met AS (
    SELECT DISTINCT film, points, viewings, minutes, director_id, unnest(billed) AS actor_id
    FROM directed
),
counted AS (
    SELECT director_id, actor_id, {_MEASURES} {_SCORE} AS score
    FROM met WHERE director_id <> actor_id
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
STATEMENTS = (_ENTRIES, _BREAKDOWNS, _PEOPLE, _PAIRS, _FILM_FACTS, _SUMMARY)

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
