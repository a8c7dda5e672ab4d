"""Forgetting: every trace of an upload is removed.

What belongs here: what an upload leaves where, the order in which it goes, and refusing while a
run is at work on it. What does not: how a single place is cleared (`warehouse`, `redaction`,
`instance.dagster_runs`, `dagster_records`), and the doors (`defs.jobs`, `commands.cli`).

Kept answers stay: they lie under digests, and say what TMDB knows of films, not who saw them.

The file goes first, so that no sensor starts a run for it, and the note that the status reads goes
last: whoever is killed in between leaves an upload that shows as removed, and that forgetting
again clears.
"""

import math
import os
import shutil
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._cli.utils import get_possibly_temporary_instance_for_cli
from dagster._core.storage.tags import BACKFILL_ID_TAG
from filelock import FileLock

from movie_pipeline import names, uploads
from movie_pipeline.forgetting import dagster_records, redaction
from movie_pipeline.instance import dagster_runs
from movie_pipeline.instance.launcher import at_work
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.outside import files
from movie_pipeline.settings import Settings
from movie_pipeline.status.arrivals import Memory
from movie_pipeline.status.store import Progress
from movie_pipeline.uploads import adding
from movie_pipeline.uploads.persons import person_of
from movie_pipeline.warehouse.current import has_others
from movie_pipeline.warehouse.database import Warehouse

_LOGS = ("dev.log", "dev.log.1", "last-run.log")
_OF_ALL_UPLOADS = {dg.AssetKey(names.LIBRARY), dg.AssetKey(names.PERSONS)}
_BEGINS_WITHIN_SECONDS = 300.0
_LISTS_WITHIN_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 0.2
_AT_WORK = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_TRIES = 5


class ForgettingError(Exception):
    """The upload can't be forgotten now, or not in full; the message says what to do."""


@dataclass(frozen=True)
class Forgotten:
    """What there was of an upload."""

    file: bool
    rows: int
    pages: int
    """The page, and what lay beside it under its name."""
    runs: int
    overrides: bool
    """Whether lines were taken out of the overrides."""


def forget(
    upload: str, settings: Settings, instance: dg.DagsterInstance, *, own_run: str = ""
) -> Forgotten:
    """Remove every trace of an upload.

    Args:
        upload: its key.
        settings: where its files, rows and notes are.
        instance: Dagster's, where its runs and its partition are.
        own_run: the run that does this, if one does; it stays, without the upload's name.

    Raises:
        ForgettingError: there is nothing of it, a run is at work on it, or Dagster's store is held.
        OverridesError: the overrides make no sense; nothing was removed.
        WarehouseError: the warehouse can't be read or written; forget it again.
        ProgressError: the notes can't be read or written; forget it again.
        OSError: a file can't be removed; forget it again.
    """
    # One at a time: two would put back each other's lines of the overrides.
    with FileLock(settings.data / ".forgetting.lock"):
        return _forget(upload, settings, instance, own_run)


def _forget(
    upload: str, settings: Settings, instance: dg.DagsterInstance, own_run: str
) -> Forgotten:
    warehouse, progress = Warehouse.of(settings), Progress.of(settings)
    path = _path(upload, settings)
    _refuse_unknown(upload, path, warehouse, progress, instance)
    _refuse_at_work(upload, progress, instance, own_run)
    redaction.redacted(settings.overrides, upload, warehouse)  # refuses before anything is gone
    redaction.without_person(settings.club, person_of(upload))
    if warehouse.holds(upload):
        with warehouse.writing():
            pass  # so does another program that holds it
    if path is not None:
        _remove(path)
        _prune(path.parent, settings.uploads)
    adding.tidy(settings.uploads)
    pages = _remove_pages(upload, settings)
    overrides = redaction.redacted(settings.overrides, upload, warehouse)
    if overrides is not None:
        redaction.replace(settings.overrides, overrides)
    _remove_memory(upload, settings)
    _remove_from_club(upload, settings, warehouse)
    rows = warehouse.forget(upload)
    _empty_logs(settings)
    dagster_records.wait_for_ticks(instance)
    _refuse_at_work(upload, progress, instance, own_run)  # asked for before the file went
    runs = _remove_from_dagster(upload, instance, own_run)
    progress.forget(upload)
    _remove_late_listings(upload, instance, own_run)
    return Forgotten(path is not None, rows, pages, runs, overrides is not None)


def forget_here(upload: str, settings: Settings) -> Forgotten:
    """As `forget`, in the instance that `dagster job execute` would use here.

    Raises:
        ForgettingError: also where Dagster's instance can't be had.
    """
    try:
        with get_possibly_temporary_instance_for_cli("movie-pipeline forget") as instance:
            return forget(upload, settings, instance)
    except (dg.DagsterError, sa.exc.SQLAlchemyError) as error:
        told = " ".join(map(str, error.args)) or type(error).__name__
        raise ForgettingError(
            f"Dagster's store can't be used ({told}): mend that, then forget the upload again."
        ) from error


