"""The run queue of `dagster.yaml`: which queued runs Dagster's own daemon would launch next.

Only the daemon's decision is queried; nothing is launched.
"""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.events import RunFailureReason
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.run_coordinator.base import SubmitRunContext
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.instance.run_queue import LARGE_BYTES, PRIORITY_TAG, SIZE_TAG

FILM = "A Film of Some Sixty Letters That Nobody Ever Saw Anywhere,1999\n"
ROOT = Path(__file__).parents[2]
STATES = dg.DagsterRunStatus


class Queue:
    """The queue of an instance, and the runs in it."""

    def __init__(self, uploads: Path, instance: dg.DagsterInstance) -> None:
        self.uploads, self.instance = uploads, instance
        self._daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)

    def drop(self, upload: str, size: int) -> None:
        path = self.uploads / upload
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((FILM * (size // len(FILM) + 1))[:size])

    def submit(self, upload: str | None, job: str = "enrich_upload", **tags: str) -> dg.DagsterRun:
        """Request a run as the UI and the sensor do."""
        partition = {"dagster/partition": upload} if upload else {}
        run = self.instance.run_storage.add_run(
            dg.DagsterRun(
                job,
                run_id=str(uuid.uuid4()),
                status=STATES.NOT_STARTED,
                tags={**tags, **partition},
                remote_job_origin=RemoteJobOrigin(_REPOSITORY, job),
            )
        )
        context = SubmitRunContext(run, workspace=None)  # type: ignore[arg-type]  # of no use to it
        return self.instance.run_coordinator.submit_run(context)

    def next(self) -> list[str]:
        """The uploads whose runs the daemon would launch now, in order."""
        config = self.instance.get_concurrency_config()
        runs = self._daemon._get_runs_to_dequeue(self.instance, config, None)
        return [run.tags.get("dagster/partition", "") for run in runs]

    def launch(self) -> list[str]:
        """Mark those runs as started, so that they are no longer queued."""
        uploads = self.next()
        for run in self.instance.get_runs(dg.RunsFilter(statuses=[STATES.QUEUED])):
            if run.tags.get("dagster/partition", "") in uploads:
                self.instance.run_storage.handle_run_event(
                    run.run_id,
                    dg.DagsterEvent("PIPELINE_START", run.job_name),
                )
        return uploads


_REPOSITORY = RemoteRepositoryOrigin(
    ManagedGrpcPythonEnvCodeLocationOrigin(
        LoadableTargetOrigin(module_name="movie_pipeline.definitions"), "movie_pipeline"
    ),
    "__repository__",
)


@pytest.fixture(scope="module")
def _storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dagster's files without any runs, created once (two seconds)."""
    folder = tmp_path_factory.mktemp("instance")
    shutil.copy(ROOT / "dagster.yaml", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            instance.get_runs()
    return folder / "data" / "dagster"


@pytest.fixture
def queue(project: Path, monkeypatch: pytest.MonkeyPatch, _storage: Path) -> Iterator[Queue]:
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", "data")
    shutil.copytree(_storage, "data/dagster")
    with dg.DagsterInstance.from_config(str(project)) as instance:
        yield Queue(project / "data" / "uploads", instance)


def test_a_small_upload_dropped_behind_large_ones_is_launched_at_once(queue):
    """Three large ones may execute at a time; the fourth slot is left for small ones."""
    large = [f"large-{number}.csv" for number in range(5)]
    for upload in large:
        queue.drop(upload, 300_000)
        queue.submit(upload)
    assert queue.launch() == large[:3]
    assert queue.next() == []
    queue.drop("small.csv", 1_200)
    queue.submit("small.csv")
    assert queue.launch() == ["small.csv"]
    assert queue.next() == []


def test_smaller_uploads_go_first_and_similar_sizes_keep_their_order(queue):
    sizes = {"a.csv": 19_000, "b.csv": 9_000, "c.csv": 300, "d.csv": 18_000, "e.csv": 0}
    for upload, size in sizes.items():
        queue.drop(upload, size)
        queue.submit(upload)
    assert queue.next() == ["c.csv", "e.csv", "b.csv", "a.csv"]


def test_an_unpacked_export_is_as_large_as_its_files_together(queue):
    for name in ("profile.csv", "watched.csv", "deleted/diary.csv"):
        queue.drop(f"alice/{name}", LARGE_BYTES // 2)
    assert queue.submit("alice").tags[SIZE_TAG] == "large"
    queue.drop("bob.csv", LARGE_BYTES - 1)
    assert SIZE_TAG not in queue.submit("bob.csv").tags


def test_a_priority_set_by_the_user_wins(queue):
    for upload in ("small.csv", "urgent.csv"):
        queue.drop(upload, 100 if upload == "small.csv" else LARGE_BYTES)
    queue.submit("small.csv")
    queue.submit("urgent.csv", **{PRIORITY_TAG: "10"})
    assert queue.next() == ["urgent.csv", "small.csv"]


def test_exploring_a_large_upload_does_not_wait_for_other_large_ones(queue):
    """It draws stored rows, which takes seconds, and sends no requests."""
    for number in range(4):
        queue.drop(f"{number}.csv", 300_000)
        queue.submit(f"{number}.csv")
    assert queue.launch() == ["0.csv", "1.csv", "2.csv"]
    queue.submit("3.csv", "explore")
    assert queue.launch() == ["3.csv"]


def test_a_retry_begins_with_no_progress(queue):
    """Dagster copies the tags of the run that it retries."""
    queue.drop("a.csv", 100)
    assert queue.submit("a.csv", progress="143/169").tags["progress"] == "0"


@pytest.mark.parametrize("upload", ["a.csv", None])
def test_a_failure_reason_is_reset_when_a_run_is_queued(queue, upload):
    """Dagster's daemon reads that tag; an unknown value would stop it from retrying other runs."""
    tags = queue.submit(upload, **{"dagster/failure_reason": "because"}).tags
    assert RunFailureReason(tags["dagster/failure_reason"]) is RunFailureReason.UNKNOWN


@pytest.mark.parametrize("upload", ["gone.csv", "../outside.csv", None])
def test_a_run_of_an_unreadable_upload_is_queued_all_the_same(queue, upload):
    """The run reports what is wrong; if it were not queued, it would wait forever."""
    run = queue.submit(upload)
    assert run.status is STATES.QUEUED
    assert PRIORITY_TAG not in run.tags


def test_invalid_settings_do_not_keep_a_run_out_of_the_queue(queue, monkeypatch):
    queue.drop("a.csv", 100)
    monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "fast")
    assert queue.submit("a.csv").status is STATES.QUEUED


def test_two_runs_of_an_upload_never_execute_at_the_same_time(queue):
    queue.drop("a.csv", 100)
    queue.submit("a.csv")
    queue.submit("a.csv")
    assert queue.launch() == ["a.csv"]
    assert queue.next() == []


def test_a_run_cancelled_in_the_queue_shows_as_cancelled(queue):
    queue.drop("my films.csv", 100)
    run = queue.submit("my films.csv")
    assert queue.instance.run_coordinator.cancel_run(run.run_id)
    (shown,) = status.read(environment.load())
    assert shown.status == "cancelled"
    assert "The run was cancelled" in shown.message
    assert "movie-pipeline enrich 'my films.csv'" in shown.message


@pytest.mark.slow
@pytest.mark.parametrize(
    "launcher",
    [
        {"module": "dagster_celery", "class": "CeleryRunLauncher"},
        {"module": "no.such.module", "class": "Launcher"},
        {"module": "movie_pipeline.instance.launcher", "class": "NoLauncher"},
        {"module": "dagster._core.launcher", "class": "DefaultRunLauncher", "config": {"a": 1}},
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "dagster._daemon", "run"],
        ["-m", "movie_pipeline.commands.guarded", "webserver", "", "-p", "0"],
    ],
)
def test_a_launcher_that_cannot_be_used_stops_daemon_and_webserver_at_start(
    project, launcher, command
):
    """Otherwise each run fails when it is launched, and is repeated, and fails."""
    config = yaml.safe_load((project / "dagster.yaml").read_text())
    (project / "dagster.yaml").write_text(yaml.safe_dump(config | {"run_launcher": launcher}))
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**os.environ, "DAGSTER_HOME": str(project), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 1
    assert "Error: The run_launcher in dagster.yaml can't be used" in done.stderr
    assert "Traceback" not in done.stderr
