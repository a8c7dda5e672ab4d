"""The IO manager: single tables as DataFrames, through the same writer as everything else.

For the underlying concept, see https://docs.dagster.io/guides/build/io-managers. It stands on the
seams that dagster-duckdb itself uses (`DbIOManager`, `DbClient`, `DbTypeHandler`) and replaces
what its stock parts do in ways that lose rows: deletion and insertion in two commits, insertion
by position, types from the first rows, no table for an empty frame, and a connection that leaks
on errors. What belongs here: only the seam. How rows are written is `warehouse`'s business.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import duckdb
import pandas as pd

from movie_pipeline import settings as environment
from movie_pipeline.defs.metadata import failure
from movie_pipeline.instance.dagster_private import (
    DbClient,
    DbIOManager,
    DbTypeHandler,
    TablePartitionDimension,
    TableSlice,
)
from movie_pipeline.warehouse import tables
from movie_pipeline.warehouse.database import Warehouse, WarehouseError, replace, select


class WarehouseIOManager(dg.ConfigurableIOManagerFactory[DbIOManager]):
    """Stores a DataFrame as the asset's table and loads it again, an upload at a time."""

    def create_io_manager(self, context: dg.InitResourceContext) -> DbIOManager:
        """The IO manager of one run."""
        del context  # Required by Dagster's signature
        warehouse = Warehouse.of(environment.load())
        return DbIOManager(
            type_handlers=[DataFrameHandler()],
            db_client=WarehouseClient(warehouse),
            database=warehouse.database,
            io_manager_name="WarehouseIOManager",
            default_load_type=pd.DataFrame,
        )


class WarehouseClient(DbClient[duckdb.DuckDBPyConnection]):
    """Connections for the IO manager: one transaction to write, read-only to read."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    @contextmanager
    def connect(  # type: ignore[override]  # the base class's is static; ours knows its warehouse
        self, context: dg.OutputContext | dg.InputContext, table_slice: TableSlice
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction for an output, a read-only connection for an input.

        Raises:
            dg.Failure: the warehouse can't be had, or can't take the rows.
        """
        del table_slice
        writes = isinstance(context, dg.OutputContext)
        try:
            with self._warehouse.writing() if writes else self._warehouse.reading() as connection:
                yield connection
        except WarehouseError as error:
            raise failure(str(error)) from error

    @staticmethod
    def ensure_schema_exists(
        context: dg.OutputContext, table_slice: TableSlice, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Nothing: `Warehouse.writing` has brought every table to its shape."""

    @staticmethod
    def delete_table_slice(
        context: dg.OutputContext, table_slice: TableSlice, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Nothing: `replace` deletes in the handler, in the same transaction."""

    @staticmethod
    def get_select_statement(table_slice: TableSlice) -> str:
        """The SELECT that reads a slice, for people (it is shown as metadata)."""
        uploads = ", ".join("'" + key.replace("'", "''") + "'" for key in _uploads(table_slice))
        return (
            f'SELECT * FROM "{table_slice.schema}"."{table_slice.table}"\n'
            f"WHERE upload IN ({uploads})"
        )

    @staticmethod
    def get_table_name(table_slice: TableSlice) -> str:
        """``schema.table``, the asset's own name."""
        return f"{table_slice.schema}.{table_slice.table}"


class DataFrameHandler(DbTypeHandler[pd.DataFrame | Iterator[pd.DataFrame]]):
    """Puts a DataFrame, or an iterator of its parts, into its declared table.

    Dagster keeps an output's value until the run ends. Of an iterator nothing is left by then.
    """

    def handle_output(
        self,
        context: dg.OutputContext,
        table_slice: TableSlice,
        obj: pd.DataFrame | Iterator[pd.DataFrame],
        connection: duckdb.DuckDBPyConnection,
    ) -> dict[str, dg.MetadataValue]:
        """Replace the partition's rows."""
        rows = replace(connection, _table(table_slice), context.partition_key, obj)
        return {"dagster/partition_row_count": dg.MetadataValue.int(rows)}

    def load_input(
        self,
        context: dg.InputContext,
        table_slice: TableSlice,
        connection: duckdb.DuckDBPyConnection,
    ) -> pd.DataFrame:
        """The rows of the partitions asked for; no partition is no row, with all the columns.

        Only the columns that the input's metadata names under ``columns``, if it does.
        """
        del context
        return select(connection, _table(table_slice), _uploads(table_slice), table_slice.columns)

    @property
    def supported_types(self) -> Sequence[type[object]]:
        """DataFrames, and iterators of them."""
        return [pd.DataFrame, Iterator]


def _table(table_slice: TableSlice) -> tables.Table:
    try:
        return tables.table(table_slice.schema, table_slice.table)
    except KeyError as error:
        raise WarehouseError(
            f"{table_slice.schema}.{table_slice.table} is no table of the warehouse: describe it in"
            " movie_pipeline/warehouse/tables.py and raise SHAPE."
        ) from error


def _uploads(table_slice: TableSlice) -> list[str]:
    dimensions: Sequence[TablePartitionDimension] = table_slice.partition_dimensions or ()
    return [str(key) for dimension in dimensions for key in dimension.partitions]
