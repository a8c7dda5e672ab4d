"""Engines: how each of Dagster's SQLite files is opened, once per process.

What belongs here: SQLAlchemy's engines and their connections. What does not: what is stored in the
files (`storage`).

Dagster makes a new engine whenever it connects, 512 times in a run of 300 films. Each of them looks
at the database's version and compiles its statements from scratch, while an engine that is kept
compiles each once. And whenever the last connection to a file is closed, SQLite copies the
write-ahead log into the file and waits for the disk. So engines are kept, and so are connections,
except to the files of other processes' runs. For the underlying concepts, see
https://docs.sqlalchemy.org/en/20/core/connections.html#sql-compilation-caching and
https://sqlite.org/wal.html.

A file may be removed or replaced at any time, so each use makes sure that the connection's file is
still the one with that name.
"""

import atexit
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage import sql
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

STORAGES = (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage)
"""Dagster's modules that make engines, each by its own name ``create_engine``."""

AT_MOST = 32
"""Engines kept in a process, the most recently used. There is a file for each run, and the daemon
lives for weeks; a run's own process uses four."""

_OF_ALL_RUNS = frozenset({INDEX_SHARD_NAME, "runs", "schedules"})
"""The files with records of all runs, by their names without ``.db``."""

_executed: set[str] = set()
"""The runs that this process executes."""

_read: dict[str | None, ScriptDirectory] = {}
"""Versions of tables that have been read, by their folder."""


def reuse() -> None:
    """From now on, make only one engine for each file in this process, and look up versions once.

    Whenever Dagster opens a file for the first time, it asks Alembic for the versions of its
    tables, which imports 90 modules each time.
    """
    for storage in STORAGES:
        storage.create_engine = engine  # type: ignore[attr-defined]
    for asks in (sql, command):
        asks.ScriptDirectory = _Versions  # type: ignore[attr-defined]


def engine(url: str, **options: Any) -> sa.Engine:
    """An engine as `sqlalchemy.create_engine` makes it, but the same one for the same arguments.

    Commits survive a killed process; a power failure may lose those of the last seconds. An engine
    that Dagster wants to have a pool is made as Dagster wants it.
    """
    if options.keys() - {"poolclass", "connect_args"} or options.get("poolclass") is not NullPool:
        return sa.create_engine(url, **options)
    name = Path(url).stem
    stays = name in _OF_ALL_RUNS or name in _executed
    return _made(url, tuple(sorted(options.get("connect_args", {}).items())), stays)


@contextmanager
def executing(run_id: str) -> Iterator[None]:
    """Until the block ends, keep the file of a run open that this process executes."""
    _executed.add(run_id)
    try:
        yield
    finally:
        _executed.discard(run_id)
        close()


def close() -> None:
    """Close all connections that are not in use, and keep no engine."""
    _made.cache_clear()
    while _pools:
        _pools.pop().close()


def kept() -> int:
    """How many engines are kept at present."""
    return _made.cache_info().currsize


class _Versions(ScriptDirectory):
    """All versions of Dagster's tables, read once: they are part of the installed package."""

    @classmethod
    def from_config(cls, config: Config) -> ScriptDirectory:
        """The versions below the folder that the configuration names."""
        location = config.get_main_option("script_location")
        if location not in _read:
            _read[location] = ScriptDirectory.from_config(config)
        return _read[location]


class _Kept(QueuePool):
    """A pool that keeps its connections although Dagster disposes of its engine after each use."""

    def dispose(self) -> None:
        """Keep the connections."""

    def recreate(self) -> "_Kept":
        """Itself, as it was not disposed of."""
        return self

    def close(self) -> None:
        """Close the connections that are not in use."""
        super().dispose()


# SQLAlchemy names a pool's logger after its class. If Dagster is configured to store all log
# records, "connection checked out" would be stored too, for which Dagster waits for the connection.
logging.getLogger(f"{_Kept.__module__}.{_Kept.__name__}").setLevel(logging.WARNING)

_pools: "WeakSet[_Kept]" = WeakSet()
_inherited: list[_Kept] = []


@lru_cache(AT_MOST)
def _made(url: str, connect_args: tuple[tuple[str, Any], ...], stays: bool) -> sa.Engine:
    options: dict[str, Any] = {"connect_args": dict(connect_args)}
    if not stays:
        made = sa.create_engine(url, poolclass=NullPool, **options)
    else:
        made = sa.create_engine(url, poolclass=_Kept, max_overflow=-1, **options)
        _pools.add(made.pool)  # type: ignore[arg-type]
        _watch(made, str(made.url.database))
    sa.event.listen(made, "connect", _trust_the_system)
    return made


def _trust_the_system(connection: sqlite3.Connection, _: object) -> None:
    """Don't wait for the disk at each commit, as in our own files (`movie_pipeline.sqlite`)."""
    connection.execute("PRAGMA synchronous = NORMAL")


def _watch(made: sa.Engine, path: str) -> None:
    """Open the file again if it is no longer the one that was opened."""

    def opened(_: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(path)

    def used(_: object, record: ConnectionPoolEntry, __: object) -> None:
        if record.info["file"] != _identity(path):
            raise DisconnectionError(f"{path} was removed or replaced")

    sa.event.listen(made, "connect", opened)
    sa.event.listen(made, "checkout", used)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _after_fork() -> None:
    """Use nothing of the process that was forked: neither locks nor connections.

    A lock in an engine may be held by a thread that this process does not have. SQLite's
    connections must not even be closed here.
    """
    _inherited.extend(_pools)
    _pools.clear()
    _executed.clear()
    _made.cache_clear()


atexit.register(close)  # so that no write-ahead log stays beside a file

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
