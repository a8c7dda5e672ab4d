"""Scrubbing: removing from PostgreSQL's files what is left of deleted rows.

What belongs here: rewriting our tables and Dagster's, where they are in PostgreSQL. What does not:
deleting rows (`forget`), and SQLite's and DuckDB's files, which forgetting itself rewrites.

PostgreSQL leaves a deleted row in its file until another one takes the space, and samples of it in
its statistics. Rewriting a table (``VACUUM FULL``) keeps everyone out of it meanwhile, so it is not
done whenever an upload is forgotten, but at a quiet hour. For the underlying concept, see
https://www.postgresql.org/docs/current/routine-vacuuming.html.

What was written before remains in the server's write-ahead log until that is recycled, on replicas
until they have followed, and in backups until they are deleted.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from dagster._core.storage.schedules.sql_schedule_storage import SqlScheduleStorage

from movie_pipeline.instance.storage import folder_of
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import TABLES

KEPT = (
    "Its bytes stay in PostgreSQL's files until `movie-pipeline scrub` runs, in the server's"
    " write-ahead log and on replicas for a while longer, and in backups as long as you keep them."
)
"""What to say of a forgotten upload if `is_needed`."""

_LOCK_SECONDS = 60
_STAY = re.compile(r"(\d+) dead row versions cannot be removed yet")

_EXISTS = sa.text("SELECT to_regclass(:name) IS NOT NULL")

# ANALYZE leaves an empty table's statistics as they were, with samples of its last rows. They go if
# each column is given the type that it has.
_COLUMNS = """
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I TYPE %%s', attrelid::regclass, attname,
    format_type(atttypid, atttypmod)
    || CASE WHEN attcollation <> typcollation THEN ' COLLATE ' || attcollation::regcollation
       ELSE '' END)
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""

_Store = tuple[sa.Connection, Sequence[str]]
"""A PostgreSQL database, and the quoted names of tables that may be in it."""


class ScrubbingError(Exception):
    """A table can't be rewritten now; the message says what to do."""


def is_needed(warehouse: Warehouse, instance: dg.DagsterInstance) -> bool:
    """Whether forgetting leaves bytes in PostgreSQL's files."""
    with ExitStack() as opened:
        return warehouse.server is not None or bool(_of_dagster(instance, opened))


def scrub(warehouse: Warehouse, instance: dg.DagsterInstance) -> Iterator[str]:
    """Rewrite Dagster's tables and the warehouse's; yields a sentence on each of the two.

    Raises:
        ScrubbingError: a table can't be rewritten: it is in use, or the user must not.
    """
    name = f"The warehouse {warehouse.database}"
    with ExitStack() as opened:
        yield _rewritten("Dagster's store", _of_dagster(instance, opened))
        yield _rewritten(name, _of_warehouse(warehouse, opened))


def _of_dagster(instance: dg.DagsterInstance, opened: ExitStack) -> list[_Store]:
    """Dagster has three storages, which may be in one database."""
    if instance.is_ephemeral or folder_of(instance) is not None:
        return []
    runs, events, ticks = (
        instance.run_storage,
        instance.event_log_storage,
        instance.schedule_storage,
    )
    found: list[tuple[AbstractContextManager[sa.Connection], sa.MetaData]] = []
    if isinstance(runs, SqlRunStorage):
        found.append((runs.connect(), RunStorageSqlMetadata))
    if isinstance(events, SqlEventLogStorage):
        found.append((events.index_connection(), SqlEventLogStorageMetadata))
    if isinstance(ticks, SqlScheduleStorage):
        found.append((ticks.connect(), ScheduleStorageSqlMetadata))
    stores = [(opened.enter_context(one), metadata) for one, metadata in found]
    return [
        (connection, [f'"{table}"' for table in metadata.tables])
        for connection, metadata in stores
        if connection.dialect.name == "postgresql"
    ]


def _of_warehouse(warehouse: Warehouse, opened: ExitStack) -> list[_Store]:
    if warehouse.server is None:
        return []
    engine = sa.create_engine(
        "postgresql+psycopg2://",
        connect_args=dict(warehouse.server),
        isolation_level="AUTOCOMMIT",  # VACUUM can't be part of a transaction
        poolclass=sa.NullPool,
    )
    try:
        return [(opened.enter_context(engine.connect()), [table.sql_name for table in TABLES])]
    except sa.exc.SQLAlchemyError as error:
        raise _explained(f"The warehouse {warehouse.database}", error) from error


def _rewritten(name: str, stores: list[_Store]) -> str:
    """Rewrite the tables that exist; returns a sentence."""
    if not stores:
        return f"{name} is not in PostgreSQL: forgetting an upload has scrubbed it already."
    began, number, stay = time.monotonic(), 0, 0
    for connection, tables in stores:
        try:
            connection.exec_driver_sql(f"SET lock_timeout = {int(_LOCK_SECONDS * 1000)}")
            for table in tables:
                if connection.scalar(_EXISTS, {"name": table}):
                    stay += _rewrite(connection, table)
                    _drop_stale_statistics(connection, table)
                    number += 1
            _rewrite(connection, "pg_catalog.pg_statistic")
        except (sa.exc.SQLAlchemyError, connection.dialect.loaded_dbapi.Error) as error:
            raise _explained(name, error) from error
    sentence = f"{name}: {number} tables rewritten in {time.monotonic() - began:.1f} s."
    if stay:
        sentence += (
            f" {stay} deleted rows are still in them, because an open transaction may read them:"
            " scrub again when it has ended."
        )
    return sentence


def _rewrite(connection: sa.Connection, table: str) -> int:
    """Rewrite a table and its statistics; returns how many deleted rows must stay in it."""
    driver: Any = connection.connection.driver_connection  # SQLAlchemy drops what the server says
    with driver.cursor() as cursor:
        driver.notices.clear()
        cursor.execute(f"VACUUM (FULL, ANALYZE, VERBOSE) {table}")
        said = [*driver.notices]
    if any("skipping" in one for one in said):  # only a warning, but nothing was done
        raise sa.exc.SQLAlchemyError(f"only its owner, or the database's, can rewrite {table}")
    return sum(int(rows) for one in said for rows in _STAY.findall(one))


def _drop_stale_statistics(connection: sa.Connection, table: str) -> None:
    """Drop the statistics of a table that is empty."""
    if connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is None:
        for (statement,) in connection.exec_driver_sql(_COLUMNS, (table,)).fetchall():
            connection.exec_driver_sql(statement)


def _explained(name: str, error: Exception) -> ScrubbingError:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return ScrubbingError(
        f"{name} can't be scrubbed ({reason}): scrub at an hour without runs,"
        " as the user who owns the tables."
    )
