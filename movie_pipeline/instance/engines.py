"""Engines: SQLAlchemy's engine for each of Dagster's SQLite files, made once per process.

What belongs here: reusing engines. What does not: what is stored in the files (`storage`).

Dagster makes a new engine whenever it connects, 512 times in a run of 300 films. Each of them looks
at the database's version and compiles its statements from scratch, while an engine that is kept
compiles each once. For the underlying concept, see
https://docs.sqlalchemy.org/en/20/core/connections.html#sql-compilation-caching.

An engine without a pool (`NullPool`) holds no file open: each connection opens the file by its
name. So a file can be removed or replaced while its engine is kept.
"""

import os
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy.pool import NullPool

STORAGES = (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage)
"""Dagster's modules that make engines, each by its own name ``create_engine``."""

AT_MOST = 32
"""Engines kept in a process, the most recently used. There is a file for each run, and the daemon
lives for weeks; a run's own process uses four."""


def reuse() -> None:
    """From now on, make only one engine for each file in this process."""
    for storage in STORAGES:
        storage.create_engine = engine  # type: ignore[attr-defined]


def engine(url: str, **options: Any) -> sa.Engine:
    """An engine as `sqlalchemy.create_engine` makes it, but the same one for the same arguments.

    One with a pool is made each time: a forked process must not share its connections.
    """
    if options.keys() - {"poolclass", "connect_args"} or options.get("poolclass") is not NullPool:
        return sa.create_engine(url, **options)
    return _made(url, tuple(sorted(options.get("connect_args", {}).items())))


@lru_cache(AT_MOST)
def _made(url: str, connect_args: tuple[tuple[str, Any], ...]) -> sa.Engine:
    return sa.create_engine(url, poolclass=NullPool, connect_args=dict(connect_args))


def kept() -> int:
    """How many engines are kept at present."""
    return _made.cache_info().currsize


def forget() -> None:
    """Keep no engine; each file gets a new one."""
    _made.cache_clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    # An engine's locks may be held by a thread that the forked process does not have.
    os.register_at_fork(after_in_child=forget)
