"""People of the films: the SQL of directors, cast and crew, and of those who share several films.

What belongs here: ``people``, ``pairs``, and who of a film's cast counts. What does not: what rows
are measured by (`dimensions`).
"""

from movie_pipeline.analytics.dimensions import MEASURED, MEASURES
from movie_pipeline.analytics.thresholds import BILLED, ENOUGH_RATED, RECURRING

#: For each role of ``people``, the columns of ``films`` with their ids and names.
ROLES = {
    "director": ("director_ids", "directors"),
    "actor": ("cast_ids", '"cast"'),
    "writer": ("writer_ids", "writers"),
    "composer": ("composer_ids", "composers"),
    "cinematographer": ("cinematographer_ids", "cinematographers"),
    "editor": ("editor_ids", "editors"),
}


def _people(role: str, ids: str, names: str) -> str:
    # TMDB may credit a person twice. One row for each person and film would take 100 MB for 50,000
    # films, so names are found apart.
    return f"""
SELECT '{role}' AS role, counted.*, name
FROM (
    SELECT person_id, {MEASURES},
        coalesce(list(rating ORDER BY rating DESC) FILTER (rating IS NOT NULL), []) AS ratings
    FROM (SELECT {MEASURED}, rating, unnest(list_distinct({ids})) AS person_id FROM films)
    GROUP BY person_id
) AS counted JOIN (
    SELECT person_id, min(name) AS name
    FROM (SELECT unnest({ids}) AS person_id, unnest({names}) AS name FROM films)
    GROUP BY person_id
) USING (person_id)
"""


#: Makes the temporary table ``people``.
PEOPLE = f"""
CREATE OR REPLACE TEMP TABLE people AS
SELECT *, row_number() OVER (
    PARTITION BY role ORDER BY films DESC, coalesce(score, 0) DESC, person_id
)::INTEGER AS place,
CASE WHEN rated >= {ENOUGH_RATED} THEN row_number() OVER (
    PARTITION BY role, rated >= {ENOUGH_RATED} ORDER BY score DESC, films DESC, person_id
) END::INTEGER AS best
FROM ({" UNION ALL ".join(_people(role, *names) for role, names in ROLES.items())})
"""

_DIRECTED_CAST = f"""
SELECT {{columns}}, unnest(list_distinct(director_ids)) AS director_id,
    list_distinct(list_slice(cast_ids, 1, {BILLED})) AS billed
FROM {{films}}
"""

#: The directors and actors who share several films, seen or not, as two ids.
MET = f"""
SELECT director_id, actor_id
FROM (
    SELECT director_id, unnest(billed) AS actor_id
    FROM ({_DIRECTED_CAST.format(columns="film", films="everything")})
) WHERE director_id <> actor_id GROUP BY ALL HAVING count(*) >= {RECURRING} ORDER BY ALL
"""

#: Makes the temporary table ``pairs``, after ``people``.
PAIRS = f"""
CREATE OR REPLACE TEMP TABLE pairs AS
WITH counted AS (
    SELECT director_id, actor_id, {MEASURES}
    FROM (
        SELECT * EXCLUDE (billed), unnest(billed) AS actor_id
        FROM ({_DIRECTED_CAST.format(columns=MEASURED, films="films")})
    )
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
