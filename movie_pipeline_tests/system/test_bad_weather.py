"""Network trouble through the whole job: it ends cleanly, keeps results, and says what to do.

These tests do not wait: only the client's own sleeping advances its clock.
"""

import os
import sqlite3
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
import pytest

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands.run_job import command
from movie_pipeline.defs import resources
from movie_pipeline.tmdb import TMDB
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline_tests.fake_tmdb import FakeTMDB, Request
from movie_pipeline_tests.tmdb import CATALOGUE, Time

FILMS = 60
LIST = "\n".join(["Title,Year", *(f"Film {n},{1950 + n % 50}" for n in range(FILMS)), ""])
TOKEN = "eyJhbGciOiJIUzI1NiJ9.bm93aGVyZS10by1iZS1mb3VuZA.s-3_cret-0f-7his-test"
V3_KEY = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


@pytest.fixture
def tmdb(monkeypatch):
    """TMDB with sixty films, a key for it, and a client that waits without taking time."""
    time = Time()
    timely = partial(TMDB, sleep=time.sleep, clock=time, timeout=0.3)
    monkeypatch.setattr(resources, "TMDB", timely)
    monkeypatch.setattr(resources, "open_store", partial(FileStore, clock=time))
    with FakeTMDB(CATALOGUE, token=TOKEN) as server:
        monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
        monkeypatch.setenv("TMDB_API_TOKEN", TOKEN)
        yield server
    assert not server.crashes


@pytest.fixture
def mine(data):
    (data / "uploads" / "mine.csv").write_text(LIST)
    return "mine.csv"


def shown(upload: str) -> status.Status:
    (one,) = [row for row in status.read(environment.load()) if row.upload == upload]
    assert one.pending_count == 0
    return one


def answered(server: FakeTMDB) -> set[tuple[str, ...]]:
    """The requests that got an answer."""
    return {question(one) for one in server.requests if one.status == 200}


def question(request: Request) -> tuple[str, ...]:
    query = {name: value for name, value in request.query.items() if name != "api_key"}
    return (request.path, *map(str, sorted(query.items())))


def test_thirty_percent_of_faults_lose_nothing_in_the_end(mine, run_job, tmdb):
    """500, 502, truncated JSON, cut connections, and no response for longer than our timeout."""
    tmdb.fault_share, tmdb.hang_seconds = 0.3, 5.0
    assert run_job(mine, drawn=False).success
    # One request in 5,000 has seven faults in a row.
    assert shown(mine).matched_count + shown(mine).error_count == FILMS
    assert tmdb.count() > 2.5 * FILMS
    tmdb.fault_share = 0.0
    assert run_job(mine, drawn=False).success
    assert shown(mine).enriched_count == FILMS


def test_an_api_that_is_down_ends_the_run_with_a_reason(mine, run_job, tmdb):
    tmdb.down = True
    assert not run_job(mine).success
    failed = shown(mine)
    assert (failed.status, failed.error_count, failed.total_movies) == ("failed", FILMS, FILMS)
    assert "no connection to TMDB" in failed.message
    assert "run this upload again" in failed.message
    assert tmdb.count() < 200, "no more requests after a minute without a response"
    tmdb.down = False
    assert run_job(mine, drawn=False).success
    assert shown(mine).enriched_count == FILMS


def test_an_api_that_goes_down_midway_loses_only_what_was_not_yet_answered(mine, run_job, tmdb):
    tmdb.fault(lambda _: tmdb.count() > FILMS, cut=True, times=None)
    assert not run_job(mine).success
    failed = shown(mine)
    assert 0 < failed.matched_count < FILMS
    assert failed.matched_count + failed.error_count == FILMS
    assert "run this upload again" in failed.message
    kept = answered(tmdb)
    tmdb.clear()
    assert run_job(mine, drawn=False).success
    assert shown(mine).enriched_count == FILMS
    assert not kept & answered(tmdb)


@pytest.mark.parametrize("retry_after", ["0", "3600"])
def test_an_hour_of_429s_ends_the_run_with_what_was_answered_before(
    mine, run_job, tmdb, retry_after
):
    tmdb.fault(lambda _: tmdb.count() > FILMS, status=429, retry_after=retry_after, times=None)
    assert not run_job(mine).success
    failed = shown(mine)
    assert failed.matched_count + failed.error_count == FILMS
    assert "rate limit" in failed.message
    assert "run this upload again" in failed.message
    assert tmdb.count(status=429) < 700
    kept = answered(tmdb)
    tmdb.clear()
    assert run_job(mine, drawn=False).success
    assert shown(mine).enriched_count == FILMS
    assert not kept & answered(tmdb)


