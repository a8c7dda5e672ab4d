"""The run queue: small uploads go first, and large ones leave a slot free for them.

What belongs here: the tags that a run gets when it is queued, however it was started (sensor,
Materialize, backfill, retry), and its upload's status when the run is cancelled in the queue. What
does not: how many runs, and how many large ones, execute at once (`dagster.yaml`).

Priority alone is not enough: four large uploads would occupy every slot for a quarter of an hour.
For the underlying concept, see
https://docs.dagster.io/guides/operate/managing-concurrency/concurrency-runs.
"""

import logging

from dagster import (
    DagsterError,
    DagsterInstance,
    DagsterRun,
    QueuedRunCoordinator,
    SubmitRunContext,
)
from dagster._check import CheckError
from dagster._core.events import RunFailureReason
from dagster._core.storage.tags import RUN_FAILURE_REASON_TAG

from movie_pipeline import settings as environment
from movie_pipeline import uploads
from movie_pipeline.instance import cancellation
from movie_pipeline.instance.run_kind import explores
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.status.store import PROGRESS_TAG

log = logging.getLogger(__name__)

PRIORITY_TAG = "dagster/priority"
LAST = "-100"
"""The priority of runs that only rebuild stored rows: lower than that of any upload's size."""
SIZE_TAG = "movie_pipeline/size"
LARGE_BYTES = 20_000
"""About 300 films, at 60 bytes a line."""


class SizedRunQueue(QueuedRunCoordinator):
    """Dagster's queue, with tags for the size of a run's upload."""

    def register_instance(self, instance: DagsterInstance) -> None:
        """Take the instance that this queue belongs to, if it can launch runs.

        Dagster would find out when it launches the first run, fail that, and so each that follows,
        the repeats too. The daemon and the web server ask for the queue when they start.

        Raises:
            InstanceError: `dagster.yaml` names a launcher that can't be used.
        """
        super().register_instance(instance)
        try:
            instance.run_launcher  # noqa: B018  # built when it is first asked for
        except (DagsterError, CheckError, ImportError, ValueError, TypeError) as error:
            from movie_pipeline.instance.storage import InstanceError  # noqa: PLC0415  # SQLAlchemy

            reason = " ".join(str(error).split()) or type(error).__name__
            raise InstanceError(
                f"The run_launcher in dagster.yaml can't be used ({reason}): correct its module,"
                " class and config, then start again."
            ) from error

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Queue a run with tags for its upload's size; tags that the run already has win.

        A run that only reads its upload gets none: it is short, however large the upload is.
        """
        run = context.dagster_run
        upload, tags = run.tags.get(PARTITION_TAG), {}
        if upload and not explores(run):
            tags = {name: one for name, one in size_tags(upload).items() if name not in run.tags}
            if PROGRESS_TAG in run.tags:  # copied from the run that this one retries
                tags[PROGRESS_TAG] = "0"
        if RUN_FAILURE_REASON_TAG in run.tags:
            # The run has not failed yet. On a value that it does not know, Dagster's daemon would
            # raise, and retry none of the runs that died at the same time.
            tags[RUN_FAILURE_REASON_TAG] = RunFailureReason.UNKNOWN.value
        if tags:
            self._instance.add_run_tags(run.run_id, tags)
        return super().submit_run(context)

    def cancel_run(self, run_id: str) -> bool:
        """Remove a run from the queue, or end it, and record that in the upload's status."""
        run = self._instance.get_run_by_id(run_id)
        cancelled = super().cancel_run(run_id)
        now = self._instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished and now is not None and now.is_finished:
            cancellation.note(run)
        return cancelled


def size_tags(upload: str) -> dict[str, str]:
    """The tags of a run by its upload's size: smaller uploads go first.

    Uploads of about the same size (up to a factor of two) keep their order. No tags if the upload
    can't be read: its run will say why.
    """
    try:
        size = uploads.size(uploads.path_of(upload, environment.load().uploads))
    except (OSError, ValueError):
        log.info("%s can't be read; its run is queued without a size", upload)
        return {}
    kilobytes = size // 1000
    tags = {PRIORITY_TAG: str(-kilobytes.bit_length())}
    return tags | {SIZE_TAG: "large"} if size >= LARGE_BYTES else tags
