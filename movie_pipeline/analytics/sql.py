"""The SQL of the aggregates: an upload's films counted by genre, person and decade.

What belongs here: one query for each table ``analytics.*``, over seen and matched films, each film
once by its TMDB id. What does not: running them (`defs.assets.analytics`) and drawing (`charts`).
"""

from movie_pipeline.analytics import shrinkage
from movie_pipeline.warehouse.tables import (
    ANALYTICS_ACTORS,
    ANALYTICS_DECADES,
    ANALYTICS_DIRECTORS,
    ANALYTICS_GENRES,
    ANALYTICS_SUMMARY,
    Table,
)

# The same film on two lines (two titles, two lists) is one film; a line with a rating is preferred.
# Only these columns are loaded: for 50,000 films, the others would take 70 MB.
FILMS = """
CREATE OR REPLACE TEMP TABLE films AS
SELECT DISTINCT ON (tmdb_id) release_date, runtime_minutes, rating,
       genre_ids, genres, director_ids, directors, cast_ids, "cast"
FROM enriched.movies
WHERE upload = $upload AND match_status = 'matched' AND seen
ORDER BY tmdb_id, rating IS NULL, row_number
"""

_GENRES = """
SELECT genre_id, any_value(genre) AS genre, count(*) AS films,
       count(*) / (SELECT count(*) FROM films) AS share,
       coalesce(sum(runtime_minutes), 0) / 60 AS runtime_hours,
       avg(rating) AS mean_rating, count(rating) AS rated
FROM (SELECT unnest(genre_ids) AS genre_id, unnest(genres) AS genre, runtime_minutes, rating
      FROM films)
GROUP BY genre_id
"""


def _people(ids: str, names: str) -> str:
    overall = "SELECT avg(rating) FROM films"
    score = shrinkage.expression("sum(rating)", "count(rating)", overall, shrinkage.RATINGS)
    return f"""
SELECT person_id, any_value(name) AS name, count(*) AS films,
       avg(rating) AS mean_rating, count(rating) AS rated,
       {score} AS score
FROM (SELECT unnest({ids}) AS person_id, unnest({names}) AS name, rating FROM films)
GROUP BY person_id
"""


_DECADES = """
SELECT year(release_date) // 10 * 10 AS decade, count(*) AS films, avg(rating) AS mean_rating
FROM films WHERE release_date IS NOT NULL
GROUP BY decade
"""

_SUMMARY = """
SELECT count(*) AS total_movies,
       count(*) FILTER (match_status = 'matched') AS matched,
       count(*) FILTER (match_status = 'ambiguous') AS ambiguous,
       count(*) FILTER (match_status = 'not_found') AS not_found,
       count(*) FILTER (match_status = 'not_a_movie') AS not_a_movie,
       count(*) FILTER (match_status = 'error') AS error,
       (SELECT count(*) FROM films) AS films,
       (SELECT coalesce(sum(runtime_minutes), 0) / 60 FROM films) AS hours,
       (SELECT avg(runtime_minutes) FROM films) AS mean_runtime,
       (SELECT count(*) FROM raw.viewings WHERE upload = $upload) AS viewings,
       any_value(answered_by) AS answered_by
FROM enriched.movies WHERE upload = $upload
"""

SQL: dict[Table, str] = {
    ANALYTICS_GENRES: _GENRES,
    ANALYTICS_DIRECTORS: _people("director_ids", "directors"),
    ANALYTICS_ACTORS: _people("cast_ids", '"cast"'),
    ANALYTICS_DECADES: _DECADES,
    ANALYTICS_SUMMARY: _SUMMARY,
}
