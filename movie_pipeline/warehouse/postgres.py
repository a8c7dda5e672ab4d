"""PostgreSQL: the warehouse on a server that many machines share, read and written by DuckDB.

What belongs here: connecting, the tables in PostgreSQL's SQL, and what its errors mean. What does
not: waiting and transactions (`database`), and the bytes of deleted rows (`scrubbing`).

All SQL is DuckDB's own: its extension reads from PostgreSQL the rows that a query needs, and
computes here. It is part of an installed package, so nothing is downloaded. Loading it takes 0.3 s
of processor time, so each process keeps one DuckDB, and hands out a cursor per use. For the
underlying concept, see https://duckdb.org/docs/stable/core_extensions/postgres.
"""

import ctypes
import importlib.util
import os
import re
import threading
from functools import cached_property
from pathlib import Path

import duckdb

from movie_pipeline.warehouse.errors import WarehouseError
from movie_pipeline.warehouse.remedies import FAULTS
from movie_pipeline.warehouse.tables import RAW_UPLOADS, SHAPE, TABLES, Column, newer

_NOT_INSTALLED = (
    "MOVIE_PIPELINE_WAREHOUSE names a PostgreSQL database, but a library for it is not installed:"
    " pip install 'movie-pipeline[cluster]', then run again."
)
_SHOWN = ("dbname", "host", "hostaddr", "port", "user", "service")
_DEFAULTS = {
    # Else the system decides how long an address that does not answer is waited for.
    "connect_timeout": "10",
    # A machine that dies in a transaction would keep its locks for hours, and a process that hangs
    # for ever; nobody waits longer than a minute for a lock before trying again.
    "options": "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    " -c idle_in_transaction_session_timeout=600000 -c lock_timeout=60000",
}
"""What libpq is told unless the address says otherwise."""

_SHAPE_TABLE = "raw.warehouse_shape"
_IS_THERE = f"SELECT FROM {_SHAPE_TABLE}"

_IDLE_SECONDS = 60.0
"""A process that is suspended while it writes keeps others waiting no longer than that."""

_MIGRATION = 7_305_418_202
"""An arbitrary number: the advisory lock under which one process at a time changes the tables."""

# DuckDB's own.
_OPTIONS = {
    # A text column takes no NUL character; DuckDB's does.
    "pg_null_byte_replacement": "'\ufffd'",
    # Reading by parts of the table would not use its index.
    "pg_use_ctid_scan": "false",
}

_UNREACHABLE = re.compile(
    r"Connection refused|could not connect|Connection timed out|timeout expired|No route to host"
    r"|No such file or directory|the database system is|too many (clients|connections)"
    r"|remaining connection slots|server closed the connection|terminating connection"
    r"|connection to server was lost|SSL connection has been closed|Connection reset"
    r"|no connection to the server|could not (send|receive) data|due to lock timeout"
    r"|Failed to execute query \"(COMMIT|ROLLBACK)\": *$",  # DuckDB knows no more of a lost one
    re.IGNORECASE,
)
_UNDONE = re.compile(r"could not serialize|deadlock detected", re.IGNORECASE)
_MISSING = re.compile(r'(relation|schema) "[^"]+" does not exist')
_SAID = re.compile(r"(?:ERROR|FATAL|PANIC): +([^\n]+)")

# By what the server says; the first that fits.
_ADVICE = {
    r"database .* does not exist": "Create that database, or correct MOVIE_PIPELINE_WAREHOUSE.",
    "translate host name": "Correct the host in MOVIE_PIPELINE_WAREHOUSE.",
    "password|authentication|pg_hba|role .* does not exist": (
        "Correct the user in MOVIE_PIPELINE_WAREHOUSE, or its password in PGPASSWORD or ~/.pgpass."
    ),
    "permission denied|must be owner": (
        "The warehouse's user needs CREATE on that database, and must own the tables in its schemas"
        " raw, enriched and analytics."
    ),
    "no space left|could not extend|disk full": (
        "Free some space on the server's disk, then run this upload again."
    ),
    "read-only transaction": "Name the primary server: this one takes no writes.",
    _UNREACHABLE.pattern: "See whether that PostgreSQL runs.",
    _UNDONE.pattern: "Another run changed the same rows.",
}

_OPENING = threading.Lock()
_held: dict[str, duckdb.DuckDBPyConnection] = {}


