"""Fixtures for the stores: each test of answers, claims and the budget runs with both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.redis_store import RedisStore
from movie_pipeline.tmdb.store import Store
from movie_pipeline_tests.tmdb import Time

Opened = Callable[..., Store]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "tmdb.sqlite"


@pytest.fixture(params=["file", "redis"])
def place(request: pytest.FixtureRequest, file: Path) -> Path | SecretStr:
    """Where a store is: an empty file or an empty Redis."""
    return file if request.param == "file" else request.getfixturevalue("redis_address")


@pytest.fixture
def opened(place: Path | SecretStr, time: Time) -> Iterator[Opened]:
    """Opens the same store each time it is called, with the test's clock."""
    with ExitStack() as stack:

        def opened(**given: Any) -> Store:
            given = {"clock": time, **given}
            store: Store
            if isinstance(place, Path):
                store = FileStore(place, **given)
            else:
                store = RedisStore(place, **given)
            return stack.enter_context(closing(store))

        yield opened
