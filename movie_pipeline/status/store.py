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
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from movie_pipeline import liveness, sqlite
from movie_pipeline.liveness import Worker
from movie_pipeline.settings import Settings
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
_SCHEMA = "CREATE TABLE IF NOT EXISTS uploads (upload TEXT PRIMARY KEY, entry TEXT NOT NULL)"
_STAGES = {"processing", "enriching", "completed", "cancelled", "failed"}
_AT_WORK = {"stage", "counts", "eta_seconds"}
_WAIT_SECONDS = 30.0
_MOVE_AWAY = (
    "move it and the files beside it away (films and pages are not in it), then run your uploads"
    " again"
)


class ProgressError(Exception):
    """The progress store can't be read or written; the message says what to do."""


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
    """The progress store: an SQLite file with one row per upload.

    Every method raises `ProgressError` if the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings) -> "Progress":
        """The progress store of a data folder."""
        return cls(settings.data / "progress.sqlite")

    def get(self, upload: str) -> Entry | None:
        """The upload's entry, or None if it never had a run."""
        return next((entry for entry in self._select("WHERE upload = ?", upload)), None)

    def all(self) -> list[Entry]:
        """Every entry, sorted by key."""
        return self._select("ORDER BY upload")

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
        with self._writing() as entries:
            old = entries.get(upload) or Entry(upload, stage="")
            if run_id in old.earlier:
                # A later run of the upload has begun: alternating runs would never complete.
                return False
            if old.run.id == run_id and old.stage:
                entries.put(old.noted(worker=Worker.current()))
                return False
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
            entries.put(Entry(upload, run, old.stored, counts=old.stored.counts, earlier=earlier))
            return True

    def note(self, upload: str, **changes: Any) -> None:
        """Change fields as `Entry.noted` does.

        A run that has ended stays ended: a late note changes neither its stage nor its counts.
        """
        with self._writing() as entries:
            entry = entries.get(upload)
            if entry is None:
                return
            if not entry.running:
                changes = {name: one for name, one in changes.items() if name not in _AT_WORK}
            entries.put(entry.noted(**changes))

    def step_done(self, upload: str, run_id: str, step: str) -> bool:
        """Record that a step succeeded; the last step of the plan completes the run.

        Returns:
            Whether the run has ended with it.
        """
        with self._writing() as entries:
            entry = entries.get(upload)
            if entry is None or entry.run.id != run_id or not entry.running:
                return False
            entry = replace(entry, done=tuple(dict.fromkeys((*entry.done, step))))
            if not entry.counts.get("pending"):
                entry = replace(entry, stored=replace(entry.stored, counts=entry.counts))
            if set(entry.run.plan) <= set(entry.done):
                entry = replace(
                    entry,
                    stage="completed",
                    finished_at=_now(),
                    eta_seconds=None,
                    counts=entry.stored.counts,
                )
            entries.put(entry)
            return not entry.running

    def fail(
        self, upload: str, run_id: str, message: str, *, refused: str = "", cancelled: bool = False
    ) -> bool:
        """Record that the run failed, or was cancelled, and go back to the stored counts.

        The first reason stays. That of an earlier run is ignored while the latest is executing.

        Returns:
            Whether it was recorded: the run has ended with it.
        """
        with self._writing() as entries:
            entry = entries.get(upload) or Entry(upload, stage="")
            if entry.run.id == run_id and entry.stage in {"failed", "cancelled"}:
                return False
            if entry.run.id != run_id:
                if entry.running and not entry.killed:
                    return False
                entry = entry.noted(id=run_id, shape_made=SHAPE, started_at=_now())
            entries.put(
                replace(
                    entry,
                    stage="cancelled" if cancelled else "failed",
                    finished_at=_now(),
                    eta_seconds=None,
                    counts=entry.stored.counts,
                    message=message,
                    refused=refused,
                )
            )
            return True

    def correct(self, judged: Mapping[str, Entry], corrected: Mapping[str, Entry]) -> None:
        """Replace entries, except those that have changed since they were judged."""
        with self._writing() as entries:
            for upload, entry in corrected.items():
                if entries.get(upload) == judged.get(upload):
                    entries.put(entry)

    def forget(self, upload: str) -> None:
        """Remove the upload's entry, and its remains in the file's free pages."""
        with self._connected() as connection:
            connection.execute("DELETE FROM uploads WHERE upload = ?", (upload,))
            sqlite.scrub(connection)

    def _select(self, clause: str, *values: str) -> list[Entry]:
        if not self.path.exists():
            return []
        with self._connected() as connection:
            rows = connection.execute(f"SELECT upload, entry FROM uploads {clause}", values)
            entries = [_decode(*row) for row in rows]
        return [self._with_lifeline(entry) for entry in entries if entry is not None]

    def _with_lifeline(self, entry: Entry) -> Entry:
        worker = entry.run.worker
        if not entry.running or worker is None or worker.here:
            return entry
        path = liveness.lifeline_path(entry.run.id, self.path.parent)
        return entry.noted(worker=replace(worker, lifeline=path))

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite.connect(self.path, _SCHEMA, wait_seconds=_WAIT_SECONDS)
            try:
                yield connection
            finally:
                connection.close()
        except sqlite.ERRORS as error:
            advice = sqlite.remedy(error, otherwise=_MOVE_AWAY)
            raise ProgressError(f"{self.path} can't be used ({error}): {advice}.") from error

    @contextmanager
    def _writing(self) -> Iterator["_Entries"]:
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Entries(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


class _Entries:
    """The table's rows within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, upload: str) -> Entry | None:
        row = self._connection.execute(
            "SELECT upload, entry FROM uploads WHERE upload = ?", (upload,)
        ).fetchone()
        return _decode(*row) if row else None

    def put(self, entry: Entry) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO uploads VALUES (?, ?)",
            (entry.upload, _ENTRY.dump_json(entry).decode()),
        )


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
