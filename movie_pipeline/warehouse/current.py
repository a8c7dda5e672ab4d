"""Which of a person's uploads are the current ones.

What belongs here: the rule by which a newer upload takes an older one's place, as SQL over
``raw.uploads``. What does not: whose an upload is (`uploads.persons`), a person's films
(`people.library`).
"""

import duckdb

from movie_pipeline.warehouse.tables import RAW_MOVIES, RAW_UPLOADS

# A list without a seen film is no newer version of a history: somebody who drops both the ratings
# and the watchlist of one service means both.
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
        WHERE upload IN (SELECT upload FROM {RAW_UPLOADS.sql_name} WHERE person = $person)
        GROUP BY upload
    ) AS r USING (upload)
    WHERE u.person = $person
) AS ranked
WHERE uploads.upload = ranked.upload AND uploads.current IS DISTINCT FROM ranked.newest
"""


def person_of_row(connection: duckdb.DuckDBPyConnection, upload: str) -> str | None:
    """The person in an upload's row of ``raw.uploads``; None where it has none."""
    query = f"SELECT person FROM {RAW_UPLOADS.sql_name} WHERE upload = ?"
    row = connection.execute(query, [upload]).fetchone()
    return None if row is None else str(row[0])


def has_others(connection: duckdb.DuckDBPyConnection, person: str, upload: str) -> bool:
    """Whether a person has a row of ``raw.uploads`` for an upload besides this one."""
    other = f"SELECT 1 FROM {RAW_UPLOADS.sql_name} WHERE person = ? AND upload <> ? LIMIT 1"
    return connection.execute(other, [person, upload]).fetchone() is not None


def renew_current(connection: duckdb.DuckDBPyConnection, person: str | None) -> None:
    """Set ``raw.uploads.current`` of all of a person's uploads, inside the caller's transaction.

    With None nothing changes: the upload has no row of ``raw.uploads``.
    """
    connection.execute(_RENEW, {"person": person})
