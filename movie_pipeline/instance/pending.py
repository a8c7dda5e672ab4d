"""Pending: what became of requested runs, and which runs have yet to begin.

What belongs here: querying Dagster's store. What does not: which upload needs a run
(`status.arrivals`).

A stored tick does not guarantee that its runs will happen: Dagster skips a run that it could not
queue, a person may delete a queued run, and a run's process may fail to start. So only what the
store says about a run counts.
"""

import shlex
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.events import RunFailureReason
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.storage.tags import (
    AUTO_RETRY_RUN_ID_TAG,
    RUN_FAILURE_REASON_TAG,
    RUN_KEY_TAG,
    WILL_RETRY_TAG,
)

from movie_pipeline.names import ENRICH_JOB as JOB
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.status.arrivals import Memory
from movie_pipeline.status.store import Entry, Progress

_STATUS = dg.DagsterRunStatus
_UNFINISHED = [_STATUS.QUEUED, _STATUS.STARTING, _STATUS.STARTED]
_FAILED = {_STATUS.FAILURE, _STATUS.CANCELED}
_READING = {"raw", "enriched__movies"}
"""The steps that read the file and the overrides."""
_RETRIED_WITHIN_SECONDS = 120.0
"""Dagster looks every five seconds for runs to retry; after that long, it has passed one over."""
_AT_ONCE = 500
"""Run keys per query; databases limit the number of values."""
_NEVER_BEGAN = (
    "The run ended before it could begin; its page in the UI says why. Drop the file again, or run:"
    " movie-pipeline enrich {}"
)


@dataclass(frozen=True)
class Pending:
    """Which uploads have a run that has yet to begin, and whose run is missing.

    Attributes:
        coming: for each upload with a run that will read the current file and overrides, the id of
            that run.
        believed: uploads whose run has not begun, according to the progress entries alone.
        lost: uploads whose open request, awaited run or killed run is missing in Dagster.
        closed: uploads whose open request has led to a run that has begun or ended.
        ended: requested runs that ended before they began, by upload.
    """

    coming: Mapping[str, str] = field(default_factory=dict)
    believed: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    ended: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def by_notes(cls, memory: Memory, entries: Mapping[str, Entry], *, taken: bool) -> "Pending":
        """Judge by the progress entries alone, for an instance without a persistent store.

        Args:
            memory: the sensor's memory, with the requests.
            entries: the progress entry of each upload.
            taken: whether Dagster has stored the latest tick.
        """
        awaited = frozenset(
            upload for upload, seen in memory.seen.items() if seen.awaits(entries.get(upload))
        )
        return cls(believed=awaited) if taken else cls(lost=awaited)

    @classmethod
    def of(
        cls,
        runs: Collection[dg.DagsterRun],
        memory: Memory,
        entries: Mapping[str, Entry],
        goes_on: Callable[[str], bool],
    ) -> "Pending":
        """Judge by the runs in Dagster's store and the progress entries.

        Args:
            runs: those that have not ended, and those of open requests.
            memory: the sensor's memory, with the requests.
            entries: the progress entry of each upload, read after the runs: a run that has not
                begun by then will read what is there now.
            goes_on: whether Dagster will still execute or retry the run with this id.
        """
        waiting = [run for run in runs if not _noted(run.run_id, entries.get(_upload(run)))]
        coming = {
            _upload(run): run.run_id for run in waiting if run.status in _UNFINISHED and _whole(run)
        }
        known = {
            run.tags.get(RUN_KEY_TAG): run for run in runs if run.status is not _STATUS.NOT_STARTED
        }
        requested = {upload: key for upload, key in _open(memory).items() if upload not in coming}
        lost = {upload for upload, key in requested.items() if key not in known}
        closed, ended = requested.keys() - lost, {}
        for upload in closed:
            key = requested[upload]
            if known[key].status in _FAILED and memory.seen[upload].awaits(entries.get(upload)):
                ended[upload] = known[key].run_id
        # Dagster retries a killed run, unless it has lost the run, has passed it over (see
        # `_passed_over`), or has retried it already (which a restored entry does not know).
        needed = {
            one.upload: one.run.id for one in entries.values() if one.killed and not one.run.alone
        }
        for upload, seen in memory.seen.items():
            if seen.awaited and not _noted(seen.awaited, entries.get(upload)):
                needed[upload] = seen.awaited
        lost |= {one for one in needed.keys() - coming.keys() if not goes_on(needed[one])}
        return cls(coming=coming, lost=frozenset(lost), closed=frozenset(closed), ended=ended)


