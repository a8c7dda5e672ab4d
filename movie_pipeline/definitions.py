"""Definitions: assembly only. Everything is made elsewhere and put together here.

For the underlying concept, see https://docs.dagster.io/guides/build/projects-and-components.
"""

import dagster as dg

from movie_pipeline.assets import ASSETS
from movie_pipeline.io_manager import WarehouseIOManager
from movie_pipeline.jobs import enrich_upload
from movie_pipeline.resources import DataFolder, TMDBResource, WarehouseResource
from movie_pipeline.sensors import uploads_sensor

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[enrich_upload],
    sensors=[uploads_sensor],
    resources={
        "folder": DataFolder(),
        "tmdb": TMDBResource(),
        "warehouse": WarehouseResource(),
        "io_manager": WarehouseIOManager(),
    },
    # For the implicit job of the UI's Materialize and backfills too. The waiting is in threads;
    # a process for each step would cost seconds of imports.
    executor=dg.in_process_executor,
)
