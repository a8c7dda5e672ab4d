"""Staleness: which uploads hold TMDB data that is getting too old.

What belongs here: the age limit, and the query that finds the rows. What does not: how long a run
may use a cached answer (`tmdb.keeping`), and refreshing the rows (`defs.schedules`).

TMDB's terms forbid keeping its data for more than six months. The data of the sample catalogue is
our own and not subject to these terms.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES

REFRESH_DAYS = 150.0
"""Rows older than this are refreshed: a month, and so four weekly attempts, before day 180."""

_OLD = f"""
SELECT upload, count(*), min(enriched_at)
FROM {ENRICHED_MOVIES.sql_name}
WHERE answered_by = 'tmdb' AND (enriched_at < $limit OR enriched_at > $tomorrow)
GROUP BY upload ORDER BY upload
"""


@dataclass(frozen=True)
class Stale:
    """An upload with rows that are too old: how many, and the date of the oldest (UTC)."""

    upload: str
    rows: int
    oldest: datetime


def older_than(days: float, warehouse: Warehouse, now: datetime) -> list[Stale]:
    """The uploads with rows that TMDB answered more than ``days`` days before ``now`` (UTC).

    Rows dated more than a day after ``now`` count too: a clock ran ahead, and their age is unknown.

    Raises:
        WarehouseError: the warehouse can't be read.
    """
    utc = now.replace(tzinfo=None)  # the column has no zone
    limits = {"limit": utc - timedelta(days=days), "tomorrow": utc + timedelta(days=1)}
    with warehouse.reading() as connection:
        rows = connection.execute(_OLD, limits).fetchall()
    return [Stale(*row) for row in rows]
