"""Cancellation: what an upload's status says about a run that a person or the machine stopped.

What belongs here: the messages, and recording them once. What does not: stopping a run (`launcher`,
`run_queue`), a run that failed on its own (`defs.assets.step`), a run that was killed and could not
record anything (`status.store.Entry.killed`).
"""

import logging
import shlex

from dagster import DagsterRun

from movie_pipeline import settings as environment
from movie_pipeline import uploads
from movie_pipeline.instance.run_kind import explores
from movie_pipeline.names import FORGET_JOB, PARTITION_TAG
from movie_pipeline.settings import DEV, SettingsError
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.store import Progress

log = logging.getLogger(__name__)


def note(run: DagsterRun, *, cancelled: bool = True) -> None:
    """Record in the upload's status that a run was cancelled, or interrupted. Never raises.

    The previously stored rows count. Nothing is recorded for a run without an upload, nor for one
    that forgets its upload or only reads it.
    """
    upload = run.tags.get(PARTITION_TAG)
    if not upload or run.job_name == FORGET_JOB or explores(run):
        return
    try:
        uploads.parts_of(upload)
    except ValueError:
        return  # no upload can have this name, and it would stay in the status forever
    resume = f"What was fetched is kept: movie-pipeline enrich {shlex.quote(upload)} continues"
    if cancelled:
        message = f"The run was cancelled. {resume} from there."
    elif run.remote_job_origin is None:  # from the command line: Dagster does not retry it
        message = f"The run was interrupted. {resume} from there."
    else:
        message = f"The run was interrupted. {resume} from there; {DEV} does so automatically."
    try:
        Progress.of(environment.load()).fail(upload, run.run_id, message, cancelled=cancelled)
    except (ProgressError, SettingsError):
        log.warning("the status of %s does not say that its run was stopped", upload, exc_info=True)