def look(
    instance: dg.DagsterInstance,
    progress: Progress,
    memory: Memory,
    found: Collection[str],
    *,
    taken: bool,
) -> tuple[Pending, dict[str, Entry]]:
    """Query which runs have yet to begin; returns that and the progress entry of each upload.

    A run that ended before it began is recorded as failed here. Otherwise its upload would show as
    queued forever.

    Args:
        instance: whose runs to query. An ephemeral one does not know other processes' runs.
        progress: the progress store.
        memory: the sensor's memory, with the requests.
        found: the uploads in the folder; failures are recorded only for these.
        taken: whether Dagster has stored the latest tick.

    Raises:
        ProgressError: the progress store can't be read or written.
    """
    runs = [] if instance.is_ephemeral else _runs(instance, memory)
    entries = {entry.upload: entry for entry in progress.all()}  # after the runs: see `Pending.of`
    if instance.is_ephemeral:
        return Pending.by_notes(memory, entries, taken=taken), entries

    def goes_on(run_id: str) -> bool:
        run = instance.get_run_by_id(run_id)
        if run is not None and AUTO_RETRY_RUN_ID_TAG in run.tags:
            retry = instance.get_run_by_id(run.tags[AUTO_RETRY_RUN_ID_TAG])
            return retry is not None and not retry.is_finished  # queued since we read the runs
        return run is not None and not run.is_success and not _passed_over(instance, run)

    pending = Pending.of(runs, memory, entries, goes_on)
    ended = {upload: run for upload, run in pending.ended.items() if upload in found}
    for upload, run_id in ended.items():
        progress.fail(upload, run_id, _NEVER_BEGAN.format(shlex.quote(upload)))
    if ended:
        entries = {entry.upload: entry for entry in progress.all()}
    return pending, entries


def _passed_over(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether Dagster should have retried a run, and never will.

    If it can't retry a run at once, say because the code server is about to start, it notes that it
    won't, and never tries again. And in a new store, it doesn't look at the failures before its
    first look, which may come after that of run monitoring.
    """
    if run.status is not _STATUS.FAILURE or not instance.run_retries_enabled:
        return False
    reason = run.tags.get(RUN_FAILURE_REASON_TAG)
    if not auto_reexecution_should_retry_run(
        instance, run, RunFailureReason(reason) if reason else None
    ):
        return False  # it failed for a reason, or for the last time
    if run.tags.get(WILL_RETRY_TAG) == "false":
        return True
    record = instance.get_run_record_by_id(run.run_id)
    ended = record.end_time if record else None
    return ended is not None and ended + _RETRIED_WITHIN_SECONDS < time.time()


def _runs(instance: dg.DagsterInstance, memory: Memory) -> list[dg.DagsterRun]:
    """The runs of `enrich_upload` that have not ended, and those of open requests that have."""
    found = list(instance.get_runs(dg.RunsFilter(job_name=JOB, statuses=_UNFINISHED)))
    keys = sorted({*_open(memory).values()} - {run.tags.get(RUN_KEY_TAG) for run in found})
    for first in range(0, len(keys), _AT_ONCE):
        tags = {RUN_KEY_TAG: keys[first : first + _AT_ONCE]}
        found += instance.get_runs(dg.RunsFilter(tags=tags))
    return found


def _open(memory: Memory) -> dict[str, str]:
    """The run key of each open request, by upload."""
    requests = (seen.request(upload) for upload, seen in memory.seen.items())
    return {one.upload: one.run_key for one in requests if one is not None}


def _upload(run: dg.DagsterRun) -> str:
    return run.tags.get(PARTITION_TAG, "")


def _noted(run_id: str, entry: Entry | None) -> bool:
    """Whether the entry knows the run: it has begun, or was cancelled before it could."""
    return entry is not None and run_id in {entry.run.id, *entry.earlier}


def _whole(run: dg.DagsterRun) -> bool:
    """Whether the run includes every step that reads its input, not just a selection in the UI."""
    steps = run.step_keys_to_execute
    return run.asset_selection is None and (steps is None or _READING.issubset(steps))
