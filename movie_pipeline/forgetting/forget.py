"""Forgetting: removing every trace of an upload.

What belongs here: which traces an upload leaves and where, the order in which they are removed, and
refusing while a run is executing on it. What does not: how a single place is cleared (`warehouse`,
`redaction`, `instance.dagster_runs`, `dagster_records`), and the job and the command that call this
(`defs.jobs`, `commands.cli`).

TMDB's cached answers stay: they are stored under digests, and contain what TMDB knows about films,
not who saw them. Kept posters, which show titles, stay only if another upload needs them.

The file is removed first, so that no sensor starts a run for it, and the progress entry last. If
the process is killed in between, the status shows the upload as removed, and forgetting it again
completes the job.
"""

import math
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._cli.utils import get_possibly_temporary_instance_for_cli
from dagster._core.storage.tags import BACKFILL_ID_TAG
from filelock import FileLock

from movie_pipeline import names, uploads
from movie_pipeline.forgetting import dagster_records, redaction, scrubbing
from movie_pipeline.instance import dagster_runs
from movie_pipeline.instance.run_worker import at_work
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.outside import files
from movie_pipeline.page import publication
from movie_pipeline.settings import Settings
from movie_pipeline.status import front_page
from movie_pipeline.status.arrivals import Memory
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import StoreError, open_store, posters
from movie_pipeline.uploads import adding
from movie_pipeline.uploads.pages import page_of
from movie_pipeline.uploads.persons import person_of
from movie_pipeline.warehouse.current import has_others
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES

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
    """The upload can't be forgotten now, or not completely; the message says what to do."""


@dataclass(frozen=True)
class Forgotten:
    """What was removed of an upload."""

    file: bool
    rows: int
    pages: int
    """The page and the files next to it that have its name."""
    runs: int
    overrides: bool
    """Whether lines were removed from the overrides."""
    bytes_kept: bool
    """Whether PostgreSQL keeps deleted rows' bytes (`scrubbing`)."""


def forget(
    upload: str, settings: Settings, instance: dg.DagsterInstance, *, own_run: str = ""
) -> Forgotten:
    """Remove every trace of an upload.

    Args:
        upload: its key.
        settings: where its files, rows and progress entry are.
        instance: the Dagster instance with its runs and its partition.
        own_run: the run that calls this, if any; it stays, without the upload's name.

    Raises:
        ForgettingError: there is no trace of it, a run is executing on it, or Dagster's store is
            locked.
        OverridesError: the overrides are invalid; nothing was removed.
        WarehouseError: the warehouse can't be read or written; forget it again.
        ProgressError: the progress store can't be read or written; forget it again.
        OSError: a file can't be removed; forget it again.
    """
    # One at a time: two processes would restore each other's lines in the overrides.
    with FileLock(settings.data / ".forgetting.lock"):
        return _forget(upload, settings, instance, own_run)


def _forget(
    upload: str, settings: Settings, instance: dg.DagsterInstance, own_run: str
) -> Forgotten:
    warehouse, progress = Warehouse.of(settings), Progress.of(settings)
    path = _path(upload, settings)
    _refuse_unknown(upload, path, warehouse, progress, instance)
    _refuse_at_work(upload, progress, instance, own_run)
    redaction.redacted(settings.overrides, upload, warehouse)  # raises before anything is removed
    redaction.without_person(settings.club, person_of(upload))
    if warehouse.holds(upload):
        with warehouse.writing():
            pass  # raises, too, if another program has locked it
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
    _remove_posters(settings, warehouse)
    _empty_logs(settings)
    dagster_records.wait_for_ticks(instance, settings.data)
    _refuse_at_work(upload, progress, instance, own_run)  # requested before the file was removed
    runs = _remove_from_dagster(upload, settings, instance, own_run)
    progress.forget(upload)
    front_page.write(settings)
    _remove_late_listings(upload, instance, own_run)
    return Forgotten(
        path is not None,
        rows,
        pages,
        runs,
        overrides is not None,
        scrubbing.is_needed(warehouse, instance),
    )


def forget_here(upload: str, settings: Settings) -> Forgotten:
    """As `forget`, in the instance that `dagster job execute` would use here.

    Raises:
        ForgettingError: also if Dagster's instance can't be opened.
    """
    try:
        with get_possibly_temporary_instance_for_cli("movie-pipeline forget") as instance:
            return forget(upload, settings, instance)
    except (dg.DagsterError, sa.exc.SQLAlchemyError) as error:
        reason = " ".join(map(str, error.args)) or type(error).__name__
        raise ForgettingError(
            f"Dagster's store can't be used ({reason}): fix that, then forget the upload again."
        ) from error


def scrub_here(settings: Settings) -> Iterator[str]:
    """As `scrubbing.scrub`, in the instance that `dagster job execute` would use here.

    Raises:
        ScrubbingError: also if Dagster's instance can't be opened.
        WarehouseError: the warehouse's address can't be read.
    """
    try:
        with get_possibly_temporary_instance_for_cli("movie-pipeline scrub") as instance:
            yield from scrubbing.scrub(Warehouse.of(settings), instance)
    except (dg.DagsterError, sa.exc.SQLAlchemyError) as error:
        reason = " ".join(map(str, error.args)) or type(error).__name__
        raise scrubbing.ScrubbingError(f"Dagster's store can't be used ({reason}).") from error


