"""Films: which lines of an upload are films, which of them count, and which are the same film.

What belongs here: the temporary table ``lines`` and views ``films`` and ``everything`` that all
numbers are counted from, and the words for the states of a line. What does not: counting (`sql`).

- A line is a row of ``enriched.movies``. Its *state* is `match_status`, except that a film which
  the overrides ignore is ``ignored``, although its `match_status` is ``not_found``.
- A series, an episode, a game or an ignored film is never a film here.
- The films that count are those *watched*: a line of theirs has `seen`, where unknown counts as
  seen. An upload without a watched film is a watchlist or a list, and all its films count.
- A film that does not count is *on the watchlist* if one of its lines is, else *only on a list*.
- Lines with one TMDB id are one film. A line that TMDB does not identify is a film of its own
  within its upload (``raw.movies`` has merged repeated lines already); in two uploads of one
  person, two such lines are one film if title (ignoring case) and year are the same.
- A film on several lines has the newest rating that one of them has: by the day it was given, else
  entered, else exported. It has the viewing days, tags and lists of all its lines, and is liked if
  one of them is.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from movie_pipeline.warehouse.lines import STATE
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_UPLOADS, RAW_VIEWINGS

if TYPE_CHECKING:
    import duckdb

#: The states of a film that counts, then those of a line that is not counted, in the order shown.
COUNTED = ("matched", "ambiguous", "not_found", "error")
STATES = (*COUNTED, "not_a_movie", "ignored")
#: Each state in words, to be preceded by a number, as in "3 films not found".
STATE_WORDS = {
    "matched": "identified",
    "ambiguous": "with several candidates",
    "not_found": "not found",
    "error": "failed, retried next time",
    "not_a_movie": "not a film (series, episode, game)",
    "ignored": "ignored by your overrides",
}

#: The columns with lists, which are never NULL in ``films``.
LISTS = tuple(column.name for column in ENRICHED_MOVIES if column.nested and not column.structured)

# One row per line, without the columns that take memory.
_LINES = f"""
CREATE OR REPLACE TEMP TABLE lines AS
SELECT e.upload, e.row_number, e.title, e.year, coalesce(e.seen, true) AS seen, e.rating,
    {STATE} AS state, CASE WHEN e.match_status = 'matched' THEN e.tmdb_id END AS tmdb_id,
    e.answered_by, coalesce(r.in_lists, []) AS in_lists, coalesce(r.tags, []) AS tags,
    coalesce(r.liked, false) AS liked, coalesce(r.watchlisted, false) AS watchlisted,
    coalesce(v.days, []) AS viewings, coalesce(v.seen_before, false) AS seen_before,
    row_number() OVER (
        ORDER BY coalesce(r.rated_on, r.logged_on, u.exported_at::DATE) DESC NULLS LAST,
                 u.exported_at DESC NULLS LAST, e.upload DESC, e.row_number
    ) AS place
FROM {ENRICHED_MOVIES.sql_name} AS e
LEFT JOIN (
    SELECT * FROM {RAW_MOVIES.sql_name} WHERE upload IN (%(uploads)s)
) AS r USING (upload, row_number)
LEFT JOIN (
    SELECT * FROM {RAW_UPLOADS.sql_name} WHERE upload IN (%(uploads)s)
) AS u USING (upload)
LEFT JOIN (
    SELECT upload, row_number, list(watched_on) AS days,
        arg_min(rewatch, watched_on) AS seen_before
    FROM {RAW_VIEWINGS.sql_name}
    WHERE upload IN (%(uploads)s) GROUP BY upload, row_number
) AS v USING (upload, row_number)
WHERE e.upload IN (%(uploads)s)
"""

# Ratings and runtimes are added up as whole numbers, so that every program gets the same sum in any
# order: `points` is a rating in thousandths of a star.
_CHOSEN = f"""
CREATE OR REPLACE TEMP TABLE chosen AS
WITH possible AS (
    SELECT *, coalesce(tmdb_id::VARCHAR, concat_ws(
        chr(9), lower(trim(title)), coalesce(year::VARCHAR, ''), row_number() OVER (
            PARTITION BY upload, tmdb_id, lower(trim(title)), year ORDER BY row_number
        )
    )) AS identity
    FROM lines WHERE state IN {COUNTED}
),
together AS (
    SELECT identity, count(*) AS lines, bool_or(seen) AS seen,
        first(rating ORDER BY place) FILTER (WHERE rating IS NOT NULL) AS rating,
        coalesce(arg_min(seen_before, list_min(viewings)), false) AS seen_before,
        bool_or(liked) AS liked, bool_or(watchlisted) AS watchlisted,
        list_sort(list_distinct(flatten(list(viewings)))) AS viewings,
        list_sort(list_distinct(flatten(list(tags)))) AS tags,
        list_sort(list_distinct(flatten(list(in_lists)))) AS in_lists
    FROM possible GROUP BY identity
),
single AS (
    SELECT DISTINCT ON (identity) identity, upload, row_number, state, tmdb_id, place
    FROM possible ORDER BY identity, NOT seen, place
)
SELECT coalesce(tmdb_id, -row_number() OVER (ORDER BY tmdb_id IS NOT NULL, place)) AS film,
    seen OR NOT (SELECT coalesce(bool_or(seen), true) FROM possible) AS counted,
    single.* EXCLUDE (identity), together.* EXCLUDE (identity),
    round(together.rating * 1000)::INTEGER AS points, len(together.viewings)::INTEGER AS times
