"""Faults of folder and disk through the whole job: a clear failure, then recovery.

Those that need a separate process are in `soak.faults`.
"""

import sys

import dagster as dg
import duckdb
import pytest

from movie_pipeline import settings as environment
from movie_pipeline import status, uploads
from movie_pipeline.exports import read_export

LIST = "Title,Year\nAlien,1979\nParasite,2019\n"
OTHER = "Title,Year\nJaws,1975\n"


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch):
    """Do not wait between a step's attempts."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)


def titles(upload):
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        rows = connection.execute("SELECT title FROM enriched.movies WHERE upload = ?", [upload])
        return sorted(title for (title,) in rows.fetchall())


def shown(upload):
    return {one.upload: one for one in status.read(environment.load())}.get(upload)


def test_an_upload_replaced_while_it_is_read_is_read_again(data, run_job, monkeypatch):
    """The step retries after some seconds; no row of the old file has the new version."""
    path = data / "uploads" / "mine.csv"
    path.write_text(LIST)

    def read_while_replaced(*arguments):
        export = read_export(*arguments)
        path.write_text(OTHER)
        return export

    monkeypatch.setattr(
        sys.modules["movie_pipeline.defs.assets.raw"], "read_export", read_while_replaced
    )
    result = run_job("mine.csv")
    assert result.success
    retried = [one for one in result.all_events if one.event_type_value == "STEP_UP_FOR_RETRY"]
    assert "was replaced while it was being read" in str(retried[0].event_specific_data)
    assert titles("mine.csv") == ["Jaws"]
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        versions = connection.execute("SELECT DISTINCT version FROM raw.movies").fetchall()
    assert versions == [(uploads.content_hash(path),)]


def test_an_upload_deleted_while_its_run_is_queued_is_reported_and_runs_when_it_is_back(
    data, run_job, instance
):
    """The sensor has requested its run, which begins after the file was deleted."""
    path = data / "uploads" / "mine.csv"
    path.write_text(LIST)
    instance.add_dynamic_partitions("uploads", ["mine.csv"])
    path.unlink()
    failed = run_job("mine.csv")
    assert not failed.success
    (event,) = failed.get_step_failure_events()
    assert "mine.csv is not in" in str(event.event_specific_data)
    assert shown("mine.csv") is None
    path.write_text(LIST)
    assert shown("mine.csv").status == "queued"
    assert run_job("mine.csv").success


def test_rows_and_answers_are_kept_when_pages_cannot_be_written(data, run_job, tmdb):
    """A file in place of the folder stops root too, whom a folder's mode does not."""
    (data / "uploads" / "mine.csv").write_text(LIST)
    (data / "dashboard").write_text("in the way")
    assert not run_job("mine.csv").success
    failed = shown("mine.csv")
    assert failed.status == "failed"
    assert f"{data / 'dashboard'}" in failed.message
    assert titles("mine.csv") == ["Alien", "Parasite"]
    (data / "dashboard").unlink()
    tmdb.requests.clear()
    assert run_job("mine.csv").success
    assert tmdb.requests == []
    assert (shown("mine.csv").status, shown("mine.csv").enriched_count) == ("completed", 2)
