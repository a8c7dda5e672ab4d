"""The command lines, Dagster's for the job and our own, and their exit codes.

Each command is a separate process in a folder like a fresh clone, without DAGSTER_HOME and with an
empty HOME.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from movie_pipeline.overrides.file import Overrides
from movie_pipeline.sample import sample_catalogue
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.modes import open_to_others

BIN = Path(sys.executable).parent
SAMPLE = "letterboxd-sample.csv"
LIST = "Title,Year\nAlien,1979\nParasite,2019\nNo Such Film Anywhere,1999\n"


@pytest.fixture
def shell(project, tmp_path, monkeypatch):
    """Run a command of the virtual environment in the project's folder."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    (project / "data" / "uploads" / "mine.csv").write_text(LIST)

    def run(*command, **environment):
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=project,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def job(upload):
    tags = json.dumps({"dagster/partition": upload})
    module = ("-m", "movie_pipeline.definitions", "-j", "enrich_upload")
    return ("dagster", "job", "execute", *module, "--tags", tags)


@pytest.mark.slow
def test_the_job_runs_from_ci_with_no_dagster_home_on_a_never_seen_upload(shell, project):
    before = open_to_others(project / "data")
    done = shell(*job("mine.csv"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert (project / "data" / "dashboard" / "mine.csv.html").exists()
    (row,) = json.loads(shell("movie-pipeline", "status", "--json").stdout)
    assert (row["upload"], row["status"], row["total_movies"]) == ("mine.csv", "completed", 3)
    assert row["message"] == (
        "Only the sample catalogue was searched, and it lacks 1 of these films:"
        " set TMDB_API_TOKEN to search TMDB"
    )
    assert {path.name for path in project.iterdir()} == {"data", "dagster.yaml", "workspace.yaml"}
    # Even Dagster's own command writes nothing that others can read.
    assert open_to_others(project / "data") - before == set()


@pytest.mark.slow
def test_exit_code_1_when_nothing_is_readable(shell, project):
    (project / "data" / "uploads" / "rubbish.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    assert shell(*job("rubbish.csv")).returncode == 1


@pytest.mark.slow
def test_exit_code_1_when_the_key_is_refused_and_no_secret_in_the_output(shell):
    with FakeTMDB(sample_catalogue(), token="right") as server:
        done = shell(*job("mine.csv"), TMDB_API_TOKEN="wr0ng-s3cret", TMDB_BASE_URL=server.base_url)
    assert done.returncode == 1
    assert "themoviedb.org/settings/api" in done.stderr
    assert "wr0ng-s3cret" not in done.stderr + done.stdout


@pytest.mark.slow
def test_exit_code_1_when_the_warehouse_is_locked(shell, project):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb; c = duckdb.connect('data/warehouse.duckdb'); print(); input()",
        ],
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        holder.stdout.readline()
        done = shell("movie-pipeline", "enrich", "mine.csv", MOVIE_PIPELINE_LOCK_WAIT="0")
    finally:
        holder.communicate("\n")
    assert done.returncode == 1
    assert f"process {holder.pid}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("file", ["warehouse.duckdb", "dagster/history/runs/index.db"])
def test_a_damaged_file_gives_a_message_and_no_stack_trace_in_ci_too(shell, project, file):
    path = project / "data" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"Dear diary, today I saw a film. " * 300)
    done = shell(*job("mine.csv"))
    assert done.returncode == 1
    assert path.name in done.stderr
    assert "move it" in done.stderr
    if file.startswith("dagster"):
        assert "Traceback" not in done.stderr
    enriched = shell("movie-pipeline", "enrich", "mine.csv")
    assert enriched.returncode == 1
    assert path.name in " ".join(enriched.stdout.split())
    assert "Traceback" not in enriched.stdout


@pytest.mark.slow
def test_exit_code_1_when_tmdb_rejects_requests_for_over_a_tenth_of_the_films(shell):
    with FakeTMDB(sample_catalogue(), token="right") as server:
        server.fault("/movie/348", status=400, times=None)
        environment = {"TMDB_API_TOKEN": "right", "TMDB_BASE_URL": server.base_url}
        assert shell(*job("mine.csv"), **environment).returncode == 1


@pytest.mark.slow
def test_add_enrich_and_open_work_by_name(shell, project):
    added = shell("movie-pipeline", "add", f"data/samples/{SAMPLE}")
    assert added.returncode == 0
    assert (project / "data" / "uploads" / SAMPLE).exists()
    done = shell("movie-pipeline", "enrich", SAMPLE)
    assert done.returncode == 0, done.stdout
    assert "of 169 titles identified" in done.stdout
    opened = shell("movie-pipeline", "open", SAMPLE, BROWSER="true")
    assert opened.stdout.strip().endswith(f"data/dashboard/{SAMPLE}.html")


def test_add_refuses_what_cannot_be_an_upload(shell, project):
    (project / "films.xlsx").write_bytes(b"PK")
    refused = shell("movie-pipeline", "add", "films.xlsx")
    assert refused.returncode == 1
    assert "save it as .csv" in refused.stderr


def test_status_without_uploads_says_where_to_drop_a_list(shell, project):
    (project / "data" / "uploads" / "mine.csv").unlink()
    assert "data/uploads" in shell("movie-pipeline", "status").stdout
    assert json.loads(shell("movie-pipeline", "status", "--json").stdout) == []


def test_a_dropped_file_shows_as_queued_without_any_daemon(shell):
    (row,) = json.loads(shell("movie-pipeline", "status", "--json").stdout)
    assert (row["upload"], row["status"]) == ("mine.csv", "queued")


def test_an_invalid_setting_is_named(shell):
    done = shell("movie-pipeline", "status", TMDB_REQUESTS_PER_SECOND="fast")
    assert done.returncode == 1
    assert "TMDB_REQUESTS_PER_SECOND=fast" in done.stderr


def test_the_status_breaks_no_path_that_someone_may_copy(shell, project):
    long = "a-name-that-is-too-long-for-a-line-of-eighty-columns/and-goes-on-beyond-it"
    path = project / "data" / "uploads" / f"{long}.xlsx"
    path.parent.mkdir()
    path.write_text("x")
    said = shell("movie-pipeline", "status", COLUMNS="80").stdout
    assert f"{long}.xlsx\n" in said
    assert max(len(line) for line in said.splitlines() if long not in line) <= 80


def test_invalid_overrides_are_reported_above_the_status_but_not_in_its_json(shell, project):
    (project / "data" / "overrides.csv").write_text("title,year,tmdb_id\nHeat,1995,12x\n")
    said = shell("movie-pipeline", "status").stdout
    assert said.startswith("data/overrides.csv, line 2: '12x' is not a TMDB id")
    assert "mine.csv" in said
    assert len(json.loads(shell("movie-pipeline", "status", "--json").stdout)) == 1
    (project / "data" / "uploads" / "mine.csv").unlink()
    assert "line 2" in shell("movie-pipeline", "status").stdout


@pytest.mark.slow
def test_the_review_can_be_appended_to_the_overrides_and_has_no_effect_until_edited(shell, project):
    nothing = shell("movie-pipeline", "review", "mine.csv")
    assert nothing.returncode == 1
    assert "movie-pipeline enrich mine.csv" in nothing.stderr
    with FakeTMDB(sample_catalogue(), token="right") as server:
        environment = {"TMDB_API_TOKEN": "right", "TMDB_BASE_URL": server.base_url}
        assert shell("movie-pipeline", "enrich", "mine.csv", **environment).returncode == 0
    printed = shell("movie-pipeline", "review", "mine.csv").stdout
    empty, header, *lines = printed.splitlines()
    assert empty == ""
    assert header == "title,year,tmdb_id,letterboxd_uri,imdb_id,note"
    assert any(line.startswith("#No Such Film Anywhere,1999,ignore,,,") for line in lines)
    assert all(line.startswith("#") for line in lines)
    overrides = project / "data" / "overrides.csv"
    overrides.write_text("tmdb_id;title;year\n" + printed)
    assert not Overrides.load(overrides)
    # Appended to a file whose last line has no newline.
    overrides.write_text("tmdb_id;title;year\n2;B;" + printed.replace("#No Such", "No Such"))
    assert len(Overrides.load(overrides).rules) == 2
