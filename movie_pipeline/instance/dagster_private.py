"""Names from Dagster's private API that other rooms need, each with its reason.

What belongs here: names that Dagster 1.13 does not export publicly (``import dagster`` has none of
them), for rooms that may not import ``dagster._…`` themselves. What does not: private names that
only this room or `forgetting` needs; they are imported where they are used.

`movie_pipeline_tests/test_rooms.py` has a test for each name, which fails when Dagster moves or
removes it.
"""

# The base classes of dagster-duckdb's own IO manager, for `defs.io_manager`: without them we would
# have to reimplement the naming of tables, partitions and metadata.
from dagster._core.storage.db_io_manager import (
    DbClient,
    DbIOManager,
    DbTypeHandler,
    TablePartitionDimension,
    TableSlice,
)

# Tags with which Dagster marks a run as a retry of another, for `defs.assets`. ``DagsterRun`` has
# properties only for `root_run_id` and `parent_run_id`.
from dagster._core.storage.tags import RESUME_RETRY_TAG, RETRY_NUMBER_TAG, ROOT_RUN_ID_TAG

__all__ = [
    "RESUME_RETRY_TAG",
    "RETRY_NUMBER_TAG",
    "ROOT_RUN_ID_TAG",
    "DbClient",
    "DbIOManager",
    "DbTypeHandler",
    "TablePartitionDimension",
    "TableSlice",
]
