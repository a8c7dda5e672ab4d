"""The run launcher for one machine: it starts a run's process, and ends it.

What belongs here: starting the process on this machine, and interrupting it. What does not: whether
it is alive (`run_worker`), how a process is started (`workers`), other machines
(`celery_launcher`), the queue (`run_queue`).

Anyone who starts a run can write its tags. So what they say about processes is only a hint, which
is verified first: no unrelated process is ended, and no address is contacted, because of a tag.
Asking the code server whether a run is alive does not help: after "Reload definitions" it no longer
knows the runs that are executing.
"""

import json
import signal
import sys
from typing import TYPE_CHECKING

import psutil
from dagster import DefaultRunLauncher
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import ExecuteRunArgs

from movie_pipeline.instance import workers
from movie_pipeline.instance.run_worker import Watching, at_work, process_of, worker_tag
from movie_pipeline.liveness import Worker

if TYPE_CHECKING:
    from dagster._grpc.client import DagsterGrpcClient

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SERVES = {"grpc", "code-server"}
"""Words in the commands of code servers: ``dagster api grpc``, ``dagster code-server start``."""


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


class LocalRunLauncher(Watching, DefaultRunLauncher):
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

    def terminate(self, run_id: str) -> bool:
        """End a run, as "Terminate" in the UI does; returns whether that could be requested.

        This includes runs unknown to the code server: those from the command line, and those from
        before it was reloaded. The process is interrupted as by Ctrl-C.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        process = process_of(run)
        if process is None and at_work(run) is not False:
            return super().terminate(run_id)
        self._instance.report_run_canceling(run)
        if process is not None:
            process.send_signal(signal.SIGINT)
        else:
            self.cancel_without_process(run, "Its process was gone already.")
        return True

    def _get_grpc_client_for_termination(self, run_id: str) -> "DagsterGrpcClient | None":
        """Dagster's client for the code server that executes the run, if that is one of ours."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or not _is_code_server(run.tags.get(GRPC_INFO_TAG, "")):
            return None
        return super()._get_grpc_client_for_termination(run_id)
