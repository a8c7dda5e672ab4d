"""Sensors: the watched folder becomes partitions and runs.

For the underlying concept, see https://docs.dagster.io/guides/automate/sensors. What belongs here:
the thin shell. What needs a run is decided in `arrivals`; nothing is parsed here.
"""

import time
from pathlib import Path

import dagster as dg

from movie_pipeline import settings as environment
from movie_pipeline import uploads
from movie_pipeline.arrivals import Memory, Plan, plan
from movie_pipeline.assets.specs import OWNER
from movie_pipeline.jobs import enrich_upload
from movie_pipeline.partitions import UPLOADS
from movie_pipeline.progress import Progress, ProgressError
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
        decided = _decide(settings, found, unreadable, context.cursor)
    except FileNotFoundError as error:
        return dg.SkipReason(f"{error.filename} is not there: make that folder to drop files into.")
    except OSError as error:
        what = error.filename or "The data folder"
        return dg.SkipReason(f"{what} can't be used ({error.strerror}).")
    except (SettingsError, ProgressError) as error:
        return dg.SkipReason(str(error))
    cursor = decided.memory.digest
    if not decided.requests:
        return dg.SensorResult(skip_reason=_summary(found, decided), cursor=cursor)
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
) -> Plan:
    """The plan of this tick; what it remembers is on disk before anything is asked for."""
    path = Memory.path(settings)
    memory = Memory.load(path)

    def version_of(key: str) -> str | None:
        try:
            return uploads.content_hash(uploads.path_of(key, settings.uploads))
        except (OSError, ValueError):
            return None  # gone, locked or made a link; the next tick looks again

    decided = plan(
        found,
        memory,
        {entry.upload: entry for entry in Progress.of(settings).all()},
        now=time.time(),
        key_set=not settings.from_sample,
        key_changed_at=_changed_at(Path(".env")),
        version_of=version_of,
        unreadable=unreadable,
        repeat=cursor != memory.digest,
    )
    if decided.memory != memory or not path.exists():
        decided.memory.save(path)
    return decided


def _summary(found: list[uploads.Found], decided: Plan) -> dg.SkipReason:
    refused = sum(one.problem is not None for one in found)
    return dg.SkipReason(
        f"{len(found) - refused} uploads, nothing new; {decided.waiting} settling, {refused} that"
        " can't be used (movie-pipeline status says why)."
    )


def _changed_at(path: Path) -> float:
    """When a file was last written (epoch seconds), 0 if there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
