"""The run launcher: it gives a run its process, knows whether that lives, and ends it.

What belongs here: the worker tag, which names the process that does a run, and what Dagster asks
of it: to start one, whether it lives (run monitoring), and to end it. What does not: how a process
is started (`workers`), starting a run again (`run_retries` in `dagster.yaml`), the queue
(`run_queue`).

Dagster's own launcher never learns that a run's process died with its machine: the run would stay
"started" and hold one of the few places for ever. Nor may the code server be asked: after "Reload
definitions" it denies knowing the runs that are at work. For the underlying concept, see
https://docs.dagster.io/deployment/execution/run-monitoring.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping

import psutil
from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._grpc.types import ExecuteRunArgs
from pydantic import TypeAdapter, ValidationError

from movie_pipeline import cancellation, lifeline, workers
from movie_pipeline.progress import Worker

WORKER_TAG = ".dagster/worker"
"""Dagster's UI shows no tag that begins like this; nobody need read ours."""

_NAMES_ITSELF_WITHIN_SECONDS = 60.0
_PACKAGE = "movie_pipeline"
_HOST, _PID, _STARTED, _RUN = range(4)
_WORKER = TypeAdapter(Worker)


def worker_tag(run_id: str, worker: Worker) -> dict[str, str]:
    """The run's tag that names its process: host, pid, when it started, and the run.

    The run is named because Dagster copies the tags of a run to the one that repeats it, which
    must not be judged by its predecessor's dead process.
    """
    return {WORKER_TAG: f"{worker.host}/{worker.pid}/{worker.started:.2f}/{run_id}"}


def worker_of(run_id: str, tags: Mapping[str, str]) -> Worker | None:
    """The process that does a run, None where it has not named itself."""
    parts = tags.get(WORKER_TAG, "").rsplit("/", maxsplit=3)
    if len(parts) != 4 or parts[_RUN] != run_id:
        return None
    try:
        return _WORKER.validate_python(
            {
                "host": parts[_HOST],
                "pid": parts[_PID],
                "started": parts[_STARTED],
                "lifeline": lifeline.of(run_id),
            }
        )
    except ValidationError:
        return None


class LocalRunLauncher(DefaultRunLauncher):
    """Dagster's launcher for one machine, with an eye on the processes."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's process, which bears its name from the first moment on.

        Where that is not supported, or the run is another Python's, the code server starts it, and
        it names itself (`executor`).

        Raises:
            NoWorkerError: no process could be started.
        """
        run, origin = context.dagster_run, context.job_code_origin
        if not workers.SUPPORTED or origin is None or origin.executable_path != sys.executable:
            super().launch_run(context)
            return
        arguments = ExecuteRunArgs(origin, run.run_id, self._instance.get_ref())
        with workers.started(arguments) as pid:
            worker = Worker.of(psutil.Process(pid))
            self._instance.add_run_tags(run.run_id, worker_tag(run.run_id, worker))

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks `check_run_worker_health` about every started run."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the run's process lives; one of another host is believed to, by its lifeline.

        A run that has not named its process within a minute died before it could.
        """
        worker = worker_of(run.run_id, run.tags)
        if worker is None:
            if not self._should_have_named_itself(run):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            return CheckRunHealthResult(
                WorkerStatus.NOT_FOUND, "the run's process died before it began to work"
            )
        if worker.alive:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.FAILED,
            f"process {worker.pid} is gone (killed, or the machine was restarted)",
        )

    def terminate(self, run_id: str) -> bool:
        """End a run, as "Terminate" in the UI asks; whether that could be asked of anybody.

        Also a run that the code server knows nothing of: of a command line, or from before it was
        reloaded. Its process is interrupted as by Ctrl-C.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        worker = worker_of(run_id, run.tags)
        if worker is None or (worker.alive and not worker.here):
            return super().terminate(run_id)
        self._instance.report_run_canceling(run)
        if worker.alive:
            os.kill(worker.pid, signal.SIGINT)
        else:
            cancellation.note(run)
            self._instance.report_run_canceled(run, "Its process was gone already.")
        return True

    def _should_have_named_itself(self, run: DagsterRun) -> bool:
        origin = run.job_code_origin or run.remote_job_origin
        record = self._instance.get_run_record_by_id(run.run_id)
        if record is None or record.start_time is None or _PACKAGE not in str(origin):
            return False  # a run of another project on this instance never names itself
        # One that began in the future did so before the clock was set back.
        return abs(time.time() - record.start_time) > _NAMES_ITSELF_WITHIN_SECONDS
