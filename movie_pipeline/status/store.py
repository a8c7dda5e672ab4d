"""Progress: the state of each upload's latest run, in a small store of its own.

The steps of a run record their progress here while they work; `summary` reads it. The store is
separate from the warehouse, which only changes when a step ends, and can be read without it and
without Dagster.

What belongs here: one entry per upload about its latest run. What does not: rows of films (the
warehouse), what was seen in the watched folder (`arrivals`), how it is shown (`summary`).

Counts are computed from the decisions and replaced as a whole; nothing is ever incremented.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr, TypeAdapter, ValidationError

from movie_pipeline.liveness import FileLifeline, RedisLifeline, Worker, lifeline_path
from movie_pipeline.settings import Settings
from movie_pipeline.status.entries import Entries, ProgressError
from movie_pipeline.status.file_entries import FileEntries
from movie_pipeline.warehouse.tables import SHAPE

log = logging.getLogger(__name__)

STATES = ("matched", "ambiguous", "not_found", "not_a_movie", "error")
"""The states a film line can end in; `enriched.movies.match_status` has no other value."""

IGNORED = "ignored"
"""Another key of an upload's counts: how many of those not found the overrides ignore."""

NO_FILMS = "It has no films: nothing stands below the heading."
"""The message of a completed upload without films."""

PROGRESS_TAG = "progress"
"""The run tag that shows its progress on Dagster's Runs page."""

_EARLIER = 20  # simultaneous runs of one upload; no realistic use has more
_STAGES = {"processing", "enriching", "completed", "cancelled", "failed"}
_AT_WORK = {"stage", "counts", "eta_seconds"}


@dataclass(frozen=True)
class Run:
    """A run of an upload, as it was started.

    Attributes:
        id: Dagster's id of the run; empty if no run has begun.
        worker: the process that executes it.
        alone: started from the command line, so Dagster does not retry it when it is killed.
        repeats: which retry of a killed run this is; 0 for a first attempt (run retries).
        plan: the steps that it will execute.
        version: the hash of the content that it reads.
        started_at: when its first step began (UTC).
        shape_made: the shape of the rows that it makes (`warehouse.tables.SHAPE`); None for a run
            of a version that did not note it.
    """

    id: str = ""
    worker: Worker | None = None
    alone: bool = False
    repeats: int = 0
    plan: tuple[str, ...] = ()
    version: str | None = None
    started_at: datetime | None = None
    shape_made: int | None = None


@dataclass(frozen=True)
class Stored:
    """What is stored of an upload (rows and page); a failed run leaves it unchanged.

    Attributes:
        counts: films by state (`STATES`), `IGNORED` and ``enriched``. A step's counts are copied
            here once it has succeeded, that is, after its rows were written.
        answered_by: ``tmdb`` or ``sample``.
        sample_chosen: the sample was requested, not just used because no key is set.
        shape: the shape of the rows (`warehouse.tables.SHAPE`); None if it is unknown, or not all
            of them are stored.
        page: the path of the finished page.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    answered_by: str | None = None
    sample_chosen: bool = False
    shape: int | None = None
    page: str | None = None


@dataclass(frozen=True)
class Entry:
    """An upload's progress entry: its latest run, how far it has got, and what is stored.

    Attributes:
        upload: the upload's key.
        run: its latest run.
        stored: its stored rows and page.
        stage: ``processing``, ``enriching``, ``completed``, ``cancelled`` or ``failed``.
        done: the steps that have succeeded.
        counts: the run's current counts, as in `Stored` plus ``pending``.
        asked: what the run cost: ``requests`` to TMDB, and ``kept``, answers from the cache.
        eta_seconds: time left while enriching.
        message: a sentence for the user; empty if there is nothing to say.
        refused: ``key`` if the run failed because TMDB refused the key, ``overrides`` if it failed
            because the overrides file is invalid, otherwise empty.
        earlier: ids of the runs before this one; they may still be executing but no longer count.
    """

    upload: str
    run: Run = field(default_factory=Run)
    stored: Stored = field(default_factory=Stored)
    stage: str = "processing"
    done: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    eta_seconds: float | None = None
    finished_at: datetime | None = None
    message: str = ""
    refused: str = ""
    earlier: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether its run is recorded as executing; the process may be gone all the same."""
        return self.stage in {"processing", "enriching"}

    @property
    def killed(self) -> bool:
        """Whether the run's process is gone without having recorded an end."""
        return self.running and self.run.worker is not None and not self.run.worker.alive

    @property
    def failed(self) -> bool:
        """Whether the run failed, was cancelled or was killed."""
        return self.stage in {"failed", "cancelled"} or self.killed

    def noted(self, **changes: Any) -> "Entry":
        """A copy with the named fields of the entry, its `run` or its `stored` changed.

        ``counts`` means the run's counts.
        """
        run = {name: changes.pop(name) for name in _OF_RUN & changes.keys()}
        stored = {name: changes.pop(name) for name in _OF_STORED & changes.keys()}
        entry = replace(self, run=replace(self.run, **run)) if run else self
        entry = replace(entry, stored=replace(entry.stored, **stored)) if stored else entry
        return replace(entry, **changes)


