"""The warehouse: a DuckDB database, opened for milliseconds, written in whole transactions.

What belongs here: connecting (and waiting while another program holds the lock), migrating the
tables to their declared shape, replacing an upload's rows and reading them. What does not: anything
of Dagster (see `defs.io_manager`), values that DuckDB would misread (see `frames`), and the SQL
that computes a table (see `defs.assets.analytics`).

DuckDB allows one writing process or several reading ones, never both, so a connection must never be
held while waiting for something else, such as TMDB or a chart.
"""

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pandas as pd
import tenacity

from movie_pipeline.outside import files
from movie_pipeline.settings import Settings
from movie_pipeline.warehouse.compaction import compact
from movie_pipeline.warehouse.completion import preserved
from movie_pipeline.warehouse.current import person_of_row, renew_current
from movie_pipeline.warehouse.frames import incoming, slices
from movie_pipeline.warehouse.remedies import FAULTS, first_line, remedy
from movie_pipeline.warehouse.tables import RAW_UPLOADS, SHAPE, TABLES, Table

log = logging.getLogger(__name__)

_UNFIT = (duckdb.DataError, duckdb.IntegrityError, duckdb.ProgrammingError)
_OPENING = threading.Lock()
_SHAPE_TABLE = '"main"."warehouse_shape"'
_HAS_SHAPE = """
SELECT 1 FROM duckdb_tables() WHERE database_name = current_database()
AND schema_name = 'main' AND table_name = 'warehouse_shape'
"""


class WarehouseError(Exception):
    """The warehouse or the rows to write can't be used; the message says what to do."""


class WarehouseBusy(WarehouseError):
    """Another program held the warehouse for longer than we wait for it."""


