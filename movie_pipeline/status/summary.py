"""Summary: the status of every upload, for people and for programs.

What belongs here: combining the watched folder (`uploads`) with the progress entries of the runs
(`store`). It needs neither the warehouse nor a Dagster instance, so it answers while a run has
locked the warehouse and while Dagster is not running.
"""

import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from movie_pipeline import uploads
from movie_pipeline.settings import DEV, Settings
from movie_pipeline.status.arrivals import Memory, Seen, stamp_of
from movie_pipeline.status.store import IGNORED, STATES, Entry, Progress
from movie_pipeline.uploads.pages import page_of

REPEATS = 3
"""How often a killed run is retried: ``max_retries`` of ``run_retries`` in dagster.yaml."""

NO_KEY = "No TMDB_API_TOKEN is set: the bundled sample catalogue answers."

_LINES_NAMED = 10
_ENDED = {"completed", "cancelled", "failed"}
_KILLED = (
    "The run's process is gone (killed, crashed, or the machine was restarted). What was fetched"
    f" is kept: {DEV} continues from there automatically, at most {REPEATS} times. Without"
    " it, run {}."
)
_KILLED_AGAIN = (
    f"The run's process is gone, and it was the last of {REPEATS} retries. What was fetched is"
    " kept. Find out what kills the runs (too little memory, perhaps); then {} continues from"
    " there."
)


@dataclass(frozen=True)
class Status:
    """One upload's status; the fields are the contract's.

    ``total_movies`` = matched + ambiguous + not_found + not_a_movie + error + pending, and
    ``pending_count`` is 0 once a run has ended.
    """

    upload: str
    status: str
    total_movies: int = 0
    enriched_count: int = 0
    pending_count: int = 0
    matched_count: int = 0
    not_found_count: int = 0
    ambiguous_count: int = 0
    not_a_movie_count: int = 0
    error_count: int = 0
    eta_seconds: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""
    page: str | None = None
    ignored_count: int = 0
    """How many of those not found are ignored by the overrides; not in the JSON output."""

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON types; times as ISO 8601 in UTC."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if name != "ignored_count"
        }


def read(settings: Settings) -> list[Status]:
    """The status of every upload that is in the folder or has ever had a run, sorted by key.

    Raises:
        ProgressError: the progress store can't be read.
        OSError: the sensor's memory can't be read.
    """
    entries = {entry.upload: entry for entry in Progress.of(settings).all()}
    try:
        found, unreadable = uploads.scan(settings.uploads)
    except OSError:  # missing or unreadable, which is not the same as empty
        found, unreadable = [], list(entries)
    rows = of(found, unreadable, entries, Memory.load(Memory.path(settings)).seen)
    # Not where the run wrote it: the data folder may have moved, or be seen from elsewhere.
    return [
        replace(row, page=str(page_of(settings, row.upload))) if row.page else row for row in rows
    ]


def of(
    found: Iterable[uploads.Found],
    unreadable: Iterable[str],
    entries: Mapping[str, Entry],
    seen: Mapping[str, Seen],
) -> list[Status]:
    """The status of every upload, sorted by key, for callers that have scanned the folder already.

    Args:
        found: the uploads in the folder.
        unreadable: paths that could not be read.
        entries: the progress entry of each upload (`Progress`).
        seen: what the sensor remembers of each upload (`Memory`).
    """
    folders = list(unreadable)
    rows = {one.key: _present(one, entries.get(one.key), seen.get(one.key)) for one in found}
    for key, entry in entries.items():
        if key not in rows:
            rows[key] = _of(entry, removed=not uploads.hidden(key, folders))
    return [rows[key] for key in sorted(rows)]


def overrides_problem(settings: Settings) -> str | None:
    """What is wrong with the overrides file; None if nothing is."""
    if not settings.overrides.exists():
        return None
    # Reading tables imports pandas; a status without overrides should not wait for that.
    from movie_pipeline.overrides.file import Overrides, OverridesError  # noqa: PLC0415

    try:
        Overrides.load(settings.overrides)
    except OverridesError as error:
        return str(error)
    return None


def overrides_hint(settings: Settings) -> str | None:
    """Which lines of the overrides fit no film, as the sensor has found; None if all do."""
    seen = Memory.load(Memory.path(settings)).overrides
    return (
        unused_lines(settings, seen.unused)
        if seen.stamp == stamp_of(settings.overrides)[0]
        else None
    )


def unused_lines(settings: Settings, lines: Sequence[int]) -> str | None:
    """A hint about the lines of the overrides that fit no film; None if there are none."""
    if not lines:
        return None
    listed = ", ".join(map(str, lines[:_LINES_NAMED]))
    more = f" and {len(lines) - _LINES_NAMED:,} more" if len(lines) > _LINES_NAMED else ""
    which = f"lines {listed}{more} fit" if len(lines) > 1 else f"line {listed} fits"
    return f"{settings.overrides}: {which} no film of any upload. Compare title and year."


def _present(found: uploads.Found, entry: Entry | None, seen: Seen | None) -> Status:
    status = _of(entry, removed=False) if entry else Status(found.key, "queued")
    if found.problem is not None:
        return replace(status, status="failed", message=found.problem)
    if entry is not None and status.status in _ENDED and _waits(found, entry, seen):
        return replace(status, status="queued", message="")
    unread = entry is None or (entry.running and not entry.killed and not status.total_movies)
    if unread and seen is not None and seen.films and seen.stamp == found.stamp:
        return replace(status, total_movies=seen.films, pending_count=seen.films)
    return status


def _waits(found: uploads.Found, entry: Entry, seen: Seen | None) -> bool:
    """Whether a newer state of the file is settling, or a run is requested or about to be."""
    if seen is not None and (seen.overruled or seen.awaits(entry)):
        return True
    if seen is not None and seen.settled and seen.stamp == found.stamp:
        return False
    # Ignore a timestamp in the future: the clock was set back, or the file was unpacked.
    return (
        time.time()
        >= found.changed
        > (entry.run.started_at.timestamp() if entry.run.started_at else 0.0)
    )


def _of(entry: Entry, *, removed: bool) -> Status:
    stage, message, counts = entry.stage, entry.message, dict(entry.counts)
    eta = entry.eta_seconds
    if entry.killed:
        stage, counts, eta = "failed", dict(entry.stored.counts), None
        message = _KILLED_AGAIN if entry.run.repeats >= REPEATS else _KILLED
        message = message.format(f"movie-pipeline enrich {shlex.quote(entry.upload)}")
    if removed and stage in _ENDED:
        stage = "removed"
        kept = (
            "its rows and its page are still stored"
            if entry.stored.page
            else "its status entry is still stored"
        )
        message = (
            f"The file is no longer there; {kept}."
            f" movie-pipeline forget {shlex.quote(entry.upload)} removes what is left."
        )
    by_state = {f"{state}_count": int(counts.get(state, 0)) for state in STATES}
    pending = int(counts.get("pending", 0)) if stage in {"processing", "enriching"} else 0
    return Status(
        upload=entry.upload,
        status=stage,
        total_movies=sum(by_state.values()) + pending,
        enriched_count=int(counts.get("enriched", 0)),
        pending_count=pending,
        eta_seconds=eta,
        started_at=entry.run.started_at,
        finished_at=entry.finished_at,
        message=message,
        page=entry.stored.page,
        ignored_count=int(counts.get(IGNORED, 0)),
        **by_state,
    )
