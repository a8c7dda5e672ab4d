"""Run workers: forked processes without a parent, which begin once the run's tag names them."""

import os
import subprocess
import sys

import psutil
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._grpc.types import ExecuteRunArgs

from movie_pipeline.instance import workers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not workers.SUPPORTED, reason="runs are forked on Linux only"),
]


@pytest.fixture
def arguments() -> ExecuteRunArgs:
    """For a run that no instance knows, so it ends as soon as it begins."""
    pointer = ModuleCodePointer("movie_pipeline.definitions", "defs", None)
    repository = RepositoryPythonOrigin("python", pointer, None, None, None)
    return ExecuteRunArgs(JobPythonOrigin("enrich_upload", repository), "no-run", None)


def test_a_runs_process_has_no_parent_and_begins_once_it_is_named(arguments):
    """So runs outlive the daemon, and a run's tags have one writer at a time."""
    with workers.started(arguments) as pid:
        worker = psutil.Process(pid)
        assert worker.is_running()
        assert os.getpid() not in {one.pid for one in worker.parents()}
    assert psutil.wait_procs([worker], timeout=120)[0] == [worker]


def test_a_process_that_cannot_be_started_is_reported(arguments, monkeypatch):
    monkeypatch.setattr(workers, "_fork", _dies)
    said = pytest.raises(workers.NoWorkerError, match="no process could be started")
    with said, workers.started(arguments):
        pass


def test_no_preloaded_library_starts_a_thread():
    """A fork has only the thread that forked; C libraries' own threads can cope with that."""
    names = ", ".join(workers.LIBRARIES)
    script = f"import threading, {names}; print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"1"


def _dies(*_: object) -> None:
    """A fork that exits without sending anything."""
