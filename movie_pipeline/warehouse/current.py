"""Determines which of a person's uploads are current.

What belongs here: the rule by which a newer upload replaces an older one, as SQL over
``raw.uploads``. What does not: which person an upload belongs to (`uploads.persons`), a person's
films (`people.library`).
"""

import duckdb

from movie_pipeline.warehouse.tables import RAW_MOVIES, RAW_UPLOADS

# A list without a seen film does not replace a history: a person who drops both the ratings and the
# watchlist of one service wants both.
_RENEW = f"""
UPDATE {RAW_UPLOADS.sql_name} AS uploads SET current = ranked.newest
FROM (
    SELECT u.upload, row_number() OVER (
        PARTITION BY u.source_format, coalesce(r.seen, false)
        ORDER BY u.exported_at DESC NULLS LAST, u.received_at DESC NULLS LAST, u.upload DESC
    ) = 1 AS newest
    FROM {RAW_UPLOADS.sql_name} AS u
    LEFT JOIN (
        SELECT upload, bool_or(seen) AS seen FROM {RAW_MOVIES.sql_name}
        WHERE upload IN (%s) GROUP BY upload
    ) AS r USING (upload)
    WHERE u.person = $person
) AS ranked
WHERE uploads.person = $person AND uploads.upload = ranked.upload
    AND uploads.current IS DISTINCT FROM ranked.newest
"""
_THEIRS = f"SELECT upload FROM {RAW_UPLOADS.sql_name} WHERE person = ?"


def person_of_row(connection: duckdb.DuckDBPyConnection, upload: str) -> str | None:
    """The person in an upload's row of ``raw.uploads``; None if it has no row."""
    query = f"SELECT person FROM {RAW_UPLOADS.sql_name} WHERE upload = ?"
    row = connection.execute(query, [upload]).fetchone()
    return None if row is None else str(row[0])


def has_others(connection: duckdb.DuckDBPyConnection, person: str, upload: str) -> bool:
    """Whether a person has a row in ``raw.uploads`` for another upload."""
    other = f"SELECT 1 FROM {RAW_UPLOADS.sql_name} WHERE person = ? AND upload <> ? LIMIT 1"
    return connection.execute(other, [person, upload]).fetchone() is not None


def renew_current(connection: duckdb.DuckDBPyConnection, person: str | None) -> None:
    """Set ``raw.uploads.current`` for all of a person's uploads, inside the caller's transaction.

    None changes nothing: the upload has no row in ``raw.uploads``.
    """
    # As values, not as a subquery: so PostgreSQL reads only the rows of these uploads.
    theirs = [upload for (upload,) in connection.execute(_THEIRS, [person]).fetchall()]
    values = {f"upload_{number}": upload for number, upload in enumerate(theirs)}
    if theirs:
        named = ", ".join(f"${name}" for name in values)
        connection.execute(_RENEW % named, {"person": person, **values})
