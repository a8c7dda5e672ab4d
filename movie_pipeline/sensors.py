"""Sensors: the watched folder becomes partitions and runs.

For the underlying concept, see https://docs.dagster.io/guides/automate/sensors. What belongs here:
the thin shell. What needs a run is decided in `arrivals`; nothing is parsed here.
"""

import time
from dataclasses import replace
from pathlib import Path

import dagster as dg

from movie_pipeline import revisions, uploads
from movie_pipeline import settings as environment
from movie_pipeline.arrivals import Memory, Plan, plan
from movie_pipeline.assets.specs import OWNER
from movie_pipeline.jobs import enrich_upload
from movie_pipeline.partitions import UPLOADS
from movie_pipeline.progress import Progress, ProgressError
from movie_pipeline.revisions import Revision
from movie_pipeline.settings import Settings, SettingsError

INTERVAL_SECONDS = 5


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
        decided, revision = _decide(settings, found, unreadable, context.cursor)
    except FileNotFoundError as error:
        return dg.SkipReason(f"{error.filename} is not there: make that folder to drop files into.")
    except OSError as error:
        what = error.filename or "The data folder"
        return dg.SkipReason(f"{what} can't be used ({error.strerror}).")
    except (SettingsError, ProgressError) as error:
        return dg.SkipReason(str(error))
    cursor = decided.memory.digest
    if not decided.requests:
        reason = _summary(found, decided, revision)
        return dg.SensorResult(skip_reason=reason, cursor=cursor)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=request.run_key, partition_key=request.upload)
            for request in decided.requests
        ],
        dynamic_partitions_requests=[
            UPLOADS.build_add_request([request.upload for request in decided.requests])
        ],
        cursor=cursor,
    )


def _decide(
    settings: Settings, found: list[uploads.Found], unreadable: list[str], cursor: str | None
) -> tuple[Plan, Revision]:
    """The plan of this tick; what it remembers is on disk before anything is asked for.

    The overrides are looked at before the runs' notes: a run that has not begun by then reads them
    as they are.
    """
    path, now = Memory.path(settings), time.time()
    memory = Memory.load(path)
    revision = revisions.look(settings, memory.overrides, now)

    def version_of(key: str) -> str | None:
        try:
            return uploads.content_hash(uploads.path_of(key, settings.uploads))
        except (OSError, ValueError):
            return None  # gone, locked or made a link; the next tick looks again

    decided = plan(
        found,
        replace(memory, overrides=revision.seen),
        {entry.upload: entry for entry in Progress.of(settings).all()},
        now=now,
        key_set=not settings.from_sample,
        key_changed_at=_changed_at(Path(".env")),
        version_of=version_of,
        overruled=revision.overruled,
        overrides_valid_since=revision.valid_since,
        unreadable=unreadable,
        repeat=cursor != memory.digest,
    )
    if decided.memory != memory or not path.exists():
        decided.memory.save(path)
    return decided, revision


def _summary(found: list[uploads.Found], decided: Plan, revision: Revision) -> dg.SkipReason:
    refused = sum(one.problem is not None for one in found)
    complaint = f"{revision.complaint}. " if revision.complaint else ""
    return dg.SkipReason(
        f"{complaint}{len(found) - refused} uploads, nothing new; {decided.waiting} settling,"
        f" {refused} that can't be used (movie-pipeline status says why)."
    )


def _changed_at(path: Path) -> float:
    """When a file was last written (epoch seconds), 0 if there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
