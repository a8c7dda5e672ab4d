"""Sensors: the watched folder becomes partitions and runs.

For the underlying concept, see https://docs.dagster.io/guides/automate/sensors. What belongs here:
the thin shell. What needs a run is decided in `arrivals`; nothing is parsed here.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import dagster as dg

from movie_pipeline import revisions, status, uploads
from movie_pipeline import settings as environment
from movie_pipeline.arrivals import Memory, Plan, plan
from movie_pipeline.assets.specs import OWNER
from movie_pipeline.checks import LIBRARY, PERSONS, no_failures
from movie_pipeline.inventory import Inventory
from movie_pipeline.jobs import enrich_upload
from movie_pipeline.os_errors import told
from movie_pipeline.partitions import UPLOADS
from movie_pipeline.progress import Entry, Progress, ProgressError
from movie_pipeline.revisions import Revision
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.tables import SHAPE
from movie_pipeline.warehouse import Warehouse

INTERVAL_SECONDS = 5

library_sensor = dg.AutomationConditionSensorDefinition(
    "library_sensor",
    target=dg.AssetSelection.assets(LIBRARY, PERSONS),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Renews library/uploads and dashboard/library when pages were made and no other"
    " is being made.",
)


@dg.sensor(
    name="uploads_sensor",
    job=enrich_upload,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts enrich_upload for every file dropped into the uploads folder.",
    tags={"owner": OWNER.replace("team:", "")},
)
def uploads_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for the runs that `arrivals.plan` finds needed.

    The cursor is only a digest of what was seen: each tick stores its cursor, and 10,000 files
    would be 0.69 MB a tick. Where it is not the digest of the remembered arrivals, the previous
    tick did not get through, and what it asked for is asked for again under the same run keys.
    """
    try:
        settings = environment.load()
        found, unreadable = uploads.scan(settings.uploads)
        decided, revision, news = _decide(settings, found, unreadable, context.cursor)
    except FileNotFoundError as error:
        return dg.SkipReason(f"{error.filename} is not there: make that folder to drop files into.")
    except OSError as error:
        return dg.SkipReason(told(error, "the next tick looks again"))
    except (SettingsError, ProgressError) as error:
        return dg.SkipReason(str(error))
    cursor = decided.memory.digest
    if not decided.requests:
        reason = _summary(found, decided, revision)
        return dg.SensorResult(skip_reason=reason, cursor=cursor, asset_events=news)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=request.run_key, partition_key=request.upload)
            for request in decided.requests
        ],
        dynamic_partitions_requests=[
            UPLOADS.build_add_request([request.upload for request in decided.requests])
        ],
        cursor=cursor,
        asset_events=news,
    )


def _decide(
    settings: Settings, found: list[uploads.Found], unreadable: list[str], cursor: str | None
) -> tuple[Plan, Revision, list[dg.AssetCheckEvaluation]]:
    """The plan of this tick, and the failed uploads where these have changed.

    What the plan remembers is on disk before anything is asked for.

    The overrides are looked at before the runs' notes: a run that has not begun by then reads them
    as they are.
    """
    path, now = Memory.path(settings), time.time()
    memory = Memory.load(path)
    revision = revisions.look(settings, memory.overrides, now)
    entries = {entry.upload: entry for entry in Progress.of(settings).all()}
    shape = None if Warehouse(settings.warehouse).gone else SHAPE
    repeat = cursor != memory.digest

    def version_of(key: str) -> str | None:
        try:
            return uploads.content_hash(uploads.path_of(key, settings.uploads))
        except (OSError, ValueError):
            return None  # gone, locked or made a link; the next tick looks again

    decided = plan(
        found,
        replace(memory, overrides=revision.seen, shape=shape),
        entries,
        now=now,
        key_set=not settings.from_sample,
        key_changed_at=_changed_at(Path(".env"), now),
        version_of=version_of,
        overruled=revision.overruled | _to_make_anew(memory.shape, shape, entries),
        overrides_valid_since=revision.valid_since,
        unreadable=unreadable,
        repeat=repeat,
    )
    failures = _failures(found, unreadable, entries, decided.memory)
    decided = replace(decided, memory=replace(decided.memory, failed=failures.digest))
    if decided.memory != memory or not path.exists():
        decided.memory.save(path)
    known = memory.failed == failures.digest and not repeat
    return decided, revision, [] if known else [no_failures(failures)]


def _failures(
    found: list[uploads.Found],
    unreadable: list[str],
    entries: Mapping[str, Entry],
    memory: Memory,
) -> Inventory:
    """The uploads that may have failed; the others of ten thousand would take half the tick."""
    failed = {key: entry for key, entry in entries.items() if entry.failed}
    doubted = [one for one in found if one.problem is not None or one.key in failed]
    return Inventory(status.of(doubted, unreadable, failed, memory.seen))


def _to_make_anew(
    before: int | None, now: int | None, entries: Mapping[str, Entry]
) -> frozenset[str]:
    """The uploads with rows, where the warehouse was deleted or its rows have an earlier shape.

    Their answers are kept, so that making the rows anew costs no request.
    """
    if before in {None, now}:
        return frozenset()
    return frozenset(upload for upload, entry in entries.items() if entry.stored)


def _summary(found: list[uploads.Found], decided: Plan, revision: Revision) -> dg.SkipReason:
    refused = sum(one.problem is not None for one in found)
    complaint = f"{revision.complaint}. " if revision.complaint else ""
    return dg.SkipReason(
        f"{complaint}{len(found) - refused} uploads, nothing new; {decided.waiting} settling,"
        f" {refused} that can't be used (movie-pipeline status says why)."
    )


def _changed_at(path: Path, now: float) -> float:
    """When a file was last written (epoch seconds), 0 if there is none, or nobody knows.

    A time to come (the clock was set back, the file was unpacked) would be after every failure.
    """
    try:
        changed = path.stat().st_mtime
    except OSError:
        return 0.0
    return changed if changed <= now else 0.0
