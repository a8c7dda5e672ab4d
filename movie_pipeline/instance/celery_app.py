"""The Celery app of a worker machine: it executes the runs that `celery_launcher` sends.

    celery -A movie_pipeline.instance.celery_app worker -Q dagster -c 2 -n %h

What belongs here: what a worker does with a run, and the settings of Celery that this requires.
What does not: the broker's address, which the worker reads where the launcher does, in
`dagster.yaml` (`DAGSTER_HOME`).

Each run has a process of its own, forked from one that has already imported the libraries, as on
one machine (`workers`). A task is acknowledged when its run has ended, so that a worker takes no
more runs than it can execute. For the price, the broker delivers a run again when it has lost sight
of its worker. That run does nothing if it has ended, or if a process is at work on it.
"""

import importlib
import logging
import os
from functools import cache
from typing import Any, ClassVar

from celery import Celery, bootsteps
from dagster import DagsterInstance, DagsterRunStatus
from dagster._cli.api import _execute_run_command_body
from dagster._core.instance.ref import InstanceRef
from dagster._utils.interrupts import capture_interrupts
from dagster_celery.config import TASK_EXECUTE_JOB_NAME

from movie_pipeline import liveness
from movie_pipeline import settings as environment
from movie_pipeline.instance import workers
from movie_pipeline.instance.celery_launcher import CeleryRunLauncher
from movie_pipeline.instance.run_worker import worker_tag
from movie_pipeline.instance.storage import InstanceError
from movie_pipeline.liveness import Worker
from movie_pipeline.settings import SettingsError
from movie_pipeline.status import env_stamps
from movie_pipeline.status.entries import ProgressError

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 5
"""RabbitMQ gives a machine up after two that are missing. Until then it would hand it more runs;
the launcher has found it dead, and repeats its runs, after some ten seconds, too."""
_STAMP_SECONDS = 5.0
_WAITING = {DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING}


def execute(run_id: str) -> None:
    """Execute a run in this process, unless it has ended or another process executes it."""
    with DagsterInstance.get() as instance, capture_interrupts():
        run = instance.get_run_by_id(run_id)
        if run is None or run.status not in _WAITING:
            log.info("run %s was delivered again; it has ended or is at work", run_id)
        elif not liveness.hold(run_id):
            log.info("run %s was delivered again; another process executes it", run_id)
        else:
            instance.add_run_tags(run_id, worker_tag(run_id, Worker.current()))
            _say_nothing_more()
            _execute_run_command_body(run_id, instance, lambda _: None, False)


class KeyStamp(bootsteps.StartStopStep):
    """Tells the hub when this machine's ``.env`` changes: its runs may have failed for the key.

    On the timer of Celery's own loop, since a thread would not be safe in a process that forks.
    """

    requires: ClassVar = {"celery.worker.components:Timer"}

    def start(self, worker: Any) -> None:
        """Tell it now and then, as long as the worker runs."""
        self._announce()
        worker.timer.call_repeatedly(_STAMP_SECONDS, self._announce)

    def _announce(self) -> None:
        try:
            env_stamps.announce(environment.load())
        except (ProgressError, SettingsError) as error:
            log.warning("%s", error)


def _say_nothing_more() -> None:
    """Write nothing of the run to the worker's log: Dagster has it, and it names the upload."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


@cache
def _app() -> Celery:
    """The app of the launcher that `dagster.yaml` names.

    Raises:
        InstanceError: it names another one, or there is none.
    """
    home = os.getenv("DAGSTER_HOME", "")
    launcher = InstanceRef.from_dir(home).run_launcher if home else None
    if not isinstance(launcher, CeleryRunLauncher):
        raise InstanceError(
            "A worker needs the run_launcher CeleryRunLauncher of"
            " movie_pipeline.instance.celery_launcher in the dagster.yaml of DAGSTER_HOME."
        )
    for library in (*workers.LIBRARIES, "dagster_postgres"):
        importlib.import_module(library)
    app = launcher.celery
    app.conf.update(
        broker_heartbeat=_HEARTBEAT_SECONDS,
        worker_max_tasks_per_child=1,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
        task_acks_late=True,
        task_ignore_result=True,
    )
    app.steps["worker"].add(KeyStamp)
    app.task(name=TASK_EXECUTE_JOB_NAME)(execute)
    return app


def __getattr__(name: str) -> object:
    """``app``, made when Celery asks for it: this module can be imported without a broker."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _app()
