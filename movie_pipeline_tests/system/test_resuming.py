"""A killed run is resumed where it was: real processes, a real SIGKILL, a counting server."""

import os
import signal
import subprocess
import threading
from datetime import date, timedelta

import duckdb
import pytest

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands.run_job import command
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.system.test_bad_weather import V3_KEY, places_of, question

FILMS = 150
WORKERS = 16
LIST = "\n".join(["Title,Year", *(f"Film {n},{1950 + n % 50}" for n in range(FILMS)), ""])
CATALOGUE = Catalogue(
    {
        "id": 1000 + number,
        "title": f"Film {number}",
        "original_title": f"Film {number}",
        "release_date": str(date(1950 + number % 50, 1, 1) + timedelta(days=number)),
        "vote_count": 500,
    }
    for number in range(FILMS)
)


def start(upload: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command(upload),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.slow
def test_after_a_kill_at_90_percent_only_requests_in_flight_are_repeated(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", "data")
    monkeypatch.setenv("TMDB_API_KEY", V3_KEY)
    monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "1000")
    (project / "data" / "uploads" / "mine.csv").write_text(LIST)
    need = 2 * FILMS
    with FakeTMDB(CATALOGUE, token=V3_KEY, latency=0.05) as server:
        monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
        nearly = threading.Event()

        def watch(_: object) -> bool:
            if len(server.requests) >= 0.9 * need:
                nearly.set()
            # If the kill comes late on a busy machine, the run still waits for it.
            return len(server.requests) > 0.95 * need

        server.fault(watch, hang=60.0, times=None)
        run = start("mine.csv")
        assert nearly.wait(120)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        server.faults.clear()
        (killed,) = status.read(environment.load())
        assert (killed.status, killed.pending_count, killed.total_movies) == ("failed", 0, 0)
        assert "movie-pipeline enrich mine.csv" in killed.message
        assert places_of(V3_KEY, project) == []

        assert start("mine.csv").wait() == 0
        # An undisturbed run sends each request once.
        assert len({question(request) for request in server.requests}) == need
        assert len(server.requests) <= need + WORKERS
    (done,) = status.read(environment.load())
    assert (done.status, done.total_movies, done.enriched_count) == ("completed", FILMS, FILMS)
    # No lock is left: this connection needs the file exclusively.
    with duckdb.connect("data/warehouse.duckdb") as connection:
        counted = connection.execute(
            "SELECT count(*), count(DISTINCT tmdb_id), bool_and(tmdb_enriched) FROM enriched.movies"
        ).fetchone()
    assert counted == (FILMS, FILMS, True)
