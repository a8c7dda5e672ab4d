"""The launcher: a dead run is found, a living one left alone, a terminated one ends.

With real processes of `dagster job execute`, killed with SIGKILL.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from movie_pipeline.instance import run_worker
from movie_pipeline.instance.run_worker import WORKER_TAG, worker_of, worker_tag
from movie_pipeline.liveness import Worker
from movie_pipeline_tests.soak.system import System, film_list, running

STATES, EVENTS = dg.DagsterRunStatus, dg.DagsterEventType


@pytest.fixture
def system(bundle: Path) -> Iterator[System]:
    """A folder like a fresh clone, and a TMDB so slow that runs are still executing when needed."""
    with running(latency=8.0, bundle=bundle) as system:
        yield system


@pytest.fixture
def watch(system, monkeypatch) -> Iterator[Callable[[], dict[str, dg.DagsterRun]]]:
    """One pass of Dagster's run monitoring; returns the runs by upload."""
    monkeypatch.chdir(system.folder)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(system.data))
    with dg.DagsterInstance.from_config(str(system.folder)) as instance:
        daemon = SimpleNamespace(instance=instance, create_request_context=lambda: None)

        def watch() -> dict[str, dg.DagsterRun]:
            errors = execute_run_monitoring_iteration(daemon, logging.getLogger())
            assert list(filter(None, errors)) == []
            return {run.tags["dagster/partition"]: run for run in instance.get_runs()}

        watch.instance = instance
        yield watch


def test_a_runs_tag_names_the_process_that_executes_it():
    tags = worker_tag("a-run", Worker.current())
    assert worker_of("a-run", tags).pid == os.getpid()
    assert worker_of("a-run", tags).alive


def test_a_tag_copied_from_the_retried_run_is_ignored():
    """Dagster copies tags to a retry; judged by its predecessor's process, it would end at once."""
    assert worker_of("another", worker_tag("a-run", Worker.current())) is None


@pytest.mark.parametrize("tag", ["", "me", "host/1/2", "host/x/1.0/a-run", "host/1/x/a-run"])
def test_a_malformed_tag_is_ignored(tag):
    assert worker_of("a-run", {WORKER_TAG: tag}) is None


def test_a_process_of_another_host_is_assumed_to_be_alive():
    worker = worker_of("a-run", {WORKER_TAG: f"another/host/{2**22}/1.00/a-run"})
    assert worker == Worker("another/host", 2**22, 1.0)
    assert worker.alive


@pytest.mark.slow
def test_a_killed_run_is_found_a_terminated_one_ends_and_a_living_one_is_left_alone(
    system, watch, monkeypatch
):
    names = ("killed.csv", "terminated.csv", "alive.csv")
    for name in names:
        system.drop(name, film_list(100))
    processes = {name: system.execute(name) for name in names}
    system.wait_until(lambda: system.counted()["enriching"] == 3, what="all three are executing")
    runs = watch()
    assert {run.status for run in runs.values()} == {STATES.STARTED}
    workers = {name: worker_of(run.run_id, run.tags) for name, run in runs.items()}
    assert {name: one.pid for name, one in workers.items()} == {
        name: process.pid for name, process in processes.items()
    }

    processes["killed.csv"].kill()
    processes["killed.csv"].wait()
    assert watch.instance.run_launcher.terminate(runs["terminated.csv"].run_id)
    assert processes["terminated.csv"].wait(200) == 1

    runs = watch()
    assert {name: run.status for name, run in runs.items()} == {
        "killed.csv": STATES.FAILURE,
        "terminated.csv": STATES.CANCELED,
        "alive.csv": STATES.STARTED,
    }
    shown = system.statuses()
    assert shown["alive.csv"].status == "enriching"
    assert shown["killed.csv"].status == "failed"
    assert shown["terminated.csv"].status == "cancelled"
    assert "process is gone" in shown["killed.csv"].message
    assert "The run was cancelled" in shown["terminated.csv"].message
    assert "movie-pipeline enrich terminated.csv" in shown["terminated.csv"].message
    events = [
        (one.dagster_event_type, one.step_key)
        for one in watch.instance.all_logs(runs["terminated.csv"].run_id)
        if one.dagster_event
    ]
    since = events.index((EVENTS.PIPELINE_CANCELING, None))
    assert events[since + 1 :] == [
        (EVENTS.ENGINE_EVENT, "enriched__movies"),
        (EVENTS.PIPELINE_CANCELED, None),
    ]
    said = system.said.read_text()
    assert "Stack Trace" not in said
    assert "retry" not in said

    # For a run without a worker tag the lifeline counts; without one the process may still begin,
    # but not forever.
    untagged = runs["alive.csv"].with_tags({"dagster/partition": "alive.csv"})
    health = watch.instance.run_launcher.check_run_worker_health
    assert health(untagged).status is WorkerStatus.RUNNING
    monkeypatch.setattr(run_worker, "_BEGINS_WITHIN_SECONDS", 0.0)
    assert health(untagged).status is WorkerStatus.RUNNING
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(system.data / "another"))
    assert health(runs["alive.csv"]).status is WorkerStatus.RUNNING, "by its process"
    assert health(untagged).status is WorkerStatus.NOT_FOUND
    foreign = untagged._replace(job_code_origin=None)
    assert health(foreign).status is WorkerStatus.RUNNING
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(system.data))

    processes["alive.csv"].send_signal(signal.SIGINT)  # Ctrl-C
    assert processes["alive.csv"].wait(200) == 1
    assert "The run was interrupted" in system.statuses()["alive.csv"].message
