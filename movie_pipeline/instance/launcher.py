"""The run launcher: it starts a run's process, knows whether it is alive, and ends it.

What belongs here: the worker tag, which names the process that executes a run, and the three things
that Dagster asks of a launcher: start the process, say whether it is alive (run monitoring), and
end it. What does not: how a process is started (`workers`), retrying a run (`run_retries` in
`dagster.yaml`), the queue (`run_queue`), the proof that a process executes a run (`liveness`).

Anyone who starts a run can write its tags. So what they say about processes is only a hint, which
is verified first: no unrelated process is ended, and no address is contacted, because of a tag.

Dagster's own launcher never learns that a run's process died with its machine: the run would stay
"started" and occupy one of the few slots forever. Asking the code server does not help either:
after "Reload definitions" it no longer knows the runs that are executing. For the underlying
concept, see https://docs.dagster.io/deployment/execution/run-monitoring.
"""

import json
import signal
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import psutil
from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import ExecuteRunArgs
from pydantic import TypeAdapter, ValidationError

from movie_pipeline import liveness
from movie_pipeline.instance import cancellation, workers
from movie_pipeline.liveness import Worker

if TYPE_CHECKING:
    from dagster._grpc.client import DagsterGrpcClient

WORKER_TAG = ".dagster/worker"
"""Dagster's UI hides tags with this prefix; users need not see ours."""

_BEGINS_WITHIN_SECONDS = 60.0
_PACKAGE = "movie_pipeline"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SERVES = {"grpc", "code-server"}
"""Words in the commands of code servers: ``dagster api grpc``, ``dagster code-server start``."""
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
    path = liveness.lifeline_of(run.run_id)
    held = liveness.is_held(path) if path is not None else None
    if held is not None:
        return held
    worker = worker_of(run.run_id, run.tags)
    if worker is not None and worker.here:  # its data folder may differ from ours
        return _process_of(run) is not None
    return True if path is None else None  # invalid settings must not end any run


def _process_of(run: DagsterRun) -> psutil.Process | None:
    """The process on this host that its tag names, if that really executes the run."""
    worker = worker_of(run.run_id, run.tags)
    if worker is None or not worker.here or not worker.alive:
        return None
    return liveness.holder(run.run_id, worker.pid)


def _is_code_server(info: str) -> bool:
    """Whether Dagster's tag with a code server's address names one that this user runs here."""
    try:
        address = json.loads(info)
        host, place = str(address["host"]), str(address.get("socket") or address["port"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return False
    if host not in _LOOPBACK:
        return False
    user = psutil.Process().username()
    return any(
        one.info["username"] == user
        and place in (words := one.info["cmdline"] or [])
        and not _SERVES.isdisjoint(words)
        for one in psutil.process_iter(["username", "cmdline"])
    )


class LocalRunLauncher(DefaultRunLauncher):
    """Dagster's launcher for one machine, which also monitors the processes."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's process and tag the run with it before it begins.

        If that is not supported, or the run needs another Python, the code server starts the
        process, which then writes the tag itself (`executor`).

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
        """True, so run monitoring calls `check_run_worker_health` for every started run."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether a process is executing the run, on any host, by the lifeline that it locks.

        A process that has not locked it within a minute is taken to have died before it could.
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

    def terminate(self, run_id: str) -> bool:
        """End a run, as "Terminate" in the UI does; returns whether that could be requested.

        This includes runs unknown to the code server: those from the command line, and those from
        before it was reloaded. The process is interrupted as by Ctrl-C.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        process = _process_of(run)
        if process is None and at_work(run) is not False:
            return super().terminate(run_id)
        self._instance.report_run_canceling(run)
        if process is not None:
            process.send_signal(signal.SIGINT)
        else:
            cancellation.note(run)
            self._instance.report_run_canceled(run, "Its process was gone already.")
        return True

    def _get_grpc_client_for_termination(self, run_id: str) -> "DagsterGrpcClient | None":
        """Dagster's client for the code server that executes the run, if that is one of ours."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or not _is_code_server(run.tags.get(GRPC_INFO_TAG, "")):
            return None
        return super()._get_grpc_client_for_termination(run_id)

    def _should_have_begun(self, run: DagsterRun) -> bool:
        origin = run.job_code_origin or run.remote_job_origin
        record = self._instance.get_run_record_by_id(run.run_id)
        if record is None or record.start_time is None or _PACKAGE not in str(origin):
            return False  # a run of another project on this instance has no lifeline
        # A start time in the future is from before the clock was set back.
        return abs(time.time() - record.start_time) > _BEGINS_WITHIN_SECONDS
