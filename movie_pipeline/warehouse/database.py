"""The warehouse: tables in one database, opened for milliseconds, written in whole transactions.

What belongs here: waiting for the database, transactions, replacing an upload's rows and reading
them. What does not: how a file or PostgreSQL is opened (`local`, `postgres`), anything of Dagster
(see `defs.io_manager`), values that DuckDB would misread (see `frames`), and the SQL that computes
a table (see `defs.assets.analytics`).

A connection must never be held while waiting for something else, such as TMDB or a chart: in a file
it keeps everyone else out.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import duckdb
import pandas as pd
import tenacity
from pydantic import SecretStr

from movie_pipeline import liveness
from movie_pipeline.outside import files
from movie_pipeline.settings import Settings
from movie_pipeline.warehouse.backend import backend_of
from movie_pipeline.warehouse.completion import preserved
from movie_pipeline.warehouse.current import person_of_row, renew_current
from movie_pipeline.warehouse.errors import WarehouseBusy, WarehouseError, WarehouseUndone
from movie_pipeline.warehouse.frames import incoming, slices
from movie_pipeline.warehouse.local import migrate
from movie_pipeline.warehouse.remedies import first_line
from movie_pipeline.warehouse.tables import RAW_UPLOADS, TABLES, Table

log = logging.getLogger(__name__)

T = TypeVar("T")

_UNFIT = (duckdb.DataError, duckdb.IntegrityError, duckdb.ProgrammingError)
_TRIES = 10
"""How often a transaction that others undo is run."""


class Warehouse:
    """The tables of `movie_pipeline.warehouse.tables` in one database.

    Args:
        database: a file's path, a PostgreSQL database (``postgres:dbname=…``), or another DuckDB
            database string (``md:…``).
        wait_seconds: how long to wait while another program holds the file, or while PostgreSQL
            does not answer.
    """

    def __init__(self, database: str | SecretStr, wait_seconds: float = 120.0) -> None:
        self._backend = backend_of(database)
        self.wait_seconds = wait_seconds

    @classmethod
    def of(cls, settings: Settings) -> "Warehouse":
        """The warehouse of these settings, with their waiting time."""
        return cls(settings.warehouse, settings.lock_wait_seconds)

    @property
    def database(self) -> str:
        """The file, or the database string without a password."""
        return self._backend.name

    @property
    def server(self) -> Mapping[str, str] | None:
        """What libpq connects to, a password included; None if it is not PostgreSQL.

        Raises:
            WarehouseError: the address can't be read.
        """
        return self._backend.server

    @property
    def gone(self) -> bool:
        """Whether it is a file that does not exist: not created yet, or deleted."""
        return self.stamp == (0, 0, 0)

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Changes when its file is written or replaced: inode, size, time (nanoseconds).

        Zeros if the file does not exist; always ones if the database is not a file.
        """
        return self._backend.stamp

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection, on which every declared table exists, possibly empty.

        All its queries see the same rows, whatever others write meanwhile.

        Raises:
            WarehouseBusy: it could not be had for too long.
            WarehouseUndone: the connection was lost.
            WarehouseError: it can't be opened or read, or was written by a newer version.
        """
        if self._backend.empty:
            with duckdb.connect(":memory:") as connection:
                migrate(connection)
                yield connection
            return
        connection = self._connect(self._backend.reader)
        try:
            yield connection
        except duckdb.Error as error:
            self._explain(error, "read")
            raise
        finally:
            connection.close()

    @contextmanager
    def writing(self, *, exclusive: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction on a writable connection: committed at the end, or not at all.

        The tables are migrated to the declared shape first; in a file, in the same transaction. A
        new file, and DuckDB's log beside it, are readable by their owner only.

        Args:
            exclusive: for one that decides which uploads are current: it sees what all others of
                this kind have written.

        Raises:
            WarehouseBusy: it could not be had for too long.
            WarehouseUndone: another transaction has changed the same rows, or the connection was
                lost: `transact` runs it again.
            WarehouseError: it can't be opened, or was written by a newer version.
        """
        with files.private:
            connection = self._connect(lambda: self._backend.writer(exclusive=exclusive))
            try:
                yield connection
                self._confirm(connection)
                connection.commit()
            except duckdb.Error as error:
                _rollback(connection)
                self._explain(error, "written")
                raise
            except BaseException:
                _rollback(connection)
                raise
            finally:
                connection.close()

    def _confirm(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a process commit nothing that was taken for dead, and whose run is repeated.

        The limit comes first: a process that is suspended from here on finds its transaction
        undone before its lifeline can expire.
        """
        if not liveness.holds():
            return
        self._backend.hasten(connection, liveness.COMMITS_SECONDS)
        try:
            liveness.confirm()
        except liveness.Unconfirmed as error:
            raise WarehouseUndone(
                f"The warehouse {self.database} was not changed, since it is unknown whether this"
                f" run is still wanted: {error}. Run this upload again; nothing is lost."
            ) from error

    def _explain(self, error: duckdb.Error, what: str) -> None:
        if self._backend.is_undone(error):
            raise WarehouseUndone(
                f"The warehouse {self.database} was changed by another run at the same moment, or"
                f" its connection was lost ({self._backend.explained(error)}). Run this upload"
                " again; nothing is lost."
            ) from error
        if self._backend.is_fault(error):
            raise WarehouseError(
                f"The warehouse {self.database} can't be {what}: {self._backend.explained(error)}"
            ) from error

    def transact(
        self, work: Callable[[duckdb.DuckDBPyConnection], T], *, exclusive: bool = False
    ) -> T:
        """Do some work in one transaction (`writing`), and again if others have undone it.

        Raises:
            WarehouseError: as `writing`.
        """

        def once() -> T:
            with self.writing(exclusive=exclusive) as connection:
                return work(connection)

        return _again(once)

    def write(self, upload: str, frames: Mapping[Table, pd.DataFrame]) -> None:
        """Replace the upload's rows in all these tables, in one transaction.

        If ``raw.uploads`` is among them, the person's current uploads are determined again, and
        what was noted of the same content stays (`completion`).

        Raises:
            WarehouseError: as `writing`, or a frame does not fit its table; no row has changed.
        """

        def work(connection: duckdb.DuckDBPyConnection) -> None:
            with preserved(connection, upload):
                for table, frame in frames.items():
                    replace(connection, table, upload, frame)
            if RAW_UPLOADS in frames:
                renew_current(connection, person_of_row(connection, upload))

        self.transact(work, exclusive=RAW_UPLOADS in frames)

    def read(self, table: Table, upload: str) -> pd.DataFrame:
        """The upload's rows of a table, as `select`.

        Raises:
            WarehouseError: as `reading`.
        """

        def once() -> pd.DataFrame:
            with self.reading() as connection:
                return select(connection, table, [upload])

        return _again(once)

    def holds(self, upload: str) -> bool:
        """Whether any table has a row of the upload.

        Raises:
            WarehouseError: as `reading`.
        """

        def once() -> bool:
            with self.reading() as connection:
                return any(
                    connection.execute(
                        f"SELECT 1 FROM {table.sql_name} WHERE upload = ? LIMIT 1", [upload]
                    ).fetchone()
                    for table in TABLES
                )

        return _again(once)

    def forget(self, upload: str) -> int:
        """Erase the upload's rows from every table; returns their number.

        Another upload of the same person may become current.

        A file is rewritten, so that nothing is left of them. PostgreSQL keeps their bytes until
        `movie-pipeline scrub` runs (`scrubbing`).

        Raises:
            WarehouseError: as `writing`, or the file can't be rewritten: forget it again.
        """

        def work(connection: duckdb.DuckDBPyConnection) -> int:
            person, number = person_of_row(connection, upload), 0
            for table in TABLES:
                gone = connection.execute(
                    f"DELETE FROM {table.sql_name} WHERE upload = ?", [upload]
                ).fetchone()
                number += int(gone[0]) if gone else 0
            renew_current(connection, person)
            return number

        if self._backend.empty:
            return 0
        number = self.transact(work, exclusive=True)
        try:
            self._waiting()(self._backend.erase)
        except (duckdb.Error, OSError) as error:
            raise WarehouseError(
                f"The rows were deleted from the warehouse {self.database}, but the file can't be"
                f" rewritten to erase what is left of them ({first_line(error)}). Free as much"
                " disk space as the file takes, or close the program that holds it; if the file is"
                " damaged, move it away (all its rows can be created again). Then forget the upload"
                " again."
            ) from error
        return number

    def _waiting(self) -> tenacity.Retrying:
        """Retries for up to `wait_seconds` while the database can't be had."""
        logged = False

        def log_once(state: tenacity.RetryCallState) -> None:
            nonlocal logged
            error = state.outcome.exception() if state.outcome else None
            if not logged and error is not None:
                log.warning(
                    "waiting for the warehouse: %s (for up to %g s)",
                    self._backend.waiting_for(error),
                    self.wait_seconds,
                )
            logged = True

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(self._backend.is_busy),
            # jitter, so that the runs of a burst do not all retry at once
            wait=tenacity.wait_random(0.02, 0.25),
            stop=tenacity.stop_after_delay(self.wait_seconds),
            before_sleep=log_once,
            reraise=True,
        )

    def _connect(
        self, opening: Callable[[], duckdb.DuckDBPyConnection]
    ) -> duckdb.DuckDBPyConnection:
        try:
            connection = self._waiting()(opening)
        except duckdb.Error as error:
            if self._backend.is_busy(error):
                raise WarehouseBusy(
                    f"The warehouse {self.database} {self._backend.busy(error, self.wait_seconds)},"
                    " then run this upload again; nothing is lost."
                ) from error
            self._explain(error, "opened")
            raise WarehouseError(
                f"The warehouse {self.database} can't be opened: {self._backend.explained(error)}"
            ) from error
        # Take the types of object columns from the declared tables, never from the first rows.
        connection.execute("SET pandas_analyze_sample = 0")
        return connection


def _again(work: Callable[[], T]) -> T:
    """Do some work, and again while other transactions undo it."""
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(WarehouseUndone),
        wait=tenacity.wait_random_exponential(0.05, max=2.0),
        stop=tenacity.stop_after_attempt(_TRIES),
        reraise=True,
    )(work)


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
        value = f"CAST({cast} AS {column.type})"
        names.append(f'"{column.name}"')
        # A file takes JSON for structs, too.
        values.append(f"to_json({value})" if column.structured else value)
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
    stored = {column.name: column.value for column in table}
    values = ", ".join(f'{stored[name]} AS "{name}"' for name in columns or stored)
    # Values, not a subquery: DuckDB hands them on to PostgreSQL, which then reads only those rows.
    which = ", ".join("?" for _ in uploads) or "NULL"
    in_order = " ORDER BY upload, row_number" if "row_number" in stored else ""
    return connection.execute(
        f"SELECT {values} FROM {table.sql_name} WHERE upload IN ({which}){in_order}", [*uploads]
    ).fetchdf()


def _rollback(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except duckdb.Error:  # an error inside the transaction may already have ended it
        log.debug("nothing to roll back", exc_info=True)
