"""Persons: whose an upload is, and which of a person's uploads are the current ones.

What belongs here: what an upload's name says of its owner and of the time of its export, and the
rule by which a newer upload takes an older one's place. What does not: a person's films
(`library`), and comparing people (`club`).
"""

import re
from datetime import UTC, datetime

import duckdb

from movie_pipeline.tables import RAW_MOVIES, RAW_UPLOADS

# "letterboxd-ada-2026-01-31-18-05-utc.zip", or with " (1)" or "-2" behind it, as browsers save it;
# its unpacked folder likewise.
_LETTERBOXD = re.compile(
    r"letterboxd-(?P<user>[a-z0-9_]+)-(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d)-utc(?![a-z0-9])",
    re.IGNORECASE,
)

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


def person_of(upload: str) -> str:
    """Whose an upload is.

    Args:
        upload: its key.

    Returns:
        The first folder of the key; else the user in the name that Letterboxd gave its export, in
        small letters; else the key itself: it is the only upload of somebody unknown.
    """
    folder, slash, _ = upload.partition("/")
    if slash:
        return folder
    named = _LETTERBOXD.match(upload)
    return named["user"].lower() if named else upload


def exported_at(upload: str) -> datetime | None:
    """When an upload was exported (UTC), if the name that Letterboxd gave it says so."""
    named = _LETTERBOXD.match(upload.rpartition("/")[2])
    if named is None:
        return None
    try:
        return datetime.strptime(named["time"], "%Y-%m-%d-%H-%M").replace(tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None


def has_others(connection: duckdb.DuckDBPyConnection, upload: str) -> bool:
    """Whether the person of an upload has a row of ``raw.uploads`` for another one."""
    other = f"SELECT 1 FROM {RAW_UPLOADS.sql_name} WHERE person = ? AND upload <> ? LIMIT 1"
    return connection.execute(other, [person_of(upload), upload]).fetchone() is not None


def renew_current(connection: duckdb.DuckDBPyConnection, person: str) -> None:
    """Set ``raw.uploads.current`` of all of a person's uploads, inside the caller's transaction."""
    connection.execute(_RENEW, {"person": person})