def _path(upload: str, settings: Settings) -> Path | None:
    """Where the upload lies, None if nothing of exactly that key does.

    Only what the sensor finds is an upload: no file of an export folder, nothing behind a link.

    Raises:
        ForgettingError: the name is no upload's, or nobody can look whether it is there.
    """
    if any(part in {"", ".", ".."} for part in upload.split("/")):
        raise ForgettingError(
            f"{upload} is no upload: movie-pipeline status shows the name of each."
        )
    try:
        found, unreadable = uploads.scan(settings.uploads)
    except FileNotFoundError:
        return None
    if uploads.hidden(upload, unreadable):
        raise ForgettingError(f"{upload} can't be looked at: make it readable, then forget it.")
    if upload not in {one.key for one in found}:
        return None
    try:
        # A link is no upload, but it shows in the status.
        return uploads.path_of(upload, settings.uploads, links=True)
    except ValueError:
        return None


def _refuse_unknown(
    upload: str,
    path: Path | None,
    warehouse: Warehouse,
    progress: Progress,
    instance: dg.DagsterInstance,
) -> None:
    """A slip in the name must not empty any logs.

    Raises:
        ForgettingError: there is nothing of this name.
    """
    known = (
        path is not None
        or progress.get(upload) is not None
        or instance.has_dynamic_partition(names.UPLOADS, upload)
        or warehouse.holds(upload)
        or any(run.job_name != names.FORGET_JOB for run in dagster_runs.runs_of(instance, upload))
    )
    if not known:
        raise ForgettingError(
            f"There is nothing of {upload}: movie-pipeline status shows every upload."
        )


def _refuse_at_work(
    upload: str, progress: Progress, instance: dg.DagsterInstance, own_run: str
) -> None:
    """Refuse while a run is queued or at work; one whose process died is not.

    Raises:
        ForgettingError: a run, or a backfill that names the upload, has not ended.
    """
    what = ""
    entry = progress.get(upload)
    if entry is not None and entry.running and not entry.killed and entry.run.id != own_run:
        what = f"run {entry.run.id[:8]} is at work"
    records = dagster_runs.records_of(instance, upload)
    asked = {one.dagster_run.run_id: one.create_timestamp.timestamp() for one in records}
    for record in records:
        run = record.dagster_run
        if run.run_id == own_run:
            continue
        if not run.is_finished and not _dead(record):
            what = f"run {run.run_id[:8]} is {run.status.value.lower()}"
        # Runs of an upload wait for each other in the queue: ours had its turn when that one ended.
        elif (record.end_time or 0.0) > asked.get(own_run, math.inf):
            what = f"run {run.run_id[:8]} was at work when this was asked for"
    own_backfill = _backfill_of(own_run, instance)
    for backfill in dagster_records.backfills_at_work(instance, upload):
        if backfill == own_backfill:
            continue
        what = f"backfill {backfill} has not ended"
    if what:
        raise ForgettingError(
            f"{upload} can't be forgotten now: {what}. Wait for its end, or terminate it in"
            " Dagster's UI; then forget the upload again."
        )


def _backfill_of(own_run: str, instance: dg.DagsterInstance) -> str | None:
    """The backfill that forgets several uploads, this one among them; its run's tag names it."""
    run = instance.get_run_by_id(own_run) if own_run else None
    backfill = instance.get_backfill(run.tags.get(BACKFILL_ID_TAG, "")) if run else None
    return backfill.backfill_id if backfill and backfill.job_name == names.FORGET_JOB else None


def _dead(record: dg.RunRecord) -> bool:
    """Whether nobody is at work on a run, nor will be."""
    run = record.dagster_run
    working = at_work(run)
    if working is not None:
        return not working
    # A command line begins with its run at once; one that was killed before leaves it like this.
    waiting = run.status is dg.DagsterRunStatus.NOT_STARTED and run.remote_job_origin is None
    return waiting and time.time() - record.create_timestamp.timestamp() > _BEGINS_WITHIN_SECONDS


def _remove(path: Path) -> None:
    """Remove the file (a link or a pipe too), or an unpacked export; a folder of uploads stays."""
    part = path.with_name(f".{path.name}.part")  # of an `add` of version 0.1 that was killed
    for one in (path, part):
        if one.is_symlink() or not one.is_dir():
            one.unlink(missing_ok=True)
        elif one is part or uploads.is_export_folder(one):
            shutil.rmtree(one)


def _remove_pages(upload: str, settings: Settings) -> int:
    """Remove the page, and what lies beside it and in the folder of its name: pictures, drafts."""
    page, number = settings.pages / f"{upload}.html", 0
    name = page.name.removesuffix(".html")
    for path in page.parent.iterdir() if page.parent.is_dir() else ():
        own = (
            path.name.removesuffix(".new").removeprefix(".") if path.suffix == ".new" else path.name
        )
        if path.is_file() and Path(own).stem == name:
            path.unlink()
            number += 1
    beside = settings.pages / upload
    if beside.is_symlink():  # what lies behind it is not all ours
        beside.unlink()
        number += 1
    for path in beside.iterdir() if beside.is_dir() else ():
        if path.is_file() and path.suffix != ".html":  # which is another upload's page
            path.unlink()
            number += 1
    _prune(beside, settings.pages)
    return number


def _remove_from_club(upload: str, settings: Settings, warehouse: Warehouse) -> None:
    """Take a person out of the club with their last upload: their name is part of its name."""
    person = person_of(upload)
    with suppress(FileNotFoundError):
        if any(person_of(one.key) == person for one in uploads.scan(settings.uploads)[0]):
            return  # it may be read only later
    with warehouse.reading() as connection:
        if has_others(connection, person, upload):
            return
    left = redaction.without_person(settings.club, person)
    if left is not None:
        redaction.replace(settings.club, left)


def _prune(folder: Path, root: Path) -> None:
    """Remove empty folders up to the root: their names are part of the upload's."""
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _remove_memory(upload: str, settings: Settings) -> None:
    """Take the upload out of what the sensor remembers; it looks at everything else as before."""
    path = Memory.path(settings)
    memory = Memory.load(path)
    seen = {key: one for key, one in memory.seen.items() if key != upload}
    changed = replace(memory, seen=seen, failed="")  # what was reported of failed ones is gone too
    if path.exists() and changed != memory:
        changed.save(path)
    files.draft_of(path).unlink(missing_ok=True)


def _empty_logs(settings: Settings) -> None:
    """Empty the logs, which name uploads; a process that writes one goes on writing it.

    By their names: the folder may be a link to where other programs keep theirs.
    """
    for name in _LOGS:
        path = settings.data / "logs" / name
        if files.is_plain(path):
            os.truncate(path, 0)


def _of_the_library(run: dg.DagsterRun) -> bool:
    """Whether a run is about all uploads together; others may be another project's."""
    checks = run.asset_check_selection or ()
    about = {*(run.asset_selection or ()), *(one.asset_key for one in checks)}
    return not about.isdisjoint(_OF_ALL_UPLOADS)


def _listings(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """Runs about all uploads together, which name them."""
    return [
        one
        for one in instance.get_run_records()
        if PARTITION_TAG not in one.dagster_run.tags and _of_the_library(one.dagster_run)
    ]


def _remove_late_listings(upload: str, instance: dg.DagsterInstance, own_run: str) -> None:
    """Remove runs that began to list all uploads while this one was still among them.

    They take seconds, so they are waited for. One that begins later finds nothing of it any more.

    Raises:
        ForgettingError: one is at work still.
    """
    deadline = time.monotonic() + _LISTS_WITHIN_SECONDS
    while working := [
        one.dagster_run.run_id
        for one in _listings(instance)
        if one.dagster_run.status in _AT_WORK and not _dead(one)
    ]:
        if time.monotonic() > deadline:
            raise ForgettingError(
                f"All of {upload} is removed, but run {working[0][:8]}, which lists all uploads, is"
                " still at work and may name it. When that has ended, delete it in Dagster's UI."
            )
        time.sleep(_LOOK_EVERY_SECONDS)
    late = [one.dagster_run.run_id for one in _listings(instance) if one.dagster_run.is_finished]
    if late:
        dagster_runs.remove(instance, late)
        dagster_records.vacuum(instance, own_run)


def _remove_from_dagster(upload: str, instance: dg.DagsterInstance, own_run: str) -> int:
    """Remove the upload's runs, what else Dagster keeps of it, and its partition; how many runs.

    Runs of the library go too, once they have ended: they tell of all uploads.

    Raises:
        ForgettingError: another process holds Dagster's store.
    """
    runs = [run.run_id for run in dagster_runs.runs_of(instance, upload) if run.run_id != own_run]
    of_all = [one.dagster_run for one in _listings(instance)]
    dagster_runs.remove(instance, [*runs, *(run.run_id for run in of_all if run.is_finished)])
    instance.delete_dynamic_partition(names.UPLOADS, upload)
    dagster_records.wait_for_ticks(instance)
    dagster_records.remove(instance, upload)
    if own_run:
        instance.add_run_tags(own_run, {PARTITION_TAG: dagster_records.FORGOTTEN})
        instance.event_log_storage.delete_events(own_run)  # the first names it
    backfill = _backfill_of(own_run, instance)
    try:
        for _ in range(_TRIES):  # the daemon may write back what it read a moment before
            if backfill is not None:
                dagster_records.take_out(instance, backfill, upload)
            dagster_records.vacuum(instance, own_run)
            if backfill not in dagster_records.backfills_at_work(instance, upload):
                break
    except sqlite3.Error as error:
        raise ForgettingError(
            f"Nearly all of {upload} is removed, but Dagster's store can't be scrubbed ({error})."
            " Free some space on its disk, or close what holds it; then forget the upload again."
        ) from error
    return len(runs)
