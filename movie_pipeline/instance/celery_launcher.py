"""The run launcher for several machines: it hands runs to Celery's workers, and ends them.

What belongs here: sending a run to the broker, and having its process interrupted on whichever
machine it is. What does not: what a worker does with it (`celery_app`), whether its process is
alive (`run_worker`), one machine (`launcher`). The library is an extra: only a `dagster.yaml` that
names this launcher imports it.

Dagster's own launcher for Celery asks Celery's result backend how a run is, which says STARTED for
ever of a run whose machine died. Ours asks the run's lifeline, needs no backend, and sends nothing
but the run's id: neither a password of `dagster.yaml` nor an upload is in a message.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from celery.exceptions import CeleryError, OperationalError
from dagster import DagsterInstance, DagsterRun
from dagster._core.events import EngineEventData
from dagster._core.launcher.base import LaunchRunContext
from dagster_celery import launcher
from dagster_celery.config import TASK_EXECUTE_JOB_NAME

from movie_pipeline.instance.run_worker import Watching, at_work
from movie_pipeline.instance.storage import InstanceError
from movie_pipeline.settings import ESCAPES, is_misread

log = logging.getLogger(__name__)

_PATIENCE = {"max_retries": 60, "interval_start": 1, "interval_step": 0, "interval_max": 1}
"""A launch waits a minute for a broker that restarts."""
_INSPECT_SECONDS = 5.0
_NOT_OURS = {"backend", "include"}


class BrokerError(Exception):
    """The broker can't be reached; the message says what to do."""


class CeleryRunLauncher(Watching, launcher.CeleryRunLauncher):
    """Dagster's launcher for Celery, which also monitors the processes of runs.

    A run's task has the run's id.

    Raises:
        InstanceError: the broker's address can't be read.
    """

    def __init__(self, default_queue: str, **config: Any) -> None:
        # Several addresses may be given, separated by semicolons.
        if any(map(is_misread, str(config.get("broker") or "").split(";"))):
            raise InstanceError(
                "The broker of run_launcher in dagster.yaml (CELERY_BROKER_URL) can't be read:"
                f" {ESCAPES}."
            )
        super().__init__(default_queue, **config)
        self._counted = False

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        """Dagster's options, without those of results, which nothing reads."""
        options = super().config_type()
        assert isinstance(options, Mapping)  # noqa: S101  # as Dagster declares it
        return {name: one for name, one in options.items() if name not in _NOT_OURS}

    @property
    def supports_resume_run(self) -> bool:
        """False: a run whose process died is repeated as a new run, which continues its work."""
        return False

    def launch_run(self, context: LaunchRunContext) -> None:
        """Send the run to the broker; the next free worker executes it.

        Raises:
            BrokerError: the broker can't be reached within a minute.
        """
        run = context.dagster_run
        try:
            self.celery.send_task(
                TASK_EXECUTE_JOB_NAME,
                [run.run_id],
                task_id=run.run_id,
                queue=self.default_queue,
                routing_key=f"{self.default_queue}.{TASK_EXECUTE_JOB_NAME}",
                ignore_result=True,
                retry_policy=_PATIENCE,
            )
        except (OperationalError, CeleryError) as error:
            raise BrokerError(_explained(error)) from error
        self._instance.report_engine_event(
            "The run was handed to the broker.",
            run,
            EngineEventData({"queue": self.default_queue}),
            cls=self.__class__,
        )
        if not self._counted:
            self._counted = True
            threading.Thread(
                target=self._compare_places, args=[self._instance], daemon=True
            ).start()

    def terminate(self, run_id: str) -> bool:
        """End a run, as "Terminate" in the UI does; returns whether that could be requested.

        Its process is interrupted as by Ctrl-C. A run that still waits for a worker, or whose
        worker is gone, ends at once.

        Raises:
            BrokerError: the broker can't be reached.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        working = at_work(run)
        self._instance.report_run_canceling(run)
        if working is not False:
            try:
                self.celery.control.revoke(run_id, terminate=True, signal="SIGINT")
            except (OperationalError, CeleryError) as error:
                raise BrokerError(_explained(error)) from error
        if not working:
            said = "Its process was gone already." if working is False else "It had not begun."
            self.cancel_without_process(run, said)
        return True

    def get_run_worker_debug_info(
        self, run: DagsterRun, include_container_logs: bool | None = True
    ) -> str | None:
        """None: what there is to know, the lifeline tells."""
        del run, include_container_logs
        return None

    def slots(self) -> int:
        """How many runs the workers that respond can execute at once."""
        replies = self.celery.control.inspect(timeout=_INSPECT_SECONDS).stats() or {}
        return sum(one["pool"]["max-concurrency"] for one in replies.values())

    def _compare_places(self, instance: DagsterInstance) -> None:
        """Warn if more runs may be launched than the workers can execute."""
        queue = instance.get_concurrency_config().run_queue_config
        places = queue.max_concurrent_runs if queue else -1
        try:
            slots = self.slots()
        except (OperationalError, CeleryError, OSError, LookupError):
            return  # only the hint is missing
        if slots and not 0 <= places <= slots:
            log.warning(
                "dagster.yaml lets %s runs execute at once (concurrency, runs,"
                " max_concurrent_runs), but the workers have %d slots: set it to %d, or runs that"
                " wait for a worker too long fail",
                "any number of" if places < 0 else places,
                slots,
                slots,
            )


def _explained(error: Exception) -> str:
    # Without the original message: some transports quote the broker's address.
    return (
        f"The broker of Celery can't be reached ({type(error).__name__}): start it, or check the"
        " broker of run_launcher in dagster.yaml."
    )
