"""The frame of a step: it notes that it began, and turns errors into failures users can act on.

What belongs here: what every step does besides its own work. Hooks are attached to the assets, not
to the job: Materialize and backfills in the UI run Dagster's implicit job, which ignores the hooks
of other jobs. For the underlying concept, see https://docs.dagster.io/guides/build/ops/op-hooks.
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
from movie_pipeline.status import front_page
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import FatalError, KeyRefused
from movie_pipeline.tmdb.store import StoreError
from movie_pipeline.warehouse.errors import WarehouseError, WarehouseUndone

# Not a locked warehouse: the step has already waited as long as MOVIE_PIPELINE_LOCK_WAIT allows.
_REFUSED: dict[type, str] = {KeyRefused: "key", OverridesError: "overrides"}
_TEMPORARY = (OSError, WarehouseUndone)
_INTERRUPTED_QUERY = "Query interrupted"
"""DuckDB's error message if Ctrl-C, or "Terminate" in the UI, interrupts a query."""
_SELECTION_STEP = SELECTION.to_python_identifier()
_SELF_EXPLAINING = (
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
    """Work on the run's upload: yields its key, notes the beginning, translates errors.

    Raises:
        dg.Failure: with a message for the user. A permanent one is not retried.
    """
    upload = upload_of(context)
    with translated():
        begun = progress.begin(
            upload,
            run_id=context.run.run_id,
            plan=_plan(context),
            alone=context.run.remote_job_origin is None,
            repeats=_repeats(context.run),
        )
        _tell_home(changed=begun)
        yield upload
    allocator.give_back()


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors into failures; this alone suffices for a step that notes no progress.

    Raises:
        dg.Failure: with a message for the user. A permanent one is not retried.
    """
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        if str(error) == _INTERRUPTED_QUERY:
            raise dg.DagsterExecutionInterruptedError from error
        # Only temporary errors are retried; a bug of ours would fail the same way again.
        raise failure(_explained(error), retry=isinstance(error, _TEMPORARY)) from error


def _explained(error: BaseException) -> str:
    """The error in words for the user; our own errors already have a message for them."""
    if isinstance(error, dg.Failure):
        return error.description or "a step failed"
    if isinstance(error, _SELF_EXPLAINING):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return explained(error, "run again")
    return f"{type(error).__name__}: {error}"


def _repeats(run: dg.DagsterRun) -> int:
    """How many earlier runs this one repeats; 0 if the tag is not one that Dagster wrote."""
    number = run.tags.get(RETRY_NUMBER_TAG, "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


def _plan(context: dg.AssetExecutionContext) -> list[str]:
    """The steps of this run that note their end: all of its job, or those being re-executed.

    Materializing everything at once also draws a selection, which notes nothing.
    """
    chosen = context.run.step_keys_to_execute
    steps = list(chosen) if chosen else [node.name for node in context.job_def.nodes]
    return [name for name in steps if name != _SELECTION_STEP]


@dg.success_hook(name="note_success")
def note_success(context: dg.HookContext) -> None:
    """Note that a step is done; the last one completes the upload."""
    progress = Progress.of(environment.load())
    ended = progress.step_done(upload_of(context), context.run_id, context.step_key)
    _tell_home(changed=ended)


@dg.failure_hook(name="note_failure")
def note_failure(context: dg.HookContext) -> None:
    """Note why a step failed, in the words that the user sees."""
    error, settings = context.op_exception, environment.load()
    try:
        upload = upload_of(context)
    except dg.Failure:
        return  # the run has no upload; the step itself has reported that
    progress = Progress.of(settings)
    if progress.get(upload) is None and not _exists(upload, settings):
        return  # a typo in the upload's name; it would stay in the status forever
    cause = error.__cause__ if error else None
    ended = progress.fail(
        upload,
        context.run_id,
        _explained(error) if error else "a step failed",
        refused=_REFUSED.get(type(cause), ""),
    )
    _tell_home(changed=ended)


def _tell_home(*, changed: bool) -> None:
    """Write the home page if a run has begun or ended: it takes as long as there are uploads."""
    if changed:
        front_page.write(environment.load())


def _exists(upload: str, settings: Settings) -> bool:
    try:
        return uploads.is_upload(uploads.path_of(upload, settings.uploads))
    except ValueError:
        return False


HOOKS = {note_success, note_failure}
