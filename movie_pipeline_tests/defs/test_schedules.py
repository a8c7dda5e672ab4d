"""The weekly refresh: which uploads it requests, and what their runs then request from TMDB."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from movie_pipeline import settings as environment
from movie_pipeline.definitions import defs
from movie_pipeline.defs.checks import ENRICHED
from movie_pipeline.defs.schedules import refresh_stale_weekly
from movie_pipeline.enrichment.staleness import REFRESH_DAYS
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES
from movie_pipeline_tests.fake_tmdb import FakeTMDB

LIST = "Title,Year\nAlien,1979\nParasite,2019\n"
NOW = datetime.now(UTC)


def tick(instance: dg.DagsterInstance, now: datetime = NOW) -> list[dg.RunRequest] | str:
    """The requested runs, or why there are none."""
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=now)
    answer = refresh_stale_weekly(context)
    return answer if isinstance(answer, list) else str(answer.skip_message)


def age(days: float) -> None:
    """Make all rows and cached answers older."""
    settings = environment.load()
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute(
            "UPDATE enriched.movies SET enriched_at = enriched_at - to_days(?)", [int(days)]
        )
    with sqlite3.connect(settings.data / "tmdb.sqlite") as connection:
        connection.execute("UPDATE answers SET fetched_at = fetched_at - ?", (days * 86_400,))


def dates() -> list[datetime]:
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        rows = connection.execute("SELECT enriched_at FROM enriched.movies ORDER BY 1").fetchall()
    return [row[0].replace(tzinfo=UTC) for row in rows]


def test_the_schedule_is_on_by_default_and_weekly() -> None:
    assert refresh_stale_weekly.default_status is dg.DefaultScheduleStatus.RUNNING
    assert refresh_stale_weekly.job_name == "refresh_stale"
    assert refresh_stale_weekly.cron_schedule == "0 4 * * 1"


def refresh(instance: dg.DagsterInstance, upload: str) -> bool:
    job = defs.resolve_job_def("refresh_stale")
    result = job.execute_in_process(
        instance=instance,
        partition_key=upload,
        asset_selection=[ENRICHED],  # drawing is irrelevant here
        raise_on_error=False,
    )
    return result.success


@pytest.mark.slow
def test_rows_that_are_too_old_are_requested_once_a_week_and_then_are_new(
    data: Path, instance: dg.DagsterInstance, run_job, tmdb: FakeTMDB
) -> None:
    """Also if the file is gone: TMDB's terms still apply to its rows.

    Neither the schedule nor the job touches rows that are 100 days old.
    """
    (data / "uploads" / "b, c.csv").write_text(LIST)
    assert run_job("b, c.csv", drawn=False).success
    (data / "uploads" / "b, c.csv").unlink()
    age(100)
    tmdb.clear()
    assert tick(instance) == f"No upload has a row older than {REFRESH_DAYS:g} days."
    assert refresh(instance, "b, c.csv")
    assert tmdb.requests == []
    age(REFRESH_DAYS - 100 + 1)
    (asked,) = tick(instance)
    assert asked.partition_key == "b, c.csv"
    (again,), (next_week,) = tick(instance), tick(instance, NOW + timedelta(days=7))
    assert again.run_key == asked.run_key != next_week.run_key
    assert refresh(instance, "b, c.csv")
    assert len(tmdb.requests) == 4  # a search and the details of each film
    assert min(dates()) > NOW - timedelta(days=1)
    assert "No upload" in tick(instance)


def test_the_sample_does_not_become_old_and_never_replaces_tmdb(
    data: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "row_number": [1], "match_status": ["matched"], "tmdb_enriched": [True],
        "enriched_at": [datetime(2020, 1, 1, tzinfo=UTC)],
    }  # fmt: skip
    warehouse = Warehouse.of(environment.load())
    for upload, answered_by in (("a.csv", "sample"), ("b.csv", "tmdb")):
        frame = pd.DataFrame({**row, "answered_by": [answered_by]})
        warehouse.write(upload, {ENRICHED_MOVIES: frame})
    assert "1 uploads" in tick(instance)
    assert "set TMDB_API_TOKEN" in tick(instance)
    monkeypatch.setenv("TMDB_API_TOKEN", "0123456789abcdef")
    assert [one.partition_key for one in tick(instance)] == ["b.csv"]


def test_rows_from_the_future_are_requested_again(
    data: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was ahead dated them: they would count as new for as long as it was off."""
    monkeypatch.setenv("TMDB_API_TOKEN", "0123456789abcdef")
    rows = {"row_number": [1], "match_status": ["matched"], "tmdb_enriched": [True]}
    for upload, days in (("a.csv", 0.5), ("b.csv", 400)):
        dated = {"enriched_at": [NOW + timedelta(days=days)], "answered_by": ["tmdb"]}
        frame = pd.DataFrame({**rows, **dated})
        Warehouse.of(environment.load()).write(upload, {ENRICHED_MOVIES: frame})
    assert [one.partition_key for one in tick(instance)] == ["b.csv"]


def test_a_missing_or_locked_warehouse_is_reported(
    data: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no warehouse yet" in tick(instance)
    monkeypatch.setattr("movie_pipeline.defs.schedules.PATIENCE_SECONDS", 0.1)
    with duckdb.connect(environment.load().warehouse):
        assert "was held" in tick(instance)
    monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "many")
    assert "TMDB_REQUESTS_PER_SECOND" in tick(instance)
