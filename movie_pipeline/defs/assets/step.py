"""A step's frame: it notes that it began, and turns errors into failures a user can act on.

What belongs here: what every step does besides its own work. Hooks sit on the assets, not on the
job: Materialize and backfills in the UI run Dagster's implicit job, which would pass a job's hooks
by. For the underlying concept, see https://docs.dagster.io/guides/build/ops/op-hooks.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from movie_pipeline import settings as environment
from movie_pipeline import uploads
from movie_pipeline.charts.drawing import DrawingError
from movie_pipeline.defs.metadata import failure
from movie_pipeline.defs.partitions import SELECTION, upload_of
from movie_pipeline.exports import UnreadableExport
from movie_pipeline.instance import allocator
from movie_pipeline.instance.dagster_private import RETRY_NUMBER_TAG
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.overrides.file import OverridesError
from movie_pipeline.page.selection import SelectionError
from movie_pipeline.people.club import ClubError
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.status.store import Progress, ProgressError
from movie_pipeline.tmdb import FatalError, KeyRefused
from movie_pipeline.tmdb.store import StoreError
from movie_pipeline.warehouse.database import WarehouseError

# Not a warehouse that stayed held: it has been waited for as long as MOVIE_PIPELINE_LOCK_WAIT says.
_REFUSED: dict[type, str] = {KeyRefused: "key", OverridesError: "overrides"}
_PASSING = (OSError,)
_INTERRUPTED_QUERY = "Query interrupted"
"""What DuckDB makes of Ctrl-C, and of "Terminate" in the UI, while it works."""
_SELECTION_STEP = SELECTION.to_python_identifier()
_SPEAKING = (
    ClubError,
    UnreadableExport,
    SettingsError,
    OverridesError,
    FatalError,
    StoreError,
    WarehouseError,
    ProgressError,
    SelectionError,
    DrawingError,
)


@contextmanager
def step(context: dg.AssetExecutionContext, progress: Progress) -> Iterator[str]:
    """Work on the run's upload: gives its key, notes the beginning, translates errors.

    Raises:
        dg.Failure: with a message for the user. One that can't pass is not retried.
    """
    upload = upload_of(context)
    with translated():
        progress.begin(
            upload,
            run_id=context.run.run_id,
            plan=_plan(context),
            alone=context.run.remote_job_origin is None,
            repeats=_repeats(context.run),
        )
        yield upload
    allocator.give_back()


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors into failures; all that a step needs that does not work on an upload.

    Raises:
        dg.Failure: with a message for the user. One that can't pass is not retried.
    """
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        if str(error) == _INTERRUPTED_QUERY:
            raise dg.DagsterExecutionInterruptedError from error
        # Only what may pass is tried again; a fault of ours would be the same next time.
        raise failure(_told(error), may_pass=isinstance(error, _PASSING)) from error


def _told(error: BaseException) -> str:
    """The error in words for the user: our own errors speak for themselves."""
    if isinstance(error, dg.Failure):
        return error.description or "a step failed"
    if isinstance(error, _SPEAKING):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return explained(error, "run again")
    return f"{type(error).__name__}: {error}"


def _repeats(run: dg.DagsterRun) -> int:
    """How many runs before it this one repeats; 0 where its tag is not Dagster's."""
    number = run.tags.get(RETRY_NUMBER_TAG, "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


def _plan(context: dg.AssetExecutionContext) -> list[str]:
    """The steps of this run that note their end: of its job, or those that a re-execution repeats.

    Whoever materializes everything at once also draws a selection, which notes nothing.
    """
    chosen = context.run.step_keys_to_execute
    steps = list(chosen) if chosen else [node.name for node in context.job_def.nodes]
    return [name for name in steps if name != _SELECTION_STEP]


@dg.success_hook(name="note_success")
def note_success(context: dg.HookContext) -> None:
    """Note that a step is done; with the last one the upload is completed."""
    progress = Progress.of(environment.load())
    progress.step_done(upload_of(context), context.run_id, context.step_key)


@dg.failure_hook(name="note_failure")
def note_failure(context: dg.HookContext) -> None:
    """Note why a step failed, in the words that the user gets to see."""
    error, settings = context.op_exception, environment.load()
    try:
        upload = upload_of(context)
    except dg.Failure:
        return  # it is of no upload, as the step itself has said
    progress = Progress.of(settings)
    if progress.get(upload) is None and not _exists(upload, settings):
        return  # a slip in the upload's name; it would stand in the status for ever
    cause = error.__cause__ if error else None
    progress.fail(
        upload,
        context.run_id,
        _told(error) if error else "a step failed",
        refused=_REFUSED.get(type(cause), ""),
    )


def _exists(upload: str, settings: Settings) -> bool:
    try:
        return uploads.is_upload(uploads.path_of(upload, settings.uploads))
    except ValueError:
        return False


HOOKS = {note_success, note_failure}
