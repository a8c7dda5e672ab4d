"""History: the Dagster runs of an upload, of which only the last few are kept.

What belongs here: which runs an upload has, which of them are no longer needed, and removing runs
with everything that Dagster stored about them. What does not: what else Dagster stores about an
upload (`forgetting.dagster_records`), and when an upload is forgotten (`forgetting`).

The events of runs take up most of Dagster's store, and no user needs the sixth-last run.
"""

import logging
import shutil
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.execution.backfill import (
    BULK_ACTION_TERMINAL_STATUSES,
    BulkActionsFilter,
    BulkActionStatus,
)
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.tags import BACKFILL_ID_TAG

from movie_pipeline import liveness
from movie_pipeline.instance.run_kind import explores
from movie_pipeline.names import PARTITION_TAG

log = logging.getLogger(__name__)

_WAITING = BulkActionsFilter(
    statuses=[one for one in BulkActionStatus if one not in BULK_ACTION_TERMINAL_STATUSES]
)

KEEP = 5
"""How many runs of each upload are kept, besides those that the UI needs; and as many again of the
runs that only read it (`instance.run_kind.explores`)."""


_FORMER = (
    *("actors", "pairs", "agreement", "taste", "popularity", "months", "weekdays", "decades"),
    *("countries", "languages"),
)
"""Names below ``dashboard/`` of former assets: each chart was one, and is now part of a
subject."""


def runs_of(instance: dg.DagsterInstance, upload: str) -> Sequence[dg.DagsterRun]:
    """The upload's runs of all jobs, newest first."""
    return instance.get_runs(_filter(upload))


def records_of(instance: dg.DagsterInstance, upload: str) -> Sequence[dg.RunRecord]:
    """As `runs_of`, with the times at which each run was requested, began and ended."""
    return instance.get_run_records(_filter(upload))


def trim(instance: dg.DagsterInstance, upload: str, keep: int = KEEP) -> int:
    """Remove the upload's older runs; returns how many.

    These runs stay as well:

    - those that have not ended;
    - those with the latest materialization of an asset or the latest evaluation of a check, which
      the UI would otherwise show as missing;
    - the first and the previous attempt of a retry that stays: Dagster counts the retries by them;
    - those of a backfill that has not ended, because it has yet to check how its runs ended.
    """
    ids = instance.get_run_ids(_filter(upload))
    if len(ids) <= keep:
        return 0
    runs = runs_of(instance, upload)
    needed = _holders(instance, ids)
    looks = [run for run in runs if explores(run)]
    works = [run for run in runs if not explores(run)]
    for run in (*works[:keep], *looks[:keep]):
        needed |= {run.run_id, *filter(None, (run.root_run_id, run.parent_run_id))}
    old = [run for run in runs if run.is_finished and run.run_id not in needed]
    waiting = {one.backfill_id for one in instance.get_backfills(_WAITING)} if old else set()
    old = [run for run in old if run.tags.get(BACKFILL_ID_TAG) not in waiting]
    remove(instance, (run.run_id for run in old))
    return len(old)


def trim_or_warn(instance: dg.DagsterInstance, upload: str) -> None:
    """As `trim`; if that fails for any reason, the calling run continues."""
    try:
        trim(instance, upload)
    except Exception:
        log.warning("older runs of an upload stay in Dagster's store", exc_info=True)


def wipe_former_assets(instance: dg.DagsterInstance) -> list[dg.AssetKey]:
    """Wipe what Dagster stored about assets of earlier versions, and return their keys.

    The UI would list them for good, and their last runs would never be trimmed.
    """
    keys = [dg.AssetKey(["dashboard", name]) for name in _FORMER]
    former = [key for key in keys if instance.has_asset_key(key)]
    instance.wipe_assets(former)
    return former


def remove(instance: dg.DagsterInstance, run_ids: Iterable[str]) -> None:
    """Remove runs with their events, check results and captured logs.

    The run itself is removed last: after a crash, the run and whatever is left of it can be found
    again.
    """
    storage = instance.event_log_storage
    for run_id in run_ids:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
        if isinstance(storage, SqlEventLogStorage):
            of_run = AssetCheckExecutionsTable.c.run_id == run_id
            with storage.index_connection() as connection:
                connection.execute(AssetCheckExecutionsTable.delete().where(of_run))
        storage.delete_events(run_id)
        if isinstance(storage, SqliteEventLogStorage):
            remove_shard(storage, run_id)
        if lifeline := liveness.lifeline_of(run_id):
            lifeline.remove()
        instance.run_storage.delete_run(run_id)


def remove_shard(storage: SqliteEventLogStorage, run_id: str) -> None:
    """Remove the SQLite file of one run's events, which Dagster empties but leaves behind."""
    shard = storage.path_for_shard(run_id)
    for path in (shard, f"{shard}-wal", f"{shard}-shm"):
        with suppress(FileNotFoundError):
            Path(path).unlink()


def _filter(upload: str) -> dg.RunsFilter:
    return dg.RunsFilter(tags={PARTITION_TAG: upload})


def _holders(instance: dg.DagsterInstance, ids: Collection[str]) -> set[str]:
    """The runs with the latest materialization of an asset or the latest evaluation of a check."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return set(ids)  # another kind of storage, which can't be queried
    events, checks = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    materialized = (
        sa.select(sa.func.max(events.id))
        .where(events.run_id.in_(ids))
        .where(events.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value)
        .group_by(events.asset_key)
    )
    evaluated = (
        sa.select(sa.func.max(checks.id))
        .where(checks.run_id.in_(ids))
        .where(checks.execution_status != "PLANNED")
        .group_by(checks.asset_key, checks.check_name)
    )
    with storage.index_connection() as connection:
        return {
            row[0]
            for query in (
                sa.select(events.run_id).where(events.id.in_(materialized)),
                sa.select(checks.run_id).where(checks.id.in_(evaluated)),
            )
            for row in connection.execute(query)
        }
