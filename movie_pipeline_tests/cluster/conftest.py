"""Fixtures of the tests with real services."""

from collections.abc import Iterator

import pytest

from movie_pipeline.warehouse import postgres
from movie_pipeline_tests.cluster.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the tests of one module, with an empty database `warehouse`."""
    with postgres_server() as one:
        yield one


@pytest.fixture
def in_postgres(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty warehouse, which the settings name too."""
    postgres.close()
    server.create("warehouse")
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", server.warehouse())
    yield server.warehouse()
    postgres.close()
