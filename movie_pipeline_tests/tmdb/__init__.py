"""Tests of the TMDB client, over real HTTP to the fake server, with real files and a real Redis.

This module has what they share: a clock moved only by sleeping, a small catalogue, and a client.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.tmdb import TMDB, Answers, Budget
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.store import Store
from movie_pipeline_tests.fake_tmdb import FakeTMDB

CATALOGUE = Catalogue(
    [
        {
            "id": 1000 + number,
            "imdb_id": f"tt{1000 + number}",
            "title": f"Film {number}",
            "original_title": f"Film {number}",
            "release_date": f"{1950 + number % 50}-03-01",
            "runtime": 90,
            "genres": [18],
            "vote_count": 500,
            "popularity": 10.0,
            "directors": [{"id": 5000 + number, "name": f"Director {number}"}],
        }
        for number in range(60)
    ]
)


class Time:
    """A clock in seconds that is moved only by sleeping; its sleeps take no real time."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


@contextmanager
def asking(
    server: FakeTMDB,
    folder: Path,
    *,
    key: str | None = "token",
    time: Time | None = None,
    per_second: float | None = None,
    base_url: str | None = None,
    store: Store | None = None,
    **given: Any,
) -> Iterator[TMDB]:
    """A client of the server that caches answers in the folder or the store; closed at the end."""
    time = time or Time()
    store = store or FileStore(folder / "tmdb.sqlite", clock=time)
    client = TMDB(
        base_url or server.base_url,
        SecretStr(key) if key else None,
        Answers(store),
        Budget(store, per_second) if per_second else None,
        **{"sleep": time.sleep, "clock": time, **given},
    )
    try:
        yield client
    finally:
        client.close()