def _path(upload: str, settings: Settings) -> Path | None:
    """The path of the upload; None if there is none with exactly this key.

    Only what the sensor finds is an upload: not a file in an export folder, nor the target of a
    link.

    Raises:
        ForgettingError: the name can't be an upload's, or its folder can't be read.
    """
    if any(part in {"", ".", ".."} for part in upload.split("/")):
        raise ForgettingError(
            f"{upload} is not an upload: movie-pipeline status lists the uploads."
        )
    try:
        found, unreadable = uploads.scan(settings.uploads)
    except FileNotFoundError:
        return None
    if uploads.hidden(upload, unreadable):
        raise ForgettingError(f"{upload} can't be read: make it readable, then forget it.")
    if upload not in {one.key for one in found}:
        return None
    try:
        # A link is not an upload, but the status lists it.
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
    """Refuse an unknown name, because a typo must not empty any logs.

    Raises:
        ForgettingError: there is no trace of an upload with this name.
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
            f"There is no trace of {upload}: movie-pipeline status lists the uploads."
        )


def _refuse_at_work(
    upload: str, progress: Progress, instance: dg.DagsterInstance, own_run: str
) -> None:
    """Refuse while a run is queued or executing; a run whose process died does not count.

    Raises:
        ForgettingError: a run, or a backfill that names the upload, has not ended.
    """
    what = ""
    entry = progress.get(upload)
    if entry is not None and entry.running and not entry.killed and entry.run.id != own_run:
        what = f"run {entry.run.id[:8]} is executing"
    records = dagster_runs.records_of(instance, upload)
    asked = {one.dagster_run.run_id: one.create_timestamp.timestamp() for one in records}
    for record in records:
        run = record.dagster_run
        if run.run_id == own_run:
            continue
        if not run.is_finished and not _dead(record):
            what = f"run {run.run_id[:8]} is {run.status.value.lower()}"
        # Runs of an upload wait for each other in the queue: ours had to wait until that one ended.
        elif (record.end_time or 0.0) > asked.get(own_run, math.inf):
            what = f"run {run.run_id[:8]} was executing when this was requested"
    own_backfill = _backfill_of(own_run, instance)
    for backfill in dagster_records.backfills_at_work(instance, upload):
        if backfill == own_backfill:
            continue
        what = f"backfill {backfill} has not ended"
    if what:
        raise ForgettingError(
            f"{upload} can't be forgotten now: {what}. Wait until it ends, or terminate it in"
            " Dagster's UI; then forget the upload again."
        )


def _backfill_of(own_run: str, instance: dg.DagsterInstance) -> str | None:
    """The backfill that forgets several uploads, including this one; the run's tag names it."""
    run = instance.get_run_by_id(own_run) if own_run else None
    backfill = instance.get_backfill(run.tags.get(BACKFILL_ID_TAG, "")) if run else None
    return backfill.backfill_id if backfill and backfill.job_name == names.FORGET_JOB else None


def _dead(record: dg.RunRecord) -> bool:
    """Whether no process is executing the run, or ever will."""
    run = record.dagster_run
    working = at_work(run)
    if working is not None:
        return not working
    # A command line starts its run at once; if it was killed before, the run stays in this state.
    waiting = run.status is dg.DagsterRunStatus.NOT_STARTED and run.remote_job_origin is None
    return waiting and time.time() - record.create_timestamp.timestamp() > _BEGINS_WITHIN_SECONDS


def _remove(path: Path) -> None:
    """Remove the file (or link, or pipe) or the unpacked export; a folder of uploads stays."""
    part = path.with_name(f".{path.name}.part")  # left by an `add` of version 0.1 that was killed
    for one in (path, part):
        if one.is_symlink() or not one.is_dir():
            one.unlink(missing_ok=True)
        elif one is part or uploads.is_export_folder(one):
            shutil.rmtree(one)


def _remove_pages(upload: str, settings: Settings) -> int:
    """Remove the page, and its pictures and drafts: next to it, and in the folder of its name."""
    page, number = page_of(settings, upload), 0
    name = page.name.removesuffix(".html")
    for path in page.parent.iterdir() if page.parent.is_dir() else ():
        own = (
            path.name.removesuffix(".new").removeprefix(".") if path.suffix == ".new" else path.name
        )
        if path.is_file() and Path(own).stem == name:
            path.unlink()
            number += 1
    beside = publication.folder(settings, upload)
    if beside.is_symlink():  # its target may contain files that are not ours
        beside.unlink()
        number += 1
    for path in beside.iterdir() if beside.is_dir() else ():
        if path.is_file() and path.suffix != ".html":  # which is another upload's page
            path.unlink()
            number += 1
    _prune(beside, settings.pages)
    return number


