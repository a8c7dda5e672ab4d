"""Backends: what differs between a warehouse in a file and one in PostgreSQL.

What belongs here: what `database.Warehouse` asks of either, and choosing one by the database
string. What does not: the two themselves (`local`, `postgres`).
"""

from collections.abc import Mapping
from typing import Protocol

import duckdb
from pydantic import SecretStr

from movie_pipeline.settings import in_postgres


class Backend(Protocol):
    """A place for the tables, which DuckDB opens."""

    @property
    def name(self) -> str:
        """The database for messages, without a password."""

    @property
    def stamp(self) -> tuple[int, int, int]:
        """As `Warehouse.stamp`."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read yet, and reading must not create it."""

    @property
    def server(self) -> Mapping[str, str] | None:
        """What libpq connects to, a password included; None if it is not PostgreSQL."""

    def reader(self) -> duckdb.DuckDBPyConnection:
        """A connection that can't write, to tables of the declared shape.

        Raises:
            duckdb.Error: it can't be opened.
            WarehouseError: it is not for this version.
        """

    def writer(self, *, exclusive: bool) -> duckdb.DuckDBPyConnection:
        """A connection with a transaction that has begun, to tables of the declared shape.

        Args:
            exclusive: see what all earlier such transactions have written, so that `current` can
                be decided.

        Raises:
            duckdb.Error: it can't be opened.
            WarehouseError: it is not for this version, or can't be created.
        """

    def hasten(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        """Have the server undo a writer's transaction that then is idle for so many seconds.

        Raises:
            duckdb.Error: the connection was lost.
        """

    def erase(self) -> None:
        """Remove what is physically left of deleted rows, if that can be done at any time.

        Raises:
            duckdb.Error: it can't be done.
            OSError: the file can't be replaced.
        """

    def is_fault(self, error: duckdb.Error) -> bool:
        """Whether the database is unusable; otherwise it is a query's own error."""

    def is_busy(self, error: BaseException) -> bool:
        """Whether opening failed for a reason that may pass, so that we wait."""

    def is_undone(self, error: duckdb.Error) -> bool:
        """Whether a transaction was lost by no fault of its own and can be run again."""

    def waiting_for(self, error: BaseException) -> str:
        """What an error of `is_busy` says that we wait for."""

    def busy(self, error: duckdb.Error, seconds: float) -> str:
        """What to say after the name if we have waited so long."""

    def explained(self, error: duckdb.Error) -> str:
        """A fault in two sentences: what the database says, and what to do."""


def backend_of(database: str | SecretStr) -> Backend:
    """The backend of a database string."""
    text = database.get_secret_value() if isinstance(database, SecretStr) else database
    # Each imports what the other does not need.
    if in_postgres(text):
        from movie_pipeline.warehouse.postgres import Postgres  # noqa: PLC0415

        return Postgres(text)
    from movie_pipeline.warehouse.local import Local  # noqa: PLC0415

    return Local(text)