class Postgres:
    """A database on a PostgreSQL server.

    Args:
        address: ``postgres:`` and what libpq understands: ``dbname=… host=… user=…`` or a URI; a
            URI may also stand alone. Without a password in it, libpq takes ``PGPASSWORD`` or
            ``~/.pgpass``.
    """

    stamp = (1, 1, 1)
    empty = False

    def __init__(self, address: str) -> None:
        kind, _, rest = address.partition(":")
        self._address = f"{kind.lower()}:{rest}" if rest.startswith("//") else rest

    @cached_property
    def server(self) -> dict[str, str]:
        """What libpq reads in the address, a password included.

        Raises:
            WarehouseError: it can't be read, or the library is not installed.
        """
        try:
            from psycopg2 import ProgrammingError  # noqa: PLC0415  # an extra
            from psycopg2.extensions import parse_dsn  # noqa: PLC0415
        except ImportError:
            raise WarehouseError(_NOT_INSTALLED) from None
        try:
            return {**_DEFAULTS, **parse_dsn(self._address)}
        except ProgrammingError:  # its message quotes what it can't read
            raise WarehouseError(
                "MOVIE_PIPELINE_WAREHOUSE can't be read: write postgres:dbname=warehouse host=db"
                " user=films, or postgresql://films@db:5432/warehouse; a password is better kept in"
                " PGPASSWORD or ~/.pgpass, since in the address its blanks and quotes must be"
                " escaped."
            ) from None

    @property
    def name(self) -> str:
        """The address without its password."""
        try:
            shown = {key: self.server[key] for key in _SHOWN if key in self.server}
        except WarehouseError:
            return "postgres:"
        return f"postgres:{_conninfo(shown)}"

    def reader(self) -> duckdb.DuckDBPyConnection:
        """A cursor in a read-only transaction, which sees one state of the database."""
        return self._begun(f"SET TRANSACTION READ ONLY; {_IS_THERE}")

    def writer(self, *, exclusive: bool) -> duckdb.DuckDBPyConnection:
        """A cursor in a transaction."""
        # A transaction sees what was committed when it first read. A lock on a table reads nothing,
        # so it sees what all those have written that held the lock before.
        lock = f"LOCK TABLE {RAW_UPLOADS.sql_name} IN SHARE ROW EXCLUSIVE MODE"
        return self._begun(f"{_within(_IDLE_SECONDS)}; {lock if exclusive else _IS_THERE}")

    def _begun(self, first: str) -> duckdb.DuckDBPyConnection:
        """A cursor in a transaction; its first statement shows that server and tables are there."""
        try:
            return self._cursor(first)
        except duckdb.Error as error:
            if not _MISSING.search(str(error)):
                raise
        with _OPENING:  # the database was created again since its tables were migrated
            _held.pop(self._address, None)
        return self._cursor(first)

    def _cursor(self, first: str) -> duckdb.DuckDBPyConnection:
        with _OPENING:
            held = _held.get(self._address)
            if held is None:
                held = _held[self._address] = self._open()
            cursor = held.cursor()
        try:
            cursor.execute("USE warehouse")
            cursor.begin()
            _run(cursor, first)
        except BaseException:
            cursor.close()
            raise
        return cursor

    def _open(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB with the database attached to it, and with its tables migrated."""
        options = dict(self.server)
        password = options.pop("password", None)
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"LOAD {_quoted(_extension())}")
            for name, value in _OPTIONS.items():
                connection.execute(f"SET GLOBAL {name} = {value}")
            with_login = ""
            if password is not None:  # errors quote the address, but no secret
                connection.execute(
                    f"CREATE SECRET login (TYPE postgres, PASSWORD {_quoted(password)})"
                )
                with_login = ", SECRET login"
            address = _quoted(_conninfo(options))
            connection.execute(f"ATTACH {address} AS warehouse (TYPE postgres{with_login})")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        shape = _shape(connection)
        if shape > SHAPE:
            raise WarehouseError(f"The warehouse {self.name} {newer(shape)}")
        if shape == SHAPE:
            return
        if not _asked(connection, "SELECT current_setting('server_encoding') = 'UTF8' AS fits"):
            # DuckDB would store the bytes of UTF-8 all the same, which others misread.
            raise WarehouseError(
                f"The warehouse {self.name} is not in UTF8: create that database again with"
                " createdb --encoding UTF8 --template template0."
            )
        connection.begin()
        _run(connection, f"SELECT pg_advisory_xact_lock({_MIGRATION})")
        _run(connection, "; ".join(_ddl()))
        connection.commit()
        connection.execute("CALL pg_clear_cache()")

    def hasten(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        """Have the server undo a transaction that then is idle for so many seconds."""
        _run(connection, _within(seconds))

    def erase(self) -> None:
        """Do nothing: rewriting a table keeps everyone out of it (`scrubbing`)."""

    def is_fault(self, error: duckdb.Error) -> bool:
        """Whether the server or the connection failed; its errors have no class of their own."""
        return type(error) is duckdb.Error or isinstance(error, FAULTS)

    def is_busy(self, error: BaseException) -> bool:
        """Whether the server does not answer, as when it restarts, or has no connection to give."""
        return isinstance(error, duckdb.Error) and _UNREACHABLE.search(str(error)) is not None

    def is_undone(self, error: duckdb.Error) -> bool:
        """Whether it met another transaction, or lost its connection."""
        return self.is_busy(error) or _UNDONE.search(str(error)) is not None

    def waiting_for(self, error: BaseException) -> str:
        """What the server, or libpq, says."""
        return f"{self.name} does not answer ({_said(error)})"

    def busy(self, error: duckdb.Error, seconds: float) -> str:
        """Why there is no connection to the server."""
        return (
            f"has not answered for {seconds:g} s ({_said(error)}). Start that PostgreSQL, or"
            " correct MOVIE_PIPELINE_WAREHOUSE"
        )

    def explained(self, error: duckdb.Error) -> str:
        """What the server says, and what to do."""
        said = _said(error)
        return f"{said}. {_remedy(said)}"


def _extension() -> Path:
    """DuckDB's extension in the installed package.

    Raises:
        WarehouseError: the package is not installed, or is for another version of DuckDB.
    """
    found = importlib.util.find_spec("duckdb_extension_postgres_scanner")
    if found is None or found.origin is None:
        raise WarehouseError(_NOT_INSTALLED)
    folder = Path(found.origin).parent / "extensions"
    file = folder / f"v{duckdb.__version__}" / "postgres_scanner.duckdb_extension"
    if not file.exists():
        raise WarehouseError(
            f"The installed duckdb-extension-postgres-scanner is not for DuckDB"
            f" {duckdb.__version__}: pip install"
            f" duckdb-extension-postgres-scanner=={duckdb.__version__}, then run again."
        )
    return file


def _shape(connection: duckdb.DuckDBPyConnection) -> int:
    """The stored shape; 0 for a database without one."""
    exists = "SELECT to_regclass('raw.warehouse_shape') IS NOT NULL AS found"
    if not _asked(connection, exists):
        return 0
    return int(
        _asked(connection, "SELECT coalesce(max(shape), 0) AS shape FROM raw.warehouse_shape")
    )


def _ddl() -> list[str]:
    """PostgreSQL's SQL that creates or extends the tables.

    Text is compared byte by byte, as DuckDB does, or the indexes would not be used.
    """
    statements = [f'CREATE SCHEMA IF NOT EXISTS "{name}"' for name in {t.schema: 0 for t in TABLES}]
    statements += [f"CREATE TABLE IF NOT EXISTS {table.sql_name} ()" for table in TABLES]
    statements += [
        f'ALTER TABLE {table.sql_name} ADD COLUMN IF NOT EXISTS "{column.name}" {_type(column)}'
        for table in TABLES
        for column in table
    ]
    indexes = [*((table, "upload") for table in TABLES), (RAW_UPLOADS, "person")]
    statements += [
        f'CREATE INDEX IF NOT EXISTS "{table.name}_{column}" ON {table.sql_name} ("{column}")'
        for table, column in indexes
    ]
    return [
        *statements,
        f"CREATE TABLE IF NOT EXISTS {_SHAPE_TABLE} (shape INTEGER)",
        f"DELETE FROM {_SHAPE_TABLE}",
        f"INSERT INTO {_SHAPE_TABLE} VALUES ({SHAPE})",
    ]


def _type(column: Column) -> str:
    if column.structured:
        return "JSON"
    required = " NOT NULL" if column.required else ""
    if column.type == "VARCHAR":
        return f'VARCHAR COLLATE "C"{required}'
    return column.type.replace("DOUBLE", "DOUBLE PRECISION") + required


def _within(seconds: float) -> str:
    return f"SET LOCAL idle_in_transaction_session_timeout = {int(seconds * 1000)}"


def _run(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run PostgreSQL's own SQL, in the connection's transaction."""
    connection.execute("CALL postgres_execute('warehouse', ?)", [statement])


def _asked(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that PostgreSQL's own SQL returns."""
    # All rows are fetched, since until then the server keeps the transaction open.
    rows = connection.execute("FROM postgres_query('warehouse', ?)", [query]).fetchall()
    return int(rows[0][0]) if rows else 0


def _said(error: BaseException) -> str:
    """The server's or libpq's words, without the statement, which has values of a row."""
    text = str(error).strip()
    found = _SAID.search(text)
    if found:
        return found[1].rstrip(".")
    words = text.rpartition('": ')[2] or text
    return words.splitlines()[0].strip().rstrip(".!") if words else type(error).__name__


def _remedy(said: str) -> str:
    return next(
        (advice for sign, advice in _ADVICE.items() if re.search(sign, said, re.IGNORECASE)),
        "Check MOVIE_PIPELINE_WAREHOUSE and the server's log.",
    )


def _conninfo(options: dict[str, str]) -> str:
    from psycopg2.extensions import make_dsn  # noqa: PLC0415  # an extra

    return str(make_dsn(**options))


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def close() -> None:
    """Close all that this process keeps; what needs it connects again."""
    with _OPENING:
        while _held:
            _held.popitem()[1].close()


def _after_fork() -> None:
    """Use nothing of the process that was forked, and never close it.

    Closing would end the other process's connections to the server, and wait for threads that this
    process does not have. So a reference is kept that even the interpreter's end does not drop.
    """
    global _OPENING  # noqa: PLW0603  # another thread may have held it
    _OPENING = threading.Lock()
    for connection in _held.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    _held.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
