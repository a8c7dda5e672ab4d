"""Definitions: everything is defined elsewhere and only assembled here.

For the underlying concept, see https://docs.dagster.io/guides/build/projects-and-components.
"""

import dagster as dg

from movie_pipeline.defs.assets import ASSETS
from movie_pipeline.defs.checks import LIBRARY_CHECKS
from movie_pipeline.defs.io_manager import WarehouseIOManager
from movie_pipeline.defs.jobs import enrich_upload, explore, forget_upload, refresh_stale, scrub
from movie_pipeline.defs.resources import DataFolder, TMDBResource, WarehouseResource
from movie_pipeline.defs.schedules import refresh_stale_weekly, scrub_weekly
from movie_pipeline.defs.sensors import library_sensor, uploads_sensor
from movie_pipeline.instance.executor import in_process_executor

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=LIBRARY_CHECKS,
    jobs=[enrich_upload, explore, forget_upload, refresh_stale, scrub],
    schedules=[refresh_stale_weekly, scrub_weekly],
    sensors=[uploads_sensor, library_sensor],
    resources={
        "folder": DataFolder(),
        "tmdb": TMDBResource(),
        "warehouse": WarehouseResource(),
        "io_manager": WarehouseIOManager(),
    },
    # Also for the implicit job behind Materialize and backfills. Requests wait in threads; a
    # process for each step would cost seconds of imports.
    executor=in_process_executor,
)