@pytest.mark.parametrize("fault", [{"body": b'{"id": 1003, "title'}, {"cut": "body"}], ids=str)
def test_only_a_film_whose_answer_is_always_broken_is_in_error(mine, run_job, tmdb, fault):
    tmdb.fault("/movie/1003", times=None, **fault)
    assert run_job(mine, drawn=False).success
    assert (shown(mine).matched_count, shown(mine).error_count) == (FILMS - 1, 1)
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        rows = connection.execute("SELECT title FROM enriched.movies WHERE error IS NOT NULL")
        assert rows.fetchall() == [("Film 3",)]
    tmdb.clear()
    assert run_job(mine, drawn=False).success
    assert {request.path for request in tmdb.requests} == {"/movie/1003"}


# The key ------------------------------------------------------------------------------------


def execute(project: Path, upload: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The job as CI runs it, in a separate process."""
    return subprocess.run(
        command(upload),
        cwd=project,
        env={**os.environ, "HOME": str(project), **settings},
        capture_output=True,
        text=True,
    )


def everything(folder: Path) -> Iterator[tuple[str, str]]:
    """Everything in a folder as text, with its place; packed content also unpacked."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        yield str(path), path.read_bytes().decode("latin-1")
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    "SELECT table_schema, table_name FROM information_schema.tables"
                ).fetchall()
                for schema, table in tables:
                    rows = connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
                    yield f"{path}, {schema}.{table}", str(rows)
        if path.name == "tmdb.sqlite":
            with closing(sqlite3.connect(path)) as connection:
                for key, body in connection.execute("SELECT key, body FROM answers").fetchall():
                    yield f"{path}, {key}", key + zlib.decompress(body).decode()


def places_of(secret: str, folder: Path, *texts: str) -> list[str]:
    """Where the secret is, or a piece of it too long to be a coincidence."""
    pieces = {secret, secret[:20], secret[-20:]}
    found = {where for where, text in everything(folder) if any(one in text for one in pieces)}
    return sorted(found) + [text for text in texts if any(one in text for one in pieces)]


@pytest.mark.slow
def test_a_key_is_stored_nowhere_despite_faults_and_a_new_one_continues_after_it_is_revoked(
    project, monkeypatch
):
    """With every library's log at DEBUG, and Dagster configured to store them all as events.

    With a v3 key, which is part of the URL that libraries log; a token is sent in a header.
    """
    secret = V3_KEY
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    (project / "data" / "uploads" / "mine.csv").write_text(LIST)
    with (project / "dagster.yaml").open("a") as configuration:
        configuration.write(
            "\npython_logs:\n  python_log_level: DEBUG\n"
            "  managed_python_loggers: [root, urllib3, urllib3.connectionpool, requests]\n"
        )
    said = []
    with FakeTMDB(CATALOGUE, token=secret, hang_seconds=0.0) as server:
        settings = {"TMDB_API_TOKEN": secret, "TMDB_BASE_URL": server.base_url}
        settings["TMDB_REQUESTS_PER_SECOND"] = "1000"

        server.fault_share = 0.1
        server.fault(lambda _: server.count() > FILMS, status=401, times=None)
        refused = execute(project, "mine.csv", **settings)
        assert refused.returncode == 1
        assert "https://www.themoviedb.org/settings/api" in refused.stderr
        assert server.count(status=401) <= 16, "each thread has at most one request in flight"
        kept = answered(server)
        server.clear()

        server.fault(redirect="http://127.0.0.1:1/elsewhere")
        redirected = execute(project, "mine.csv", **settings)
        assert redirected.returncode == 1
        assert "TMDB_BASE_URL" in redirected.stderr
        server.clear()

        server.fault_share = 0.0
        settings["TMDB_API_TOKEN"] = server.token = secret[::-1]
        done = execute(project, "mine.csv", **settings)
        assert done.returncode == 0, done.stderr[-2000:]
        assert not kept & answered(server)
        assert sum(one.status == 200 for one in server.requests) + len(kept) == 2 * FILMS
        for run in (refused, redirected, done):
            said += [run.stdout, run.stderr]
    assert "/3/search/movie?" in "".join(said), "the requests themselves were logged"
    assert places_of(secret, project, *said) == []
    assert places_of(secret[::-1], project, *said) == []
