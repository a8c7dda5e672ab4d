"""Sensors: files in the watched folder become partitions and runs.

For the underlying concept, see https://docs.dagster.io/guides/automate/sensors. What belongs here:
a thin shell. What does not: deciding what needs a run (`status.arrivals`), and how a film list is
read (`exports`).
"""

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import dagster as dg

from movie_pipeline import names, status, uploads
from movie_pipeline import settings as environment
from movie_pipeline.defs.assets.specs import OWNER
from movie_pipeline.defs.checks import LIBRARY, PERSONS, no_failures
from movie_pipeline.defs.jobs import enrich_upload
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.exports import Limits, UnreadableExport, read_export
from movie_pipeline.instance import pending
from movie_pipeline.instance.run_queue import LAST, PRIORITY_TAG
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.status import env_stamps, looking, revisions
from movie_pipeline.status.arrivals import Memory, Plan, Present, Request, plan
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.front_page import Watch
from movie_pipeline.status.inventory import Inventory
from movie_pipeline.status.revisions import Revision
from movie_pipeline.status.store import Entry, Progress
from movie_pipeline.uploads import writers
from movie_pipeline.warehouse.tables import SHAPE

INTERVAL_SECONDS = 4
"""The least between two ticks. Dagster's loop takes five seconds: with five here, rounding would
make it skip every other tick."""

_PROCESS = uuid.uuid4().hex
"""Ours: the first tick of a process compares everything that is stored (`status.revisions`)."""

_HOME = Watch()
_READ_AT_ONCE_BYTES = 250_000
"""More takes longer than half a second. A list of 3,000 films usually has less."""

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

    If there are none, it goes on looking until the next tick is due (`status.looking`), but an
    instance in memory has no next tick.

    The cursor is only a digest of what was seen: each tick stores its cursor, which for 10,000
    files would take 0.69 MB per tick. If Dagster has no run for a request, it is repeated with the
    same run key.
    """
    seconds = 0.0 if context.instance.is_ephemeral else looking.AT_MOST_SECONDS
    key = env_stamps.here(time.time())  # before the file is read, as it may change
    try:
        settings = environment.load()
        return _look(context, settings, env_stamps.everywhere(settings, key), seconds)
    except FileNotFoundError as error:
        return dg.SkipReason(f"{error.filename} does not exist: create it and drop files into it.")
    except OSError as error:
        return dg.SkipReason(explained(error, "the next tick tries again"))
    except (SettingsError, ProgressError) as error:
        return dg.SkipReason(str(error))


def _look(
    context: dg.SensorEvaluationContext, settings: Settings, key: int | None, seconds: float
) -> dg.SensorResult:
    """Look until there is something to report, or for so many seconds.

    After the first look, only the folder can bring news at once: what else needs a run (a key, an
    override, a lost run) may wait for the next tick.
    """
    cursor, before, waiting = context.cursor, None, 0
    for _ in looking.looks(settings.data, seconds):
        folder = uploads.scan(settings.uploads)
        if folder == before and not waiting:
            continue
        look = _decide(settings, folder, key, context.instance, cursor)
        requests, cursor = look.plan.requests, look.plan.memory.digest
        before, waiting = folder, look.plan.waiting
        if requests or look.news or look.unregistered:
            break
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=request.run_key,
                partition_key=request.upload,
                tags=_tags(request, look),
            )
            for request in requests
        ],
        dynamic_partitions_requests=[
            UPLOADS.build_add_request(
                sorted({*look.unregistered, *(request.upload for request in requests)})
            )
        ],
        cursor=cursor,
        asset_events=look.news,
        skip_reason=None if requests else _summary(folder[0], look.plan, look.revision),
    )


def _tags(request: Request, look: "_Look") -> dict[str, str]:
    """What the run must know, beside its upload."""
    tags, entry = {}, look.entries.get(request.upload)
    if request.upload in look.outdated:
        tags[PRIORITY_TAG] = LAST  # a new version rebuilds a thousand; dropped files go first
    if (
        entry is not None
        and entry.stored.sample_chosen
        and entry.run.version in {None, request.version}
    ):
        tags[names.SAMPLE_TAG] = "true"  # the demo chose it, for this content
    return tags


@dataclass(frozen=True)
class _Look:
    """What a look has found.

    Attributes:
        plan: the runs to request; its memory is on disk.
        revision: what the warehouse and the settings say.
        entries: the progress entry of each upload.
        news: the failed uploads, if they have changed.
        outdated: uploads whose rows have an earlier shape.
        unregistered: uploads that Dagster has lost the partitions of.
    """

    plan: Plan
    revision: Revision
    entries: Mapping[str, Entry]
    news: list[dg.AssetCheckEvaluation]
    outdated: Collection[str]
    unregistered: Collection[str]


def _decide(
    settings: Settings,
    folder: tuple[list[uploads.Found], list[str]],
    key: int | None,
    instance: dg.DagsterInstance,
    cursor: str | None,
) -> _Look:
    """Look once; `cursor` is the digest of the memory after the previous look."""
    path, now = Memory.path(settings), time.time()
    (found, unreadable), memory = folder, Memory.load(path)
    taken = cursor == memory.digest
    progress, present = Progress.of(settings), {one.key for one in found}
    waiting, entries = pending.look(instance, progress, memory, present, taken=taken)
    revision = revisions.look(settings, memory, entries, now, key, process=_PROCESS)
    if revision.entries:
        progress.correct(entries, revision.entries)
        entries |= revision.entries

    def version_of(key: str) -> str | None:
        try:
            return uploads.content_hash(uploads.path_of(key, settings.uploads))
        except (OSError, ValueError):
            return None  # gone, locked or now a link; the next tick looks again

    def unwritten(key: str) -> bool:
        try:
            return writers.none(uploads.path_of(key, settings.uploads))
        except (OSError, ValueError):
            return False

    there = Present(
        found,
        entries,
        now,
        key_set=not settings.from_sample,
        unreadable=unreadable,
        coming=waiting.coming,
        believed=waiting.believed,
        lost=waiting.lost,
        closed=waiting.closed,
        overruled=revision.overruled,
    )
    decided = plan(there, revision.memory, version_of, unwritten)
    decided = decided.noted(lambda key: _films(key, settings))
    failures = _failures(found, unreadable, entries, decided.memory)
    decided = replace(decided, memory=replace(decided.memory, failed=failures.digest))
    if decided.memory != memory or not path.exists():
        decided.memory.save(path)
    _HOME.look(settings, found, entries)
    known = memory.failed == failures.digest and taken
    outdated = {
        one.upload
        for one in entries.values()
        if one.stored.counts and (one.stored.shape or 0) < SHAPE
    }
    unregistered = (
        entries.keys() - {*instance.get_dynamic_partitions(str(UPLOADS.name))}
        if memory.process != _PROCESS
        else ()
    )
    news = [] if known else [no_failures(failures)]
    return _Look(decided, revision, entries, news, outdated, unregistered)


def _films(key: str, settings: Settings) -> int | None:
    """How many films an upload lists, so that the status can tell before its run begins.

    None for a large upload, which would hold up the tick, and for one that can't be read: its run
    says why.
    """
    own = Limits(**settings.limits)
    limits = replace(
        own,
        entry_bytes=min(own.entry_bytes, _READ_AT_ONCE_BYTES),
        total_bytes=min(own.total_bytes, _READ_AT_ONCE_BYTES),
    )
    try:
        return len(read_export(uploads.path_of(key, settings.uploads), key, limits).films)
    except (UnreadableExport, OSError, ValueError):
        return None


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
