"""The analytics layer: every number about an upload's films.

What belongs here: filling the tables, all in one transaction. What does not: the SQL that counts
(`movie_pipeline.analytics`), and drawing (`dashboard`).
"""

from collections.abc import Iterator

import dagster as dg
import duckdb

from movie_pipeline.analytics import films
from movie_pipeline.analytics.numbers import compute
from movie_pipeline.analytics.sql import SQL
from movie_pipeline.defs.assets.specs import RETRY, key_of, table_spec
from movie_pipeline.defs.assets.step import HOOKS, step
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.defs.resources import DataFolder, WarehouseResource
from movie_pipeline.status.store import Stored
from movie_pipeline.warehouse.completion import complete
from movie_pipeline.warehouse.tables import (
    ANALYTICS,
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_UPLOADS,
    RAW_VIEWINGS,
    Table,
)


@dg.multi_asset(
    name="analytics",
    specs=[
        table_spec(
            table, deps=(ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS, RAW_UPLOADS), kinds={"sql"}
        )
        for table in ANALYTICS
    ],
    partitions_def=UPLOADS,
    retry_policy=RETRY,
    hooks=HOOKS,
)
def analytics(
    context: dg.AssetExecutionContext, folder: DataFolder, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult]:
    """Fill all tables of numbers about the upload's films, in one transaction."""
    with step(context, folder.progress()) as upload:
        entry = folder.progress().get(upload)
        stored = entry.stored if entry else Stored()

        def fill(connection: duckdb.DuckDBPyConnection) -> dict[Table, int]:
            rows = {}
            films.prepare(connection, [upload])
            compute(connection)
            for table, sql in SQL.items():
                connection.execute(f"DELETE FROM {table.sql_name} WHERE upload = ?", [upload])
                inserted = connection.execute(
                    f"INSERT INTO {table.sql_name} BY NAME"
                    f" SELECT $upload AS upload, * FROM ({sql})",
                    {"upload": upload},
                ).fetchone()
                rows[table] = int(inserted[0]) if inserted else 0
            complete(connection, upload, shape=stored.shape, sample_chosen=stored.sample_chosen)
            return rows

        rows = warehouse.warehouse().transact(fill)
        for table in ANALYTICS:
            yield dg.MaterializeResult(
                asset_key=key_of(table), metadata={"dagster/partition_row_count": rows[table]}
            )
