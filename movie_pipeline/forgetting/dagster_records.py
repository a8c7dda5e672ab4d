"""Traces: what Dagster's instance stores about an upload besides its runs.

What belongs here: finding and removing that. What does not: the runs themselves
(`instance.dagster_runs`), our own files, and the order in which an upload is forgotten (`forget`).

Dagster has no method for most of this, so its tables are changed through its own storage classes,
which are the same for SQLite and Postgres. Records about several uploads at once are not edited but
removed: ticks, completed backfills and what sensors reported are only history.
"""

import base64
import json
import re
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
import tenacity
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES, PartitionBackfill
from dagster._core.instance import RUNLESS_RUN_ID
from dagster._core.scheduler.instigation import InstigatorState, SensorInstigatorData, TickStatus
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import BackfillTagsTable, BulkActionsTable

from movie_pipeline import names, sqlite
from movie_pipeline.instance.storage import folder_of
from movie_pipeline.status import looking

FORGOTTEN = "(forgotten)"
"""Replaces the upload's name in records that must stay."""

_AT_WORK = [TickStatus.STARTED]
_ENDED_TICKS = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]
_OURS = {names.UPLOADS_SENSOR, names.LIBRARY_SENSOR, names.REFRESH_SCHEDULE}
_OF_A_RUN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_WAIT_SECONDS = 30.0
_TICK_SECONDS = 120.0  # an older tick that has not ended was killed


def backfills_at_work(instance: dg.DagsterInstance, upload: str) -> list[str]:
    """The ids of unfinished backfills that name the upload."""
    return [
        one.backfill_id
        for one in instance.get_backfills()
        if not _ended(one) and _named(dg.serialize_value(one), upload)
    ]


def wait_for_ticks(instance: dg.DagsterInstance, data: Path) -> None:
    """Wait for sensor ticks that may have seen what has just been removed from the data folder.

    A tick takes seconds; this waits two minutes at most. `remove` then removes what it recorded.
    """

    def at_work() -> bool:
        since = time.time() - _TICK_SECONDS
        return any(
            one.timestamp < before
            for state in _our_sensors(instance)
            for one in instance.get_ticks(
                state.instigator_origin_id, state.selector_id, after=since, statuses=_AT_WORK
            )
        )

    before = time.time()
    looking.end(data)
    tenacity.Retrying(
        retry=tenacity.retry_if_result(bool),
        wait=tenacity.wait_fixed(0.2),
        stop=tenacity.stop_after_delay(_TICK_SECONDS),
        retry_error_callback=lambda _: None,
    )(at_work)


def _our_sensors(instance: dg.DagsterInstance) -> list[InstigatorState]:
    if instance.schedule_storage is None:  # an ephemeral instance has no sensors
        return []
    return [one for one in instance.all_instigator_state() if one.instigator_name in _OURS]


def take_out(instance: dg.DagsterInstance, backfill_id: str, upload: str) -> None:
    """Remove an upload's name from a `forget_upload` backfill, which continues with the others."""
    backfill = instance.get_backfill(backfill_id)
    if backfill is None:
        return
    other = {upload: FORGOTTEN}
    names, last = backfill.partition_names or (), backfill.last_submitted_partition_name or ""
    instance.update_backfill(
        backfill._replace(
            partition_names=[other.get(name, name) for name in names],
            last_submitted_partition_name=other.get(last, last),
        )
    )


def remove(instance: dg.DagsterInstance, upload: str) -> None:
    """Remove what is left of an upload whose runs were removed, except its partition."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        _remove_reports(storage, upload)
        _renew_latest(instance, storage)
    _remove_backfills(instance, upload)
    remove_ticks(instance, upload)


def _remove_reports(storage: SqlEventLogStorage, upload: str) -> None:
    """Remove events outside runs: a sensor's about all uploads, and a person's about this one."""
    for table in (SqlEventLogStorageTable, AssetCheckExecutionsTable):
        columns = table.c
        ours = sa.or_(columns.partition.is_(None), columns.partition == upload)
        reports = table.delete().where(columns.run_id == RUNLESS_RUN_ID).where(ours)
        with storage.index_connection() as connection:
            connection.execute(reports)
        if table is SqlEventLogStorageTable:  # SQLite has a separate file for them
            with storage.run_connection(RUNLESS_RUN_ID) as connection:
                connection.execute(reports)


def _renew_latest(instance: dg.DagsterInstance, storage: SqlEventLogStorage) -> None:
    """Update each asset's copy of its latest materialization if the run of that is gone."""
    keys, events = AssetKeyTable.c, SqlEventLogStorageTable.c
    with storage.index_connection() as connection:
        connection.execute(AssetKeyTable.update().values(cached_status_data=None))
        for key, latest, last_run in connection.execute(
            sa.select(keys.asset_key, keys.last_materialization, keys.last_run_id)
        ).fetchall():
            if all(instance.has_run(one) for one in _runs_of(latest, last_run)):
                continue
            left = connection.execute(
                sa.select(events.id, events.event)
                .where(events.asset_key == key)
                .where(events.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value)
                .order_by(events.id.desc())
                .limit(1)
            ).fetchone()
            connection.execute(
                AssetKeyTable.update()
                .where(keys.asset_key == key)
                .values(_latest((left[0], left[1]) if left else None))
            )


