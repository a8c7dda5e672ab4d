"""Sensors: files in the watched folder become partitions and runs.

For the underlying concept, see https://docs.dagster.io/guides/automate/sensors. What belongs here:
a thin shell. What does not: deciding what needs a run (`status.arrivals`), and parsing anything.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import dagster as dg

from movie_pipeline import names, status, uploads
from movie_pipeline import settings as environment
from movie_pipeline.defs.assets.specs import OWNER
from movie_pipeline.defs.checks import LIBRARY, PERSONS, no_failures
from movie_pipeline.defs.jobs import enrich_upload
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.instance import pending
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.status import revisions
from movie_pipeline.status.arrivals import Memory, Plan, Present, plan
from movie_pipeline.status.inventory import Inventory
from movie_pipeline.status.revisions import Revision
from movie_pipeline.status.store import Entry, Progress, ProgressError

INTERVAL_SECONDS = 5

library_sensor = dg.AutomationConditionSensorDefinition(
    names.LIBRARY_SENSOR,
    target=dg.AssetSelection.assets(LIBRARY, PERSONS),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Updates library/uploads and dashboard/library after new pages were made, once no"
    " other page is in progress.",
)


@dg.sensor(
    name=names.UPLOADS_SENSOR,
    job=enrich_upload,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts enrich_upload for every file dropped into the uploads folder.",
    tags={"owner": OWNER.replace("team:", "")},
)
def uploads_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Request the runs that `status.arrivals.plan` finds necessary.

    The cursor is only a digest of what was seen: each tick stores its cursor, which for 10,000
    files would take 0.69 MB per tick. If Dagster has no run for a request, it is repeated with the
    same run key.
    """
    key = _changed_at(environment.ENV_FILE, time.time())
    try:
        settings = environment.load()
        found, unreadable = uploads.scan(settings.uploads)
        decided, revision, news = _decide(settings, found, unreadable, key, context)
    except FileNotFoundError as error:
        return dg.SkipReason(f"{error.filename} does not exist: create it and drop files into it.")
    except OSError as error:
        return dg.SkipReason(explained(error, "the next tick tries again"))
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
    settings: Settings,
    found: list[uploads.Found],
    unreadable: list[str],
    key: int | None,
    context: dg.SensorEvaluationContext,
) -> tuple[Plan, Revision, list[dg.AssetCheckEvaluation]]:
    """The plan for this tick, and the failed uploads if they have changed.

    The plan's memory is on disk before any run is requested.
    """
    path, now = Memory.path(settings), time.time()
    memory = Memory.load(path)
    taken = context.cursor == memory.digest
    progress, present = Progress.of(settings), {one.key for one in found}
    waiting, entries = pending.look(context.instance, progress, memory, present, taken=taken)
    revision = revisions.look(settings, memory, entries, now, key)

    def version_of(key: str) -> str | None:
        try:
            return uploads.content_hash(uploads.path_of(key, settings.uploads))
        except (OSError, ValueError):
            return None  # gone, locked or now a link; the next tick looks again

    there = Present(
        found,
        entries,
        now,
        key_set=not settings.from_sample,
        unreadable=unreadable,
        coming=waiting.coming,
        believed=waiting.believed,
        lost=waiting.lost,
        overruled=revision.overruled,
    )
    decided = plan(there, revision.memory, version_of)
    failures = _failures(found, unreadable, entries, decided.memory)
    decided = replace(decided, memory=replace(decided.memory, failed=failures.digest))
    if decided.memory != memory or not path.exists():
        decided.memory.save(path)
    known = memory.failed == failures.digest and taken
    return decided, revision, [] if known else [no_failures(failures)]


def _failures(
    found: list[uploads.Found],
    unreadable: list[str],
    entries: Mapping[str, Entry],
    memory: Memory,
) -> Inventory:
    """The uploads that may have failed; checking all 10,000 would take half the tick."""
    failed = {key: entry for key, entry in entries.items() if entry.failed}
    doubted = [one for one in found if one.problem is not None or one.key in failed]
    return Inventory(status.of(doubted, unreadable, failed, memory.seen))


def _summary(found: list[uploads.Found], decided: Plan, revision: Revision) -> dg.SkipReason:
    refused = sum(one.problem is not None for one in found)
    complaint = f"{revision.complaint}. " if revision.complaint else ""
    return dg.SkipReason(
        f"{complaint}{len(found) - refused} uploads, nothing new; {decided.waiting} settling,"
        f" {refused} that can't be used (movie-pipeline status says why)."
    )


def _changed_at(path: Path, now: float) -> int | None:
    """When a file was last changed (nanoseconds); 0 if it does not exist.

    None for a time in the future: the clock was set back, or the file was unpacked.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return 0
    return changed if changed <= now * 1e9 else None
