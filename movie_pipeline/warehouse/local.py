"""Local: the warehouse in a DuckDB file, or in another database that DuckDB opens by itself.

What belongs here: opening the file under DuckDB's lock, noticing that it was replaced, creating and
migrating its tables, and its compaction. What does not: waiting for the lock, and transactions
(`database`).

DuckDB allows one writing process or several reading ones, never both.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from movie_pipeline.outside import files
from movie_pipeline.warehouse.compaction import compact
from movie_pipeline.warehouse.errors import WarehouseError
from movie_pipeline.warehouse.remedies import FAULTS, first_line, remedy
from movie_pipeline.warehouse.tables import SHAPE, TABLES, newer

_OPENING = threading.Lock()
_SHAPE_TABLE = '"main"."warehouse_shape"'
_HAS_SHAPE = """
SELECT 1 FROM duckdb_tables() WHERE database_name = current_database()
AND schema_name = 'main' AND table_name = 'warehouse_shape'
"""


class Local:
    """A file, a database in memory, or another DuckDB database string (``md:…``)."""

    server = None

    def __init__(self, name: str) -> None:
        self.name = name
        other = re.match(r"\w{2,}:|:memory:", name, re.ASCII)  # "c:\…" is a path
        self._file = None if other else Path(name)

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Inode, size and time of the file; zeros without one, ones if it is not a file."""
        if self._file is None:
            return 1, 1, 1
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return 0, 0, 0
        return status.st_ino, status.st_size, status.st_mtime_ns

    @property
    def empty(self) -> bool:
        """Whether there is no file yet, or a database in memory."""
        file = self._file
        return self.name.startswith(":memory:") if file is None else not file.exists()

    def reader(self) -> duckdb.DuckDBPyConnection:
        """A read-only connection; older tables are migrated before."""
        while True:
            connection = self._open(read_only=True)
            with _closed_on_error(connection):
                if self._shape(connection) == SHAPE:
                    return connection
                connection.close()
            self._open_and_commit()

    def writer(self, *, exclusive: bool) -> duckdb.DuckDBPyConnection:
        """A connection in a transaction; there is never another one."""
        del exclusive
        if self._file is not None:
            try:
                files.folder(self._file.parent)
            except OSError as error:
                raise WarehouseError(
                    f"The warehouse {self.name} can't be created ({error}): make its folder"
                    " writable, or point MOVIE_PIPELINE_WAREHOUSE at another file."
                ) from error
        connection = self._open(read_only=False)
        with _closed_on_error(connection):
            connection.begin()
            if self._shape(connection) != SHAPE:
                self._migrate(connection)
        return connection

    def _open_and_commit(self) -> None:
        """Migrate the tables, or replay what a killed process had written."""
        with files.private, self.writer(exclusive=True) as connection:
            connection.commit()

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        """A connection to the file that is at the path now, even if it was just replaced.

        The process that replaces it (`compaction`) holds the old file's lock, so the file can't be
        replaced once we hold the lock of the one at the path.
        """
        while True:
            before = self._inode
            # DuckDB 1.5.5 shares an open database within a process, and gives it to a second thread
            # before all its functions are registered ("pandas_scan does not exist").
            with _OPENING:
                connection = duckdb.connect(self.name, read_only=read_only)
                # A second thread takes 80 MB to count 50,000 films, and more processor time in all;
                # runs share the cores already.
                connection.execute("SET threads = 1")
            if self._file is None or before == self._inode:
                return connection
            connection.close()

    @property
    def _inode(self) -> int | None:
        """The inode of the file at the path; None if there is none."""
        try:
            return self._file.stat().st_ino if self._file else None
        except FileNotFoundError:
            return None

    def _shape(self, connection: duckdb.DuckDBPyConnection) -> int:
        """The stored shape; 0 for a database without one.

        Raises:
            WarehouseError: it was written by a newer version of movie_pipeline.
        """
        # Asked for first: in DuckDB 2, a query for a missing table would end the transaction.
        if not connection.execute(_HAS_SHAPE).fetchall():
            return 0
        found = connection.execute(f"SELECT max(shape) FROM {_SHAPE_TABLE}").fetchone()
        shape = int(found[0]) if found and found[0] is not None else 0
        if shape > SHAPE:
            raise WarehouseError(f"The warehouse {self.name} {newer(shape)}")
        return shape

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            migrate(connection)
        except (duckdb.ProgrammingError, duckdb.DataError, duckdb.DependencyException) as error:
            raise WarehouseError(
                f"The warehouse {self.name} can't be used: it has tables of another program"
                f" ({first_line(error)}). Move it away, or point MOVIE_PIPELINE_WAREHOUSE at"
                " another file."
            ) from error

    def hasten(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        """Nothing: a file is not shared by machines."""

    def erase(self) -> None:
        """Rewrite the file without its deleted rows; another database is asked to clean up."""
        if self._file is None:
            with self._open(read_only=False) as connection, suppress(duckdb.Error):
                connection.execute("CHECKPOINT")
            return
        while not compact(self._file):
            self._open_and_commit()

    def is_fault(self, error: duckdb.Error) -> bool:
        """Whether the file is damaged, or disk or memory ran out."""
        return isinstance(error, FAULTS)

    def is_busy(self, error: BaseException) -> bool:
        """Whether another connection, in another process or in this one, holds the lock."""
        message = str(error)
        return isinstance(error, duckdb.IOException | duckdb.ConnectionException) and (
            "Could not set lock" in message
            or "different configuration" in message
            or "already open in another process" in message  # Windows
            or "being used by another process" in message
        )

    def is_undone(self, error: duckdb.Error) -> bool:
        """Whether another connection in this process has changed the same rows."""
        return "conflict" in str(error).lower()

    def waiting_for(self, error: BaseException) -> str:
        """The holder according to DuckDB: ``python3 (process 4711 of ada) holds it``."""
        found = re.search(r"held in (.+?) \(PID (\d+)\)(?: by user (\S+?))?[.\s]", str(error))
        if not found:
            return "another connection holds it"
        program, pid, user = found.groups()
        return f"{Path(program).name} (process {pid}{f' of {user}' if user else ''}) holds it"

    def busy(self, error: duckdb.Error, seconds: float) -> str:
        """Who has held the file for so long."""
        return (
            f"was held for more than {seconds:g} s: {self.waiting_for(error)}. Close that program"
        )

    def explained(self, error: duckdb.Error) -> str:
        """What DuckDB says, and what to do."""
        return f"{first_line(error)}. {remedy(error, self._file)}"


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Create missing schemas and tables, and the missing columns of tables of an earlier shape."""
    for schema in dict.fromkeys(table.schema for table in TABLES):
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    for table in TABLES:
        columns = ", ".join(
            f'"{column.name}" {column.type}{" NOT NULL" if column.required else ""}'
            for column in table
        )
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table.sql_name} ({columns})")
        for column in table:
            connection.execute(
                f'ALTER TABLE {table.sql_name} ADD COLUMN IF NOT EXISTS "{column.name}"'
                f" {column.type}"
            )
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_SHAPE_TABLE} (shape INTEGER)")
    connection.execute(f"DELETE FROM {_SHAPE_TABLE}")
    connection.execute(f"INSERT INTO {_SHAPE_TABLE} VALUES (?)", [SHAPE])


@contextmanager
def _closed_on_error(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise
