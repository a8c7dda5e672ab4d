"""Staleness: which uploads hold facts of TMDB that grow too old.

What belongs here: the ages that count, and the one query that finds the rows. What does not: how
long an answer counts for a run (`tmdb.keeping`), and who asks again (`defs.schedules`).

TMDB's terms allow no fact to be kept for more than six months. What the sample catalogue answered
is ours, and under no such terms.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES

REFRESH_DAYS = 150.0
"""Rows older than this are asked for again: a month, and so four weekly attempts, before 180."""

_OLD = f"""
SELECT upload, count(*), min(enriched_at)
FROM {ENRICHED_MOVIES.sql_name}
WHERE answered_by = 'tmdb' AND (enriched_at < $limit OR enriched_at > $tomorrow)
GROUP BY upload ORDER BY upload
"""


@dataclass(frozen=True)
class Stale:
    """An upload with rows that are too old: how many, and when TMDB gave the oldest (UTC)."""

    upload: str
    rows: int
    oldest: datetime


def older_than(days: float, warehouse: Warehouse, now: datetime) -> list[Stale]:
    """The uploads with rows that TMDB answered more than so many days before ``now`` (UTC).

    Or after it: a clock that ran ahead dated them, and how old they are nobody knows.

    Raises:
        WarehouseError: the warehouse can't be had.
    """
    utc = now.replace(tzinfo=None)  # the column has no zone
    limits = {"limit": utc - timedelta(days=days), "tomorrow": utc + timedelta(days=1)}
    with warehouse.reading() as connection:
        rows = connection.execute(_OLD, limits).fetchall()
    return [Stale(*row) for row in rows]
