"""Strangers: what a person who can start runs with any configuration and any tags can't do.

They can't reach the key or another folder, end a process that is not ours, or keep a slot occupied
for a run that died.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
import yaml
from dagster._config import ConfigTypeKind
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher.base import WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.storage.tags import GRPC_INFO_TAG

from movie_pipeline import liveness, status
from movie_pipeline import settings as environment
from movie_pipeline.definitions import defs
from movie_pipeline.forgetting import forget
from movie_pipeline.instance import cancellation, run_worker
from movie_pipeline.instance.launcher import LocalRunLauncher
from movie_pipeline.instance.run_worker import WORKER_TAG, worker_tag
from movie_pipeline.liveness import Worker
from movie_pipeline.status.store import Progress
from movie_pipeline_tests.conftest import ROOT, TOKEN
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.remains import files_with
from movie_pipeline_tests.soak.system import System, film_list
from movie_pipeline_tests.soak.ui import Refused
from movie_pipeline_tests.system.conftest import ON_ONE_UI

JOBS = {job.name: defs.resolve_job_def(job.name) for job in defs.jobs}
JOBS["__ASSET_JOB"] = defs.resolve_implicit_global_asset_job_def()
FIELDS = {
    "ops.enriched__movies.config.refresh",
    *(
        f"ops.dashboard__selection.config.{name}"
        for name in ("genre", "director", "actor", "decade", "rating")
    ),
    "ops.forget.config.sure",
}
POINTER = ModuleCodePointer("movie_pipeline.definitions", "defs", None)
ORIGIN = JobPythonOrigin(
    "enrich_upload", RepositoryPythonOrigin(sys.executable, POINTER, None, None, None)
)
OUTSIDE = (
    "../outside",
    "../../outside",
    "a/../../outside",
    "/proc/outside",
    "%2e%2e/outside",
    "a//b",
)


# Run configuration ----------------------------------------------------------------------------


def entries(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a run's configuration that takes a value, with its type."""
    if kind.kind is ConfigTypeKind.NONEABLE:
        yield from entries(kind.inner_type, path)
    elif ConfigTypeKind.has_fields(kind.kind):
        for name, field in kind.fields.items():
            yield from entries(field.config_type, f"{path}.{name}".lstrip("."))
    elif kind.kind is not ConfigTypeKind.ANY or "sure" in path:
        yield path, kind


@pytest.mark.parametrize("name", JOBS)
def test_a_run_has_no_other_configuration_fields(name: str) -> None:
    """A stranger may set each of these: they only choose among the user's own films and rows.

    An `env` value would be read from the process environment, where the key may be.
    """
    found = dict(entries(JOBS[name].run_config_schema.run_config_schema_type))
    ours = {path: kind for path, kind in found.items() if not path.startswith(("exec", "loggers"))}
    assert ours.keys() <= FIELDS
    plain = {ConfigTypeKind.SCALAR, ConfigTypeKind.ENUM, ConfigTypeKind.ANY}
    assert {kind.kind for kind in found.values()} <= plain


@pytest.mark.parametrize(
    ("resource", "field", "value"),
    [
        ("tmdb", "base_url", "{other}"),
        ("tmdb", "requests_per_second", 1000.0),
        ("tmdb", "workers", 64),
        ("tmdb", "language", {"env": "TMDB_API_TOKEN"}),
        ("warehouse", "database", "elsewhere.duckdb"),
        ("io_manager", "database", "elsewhere.duckdb"),
    ],
)
def test_a_run_that_configures_where_the_key_or_the_rows_go_is_refused(
    resource: str, field: str, value: object, tmdb: FakeTMDB, instance: dg.DagsterInstance
) -> None:
    with FakeTMDB(tmdb.catalogue, token=TOKEN) as other:
        value = other.base_url if value == "{other}" else value
        with pytest.raises(
            dg.DagsterInvalidConfigError, match=f'unexpected config entry "{field}"'
        ):
            JOBS["enrich_upload"].execute_in_process(
                instance=instance,
                tags={"dagster/partition": "mine.csv"},
                run_config={"resources": {resource: {"config": {field: value}}}},
            )
        assert other.requests == []
    assert not Path("elsewhere.duckdb").exists()


@pytest.fixture
def drawn(
    data: Path, instance: dg.DagsterInstance, run_job: Callable[..., dg.ExecuteInProcessResult]
) -> tuple[Path, dg.DagsterInstance]:
    """A completed upload, and the instance."""
    path = data / "uploads/mine.csv"
    path.write_text("Title,Year\nAlien,1979\n")
    assert run_job("mine.csv").success
    return path, instance


