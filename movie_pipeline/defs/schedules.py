"""Schedules: what runs at fixed times.

For the underlying concept, see https://docs.dagster.io/guides/automate/schedules. What belongs
here: a thin shell. What does not: finding rows that are too old (`enrichment.staleness`).
"""

from datetime import UTC

import dagster as dg

from movie_pipeline import names
from movie_pipeline import settings as environment
from movie_pipeline.defs.jobs import refresh_stale, scrub
from movie_pipeline.enrichment.staleness import REFRESH_DAYS, older_than
from movie_pipeline.settings import SettingsError
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.errors import WarehouseError

PATIENCE_SECONDS = 10.0
"""How long a tick waits for the warehouse: well below Dagster's time limit of one minute."""


@dg.schedule(
    name=names.REFRESH_SCHEDULE,
    job=refresh_stale,
    cron_schedule="0 4 * * 1",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every Monday: requests everything older than 150 days from TMDB again. If the"
    " machine was off on a Monday, the daemon catches up when it starts.",
)
def refresh_stale_weekly(
    context: dg.ScheduleEvaluationContext,
) -> list[dg.RunRequest] | dg.SkipReason:
    """Request one run a week for each upload with rows that are getting too old."""
    now = context.scheduled_execution_time.astimezone(UTC)
    try:
        settings = environment.load()
        warehouse = Warehouse(settings.warehouse, PATIENCE_SECONDS)
        if warehouse.gone:
            return dg.SkipReason(f"There is no warehouse yet ({warehouse.database}).")
        stale = older_than(REFRESH_DAYS, warehouse, now)
    except (SettingsError, WarehouseError) as error:
        return dg.SkipReason(str(error))
    if not stale:
        return dg.SkipReason(f"No upload has a row older than {REFRESH_DAYS:g} days.")
    if settings.from_sample:  # a run would replace TMDB's answers with the sample's
        return dg.SkipReason(
            f"{len(stale)} uploads have rows older than {REFRESH_DAYS:g} days, but there is no key"
            " for TMDB: set TMDB_API_TOKEN."
        )
    week = f"{now:%G-W%V}"
    return [
        dg.RunRequest(run_key=f"{one.upload}:{week}", partition_key=one.upload) for one in stale
    ]


scrub_weekly = dg.ScheduleDefinition(
    name="scrub_weekly",
    job=scrub,
    cron_schedule="30 4 * * 0",
    description="Every Sunday, if you turn it on: erases what is left of forgotten uploads in"
    " PostgreSQL's files. Not needed on one machine.",
)
