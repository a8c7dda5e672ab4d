"""Dagster's store on a real PostgreSQL: runs, their history, forgetting, and what is left of it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
import yaml
from click.testing import CliRunner

from movie_pipeline import settings as environment
from movie_pipeline.commands import run_job as running
from movie_pipeline.commands.cli import main
from movie_pipeline.instance import dagster_runs
from movie_pipeline.instance.storage import folder_of, store_of
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES
from movie_pipeline_tests.cluster.postgres_server import PASSWORD, PostgresServer, needs_postgres
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.forgetting import test_forget as forgetting
from movie_pipeline_tests.forgetting.test_forget import TITLE, UPLOAD, run
from movie_pipeline_tests.remains import files_with
from movie_pipeline_tests.warehouse.rows import films

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.xdist_group("dagster on postgres"),
    needs_postgres,
]

run = run  # noqa: PLW0127  # a fixture


@pytest.fixture
def stored_in_postgres(
    project: Path, server: PostgresServer, in_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> PostgresServer:
    """A clone whose `dagster.yaml` names PostgreSQL, in the form that SQLAlchemy misreads."""
    server.create("dagster")
    path = project / "dagster.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["storage"] = {
        "custom": {
            "module": "movie_pipeline.instance.shared_storage",
            "class": "SharedStorage",
            "config": {"postgres_url": {"env": "DAGSTER_POSTGRES"}},
        }
    }
    path.write_text(yaml.safe_dump(settings))
    monkeypatch.setenv("DAGSTER_POSTGRES", server.address("dagster", uri=True))
    monkeypatch.chdir(project)
    return server


@pytest.fixture
def home(
    stored_in_postgres: PostgresServer, project: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    yield from forgetting.home.__wrapped__(project, monkeypatch)


def test_a_run_in_a_process_of_its_own_is_stored_there_and_nothing_in_files(
    home: dg.DagsterInstance, project: Path, stored_in_postgres: PostgresServer
) -> None:
    result = running.execute("other.csv", environment.load())
    assert result.code == 0, result.message
    (stored,) = dagster_runs.runs_of(home, "other.csv")
    assert stored.status is dg.DagsterRunStatus.SUCCESS
    assert folder_of(home) is None
    assert store_of(home).id
    assert not list(project.rglob("*.db"))
    assert len(Warehouse.of(environment.load()).read(ENRICHED_MOVIES, "other.csv")) == 2


def test_only_the_last_runs_of_an_upload_are_kept(
    home: dg.DagsterInstance, run: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    for _ in range(4):
        assert run("other.csv", *forgetting.RAW).success
    dagster_runs.trim(home, "other.csv", keep=2)
    kept = [one.run_id for one in dagster_runs.runs_of(home, "other.csv")]
    assert len(kept) == 2
    latest = home.get_latest_materialization_event(forgetting.RAW[0])
    assert latest is not None
    assert latest.run_id == kept[0]


def test_the_env_file_is_not_in_the_environment_of_dagsters_processes(
    stored_in_postgres: PostgresServer, project: Path
) -> None:
    """Dagster's command line reads it; every process that it starts would inherit the key."""
    (project / ".env").write_text("TMDB_API_TOKEN=a-key-in-the-file\n")
    code = (
        "import os; os.environ['TMDB_API_TOKEN'] = 'a-key-in-the-file';"
        "from dagster._cli.utils import get_possibly_temporary_instance_for_cli as get;"
        "context = get(); context.__enter__(); print(os.environ.get('TMDB_API_TOKEN'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "None\n", done.stderr


@pytest.mark.timeout(600)
def test_forgetting_leaves_no_row_and_scrubbing_leaves_no_byte(
    home: dg.DagsterInstance,
    run: Callable[..., dg.ExecuteInProcessResult],
    project: Path,
    stored_in_postgres: PostgresServer,
) -> None:
    """Of an upload's name and of its film's title; all else stays."""
    server, warehouse = stored_in_postgres, Warehouse.of(environment.load())
    assert run(UPLOAD).success
    assert run("other.csv", *forgetting.TABLES).success
    forgetting.tick(home)
    forgetting.leave_traces_in_dagster(home)
    server.run("ANALYZE", "dagster")
    server.run("ANALYZE", "warehouse")
    names = (UPLOAD, TITLE, "her 'list'", "Qwyjibo")
    stored = server.dump("dagster") + server.dump("warehouse")
    assert all(form in stored for form in ("her 'list'", "Qwyjibo"))
    assert server.holds("Qwyjibo")
    others = [one.run_id for one in dagster_runs.runs_of(home, "other.csv")]
    before = len(warehouse.read(ENRICHED_MOVIES, "other.csv"))

    said = forgetting.forget(UPLOAD)
    assert said.startswith("0 "), said
    assert "movie-pipeline scrub" in said
    assert "backups" in said
    for database in ("dagster", "warehouse"):
        dump = server.dump(database)
        assert [one for one in names if one in dump] == [], database
    assert files_with(project, *names) == set()
    assert [one.run_id for one in dagster_runs.runs_of(home, "other.csv")] == others
    assert len(warehouse.read(ENRICHED_MOVIES, "other.csv")) == before
    assert home.get_dynamic_partitions("uploads") == ["other.csv"]
    assert server.holds("Qwyjibo"), "otherwise scrubbing would not be needed"

    scrubbed = CliRunner().invoke(main, ["scrub"])
    assert scrubbed.exit_code == 0, scrubbed.output
    assert re.search(r"Dagster's store: \d\d tables rewritten in [\d.]+ s", scrubbed.output)
    assert re.search(r"dbname=warehouse .*: 14 tables rewritten", scrubbed.output)
    assert "s3" not in scrubbed.output
    for name in ("her 'list'", "Qwyjibo"):
        assert server.holds(name) == []
    assert len(warehouse.read(ENRICHED_MOVIES, "other.csv")) == before


def test_rows_that_an_open_transaction_may_read_are_reported(
    home: dg.DagsterInstance,
    run: Callable[..., dg.ExecuteInProcessResult],
    stored_in_postgres: PostgresServer,
) -> None:
    assert run("other.csv", *forgetting.RAW).success
    reader = psycopg2.connect(stored_in_postgres.address("warehouse"))
    reader.set_session(isolation_level="REPEATABLE READ")
    reader.cursor().execute("SELECT 1")
    assert forgetting.forget("other.csv").startswith("0 ")
    said = CliRunner().invoke(main, ["scrub"])
    assert said.exit_code == 0, said.output
    assert "scrub again when it has ended" in " ".join(said.output.split())
    reader.close()
    assert "scrub again" not in CliRunner().invoke(main, ["scrub"]).output


def test_scrubbing_on_one_machine_says_that_there_is_nothing_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    said = CliRunner().invoke(main, ["scrub"])
    assert said.exit_code == 0, said.output
    assert said.output.count("scrubbed it already") == 2


def test_a_table_that_is_in_use_is_reported_without_the_password(
    home: dg.DagsterInstance, stored_in_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("movie_pipeline.forgetting.scrubbing._LOCK_SECONDS", 0.1)
    user = psycopg2.connect(stored_in_postgres.address("dagster"))
    user.cursor().execute("LOCK TABLE runs IN ACCESS SHARE MODE")
    said = CliRunner().invoke(main, ["scrub"])
    user.close()
    assert said.exit_code == 1
    assert "an hour without runs" in " ".join(said.output.split())
    assert PASSWORD not in said.output


def test_the_databases_owner_can_scrub_and_need_be_nothing_more(
    home: dg.DagsterInstance, stored_in_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user of docs/many-machines.md; the tests' own may do anything."""
    server = stored_in_postgres
    server.run("DROP DATABASE IF EXISTS owned")
    server.run("DROP ROLE IF EXISTS owner; CREATE ROLE owner LOGIN PASSWORD 'a-password'")
    server.run("CREATE DATABASE owned OWNER owner")
    where = f"host=127.0.0.1 port={server.port} dbname=owned user=owner password=a-password"
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", f"postgres:{where}")
    monkeypatch.setenv(
        "DAGSTER_POSTGRES", f"postgresql://owner:a-password@127.0.0.1:{server.port}/owned"
    )
    Warehouse.of(environment.load()).write("a.csv", {RAW_MOVIES: films("Qwyjibo")})
    Warehouse.of(environment.load()).forget("a.csv")
    said = CliRunner().invoke(main, ["scrub"])
    assert said.exit_code == 0, said.output
    assert said.output.count("tables rewritten") == 2
    assert server.holds("Qwyjibo") == []


def test_a_user_who_may_not_rewrite_a_table_is_told_so(
    home: dg.DagsterInstance, stored_in_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL only warns, and skips the table."""
    server = stored_in_postgres
    Warehouse.of(environment.load()).holds("a.csv")
    server.run("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest'")
    everything = "SCHEMA raw, enriched, analytics TO guest"
    server.run(f"GRANT ALL ON {everything}", "warehouse")
    server.run(f"GRANT ALL ON ALL TABLES IN {everything}", "warehouse")
    address = f"postgres:dbname=warehouse host=127.0.0.1 port={server.port} user=guest"
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", f"{address} password=guest")
    said = CliRunner().invoke(main, ["scrub"])
    assert said.exit_code == 1
    assert "only its owner" in " ".join(said.output.split())