def _runs_of(latest: str | None, last_run: str | None) -> set[str]:
    """The runs that an asset's record names: of its latest materialization, and its latest run."""
    runs = {last_run} if last_run else set()
    if latest:
        stored = dg.deserialize_value(latest)
        entry = stored.event_log_entry if isinstance(stored, dg.EventLogRecord) else stored
        runs.add(entry.run_id if isinstance(entry, dg.EventLogEntry) else RUNLESS_RUN_ID)
    return runs


def _latest(row: "tuple[int, str] | None") -> dict[str, object]:
    """The columns in which Dagster stores an asset's latest materialization; NULLs if none."""
    if row is None:
        return dict.fromkeys(
            ("last_materialization", "last_run_id", "last_materialization_timestamp")
        )
    number, text = row
    event = dg.deserialize_value(text, dg.EventLogEntry)
    record = dg.EventLogRecord(storage_id=number, event_log_entry=event)
    return {"last_materialization": dg.serialize_value(record), "last_run_id": event.run_id}


def _remove_backfills(instance: dg.DagsterInstance, upload: str) -> None:
    ended = [
        one.backfill_id
        for one in instance.get_backfills()
        if _ended(one) and _named(dg.serialize_value(one), upload)
    ]
    if not ended or not isinstance(instance.run_storage, SqlRunStorage):
        return
    with instance.run_storage.connect() as connection:
        connection.execute(
            BackfillTagsTable.delete().where(BackfillTagsTable.c.backfill_id.in_(ended))
        )
        connection.execute(BulkActionsTable.delete().where(BulkActionsTable.c.key.in_(ended)))


def _ended(backfill: PartitionBackfill) -> bool:
    return backfill.status in BULK_ACTION_TERMINAL_STATUSES


def remove_ticks(instance: dg.DagsterInstance, upload: str) -> None:
    """Remove the ticks of our sensors and the schedule, and the name from the sensors' state."""
    storage, now = instance.schedule_storage, time.time()
    if storage is None:
        return
    storage.purge_asset_evaluations(now)
    for state in _our_sensors(instance):
        storage.purge_ticks(state.instigator_origin_id, state.selector_id, now, _ENDED_TICKS)
        data = state.instigator_data
        if isinstance(data, SensorInstigatorData):
            changed = data._replace(last_run_key=None, cursor=_cursor_without(data.cursor, upload))
            if changed != data:
                instance.update_instigator_state(state.with_data(changed))


def _cursor_without(cursor: str | None, upload: str) -> str | None:
    """The packed cursor of an automation condition sensor, without the upload's name.

    Dagster ignores partitions in it that no longer exist. The cursor of `uploads_sensor` is a
    digest and stays as it is.
    """
    try:
        version, packed = (cursor or "")[:1], base64.b64decode((cursor or "")[1:], validate=True)
        text = zlib.decompress(packed).decode()
    except (ValueError, zlib.error):
        return cursor
    if not _named(text, upload):
        return cursor
    for name, stand_in in zip(_forms(upload), _forms(FORGOTTEN), strict=True):
        text = text.replace(name, stand_in)
    return version + base64.b64encode(zlib.compress(text.encode())).decode()


def _named(text: str, upload: str) -> bool:
    """Whether a stored text contains the upload's name, also in JSON nested within JSON."""
    return any(form in text for form in _forms(upload))


def _forms(name: str) -> Iterator[str]:
    """The forms of a name in JSON, and in JSON nested within JSON."""
    for ascii_only in (True, False):
        form = json.dumps(name, ensure_ascii=ascii_only)
        for _ in range(4):
            yield form
            form = json.dumps(form, ensure_ascii=ascii_only)[1:-1]


def vacuum(instance: dg.DagsterInstance, own_run: str) -> None:
    """Scrub Dagster's SQLite files, which keep deleted content until its space is needed.

    Of the files that contain a single run's events, only the calling run's is scrubbed: the others
    are deleted entirely. In PostgreSQL, the rows' bytes stay until `scrubbing`.

    Raises:
        sqlite3.Error: a file is locked for half a minute, or the disk is full.
    """
    for path in _files(instance, own_run):
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as one:
            sqlite.scrub(one)


def _files(instance: dg.DagsterInstance, own_run: str) -> Iterator[Path]:
    """The files with records of several runs, and the one of `own_run`."""
    folder = folder_of(instance)
    for path in folder.rglob("*.db") if folder else ():
        if path.stem == own_run or not _OF_A_RUN.fullmatch(path.stem):
            yield path
