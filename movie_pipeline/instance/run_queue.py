"""The run queue: small uploads go first, and large ones leave a place free for them.

What belongs here: what a run is given on its way into the queue, whichever door it comes from
(sensor, Materialize, backfill, retry), and what its upload's status says when it is taken out
again. What does not: how many runs work at once, and how many large ones of them (`dagster.yaml`).

Order alone would not do: four large uploads would keep every place for a quarter of an hour. For
the underlying concept, see
https://docs.dagster.io/guides/operate/managing-concurrency/concurrency-runs.
"""

import logging

from dagster import DagsterRun, QueuedRunCoordinator, SubmitRunContext
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
SIZE_TAG = "movie_pipeline/size"
LARGE_BYTES = 20_000
"""Some 300 films, at 60 bytes a line."""


class SizedRunQueue(QueuedRunCoordinator):
    """Dagster's queue, for runs that say how large their upload is."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Queue a run, with the tags that its upload's size gives it; one's own tags count.

        A run that only looks at its upload gets none: it is short, however large that is.
        """
        run = context.dagster_run
        upload, tags = run.tags.get(PARTITION_TAG), {}
        if upload and not explores(run):
            tags = {name: one for name, one in size_tags(upload).items() if name not in run.tags}
            if PROGRESS_TAG in run.tags:  # copied from the run that this one repeats
                tags[PROGRESS_TAG] = "0"
        if RUN_FAILURE_REASON_TAG in run.tags:
            # It has not failed yet. Over a word of somebody's own Dagster would stumble, and repeat
            # none of the runs that died along with it.
            tags[RUN_FAILURE_REASON_TAG] = RunFailureReason.UNKNOWN.value
        if tags:
            self._instance.add_run_tags(run.run_id, tags)
        return super().submit_run(context)

    def cancel_run(self, run_id: str) -> bool:
        """Take a run out of the queue, or end it; the upload's status says so."""
        run = self._instance.get_run_by_id(run_id)
        cancelled = super().cancel_run(run_id)
        now = self._instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished and now is not None and now.is_finished:
            cancellation.note(run)
        return cancelled


def size_tags(upload: str) -> dict[str, str]:
    """The tags of a run by its upload's size: the smaller, the earlier.

    Uploads of about the same size (up to twice as large) keep their order. None where the upload
    can't be looked at: its run will say why.
    """
    try:
        size = uploads.size(uploads.path_of(upload, environment.load().uploads))
    except (OSError, ValueError):
        log.info("%s can't be looked at; its run is queued without a size", upload)
        return {}
    kilobytes = size // 1000
    tags = {PRIORITY_TAG: str(-kilobytes.bit_length())}
    return tags | {SIZE_TAG: "large"} if size >= LARGE_BYTES else tags