def _remove_from_club(upload: str, settings: Settings, warehouse: Warehouse) -> None:
    """Remove a person from the club with their last upload, because its key contains their name."""
    person = person_of(upload)
    with suppress(FileNotFoundError):
        if any(person_of(one.key) == person for one in uploads.scan(settings.uploads)[0]):
            return  # it may not have been processed yet
    with warehouse.reading() as connection:
        if has_others(connection, person, upload):
            return
    left = redaction.without_person(settings.club, person)
    if left is not None:
        redaction.replace(settings.club, left)


def _remove_posters(settings: Settings, warehouse: Warehouse) -> None:
    """Remove kept posters that no row needs.

    Raises:
        ForgettingError: the cached answers can't be used.
    """
    if isinstance(settings.cache, Path) and not settings.cache.exists():
        return
    with warehouse.reading() as connection:
        paths = connection.execute(
            f"SELECT DISTINCT poster_path FROM {ENRICHED_MOVIES.sql_name}"
            " WHERE poster_path IS NOT NULL"
        ).fetchall()
    try:
        with closing(open_store(settings.cache)) as store:
            store.keep_only(posters.KIND, {posters.key_of(path) for (path,) in paths})
    except StoreError as error:
        raise ForgettingError(f"{error} Then forget the upload again, for its posters.") from error


def _prune(folder: Path, root: Path) -> None:
    """Remove empty folders up to the root: their names are part of the upload's key."""
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _remove_memory(upload: str, settings: Settings) -> None:
    """Remove the upload from the sensor's memory; the rest of the memory stays."""
    path = Memory.path(settings)
    memory = Memory.load(path)
    seen = {key: one for key, one in memory.seen.items() if key != upload}
    changed = replace(memory, seen=seen, failed="")  # the report on failed uploads is removed too
    if path.exists() and changed != memory:
        changed.save(path)
    files.draft_of(path).unlink(missing_ok=True)


def _empty_logs(settings: Settings) -> None:
    """Empty the logs, which name uploads; a process that is writing one can continue.

    Only known names: the folder may be a link to one with the logs of other programs.
    """
    for name in _LOGS:
        path = settings.data / "logs" / name
        if files.is_plain(path):
            os.truncate(path, 0)


def _of_the_library(run: dg.DagsterRun) -> bool:
    """Whether a run is one of ours on all uploads together, not another project's."""
    checks = run.asset_check_selection or ()
    about = {*(run.asset_selection or ()), *(one.asset_key for one in checks)}
    return not about.isdisjoint(_OF_ALL_UPLOADS)


def _listings(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """Runs on all uploads together, which name them."""
    return [
        one
        for one in instance.get_run_records()
        if PARTITION_TAG not in one.dagster_run.tags and _of_the_library(one.dagster_run)
    ]


def _remove_late_listings(upload: str, instance: dg.DagsterInstance, own_run: str) -> None:
    """Remove runs that began to list all uploads while this one was still among them.

    They take seconds, so this waits for them. A run that begins later no longer finds the upload.

    Raises:
        ForgettingError: such a run is still executing.
    """
    deadline = time.monotonic() + _LISTS_WITHIN_SECONDS
    while working := [
        one.dagster_run.run_id
        for one in _listings(instance)
        if one.dagster_run.status in _AT_WORK and not _dead(one)
    ]:
        if time.monotonic() > deadline:
            raise ForgettingError(
                f"{upload} has been removed, but run {working[0][:8]}, which lists all uploads, is"
                " still executing and may name it. When it has ended, delete it in Dagster's UI."
            )
        time.sleep(_LOOK_EVERY_SECONDS)
    late = [one.dagster_run.run_id for one in _listings(instance) if one.dagster_run.is_finished]
    if late:
        dagster_runs.remove(instance, late)
        dagster_records.vacuum(instance, own_run)


def _remove_from_dagster(
    upload: str, settings: Settings, instance: dg.DagsterInstance, own_run: str
) -> int:
    """Remove the upload's runs, everything else in Dagster about it, and its partition.

    Completed runs of the library are removed too, because they name all uploads. Returns how many
    runs the upload had.

    Raises:
        ForgettingError: another process has locked Dagster's store.
    """
    runs = [run.run_id for run in dagster_runs.runs_of(instance, upload) if run.run_id != own_run]
    of_all = [one.dagster_run for one in _listings(instance)]
    dagster_runs.remove(instance, [*runs, *(run.run_id for run in of_all if run.is_finished)])
    instance.delete_dynamic_partition(names.UPLOADS, upload)
    dagster_records.wait_for_ticks(instance, settings.data)
    dagster_records.remove(instance, upload)
    # One that began before that writes back what it read of the sensor's state.
    dagster_records.wait_for_ticks(instance, settings.data)
    dagster_records.remove_ticks(instance, upload)
    if own_run:
        instance.add_run_tags(own_run, {PARTITION_TAG: dagster_records.FORGOTTEN})
        instance.event_log_storage.delete_events(own_run)  # the first event names the upload
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
            f"Nearly all of {upload} has been removed, but Dagster's store can't be scrubbed"
            f" ({error}). Free some space on its disk, or close the program that has locked it;"
            " then forget the upload again."
        ) from error
    return len(runs)