_ENTRY = TypeAdapter(Entry)
_OF_RUN = {one.name for one in fields(Run)}
_OF_STORED = {one.name for one in fields(Stored)} - {"counts"}


class Progress:
    """The progress store: one entry per upload, in an SQLite file or in a Redis.

    Every method raises `ProgressError` if that can't be used.

    Args:
        place: the file, or the address of the Redis.
        data: the data folder; by default that of the file.
    """

    def __init__(self, place: Path | SecretStr, data: Path | None = None) -> None:
        self.place, self._data = place, data
        self._entries = _open(place)

    @classmethod
    def of(cls, settings: Settings) -> "Progress":
        """The progress store that the settings name."""
        return cls(settings.state, settings.data)

    def get(self, upload: str) -> Entry | None:
        """The upload's entry, or None if it never had a run."""
        text = self._entries.get(upload)
        entry = _decode(upload, text) if text is not None else None
        return self._with_lifeline(entry) if entry else None

    def all(self) -> list[Entry]:
        """Every entry, sorted by key."""
        entries = (_decode(upload, text) for upload, text in sorted(self._entries.all().items()))
        return [self._with_lifeline(entry) for entry in entries if entry is not None]

    def begin(
        self,
        upload: str,
        *,
        run_id: str,
        plan: Sequence[str],
        version: str | None = None,
        alone: bool = False,
        repeats: int = 0,
    ) -> bool:
        """Record that a step of a run begins; the run's first step starts a new entry.

        A step that begins after another step of the run failed does not undo the failure.

        Returns:
            Whether the run has begun with it.
        """

        def began(entry: Entry | None) -> Entry | None:
            old = entry or Entry(upload, stage="")
            if run_id in old.earlier:
                return None  # a later run has begun: alternating runs would never complete
            if old.run.id == run_id and old.stage:
                return old.noted(worker=Worker.current())
            run = Run(
                id=run_id,
                worker=Worker.current(),
                alone=alone,
                repeats=repeats,
                plan=tuple(plan),
                version=version or old.run.version,
                shape_made=SHAPE,
                started_at=_now(),
            )
            earlier = (*old.earlier, old.run.id)[-_EARLIER:] if old.run.id else ()
            return Entry(upload, run, old.stored, counts=old.stored.counts, earlier=earlier)

        old, new = self._change(upload, began)
        return new is not None and (old is None or old.run.id != run_id)

    def note(self, upload: str, *, run_id: str = "", **changes: Any) -> None:
        """Change fields as `Entry.noted` does.

        A run that has ended stays ended: a late note changes neither its stage nor its counts. One
        of an earlier run (`run_id`) changes nothing.
        """

        def noted(entry: Entry | None) -> Entry | None:
            if entry is None or run_id in entry.earlier:
                return None
            kept = () if entry.running else _AT_WORK
            return entry.noted(**{name: one for name, one in changes.items() if name not in kept})

        self._change(upload, noted)

    def step_done(self, upload: str, run_id: str, step: str) -> bool:
        """Record that a step succeeded; the last step of the plan completes the run.

        Returns:
            Whether the run has ended with it.
        """

        def done(entry: Entry | None) -> Entry | None:
            if entry is None or entry.run.id != run_id or not entry.running:
                return None
            entry = replace(entry, done=tuple(dict.fromkeys((*entry.done, step))))
            if not entry.counts.get("pending"):
                entry = replace(entry, stored=replace(entry.stored, counts=entry.counts))
            if not set(entry.run.plan) <= set(entry.done):
                return entry
            return replace(
                entry,
                stage="completed",
                finished_at=_now(),
                eta_seconds=None,
                counts=entry.stored.counts,
            )

        _, new = self._change(upload, done)
        return new is not None and not new.running

    def fail(
        self, upload: str, run_id: str, message: str, *, refused: str = "", cancelled: bool = False
    ) -> bool:
        """Record that the run failed, or was cancelled, and go back to the stored counts.

        The first reason stays. That of an earlier run is ignored while the latest is executing.

        Returns:
            Whether it was recorded: the run has ended with it.
        """

        def failed(entry: Entry | None) -> Entry | None:
            entry = self._with_lifeline(entry) if entry else Entry(upload, stage="")
            if entry.run.id == run_id and entry.stage in {"failed", "cancelled"}:
                return None
            if entry.run.id != run_id:
                if entry.running and not entry.killed:
                    return None
                entry = entry.noted(id=run_id, shape_made=SHAPE, started_at=_now())
            return replace(
                entry,
                stage="cancelled" if cancelled else "failed",
                finished_at=_now(),
                eta_seconds=None,
                counts=entry.stored.counts,
                message=message,
                refused=refused,
            )

        return self._change(upload, failed)[1] is not None

    def correct(self, judged: Mapping[str, Entry], corrected: Mapping[str, Entry]) -> None:
        """Replace entries, except those that have changed since they were judged."""

        def replaced(upload: str, text: str | None) -> str | None:
            now = _decode(upload, text) if text is not None else None
            return _encode(corrected[upload]) if now == judged.get(upload) else None

        self._entries.change(corrected, replaced)

    def identity(self) -> int:
        """A number that changes when the store is lost and made again; 0 if there is none yet."""
        return self._entries.identity()

    def forget(self, upload: str) -> None:
        """Remove the upload's entry, beyond recovery."""
        self._entries.remove(upload)

    def _change(
        self, upload: str, change: Callable[[Entry | None], Entry | None]
    ) -> tuple[Entry | None, Entry | None]:
        """Replace the upload's entry by what the function returns, unless that is None.

        The function may be called several times; only its last result counts.

        Returns:
            The entry before, and what the function returned.
        """
        old: Entry | None = None
        new: Entry | None = None

        def changed(upload: str, text: str | None) -> str | None:
            nonlocal old, new
            old = _decode(upload, text) if text is not None else None
            new = change(old)
            return _encode(new) if new is not None else None

        self._entries.change([upload], changed)
        return old, new

    def _with_lifeline(self, entry: Entry) -> Entry:
        worker = entry.run.worker
        if not entry.running or worker is None:
            return entry
        if isinstance(self.place, SecretStr):
            return entry.noted(
                worker=replace(worker, lifeline=RedisLifeline(self.place, entry.run.id))
            )
        path = lifeline_path(entry.run.id, self._data or self.place.parent)
        return entry.noted(worker=replace(worker, lifeline=FileLifeline(path)))


