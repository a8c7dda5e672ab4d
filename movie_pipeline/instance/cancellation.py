"""Cancellation: what an upload's status says of a run that a person, or the machine, stopped.

What belongs here: the words, and that they are noted once. What does not: stopping a run
(`launcher`, `run_queue`), a run that failed by itself (`defs.assets.step`), one that was killed
without a word (`status.store.Entry.killed`).
"""

import logging
import shlex

from dagster import DagsterRun

from movie_pipeline import settings as environment
from movie_pipeline import uploads
from movie_pipeline.instance.run_kind import explores
from movie_pipeline.names import FORGET_JOB, PARTITION_TAG
from movie_pipeline.settings import SettingsError
from movie_pipeline.status.store import Progress, ProgressError

log = logging.getLogger(__name__)


def note(run: DagsterRun, *, cancelled: bool = True) -> None:
    """Note that a run was cancelled, or else interrupted; it never raises.

    The rows stored before are what counts. A run of no upload, or one that forgets its upload or
    only looks at it, leaves no note.
    """
    upload = run.tags.get(PARTITION_TAG)
    if not upload or run.job_name == FORGET_JOB or explores(run):
        return
    try:
        uploads.parts_of(upload)
    except ValueError:
        return  # its name is nobody's, and would stand in the status for ever
    goes_on = f"What was fetched is kept: movie-pipeline enrich {shlex.quote(upload)} goes on"
    if cancelled:
        message = f"The run was cancelled. {goes_on} from there."
    elif run.remote_job_origin is None:  # of a command line: nobody starts it again
        message = f"The run was interrupted. {goes_on} from there."
    else:
        message = f"The run was interrupted. {goes_on} from there, and so does make dev by itself."
    try:
        Progress.of(environment.load()).fail(upload, run.run_id, message)
    except (ProgressError, SettingsError):
        log.warning("the status of %s does not say that its run was stopped", upload, exc_info=True)
