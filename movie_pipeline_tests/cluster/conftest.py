"""Fixtures of the tests with real services."""

from collections.abc import Iterator

import pytest

from movie_pipeline.warehouse import postgres
from movie_pipeline.warehouse.tables import SHAPE, TABLES
from movie_pipeline_tests.cluster.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the tests of one module, with an empty database `warehouse`."""
    with postgres_server() as one:
        yield one
        postgres.close()


@pytest.fixture
def in_postgres(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a warehouse without rows, which the settings name too.

    The tables and this process's connection are those of the test before, unless it left others.
    """
    there = server.run("SELECT to_regclass('raw.warehouse_shape') IS NOT NULL", "warehouse")
    if there == [(True,)]:
        if server.run("SELECT shape FROM raw.warehouse_shape", "warehouse") == [(SHAPE,)]:
            tables = ", ".join(table.sql_name for table in TABLES)
            server.run(f"TRUNCATE {tables}", "warehouse")
        else:
            postgres.close()
            server.create("warehouse")
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", server.warehouse())
    return server.warehouse()