def _open(place: Path | SecretStr) -> Entries:
    if isinstance(place, Path):
        return FileEntries(place)
    try:
        from movie_pipeline.status.redis_entries import entries_in  # noqa: PLC0415  # an extra
    except ImportError:
        raise ProgressError(
            "MOVIE_PIPELINE_STATE is the address of a Redis, but the Python library for Redis is"
            " not installed: pip install 'movie-pipeline[redis]', then run again."
        ) from None
    return entries_in(place)


def _encode(entry: Entry) -> str:
    return _ENTRY.dump_json(entry).decode()


def _decode(upload: str, text: str) -> Entry | None:
    """The entry in a row, written by any version of this package; None if it can't be read."""
    try:
        entry = replace(_ENTRY.validate_python(_nested(json.loads(text))), upload=str(upload))
    except (ValueError, ValidationError):
        entry = None
    if entry is None or entry.stage not in _STAGES:
        log.warning("the status entry of %s can't be read; its next run replaces it", upload)
        return None
    return entry


def _nested(noted: Any) -> Any:
    """The content of a row, nested as it is now; version 0.1 wrote a flat object."""
    if not isinstance(noted, dict) or "run" in noted:
        return noted
    refused = [name for name in ("key", "overrides") if noted.get(f"{name}_refused") is True]
    return {
        **noted,
        "run": {**noted, "id": noted.get("run_id", "")},
        "stored": {**noted, "counts": noted.get("stored", {})},
        "refused": "".join(refused[:1]),
    }


def _now() -> datetime:
    return datetime.now(UTC)
