"""Run workers: forked processes that belong to nobody and begin when they have their name."""

import os
import subprocess
import sys

import psutil
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._grpc.types import ExecuteRunArgs

from movie_pipeline.instance import workers

pytestmark = pytest.mark.skipif(not workers.SUPPORTED, reason="runs are forked on Linux only")


@pytest.fixture
def arguments() -> ExecuteRunArgs:
    """Of a run that nobody knows, which ends as soon as it begins."""
    pointer = ModuleCodePointer("movie_pipeline.definitions", "defs", None)
    repository = RepositoryPythonOrigin("python", pointer, None, None, None)
    return ExecuteRunArgs(JobPythonOrigin("enrich_upload", repository), "no-run", None)


def test_a_runs_process_is_nobodys_and_begins_when_it_has_its_name(arguments):
    """So a daemon that ends leaves its runs at work, and a run's tags have one writer at a time."""
    with workers.started(arguments) as pid:
        worker = psutil.Process(pid)
        assert worker.is_running()
        assert os.getpid() not in {one.pid for one in worker.parents()}
    assert psutil.wait_procs([worker], timeout=120)[0] == [worker]


def test_a_process_that_can_not_be_started_is_said_so(arguments, monkeypatch):
    monkeypatch.setattr(workers, "_fork", _dies)
    said = pytest.raises(workers.NoWorkerError, match="no process could be started")
    with said, workers.started(arguments):
        pass


def test_no_library_that_is_imported_beforehand_starts_a_thread():
    """A fork has the thread that forked and no other; those of C libraries know of forks."""
    names = ", ".join(workers.LIBRARIES)
    script = f"import threading, {names}; print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"1"


def _dies(*_: object) -> None:
    """A fork that ends without a word."""
