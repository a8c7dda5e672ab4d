"""Specs: what every asset says of itself in the UI, derived from its table.

What belongs here: owner, groups, kinds, column schemas. What does not: what an asset computes.
"""

from collections.abc import Sequence

import dagster as dg

from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.warehouse.tables import Table

OWNER = "team:movie-pipeline"

RETRY = dg.RetryPolicy(
    max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""The step's layer of three: for a file that was replaced while it was
read, or a disk that did not answer. A request's faults are retried
by the TMDB client within the step; a process that died is the launcher's business. A failure that
can't pass is raised with ``allow_retries=False`` and not tried again."""


def key_of(table: Table) -> dg.AssetKey:
    """The asset key of a table: its own name."""
    return dg.AssetKey([table.schema, table.name])


def table_metadata(table: Table) -> dict[str, object]:
    """Definition metadata of a table's asset: its columns, and the column it is partitioned by."""
    return {
        "partition_expr": "upload",
        "dagster/table_name": str(table),
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(
                    column.name,
                    column.type,
                    description=column.description,
                    constraints=dg.TableColumnConstraints(nullable=not column.required),
                )
                for column in table
            ]
        ),
    }


def table_spec(table: Table, *, deps: Sequence[Table], kinds: set[str]) -> dg.AssetSpec:
    """The spec of a table's asset."""
    return dg.AssetSpec(
        key_of(table),
        description=table.description,
        deps=[key_of(one) for one in deps],
        group_name=table.schema,
        owners=[OWNER],
        kinds=kinds | {"duckdb"},
        metadata=table_metadata(table),
        partitions_def=UPLOADS,
    )
