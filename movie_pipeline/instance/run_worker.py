"""The process that executes a run: what names it, whether it is at work, and what ends without it.

What belongs here: the worker tag, and what every launcher of ours shares, wherever it starts the
process: telling Dagster's run monitoring whether it is alive, and ending a run whose process is
gone. What does not: starting and interrupting the process (`launcher`, `celery_launcher`), the
proof that a process executes a run (`liveness`), retrying a run (`run_retries` in `dagster.yaml`).

Anyone who starts a run can write its tags. So what they say about processes is only a hint, which
is verified first.

Dagster's own launchers never learn that a run's process died with its machine: the run would stay
"started" and occupy one of the few slots forever. For the underlying concept, see
https://docs.dagster.io/deployment/execution/run-monitoring.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from dagster import DagsterRun
from dagster._core.launcher.base import CheckRunHealthResult, RunLauncher, WorkerStatus
from pydantic import TypeAdapter, ValidationError

from movie_pipeline import liveness
from movie_pipeline.instance import cancellation
from movie_pipeline.liveness import FileLifeline, Worker, lifeline_path

WORKER_TAG = ".dagster/worker"
"""Dagster's UI hides tags with this prefix; users need not see ours."""

_BEGINS_WITHIN_SECONDS = 60.0
_PACKAGE = "movie_pipeline"
_HOST, _PID, _STARTED, _RUN = range(4)
_WORKER = TypeAdapter(Worker)


def worker_tag(run_id: str, worker: Worker) -> dict[str, str]:
    """The run's tag that names its process: host, pid, start time, and the run's id.

    The id is included because Dagster copies a run's tags to its retry, which must not be judged by
    the dead process of its predecessor.
    """
    return {WORKER_TAG: f"{worker.host}/{worker.pid}/{worker.started:.2f}/{run_id}"}


def worker_of(run_id: str, tags: Mapping[str, str]) -> Worker | None:
    """The process that a run's tag names; None if there is no valid tag."""
    parts = tags.get(WORKER_TAG, "").rsplit("/", maxsplit=3)
    if len(parts) != 4 or parts[_RUN] != run_id:
        return None
    try:
        return _WORKER.validate_python(
            {
                "host": parts[_HOST],
                "pid": parts[_PID],
                "started": parts[_STARTED],
                "lifeline": liveness.lifeline_of(run_id),
            }
        )
    except ValidationError:
        return None


def at_work(run: DagsterRun) -> bool | None:
    """Whether a process is executing the run; None if that is unknown for lack of any trace."""
    lifeline = liveness.lifeline_of(run.run_id)
    held = lifeline.is_held() if lifeline is not None else None
    worker = worker_of(run.run_id, run.tags)
    if lifeline is not None and not lifeline.leaves_trace:
        if held is None:
            return True  # an unreachable Redis must not end any run
        return held or (None if worker is None else False)
    if held is None and worker is not None and worker.here:  # its data folder may differ from ours
        return process_of(run) is not None
    return True if lifeline is None else held  # nor must invalid settings


def process_of(run: DagsterRun) -> psutil.Process | None:
    """The process on this host that its tag names, if that really executes the run."""
    worker = worker_of(run.run_id, run.tags)
    if worker is None or not worker.here or not worker.alive:
        return None
    # With invalid settings its name is enough, in whichever folder.
    lifeline = worker.lifeline or FileLifeline(lifeline_path(run.run_id, Path()))
    return lifeline.holder(worker.pid)


class Watching(RunLauncher):
    """A launcher whose runs are known to be alive by their lifelines, on any host."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True, so run monitoring calls `check_run_worker_health` for every started run."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether a process is executing the run, on any host, by the lifeline that it holds.

        A process that has not taken it within a minute is taken to have died before it could.
        """
        working = at_work(run)
        if working or (working is None and not self._should_have_begun(run)):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if working is None:
            return CheckRunHealthResult(
                WorkerStatus.NOT_FOUND, "the run's process died before it began to work"
            )
        return CheckRunHealthResult(
            WorkerStatus.FAILED,
            "the run's process is gone (killed, crashed, or the machine was restarted)",
        )

    def cancel_without_process(self, run: DagsterRun, message: str) -> None:
        """End a run that no process can end: Dagster's record of it, and its upload's status."""
        cancellation.note(run)
        self._instance.report_run_canceled(run, message)

    def _should_have_begun(self, run: DagsterRun) -> bool:
        origin = run.job_code_origin or run.remote_job_origin
        record = self._instance.get_run_record_by_id(run.run_id)
        if record is None or record.start_time is None or _PACKAGE not in str(origin):
            return False  # a run of another project on this instance has no lifeline
        # A start time in the future is from before the clock was set back.
        return abs(time.time() - record.start_time) > _BEGINS_WITHIN_SECONDS