@pytest.mark.parametrize(
    ("job", "step", "field"),
    [
        ("enrich_upload", "enriched__movies", "refresh"),
        ("explore", "dashboard__selection", "genre"),
        ("forget_upload", "forget", "sure"),
    ],
)
def test_no_configuration_field_reads_the_key_from_the_environment(
    job: str, step: str, field: str, tmdb: FakeTMDB, drawn: tuple[Path, dg.DagsterInstance]
) -> None:
    """The failure names a genre that no film has, and shows in the UI."""
    path, instance = drawn
    text = ""
    try:
        done = JOBS[job].execute_in_process(
            instance=instance,
            tags={"dagster/partition": "mine.csv"},
            run_config={"ops": {step: {"config": {field: {"env": "TMDB_API_TOKEN"}}}}},
            raise_on_error=False,
        )
    except dg.DagsterInvalidConfigError as error:
        text = str(error)
    else:
        assert not done.success
    text += "".join(
        str(one) for run in instance.get_runs() for one in instance.all_logs(run.run_id)
    )
    assert tmdb.token == TOKEN
    assert text
    assert TOKEN not in text
    assert path.exists()


# Forgetting -----------------------------------------------------------------------------------


def forgotten(instance: dg.DagsterInstance, written: str) -> dg.ExecuteInProcessResult:
    """Run forget_upload with a configuration in YAML, as a person writes it."""
    return JOBS["forget_upload"].execute_in_process(
        instance=instance,
        tags={"dagster/partition": "mine.csv"},
        run_config=yaml.safe_load(written),
        raise_on_error=False,
    )


@pytest.mark.parametrize("sure", ["yes", "Yes", "true", "'yes'"])
def test_an_upload_is_forgotten_by_a_run_that_is_sure(
    sure: str, data: Path, instance: dg.DagsterInstance
) -> None:
    (data / "uploads/mine.csv").write_text("Title,Year\nAlien,1979\n")
    assert forgotten(instance, f"ops: {{forget: {{config: {{sure: {sure}}}}}}}").success
    assert not (data / "uploads/mine.csv").exists()