class Warehouse:
    """The tables of `movie_pipeline.warehouse.tables` in one DuckDB database.

    Args:
        database: a file's path, or another DuckDB database string (``md:…``, ``ducklake:…``).
        wait_seconds: how long to wait while another program holds the file.
    """

    def __init__(self, database: str, wait_seconds: float = 120.0) -> None:
        self.database = database
        self.wait_seconds = wait_seconds

    @classmethod
    def of(cls, settings: Settings) -> "Warehouse":
        """The warehouse of these settings, with their waiting time."""
        return cls(settings.warehouse, settings.lock_wait_seconds)

    @property
    def _file(self) -> Path | None:
        """The database's file, or None if the database string is not a path."""
        other = re.match(r"\w{2,}:|:memory:", self.database, re.ASCII)  # "c:\…" is a path
        return None if other else Path(self.database)

    @property
    def gone(self) -> bool:
        """Whether it is a file that does not exist: not created yet, or deleted."""
        return self.stamp == (0, 0, 0)

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Changes when its file is written or replaced: inode, size, time (nanoseconds).

        Zeros if the file does not exist; always ones if the database is not a file.
        """
        if self._file is None:
            return 1, 1, 1
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return 0, 0, 0
        return status.st_ino, status.st_size, status.st_mtime_ns

    @property
    def _empty(self) -> bool:
        """Whether there is nothing to read yet: no file, or a database in memory."""
        file = self._file
        return self.database.startswith(":memory:") if file is None else not file.exists()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection, on which every declared table exists, possibly empty.

        Raises:
            WarehouseBusy: another program held the file for too long.
            WarehouseError: it can't be opened or read, or was written by a newer version.
        """
        if self._empty:
            with duckdb.connect(":memory:") as connection:
                _migrate(connection)
                yield connection
            return
        connection = self._connect(read_only=True)
        try:
            if _shape(connection, self.database) != SHAPE:
                connection.close()
                with self.writing():
                    pass  # opening it migrates the tables
                connection = self._connect(read_only=True)
            yield connection
        except FAULTS as error:
            raise WarehouseError(
                f"The warehouse {self.database} can't be read: {first_line(error)}."
                f" {remedy(error, self._file)}"
            ) from error
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction on a writable connection: committed at the end, or not at all.

        The tables are migrated to the declared shape first, in the same transaction. A new file,
        and DuckDB's log beside it, are readable by their owner only.

        Raises:
            WarehouseBusy: another program held the file for too long.
            WarehouseError: it can't be opened, or was written by a newer version.
        """
        with files.private, self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._file is not None:
            try:
                files.folder(self._file.parent)
            except OSError as error:
                raise WarehouseError(
                    f"The warehouse {self.database} can't be created ({error}): make its folder"
                    " writable, or point MOVIE_PIPELINE_WAREHOUSE at another file."
                ) from error
        connection = self._connect(read_only=False)
        try:
            connection.begin()
            if _shape(connection, self.database) != SHAPE:
                self._migrate(connection)
            yield connection
            connection.commit()
        except FAULTS as error:
            _rollback(connection)
            if "conflict" in str(error).lower():  # between two connections in one process
                raise WarehouseBusy(
                    f"The warehouse {self.database} was changed by another run at the same moment"
                    f" ({first_line(error)}). Run this upload again; nothing is lost."
                ) from error
            raise WarehouseError(
                f"The warehouse {self.database} can't be written: {first_line(error)}."
                f" {remedy(error, self._file)}"
            ) from error
        except BaseException:
            _rollback(connection)
            raise
        finally:
            connection.close()

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            _migrate(connection)
        except (duckdb.ProgrammingError, duckdb.DataError, duckdb.DependencyException) as error:
            raise WarehouseError(
                f"The warehouse {self.database} can't be used: it has tables of another program"
                f" ({first_line(error)}). Move it away, or point MOVIE_PIPELINE_WAREHOUSE at"
                " another file."
            ) from error

    def write(self, upload: str, frames: Mapping[Table, pd.DataFrame]) -> None:
        """Replace the upload's rows in all these tables, in one transaction.

        If ``raw.uploads`` is among them, the person's current uploads are determined again, and
        what was noted of the same content stays (`completion`).

        Raises:
            WarehouseError: as `writing`, or a frame does not fit its table; no row has changed.
        """
        with self.writing() as connection:
            with preserved(connection, upload):
                for table, frame in frames.items():
                    replace(connection, table, upload, frame)
            if RAW_UPLOADS in frames:
                renew_current(connection, person_of_row(connection, upload))

    def read(self, table: Table, upload: str) -> pd.DataFrame:
        """The upload's rows of a table, as `select`.

        Raises:
            WarehouseError: as `reading`.
        """
        with self.reading() as connection:
            return select(connection, table, [upload])

    def holds(self, upload: str) -> bool:
        """Whether any table has a row of the upload.

        Raises:
            WarehouseError: as `reading`.
        """
        with self.reading() as connection:
            return any(
                connection.execute(
                    f"SELECT 1 FROM {table.sql_name} WHERE upload = ? LIMIT 1", [upload]
                ).fetchone()
                for table in TABLES
            )

    def forget(self, upload: str) -> int:
        """Erase the upload's rows from every table, also physically; returns their number.

        Another upload of the same person may become current.

        A file is rewritten; any other database is asked to clean up (``CHECKPOINT``), if it can.

        Raises:
            WarehouseError: as `writing`, or the file can't be rewritten: forget it again.
        """
        if self._empty:
            return 0
        number = 0
        with self.writing() as connection:
            person = person_of_row(connection, upload)
            for table in TABLES:
                gone = connection.execute(
                    f"DELETE FROM {table.sql_name} WHERE upload = ? RETURNING 1", [upload]
                )
                number += len(gone.fetchall())
            renew_current(connection, person)
        self._clean_up()
        return number

    def _clean_up(self) -> None:
        file = self._file
        if file is None:
            connection = self._connect(read_only=False)
            with connection, suppress(duckdb.Error):
                connection.execute("CHECKPOINT")
            return
        try:
            while not self._waiting()(compact, file):
                with self.writing():
                    pass  # opening it replays what a killed process had written
        except (duckdb.Error, OSError) as error:
            raise WarehouseError(
                f"The rows were deleted from the warehouse {self.database}, but the file can't be"
                f" rewritten to erase what is left of them ({first_line(error)}). Free as much"
                " disk space as the file takes, or close the program that holds it; if the file is"
                " damaged, move it away (all its rows can be created again). Then forget the upload"
                " again."
            ) from error

    def _waiting(self) -> tenacity.Retrying:
        """Retries for up to `wait_seconds` while another program holds the lock."""
        logged = False

        def log_once(state: tenacity.RetryCallState) -> None:
            nonlocal logged
            if not logged and state.outcome is not None:
                log.warning(
                    "waiting for the warehouse: %s (for up to %g s)",
                    _holder(state.outcome.exception()),
                    self.wait_seconds,
                )
            logged = True

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_locked),
            # jitter, so that the runs of a burst do not all retry at once
            wait=tenacity.wait_random(0.02, 0.25),
            stop=tenacity.stop_after_delay(self.wait_seconds),
            before_sleep=log_once,
            reraise=True,
        )

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        try:
            connection = self._waiting()(self._open, read_only=read_only)
        except duckdb.Error as error:
            if _is_locked(error):
                raise WarehouseBusy(
                    f"The warehouse {self.database} was held for more than"
                    f" {self.wait_seconds:g} s: {_holder(error)}. Close that program, then run"
                    " this upload again; nothing is lost."
                ) from error
            raise WarehouseError(
                f"The warehouse {self.database} can't be opened: {first_line(error)}."
                f" {remedy(error, self._file)}"
            ) from error
        # Take the types of object columns from the declared tables, never from the first rows.
        connection.execute("SET pandas_analyze_sample = 0")
        return connection

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
                connection = duckdb.connect(self.database, read_only=read_only)
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


def replace(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    upload: str,
    rows: pd.DataFrame | Iterable[pd.DataFrame],
) -> int:
    """Replace the upload's rows in one table, inside the caller's transaction.

    Columns are matched by name and cast to the declared types; a missing column becomes NULL, and
    so do NaN, NaT and NA. Times with a zone are converted to UTC, those without one are taken as
    UTC. A lone half of a surrogate pair, which UTF-8 can't encode, becomes U+FFFD. An ``upload``
    column in the frame is ignored.

    Returns:
        The number of new rows.

    Raises:
        WarehouseError: a frame has an unknown column, lacks a required one, or has a value that
            does not fit its type.
    """
    connection.execute(f"DELETE FROM {table.sql_name} WHERE upload = ?", [upload])
    number = 0
    for frame in slices(rows) if isinstance(rows, pd.DataFrame) else rows:
        _insert(connection, table, upload, frame)
        number += len(frame)
    return number


def _insert(
    connection: duckdb.DuckDBPyConnection, table: Table, upload: str, frame: pd.DataFrame
) -> None:
    declared = {column.name for column in table}
    unknown = [str(name) for name in frame.columns if name not in declared]
    if unknown:
        raise WarehouseError(f"{table} has no column {', '.join(sorted(unknown))}")
    if not frame.columns.is_unique:
        raise WarehouseError(f"{table}: a column occurs twice in the rows of {upload}")
    if not len(frame):
        return
    columns = [c for c in table if c.name != "upload" and c.name in frame.columns]
    names, values = ['"upload"'], ["$upload"]
    for column in columns:
        cast = f'CAST("{column.name}" AS JSON)' if column.nested else f'"{column.name}"'
        names.append(f'"{column.name}"')
        values.append(f"CAST({cast} AS {column.type})")
    try:
        connection.register(
            "incoming", pd.DataFrame({c.name: incoming(frame[c.name], c) for c in columns})
        )
        connection.execute(
            f"INSERT INTO {table.sql_name} ({', '.join(names)})"
            f" SELECT {', '.join(values)} FROM incoming",
            {"upload": upload},
        )
    except (*_UNFIT, ValueError, TypeError) as error:
        raise WarehouseError(
            f"{table} could not store the rows of {upload}: {first_line(error)}"
        ) from error
    finally:
        connection.unregister("incoming")


def select(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    uploads: Sequence[str],
    columns: Iterable[str] | None = None,
) -> pd.DataFrame:
    """The rows of these uploads, with the named columns or all, in the order they were written.

    Without uploads the result has no rows, but still every column with its type.
    """
    named = [column.name for column in table] if columns is None else columns
    names = ", ".join(f'"{name}"' for name in named)
    return connection.execute(
        f"SELECT {names} FROM {table.sql_name} WHERE upload IN (SELECT unnest(?::VARCHAR[]))",
        [list(uploads)],
    ).fetchdf()


def _shape(connection: duckdb.DuckDBPyConnection, database: str) -> int:
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
        raise WarehouseError(
            f"The warehouse {database} was written by a newer movie_pipeline (shape {shape}; this"
            f" version knows {SHAPE}). Update movie_pipeline, or point MOVIE_PIPELINE_WAREHOUSE"
            " at another file."
        )
    return shape


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
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


def _rollback(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except duckdb.Error:  # an error inside the transaction may already have ended it
        log.debug("nothing to roll back", exc_info=True)


def _is_locked(error: BaseException) -> bool:
    """Whether another connection, in another process or in this one, holds the lock."""
    message = str(error)
    return isinstance(error, duckdb.IOException | duckdb.ConnectionException) and (
        "Could not set lock" in message
        or "different configuration" in message
        or "already open in another process" in message  # Windows
        or "being used by another process" in message
    )


def _holder(error: BaseException | None) -> str:
    """The holder according to DuckDB's message: ``python3 (process 4711 of ada) holds it``."""
    found = re.search(r"held in (.+?) \(PID (\d+)\)(?: by user (\S+?))?[.\s]", str(error))
    if not found:
        return "another connection holds it"
    program, pid, user = found.groups()
    return f"{Path(program).name} (process {pid}{f' of {user}' if user else ''}) holds it"
