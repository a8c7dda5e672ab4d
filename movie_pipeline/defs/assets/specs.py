"""Specs: what the UI shows about every asset, derived from its table.

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
"""Retries of a step: for a file that was replaced while it was being read, or a disk that did not
respond. This is one of three layers: within the step, the TMDB client retries failed requests; and
the launcher handles processes that died. A permanent failure is raised with
``allow_retries=False`` and not retried."""


def key_of(table: Table) -> dg.AssetKey:
    """The asset key of a table: the table's own name."""
    return dg.AssetKey([table.schema, table.name])


def table_metadata(table: Table) -> dict[str, object]:
    """Definition metadata of a table's asset: its columns and the column that partitions it."""
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
