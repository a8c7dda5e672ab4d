"""The posters on a page: of which films they are, and how much room they take."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from movie_pipeline.analytics import next as what_next
from movie_pipeline.page import pictures
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import UPLOAD, prepared
from movie_pipeline_tests.fake_tmdb import FakeTMDB


def named(rows: list[dict[str, object]]) -> dict[int, str]:
    with prepared(pd.DataFrame(rows)) as connection:
        return pictures.named(connection, what_next.read(connection, UPLOAD))


def test_films_to_see_on_the_shelf_and_milestones_have_a_poster() -> None:
    rows = [film(n, poster_path=f"/{n}.jpg", rating=3.0) for n in range(1, 41)]
    for row, day in zip(rows[20:], pd.date_range("2024-01-01", periods=20), strict=True):
        row["viewings"] = [f"{day:%Y-%m-%d}"]
    rows[4]["rating"] = 5.0
    waiting = film(99, poster_path="/99.jpg", seen=False, watchlisted=True)
    without = film(98, seen=False, watchlisted=True)
    found = named([*rows, waiting, without])
    assert found[99] == "/99.jpg"
    assert 98 not in found
    assert {5, 21, 30, 40} <= {*found}  # the shelf; the first, the tenth and the latest
    assert 20 not in found  # rated like all others, never dated


def test_a_page_names_sixty_films_at_most_the_next_ones_first() -> None:
    seen = [
        film(n, poster_path=f"/{n}.jpg", rating=5.0, viewings=[f"{1900 + n}-01-01"])
        for n in range(1, 100)
    ]
    films = [
        film(n, poster_path=f"/{n}.jpg", seen=False, watchlisted=True) for n in range(200, 260)
    ]
    found = [*named([*seen, *films])]
    assert len(found) == pictures.MOST
    assert sum(one >= 200 for one in found) == 24
    assert found[0] >= 200


def test_pictures_take_half_a_megabyte_at_most() -> None:
    paths = {n: f"/{n}.jpg" for n in range(60)}
    held = pictures.held(paths, dict.fromkeys(paths.values(), "x" * 20_000))
    assert [*held] == [*range(22)]
    assert pictures.held(paths, {"/3.jpg": "data:"}) == {3: "data:"}


@pytest.mark.slow
def test_the_page_holds_posters_unless_they_are_turned_off(
    data: Path,
    tmdb: FakeTMDB,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second page needs no request for them."""
    tmdb.posters = True
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(data))
    path = data / "uploads" / "mine.csv"
    path.write_text("Title,Year,Rating\nAlien,1979,5\nParasite,2019,4\nJaws,1975,5\n")

    def run(posters: str) -> dict[str, str]:
        monkeypatch.setenv("MOVIE_PIPELINE_POSTERS", posters)
        assert run_job("mine.csv").success
        page = (data / "dashboard" / "mine.csv.html").read_text()
        packed = re.search(r'id="data">([^<]*)<', page)
        assert packed
        found: dict[str, str] = json.loads(gzip.decompress(base64.b64decode(packed[1])))["posters"]
        return found

    assert run("0") == {}
    assert tmdb.count("/t/p/") + tmdb.count("/configuration") == 0
    found = run("1")
    assert len(found) == 3
    assert all(one.startswith("data:image/jpeg;base64,") for one in found.values())
    tmdb.clear()
    assert run("1") == found
    assert tmdb.requests == []
