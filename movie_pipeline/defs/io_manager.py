"""The IO manager: single tables as DataFrames, written by the same code as everything else.

For the underlying concept, see https://docs.dagster.io/guides/build/io-managers. It builds on the
extension points that dagster-duckdb itself uses (`DbIOManager`, `DbClient`, `DbTypeHandler`) and
replaces the stock behaviour that loses rows: deleting and inserting in two commits, inserting by
position, taking types from the first rows, creating no table for an empty frame, and leaking a
connection on errors. What belongs here: only the adapter. How rows are written: see `warehouse`.
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
from movie_pipeline.warehouse.database import Warehouse, replace, select
from movie_pipeline.warehouse.errors import WarehouseError, WarehouseUndone


class WarehouseIOManager(dg.ConfigurableIOManagerFactory[DbIOManager]):
    """Stores a DataFrame as the asset's table and loads it again, one upload at a time."""

    def create_io_manager(self, context: dg.InitResourceContext) -> DbIOManager:
        """The IO manager for one run."""
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
    """Connections for the IO manager: a transaction for writing, read-only for reading."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    @contextmanager
    def connect(  # type: ignore[override]  # static in the base class; ours needs the warehouse
        self, context: dg.OutputContext | dg.InputContext, table_slice: TableSlice
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction for an output, a read-only connection for an input.

        Raises:
            dg.Failure: the warehouse can't be opened, or can't store the rows.
        """
        del table_slice
        writes = isinstance(context, dg.OutputContext)
        try:
            with self._warehouse.writing() if writes else self._warehouse.reading() as connection:
                yield connection
        except WarehouseError as error:
            raise failure(str(error), retry=isinstance(error, WarehouseUndone)) from error

    @staticmethod
    def ensure_schema_exists(
        context: dg.OutputContext, table_slice: TableSlice, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Do nothing: `Warehouse.writing` has already created or migrated every table."""

    @staticmethod
    def delete_table_slice(
        context: dg.OutputContext, table_slice: TableSlice, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Do nothing: the handler calls `replace`, which deletes in the same transaction."""

    @staticmethod
    def get_select_statement(table_slice: TableSlice) -> str:
        """The SELECT that reads a slice; shown to people as metadata."""
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
    """Writes a DataFrame, or an iterator over its parts, to its declared table.

    Dagster holds an output's value in memory until the run ends; a used-up iterator holds nothing.
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
        """Load the rows of the requested partitions; for none, an empty frame with all columns.

        If the input's metadata has ``columns``, only those columns are loaded.
        """
        del context
        return select(connection, _table(table_slice), _uploads(table_slice), table_slice.columns)

    @property
    def supported_types(self) -> Sequence[type[object]]:
        """DataFrames and iterators over DataFrames."""
        return [pd.DataFrame, Iterator]


def _table(table_slice: TableSlice) -> tables.Table:
    try:
        return tables.table(table_slice.schema, table_slice.table)
    except KeyError as error:
        raise WarehouseError(
            f"{table_slice.schema}.{table_slice.table} is not a table of the warehouse: describe it"
            " in movie_pipeline/warehouse/tables.py and increase SHAPE."
        ) from error


def _uploads(table_slice: TableSlice) -> list[str]:
    dimensions: Sequence[TablePartitionDimension] = table_slice.partition_dimensions or ()
    return [str(key) for dimension in dimensions for key in dimension.partitions]