@pytest.mark.parametrize("sure", ["no", "false", "'no'", "1", "''", "AnyType", "[yes]", "{}", "~"])
def test_an_upload_is_not_forgotten_by_a_run_that_is_not_sure(
    sure: str, data: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launchpad's button for missing configuration writes `AnyType`."""
    monkeypatch.setattr(forget, "forget", pytest.fail)
    (data / "uploads/mine.csv").write_text("Title,Year\nAlien,1979\n")
    done = forgotten(instance, f"ops: {{forget: {{config: {{sure: {sure}}}}}}}")
    (failure,) = done.get_step_failure_events()
    said = str(failure.step_failure_data.user_failure_data.description)
    assert said.startswith("Nothing was removed. To")
    assert said.endswith("the configuration ops: {forget: {config: {sure: yes}}}.")
    assert (data / "uploads/mine.csv").exists()


@pytest.mark.parametrize("written", ["{}", "ops: {}", "ops: {forget: {config: {}}}"])
def test_an_upload_is_not_forgotten_by_a_run_without_that_configuration(
    written: str, instance: dg.DagsterInstance
) -> None:
    """It is refused before a run exists: the launchpad marks what is missing."""
    with pytest.raises(dg.DagsterInvalidConfigError, match="Missing required config entry"):
        forgotten(instance, written)


@ON_ONE_UI
def test_a_forgetting_run_or_backfill_in_the_ui_must_be_sure(system: System) -> None:
    """A backfill is sure for all of its uploads, and keeps none of their names."""
    names = ("qwyjibo-1.csv", "qwyjibo-2.csv")
    for name in names:
        system.drop(name, film_list(2))
    system.wait_until(lambda: system.have_completed(*names), what="the uploads are completed")
    with pytest.raises(Refused, match="Missing required config entry"):
        system.ui.launch("forget_upload", names[0], {})
    unsure = system.ui.launch("forget_upload", names[0], sure(False))
    system.wait_until(lambda: status_of(system, unsure) == "FAILURE", what="it is refused")
    assert (system.uploads / names[0]).exists()

    backfill = system.ui.backfill_job("forget_upload", names, sure(True))
    system.wait_until(lambda: system.statuses().keys().isdisjoint(names), what="both are forgotten")
    assert not [name for name in names if (system.uploads / name).exists()]
    system.wait_until(
        lambda: system.ui.backfill_status(backfill) == "COMPLETED_SUCCESS", what="it ends well"
    )
    assert files_with(system.data, "qwyjibo") == set()


def sure(answer: object) -> dict[str, object]:
    return {"ops": {"forget": {"config": {"sure": answer}}}}


def status_of(system: System, run_id: str) -> str:
    return {run["id"]: run["status"] for run in system.ui.runs()}[run_id]


# The upload's name ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "upload"),
    [
        *(("dashboard", upload) for upload in OUTSIDE),
        ("raw", OUTSIDE[0]),
        ("analytics", OUTSIDE[0]),
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused_by_every_step(
    step: str, upload: str, data: Path, instance: dg.DagsterInstance
) -> None:
    """Otherwise drawing alone would write `outside.html` there, and films.csv next to it."""
    instance.add_dynamic_partitions("uploads", [upload])  # as the UI's "Add a partition" does
    before = {path for path in data.parent.rglob("*") if "bundle" not in path.parts}
    done = JOBS["enrich_upload"].execute_in_process(
        instance=instance,
        tags={"dagster/partition": upload},
        op_selection=[step],
        raise_on_error=False,
    )
    assert "is not an upload: give the path of a file below" in str(done.get_step_failure_events())
    after = {path for path in data.parent.rglob("*") if "bundle" not in path.parts}
    assert {path.name for path in after - before} <= {"progress.sqlite", "warehouse.duckdb"}
    assert Progress.of(environment.load()).all() == []


@pytest.mark.parametrize("upload", OUTSIDE)
def test_a_name_that_leads_out_of_the_folder_stays_out_of_the_status(upload: str) -> None:
    run = dg.DagsterRun("enrich_upload", tags={"dagster/partition": upload})
    cancellation.note(run)
    assert status.read(environment.load()) == []


@pytest.mark.parametrize("number", ["many", "-1", "1e9", "9" * 5000, ""])
def test_a_run_works_whatever_its_retry_number_tag(
    number: str, data: Path, run_job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    (data / "uploads/mine.csv").write_text("Title,Year\nAlien,1979\n")
    assert run_job("mine.csv", drawn=False, **{"dagster/retry_number": number}).success


# Processes ------------------------------------------------------------------------------------

WAITS = "import sys; print('ready', flush=True); sys.stdin.read()"
HOLDS = f"""
import sys
from pathlib import Path
from movie_pipeline.liveness import FileLifeline
FileLifeline(Path(sys.argv[1])).hold()
{WAITS}
"""


@contextmanager
def process(code: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that waits until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as one:
        try:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
            yield one
        finally:
            one.kill()


@pytest.fixture
def local(instance: dg.DagsterInstance) -> LocalRunLauncher:
    one = LocalRunLauncher()
    one.register_instance(instance)
    return one


@pytest.fixture
def started(instance: dg.DagsterInstance) -> Callable[..., dg.DagsterRun]:
    """A started run of ours in Dagster's store, with arbitrary tags."""

    def make(worker: Worker | None = None, **tags: str) -> dg.DagsterRun:
        run_id = str(uuid.uuid4())
        tags |= worker_tag(run_id, worker) if worker else {}
        run = instance.create_run_for_job(
            JOBS["enrich_upload"],
            run_id=run_id,
            tags={"dagster/partition": "mine.csv", **tags},
            job_code_origin=ORIGIN,
        )
        instance.report_dagster_event(
            dg.DagsterEvent("PIPELINE_START", "enrich_upload"), run_id=run_id
        )
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.status is dg.DagsterRunStatus.STARTED
        return found

    return make


def health(local: LocalRunLauncher, run: dg.DagsterRun) -> WorkerStatus:
    return local.check_run_worker_health(run).status


def test_a_tag_that_names_another_process_ends_nothing(local, started) -> None:
    """Not even another process of ours: a daemon, or the process of another run."""
    with process(HOLDS, "dagster/workers/another-run.lock") as other:
        run = started(Worker.of(psutil.Process(other.pid)))
        assert health(local, run) is WorkerStatus.FAILED, "nor does it count as alive"
        assert local.terminate(run.run_id)
        assert local._instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.CANCELED
        # SIGINT would have ended it before it reads this.
        assert other.communicate("go on", timeout=60) == ("", None)
        assert other.returncode == 0


@pytest.mark.parametrize("folder", ["data", "another"])
def test_the_process_that_has_locked_the_runs_lifeline_is_interrupted(
    local, started, data: Path, folder: str
) -> None:
    """In any data folder, since Dagster's store does not move with it."""
    run = started()
    path = liveness.lifeline_path(run.run_id, data.parent / folder)
    with process(HOLDS, str(path)) as worker:
        tag = worker_tag(run.run_id, Worker.of(psutil.Process(worker.pid)))
        local._instance.add_run_tags(run.run_id, tag)
        run = run.with_tags({**run.tags, **tag})
        assert health(local, run) is WorkerStatus.RUNNING
        assert local.terminate(run.run_id)
        assert worker.wait(60) == -signal.SIGINT
    assert health(local, run) is WorkerStatus.FAILED


@pytest.mark.parametrize("pid", ["-1", "0", "1", str(2**22 + 1), str(2**70), "me", "1.5"])
def test_a_tag_with_an_odd_pid_ends_nothing(local, started, pid: str, monkeypatch) -> None:
    """Signalling pid -1 would end every process of the user, and 0 the daemon's own group."""
    monkeypatch.setattr(os, "kill", pytest.fail)
    monkeypatch.setattr(psutil.Process, "send_signal", pytest.fail)
    run = started()
    tag = {WORKER_TAG: f"{socket.gethostname()}/{pid}/1.0/{run.run_id}"}
    local._instance.add_run_tags(run.run_id, tag)
    local.terminate(run.run_id)
    assert health(local, run.with_tags({**run.tags, **tag})) is not None


def test_a_run_on_another_host_counts_as_alive_as_long_as_its_lifeline_is_locked(
    local, started, data: Path, monkeypatch
) -> None:
    """Otherwise a tag that names another host would keep a dead run in its slot forever."""
    run = started(Worker("another-host", 7, 1.0))
    assert health(local, run) is WorkerStatus.RUNNING, "it may be about to lock it"
    path = liveness.lifeline_path(run.run_id, data)
    with process(HOLDS, str(path)):
        monkeypatch.setattr(run_worker, "_BEGINS_WITHIN_SECONDS", 0.0)
        assert health(local, run) is WorkerStatus.RUNNING
    assert health(local, run) is WorkerStatus.FAILED
    path.unlink()
    assert health(local, run) is WorkerStatus.NOT_FOUND


def test_invalid_settings_end_no_run(local, started, monkeypatch) -> None:
    run = started(Worker("another-host", 7, 1.0))
    monkeypatch.setattr(run_worker, "_BEGINS_WITHIN_SECONDS", 0.0)
    monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "fast")
    assert health(local, run) is WorkerStatus.RUNNING


@pytest.mark.parametrize("run_id", ["../../outside", "/outside", "..", "a/b", "a\0b", ""])
def test_no_run_id_leads_out_of_the_folder_of_lifelines(run_id: str, tmp_path: Path) -> None:
    path = liveness.lifeline_path(run_id, tmp_path)
    assert path.resolve().parent == (tmp_path / "dagster/workers").resolve()
    assert path.name not in {"", ".", ".."}


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A service on this machine that is not a code server."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.settimeout(0)
        yield one


@pytest.mark.parametrize(
    "address",
    [
        {"host": "127.0.0.1"},
        {"host": "localhost"},
        {"host": "192.0.2.1"},
        {"host": "evil.example", "use_ssl": True},
        {"host": ["localhost"]},
        "no json",
        [],
        None,
    ],
)
def test_no_address_is_contacted_because_of_a_tag(
    local, started, address: object, listening: socket.socket, monkeypatch
) -> None:
    """Dagster's own launcher would ask whatever address the tag names to cancel the run."""
    monkeypatch.setattr("dagster._grpc.client.DagsterGrpcClient.__init__", pytest.fail)
    if isinstance(address, dict):
        address = address | {"port": listening.getsockname()[1]}
    info = address if isinstance(address, str) else json.dumps(address)
    run = started(**{GRPC_INFO_TAG: info})
    assert not local.terminate(run.run_id)
    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (["api", "grpc", "--socket", "/tmp/one"], {"socket": "/tmp/one"}),
        (["code-server", "start", "--port", "4266"], {"port": 4266}),
    ],
)
def test_a_code_server_of_this_user_is_contacted(local, started, words, address) -> None:
    run = started(**{GRPC_INFO_TAG: json.dumps({"host": "localhost", **address})})
    assert local._get_grpc_client_for_termination(run.run_id) is None
    with process(WAITS, *words):
        assert local._get_grpc_client_for_termination(run.run_id) is not None
