"""The SQL of every number, over the temporary tables ``lines`` and ``films`` (`films.prepare`).

What belongs here: the numbers of single films and of all films together, the statements that make
the temporary tables of numbers, and the queries that fill the tables ``analytics.*`` from these.
What does not: what films are counted by (`dimensions`), their people (`contributors`), which films
count (`films`), running it for an upload (`defs.assets.analytics`), reading it (`numbers`).

Sums are of whole numbers, divided once, and ties are broken by id, never by text: so SQL and Vega
agree to the last digit (a test compares them).
"""

from movie_pipeline.analytics import contributors, dimensions, shrinkage
from movie_pipeline.analytics.dimensions import COMPARED
from movie_pipeline.analytics.thresholds import HIGH, LITTLE_KNOWN, OBSCURE, POPULAR, RECURRING
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

_PUBLIC = shrinkage.expression(
    "vote_average * vote_count",
    "vote_count",
    "(SELECT sum(round(vote_average * 1000)) / (1000 * count(*)) FROM compared)",
    shrinkage.VOTES,
)

_GEM = f"rating >= {HIGH} AND vote_count BETWEEN 1 AND {LITTLE_KNOWN - 1}"


def _rank(where: str, order: str) -> str:
    """The rank, from 1, of the films that fulfil a condition; NULL for the others."""
    return (
        f"CASE WHEN {where} THEN row_number() OVER"
        f" (PARTITION BY coalesce({where}, false) ORDER BY {order}) END::INTEGER"
    )


# `difference` is a rating minus the public's (shrunk) mean, in points of ten.
_FILM_FACTS = f"""
CREATE OR REPLACE TEMP TABLE film_facts AS
WITH compared AS (
    SELECT film, rating, vote_average, vote_count FROM films WHERE {COMPARED}
),
differing AS (
    SELECT film,
        round((rating * 2 - {_PUBLIC}) * {shrinkage.DIGITS}) / {shrinkage.DIGITS} AS difference
    FROM compared
)
SELECT film, row_number, tmdb_id, title, released, rating, runtime_minutes, vote_average,
    vote_count, liked, times AS viewings, viewings[1] AS first_viewing,
    viewings[-1] AS last_viewing, delay, difference,
    {_rank("difference IS NOT NULL", "difference DESC, film")} AS above,
    {_rank("difference IS NOT NULL", "difference, film DESC")} AS below,
    {_rank("viewings <> []", "viewings[1], film")} AS nth,
    {_rank("runtime_minutes IS NOT NULL", "runtime_minutes DESC, film")} AS longest,
    {_rank("runtime_minutes IS NOT NULL", "runtime_minutes, film")} AS shortest,
    {_rank("released IS NOT NULL", "released, film")} AS oldest,
    {_rank("released IS NOT NULL", "released DESC, film")} AS newest,
    {_rank("times > 1", "times DESC, viewings[-1] DESC, film")} AS most_rewatched,
    {_rank(_GEM, "points DESC, vote_count, film")} AS gem
FROM films LEFT JOIN differing USING (film)
"""

_TIMED = "runtime_minutes IS NOT NULL"
_REWATCHES = "greatest(times - CASE WHEN seen_before THEN 0 ELSE 1 END, 0)"

# The longest run of days with a viewing each; of several, the last. In a run, a day minus its rank
# stays the same.
_RUN = """
SELECT min(day) AS began, max(day) AS ended, count(*) AS days
FROM (
    SELECT day, day - row_number() OVER (ORDER BY day)::INTEGER AS run
    FROM (SELECT DISTINCT unnest(viewings) AS day FROM films)
) GROUP BY run ORDER BY days DESC, began DESC LIMIT 1
"""

_SUMMARY = f"""
CREATE OR REPLACE TEMP TABLE summary AS
WITH run AS ({_RUN})
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
    (SELECT count(*) FROM chosen WHERE NOT counted AND watchlisted) AS on_watchlist,
    (SELECT count(*) FROM chosen WHERE NOT counted AND NOT watchlisted) AS only_listed,
    count(*) AS watched,
    count(tmdb_id) AS films,
    (SELECT coalesce(sum(lines), 0) - count(*) FROM chosen) AS repeated,
    count(*) FILTER (liked) AS liked,
    count(*) FILTER ({_TIMED}) AS timed,
    coalesce(sum(runtime_minutes), 0) / 60 AS hours,
    coalesce(sum(runtime_minutes * {_REWATCHES}), 0) / 60 AS hours_again,
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
    coalesce(sum({_REWATCHES}), 0) AS rewatches,
    min(viewings[1]) AS first_viewing, max(viewings[-1]) AS last_viewing,
    (SELECT count(*) FROM (SELECT unnest(viewings) AS day FROM films)
        WHERE day > (SELECT max(viewings[-1]) FROM films) - 365) AS viewings_in_the_last_year,
    (SELECT count(DISTINCT day) FROM (SELECT unnest(viewings) AS day FROM films)) AS viewing_days,
    (SELECT days FROM run) AS longest_run,
    (SELECT began FROM run) AS run_began,
    (SELECT ended FROM run) AS run_ended,
    count(*) FILTER ({COMPARED}) AS compared,
    count(*) FILTER ({COMPARED} AND rating * 2 > vote_average) AS rated_higher,
    sum(points * 2 - round(vote_average * 1000)) FILTER ({COMPARED})
        / (1000 * count(*) FILTER ({COMPARED})) AS mean_difference,
    (SELECT CASE WHEN count(DISTINCT rating) > 1 AND count(DISTINCT vote_average) > 1
        THEN corr(rating, vote_average) END FROM films WHERE {COMPARED}) AS correlation,
    median(vote_count) AS median_votes,
    count(*) FILTER (vote_count < {OBSCURE}) AS obscure,
    count(*) FILTER (vote_count >= {POPULAR}) AS popular,
    median(popularity) AS median_popularity,
    (SELECT count(*) FROM people WHERE role = 'director') AS directors,
    (SELECT count(*) FROM breakdowns WHERE dimension = 'country') AS countries,
    (SELECT count(*) FROM breakdowns WHERE dimension = 'language') AS languages
FROM films
"""

#: The statements that make the temporary tables, in order.
STATEMENTS = (dimensions.BREAKDOWNS, contributors.PEOPLE, contributors.PAIRS, _FILM_FACTS, _SUMMARY)

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
