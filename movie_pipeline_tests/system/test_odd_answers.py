"""Malformed answers of TMDB through the enrichment: every film still ends in a state."""

import io
import json
import math
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands.run_job import command
from movie_pipeline.enrichment.enrich import enrich
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.status.store import STATES
from movie_pipeline.tmdb import TMDB, Answers
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.profiles import examples

HIT = {
    "id": 1,
    "title": "Heat",
    "original_title": "Heat",
    "release_date": "1995-12-15",
    "vote_count": 9000,
}
DETAILS = HIT | {
    "imdb_id": "tt0113277",
    "original_language": "en",
    "origin_country": ["US"],
    "production_countries": [{"iso_3166_1": "US"}],
    "runtime": 170,
    "genres": [{"id": 28, "name": "Action"}],
    "popularity": 1.5,
    "vote_average": 8.0,
    "credits": {
        "cast": [{"id": 1, "name": "A", "order": 0}],
        "crew": [{"id": 3, "name": "C", "job": "Director"}],
    },
    "alternative_titles": {"titles": [{"title": "Heat 1995"}]},
    "translations": {"translations": [{"data": {"title": "Hitze"}}]},
    "release_dates": {
        "results": [{"release_dates": [{"type": 3, "release_date": "1995-12-15T00:00:00Z"}]}]
    },
}
SERIES = {"id": 2, "name": "Heat", "original_name": "Heat", "first_air_date": "1995-01-01"}
FIND = {"movie_results": [HIT], "tv_results": [SERIES]}
ODD = (
    *(0, -1, True, 0.5, 1.0, 2**31, 2**63, 10**400, math.nan, math.inf, -math.inf, "1", "x"),
    *(None, "", [], {}, ["x"], [[]], {"x": 1}, [None, 7, "x", [], {}], "\x00", "\ud800", "\ufffe"),
    *("0000-01-01", "9999-12-31", "1995", "x" * 3000),
)


class Odd(BaseAdapter):
    """Answers by kind of request: bodies, or pairs of status and body."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__()
        self.answers = answers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        kind = next(kind for kind in self.answers if f"/{kind}" in (request.url or ""))
        said = self.answers[kind]
        status, body = said if isinstance(said, tuple) else (200, said)
        response = requests.Response()
        response.status_code = status
        response.raw = io.BytesIO(json.dumps(body).encode())
        return response

    def close(self) -> None:
        pass


ROWS = pd.DataFrame(
    {
        "row_number": [1, 2, 3, 4],
        "title": ["Heat", "Heat", "Heat", "Heat"],
        "year": [1995, 1995, 1994, None],
        "imdb_id": [None, "tt0113277", None, None],
        "export_tmdb_id": [1, None, None, None],
        "title_type": None,
        "original_title": None,
        "directors": [None, None, ["C"], None],
        "runtime_minutes": [None, None, 170, None],
        "seen": True,
        "rating": 4.0,
        "version": "v",
    }
)


def enriched(folder: Path, answers: dict[str, Any]) -> pd.DataFrame:
    """The rows that these answers lead to."""
    for refresh in ("all", "stale"):  # the second time from the cache, by another rule
        client = TMDB(
            "http://tmdb.invalid/3",
            None,
            Answers(FileStore(folder / "tmdb.sqlite")),
            None,
            workers=2,
            attempts=2,
            refresh=refresh,
            transport=Odd(answers),
            sleep=lambda _: None,
        )
        try:
            frame = enrich(ROWS, client, answered_by="tmdb")
        finally:
            client.close()
    assert set(frame["match_status"]) <= set(STATES)
    return frame


@st.composite
def bent(draw: Callable[..., Any], value: Any) -> Any:
    """The answer with something odd anywhere in it."""
    if draw(st.integers(0, 12)) == 0:
        return draw(st.sampled_from(ODD))
    if isinstance(value, dict):
        return {name: draw(bent(inner)) for name, inner in value.items()}
    if isinstance(value, list):
        return [draw(bent(inner)) for inner in value]
    return value


ANSWERS = st.fixed_dictionaries(
    {
        "search/movie": bent({"page": 1, "results": [HIT, HIT | {"id": 5, "title": "Heat 2"}]}),
        "search/tv": bent({"page": 1, "results": [SERIES]}),
        "find": bent(FIND),
        "movie": bent(DETAILS),
    }
)


def test_no_answer_ends_a_run_and_every_row_can_be_written(tmp_path):
    frames = []

    @settings(max_examples=examples(60))
    @given(answers=ANSWERS)
    def run(answers):
        frames.append(enriched(tmp_path, answers))

    run()
    rows = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    rows["row_number"] = range(1, len(rows) + 1)
    warehouse = Warehouse(str(tmp_path / "warehouse.duckdb"), wait_seconds=30)
    warehouse.write("mine.csv", {ENRICHED_MOVIES: rows})
    assert len(warehouse.read(ENRICHED_MOVIES, "mine.csv")) == len(rows)


@pytest.mark.parametrize("kind", ["movie_results", "tv_results"])
def test_find_may_return_anything(tmp_path, kind):
    """Numbers or texts in place of its records do not end the run; other answers still count."""
    for number, odd in enumerate(ODD):
        answers = {
            "search/movie": {"results": [HIT]},
            "search/tv": {"results": []},
            "find": {"movie_results": [], "tv_results": [], kind: odd},
            "movie/tt": (404, {"success": False, "status_code": 34}),
            "movie/1": DETAILS,
        }
        states = list(enriched(tmp_path / str(number), answers)["match_status"])
        assert (states[0], states[2]) == ("matched", "matched"), odd
        listed = odd is None or isinstance(odd, list)
        assert (states[1] == "error") == (not listed), odd


BAD = "\x00\x07\x1b[31m\ufffe\uffff\ud800\u202e"
"""Characters that are invalid in XML, move a terminal's cursor, or reverse a line's direction."""


def spoilt(value: Any) -> Any:
    """The answer with `BAD` in every text except dates."""
    if isinstance(value, dict):
        return {
            name: inner if "date" in name or name == "job" else spoilt(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [spoilt(inner) for inner in value]
    return f"{value[:1]}{BAD}{value[1:]}" if isinstance(value, str) else value


@pytest.mark.slow
def test_a_film_with_texts_that_no_picture_can_contain_reaches_its_page(project, monkeypatch):
    """In a separate process, because a failure would crash this one."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    ids = range(1, 4)
    lines = [f"Heat {number},1995,{number}" for number in ids]
    text = "\n".join(["Title,Year,TMDB ID", *lines, ""])
    (project / "data" / "uploads" / "mine.csv").write_text(text)
    with FakeTMDB(Catalogue([]), token="token") as server:
        for number in ids:
            body = json.dumps(spoilt(DETAILS | {"id": number})).encode()
            server.fault(f"/movie/{number}", body=body, times=None)
        done = subprocess.run(
            command("mine.csv"),
            env={**os.environ, "TMDB_API_TOKEN": "token", "TMDB_BASE_URL": server.base_url},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    (shown,) = status.read(environment.load())
    assert (shown.status, shown.matched_count) == ("completed", 3)
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        rows = connection.execute("SELECT * EXCLUDE (error) FROM enriched.movies").fetchall()
    texts = list(_texts([rows, (project / "data/dashboard/mine.csv/films.csv").read_text()]))
    assert "H [31m eat" in texts
    assert not any(letter in text for text in texts for letter in BAD if letter not in "[31m")
    assert len([*(project / "data" / "dashboard" / "mine.csv").glob("*.svg")]) > 10
    assert Path(shown.page or "").exists()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