FROM single JOIN together USING (identity)
"""

# A view: a second copy of the casts of 50,000 films would take 200 MB.
_EVERYTHING = f"""
CREATE OR REPLACE TEMP VIEW everything AS
SELECT chosen.*, coalesce(year(e.release_date), e.year)::INTEGER AS released,
    e.title, e.tmdb_title, e.original_title, e.original_language, e.release_date,
    CASE WHEN e.runtime_minutes > 0 THEN e.runtime_minutes END AS runtime_minutes,
    {", ".join(f'coalesce(e."{name}", []) AS "{name}"' for name in LISTS)},
    e.collection, e.collection_id, e.certification,
    datediff('day', e.release_date, chosen.viewings[1])::INTEGER AS delay,
    e.popularity, e.vote_average, e.vote_count, e.poster_path
FROM chosen JOIN {ENRICHED_MOVIES.sql_name} AS e USING (upload, row_number)
"""
_FILMS = "CREATE OR REPLACE TEMP VIEW films AS SELECT * FROM everything WHERE counted"
#: Up to this many uploads are named in the view, so that the rows of others are not read.
_NAMED = 100


def prepare(connection: "duckdb.DuckDBPyConnection", uploads: Iterable[str]) -> None:
    """Make ``lines``, ``films`` and ``everything`` of these uploads, as those of one person.

    ``lines`` has a row per line: `upload`, `row_number`, `title`, `year`, `seen` (never NULL),
    `rating`, `state`, `tmdb_id`, `answered_by`, `in_lists`, `tags`, `liked`, `watchlisted`,
    `viewings` (days), `seen_before` (whether the first of these is marked as a rewatch), and
    `place`, its rank by the age of its rating. ``films`` has a row per film that counts: what
    ``enriched.movies`` has of it (lists are never NULL), and `film` (its TMDB id, or a number below
    0), `lines` (how many it is on), `points` (the rating in thousandths of a star), `released` (the
    year of its release date, else the export's), `delay` (days from its release to its first dated
    viewing) and `times` (its dated viewings). ``everything``
    also has the films that don't count; `counted` tells them apart.
    """
    keys = ["'" + key.replace("'", "''") + "'" for key in uploads]
    # Values, not a subquery: so neither DuckDB nor PostgreSQL reads the rows of other uploads.
    named = ", ".join(keys) or "NULL"
    connection.execute(_LINES % {"uploads": named})
    connection.execute(_CHOSEN)
    connection.execute(
        f"{_EVERYTHING} WHERE e.upload IN ({named})" if 0 < len(keys) <= _NAMED else _EVERYTHING
    )
    connection.execute(_FILMS)


def narrow(connection: "duckdb.DuckDBPyConnection", where: str, values: Iterable[object]) -> None:
    """Keep only the counted films that fulfil a condition on the columns of ``films``."""
    left_out = f"SELECT film FROM everything WHERE NOT (counted AND coalesce(({where}), false))"
    connection.execute(f"DELETE FROM chosen WHERE film IN ({left_out})", list(values))
    connection.execute("DELETE FROM lines")
