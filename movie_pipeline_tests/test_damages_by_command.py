"""Damaged files, as commands, the sensor, the schedule and runs meet them: a sentence each."""

import os
import time
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from click.testing import CliRunner

from movie_pipeline import instance as dagster_instance
from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.arrivals import Memory
from movie_pipeline.cli import main
from movie_pipeline.progress import Progress
from movie_pipeline.schedules import refresh_stale_weekly
from movie_pipeline.sensors import uploads_sensor
from movie_pipeline.tables import RAW_MOVIES
from movie_pipeline.warehouse import Warehouse
from movie_pipeline_tests import damages

UPLOAD = "mine.csv"
LIST = "Title,Year\nAlien,1979\n"


def invoke(*command):
    """Exit code and output of a command; it may end, and not crash."""
    result = CliRunner().invoke(main, command)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def home(project, monkeypatch) -> Path:
    """A clone with one upload that has been worked on."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", "data")
    monkeypatch.setattr("movie_pipeline.cli.webbrowser.open", lambda _: None)
    (project / "data/uploads" / UPLOAD).write_text(LIST)
    settings = environment.load()
    Warehouse.of(settings).write(UPLOAD, {RAW_MOVIES: pd.DataFrame({"row_number": [1]})})
    note(settings)
    Memory().save(Memory.path(settings))
    return project


def note(settings):
    """Note that the upload was worked on, and has a page."""
    settings.pages.mkdir(exist_ok=True)
    (settings.pages / "page.html").touch()
    Progress.of(settings).begin(UPLOAD, run_id="1", plan=["one"])
    Progress.of(settings).note(UPLOAD, page=str(settings.pages / "page.html"))
    Progress.of(settings).step_done(UPLOAD, "1", "one")


DIARY = b"Dear diary, today I saw a film. " * 300
READERS = {
    "warehouse.duckdb": [("review", UPLOAD), ("forget", UPLOAD)],
    "progress.sqlite": [("status",), ("status", "--json"), ("open",), ("forget", UPLOAD)],
    "arrivals.json": [("status",), ("open",), ("forget", UPLOAD)],
    "dagster/history/runs.db": [("forget", UPLOAD)],
    "overrides.csv": [("status",), ("forget", UPLOAD)],
    "club.csv": [("forget", UPLOAD)],
}


@pytest.mark.parametrize("file", READERS)
def test_every_command_names_a_file_that_it_can_not_use(home, file):
    """A diary or a folder in its place; what is there stays as it is."""
    if file.startswith("dagster"):
        with dagster_instance.here():
            pass
    path = home / "data" / file
    for in_place in ("a diary", "a folder"):
        if in_place == "a folder":
            damages.folder_in_its_place(path)
        else:
            damages.put(path, DIARY)
        for command in READERS[file]:
            if file != "progress.sqlite":
                note(environment.load())
            code, said = invoke(*command)
            harmless = in_place == "a diary" and path.suffix in {".json", ".csv"}
            named = path.name in said
            assert named or (code == 0 and harmless), (command, in_place, code, said)
            assert "Traceback" not in said
        if in_place == "a diary" and path.suffix != ".json":
            assert path.read_bytes() == DIARY


@pytest.mark.parametrize("file", ["warehouse.duckdb", "progress.sqlite", "arrivals.json"])
def test_the_sensor_and_the_schedule_name_a_file_that_they_can_not_use(home, file):
    path = home / "data" / file
    damages.folder_in_its_place(path)
    (home / "data/overrides.csv").write_text("title,year,tmdb_id\nAlien,1979,348\n")
    past = time.time() - 60
    os.utime(home / "data/overrides.csv", (past, past))
    with dg.DagsterInstance.ephemeral() as instance:
        ticked = uploads_sensor(dg.build_sensor_context(instance=instance))
        reason = (
            ticked.skip_message
            if isinstance(ticked, dg.SkipReason)
            else (ticked.skip_reason.skip_message if ticked.skip_reason else "")
        )
        if file != "warehouse.duckdb":
            assert path.name in reason
            assert "move" in reason or "written to" in reason
        else:
            context = dg.build_schedule_context(
                instance=instance, scheduled_execution_time=pd.Timestamp.now("UTC").to_pydatetime()
            )
            skipped = refresh_stale_weekly(context)
            assert path.name in str(skipped.skip_message)


@pytest.mark.parametrize("file", ["warehouse.duckdb", "progress.sqlite", "tmdb.sqlite"])
def test_a_run_names_a_file_that_it_can_not_use(home, run_job, monkeypatch, file):
    monkeypatch.setenv("MOVIE_PIPELINE_SAMPLE", "1")
    path = home / "data" / file
    damages.put(path, DIARY)
    result = run_job(UPLOAD)
    (failed, *_) = [one for one in result.all_events if one.is_step_failure]
    failure = failed.step_failure_data.user_failure_data
    assert failure is not None, failed
    assert path.name in failure.description
    assert "move" in failure.description
    assert path.read_bytes() == DIARY
    if file != "progress.sqlite":
        (row,) = status.read(environment.load())
        assert row.status == "failed"
        assert path.name in row.message
