"""What other rooms need of Dagster's private parts, each with its reason.

What belongs here: names that Dagster 1.13 has no public way to (``import dagster`` has none of
them), for rooms that may not import ``dagster._…`` themselves. What does not: private parts that
only this room or `forgetting` needs; they are imported where they are used.

`movie_pipeline_tests/test_rooms.py` fails by name when Dagster moves or drops one.
"""

# The seams that dagster-duckdb's own IO manager stands on, for `defs.io_manager`: without them the
# naming of tables, partitions and metadata would have to be written again.
from dagster._core.storage.db_io_manager import (
    DbClient,
    DbIOManager,
    DbTypeHandler,
    TablePartitionDimension,
    TableSlice,
)

# Tags by which Dagster says that a run repeats another one, for `defs.assets`: they are not in
# ``DagsterRun``'s properties, which know `root_run_id` and `parent_run_id` alone.
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
