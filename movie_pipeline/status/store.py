"""Progress: where each upload stands, in a small store of its own.

A run's steps note here what they do while they do it; `status` reads it. It stands beside the
warehouse, which only changes when a step ends, and can be read without it and without Dagster.

What belongs here: one row per upload about its latest run. What does not: rows of films (the
warehouse), what the watched folder held (`arrivals`), how it is shown (`status`).

Counts are those of decisions made, handed in whole; nothing is ever incremented.
"""

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from movie_pipeline import liveness, sqlite
from movie_pipeline.liveness import Worker
from movie_pipeline.settings import Settings

log = logging.getLogger(__name__)

STATES = ("matched", "ambiguous", "not_found", "not_a_movie", "error")
"""The states a film line can end in; `enriched.movies.match_status` has no other value."""

IGNORED = "ignored"
"""Beside the states in an upload's counts: of those not found, the ones that nobody is to find."""

PROGRESS_TAG = "progress"
"""The tag of a run that says how far it is, on Dagster's Runs page."""

_EARLIER = 20  # runs of one upload at the same time; more are nobody's intention
_SCHEMA = "CREATE TABLE IF NOT EXISTS uploads (upload TEXT PRIMARY KEY, entry TEXT NOT NULL)"
_STAGES = {"processing", "enriching", "completed", "failed"}
_AT_WORK = {"stage", "counts", "eta_seconds"}
_WAIT_SECONDS = 30.0
_MOVE_AWAY = (
    "move it and the files beside it away (films and pages are not in it), then run your uploads"
    " again"
)


class ProgressError(Exception):
    """The store can't be read or written; the message says what to do."""


@dataclass(frozen=True)
class Entry:
    """What is known of an upload's latest run.

    Attributes:
        upload: the upload's key.
        run_id: Dagster's id of the run.
        stage: ``processing``, ``enriching``, ``completed`` or ``failed``.
        worker: the process that does it.
        alone: it was started on a command line, so Dagster does not repeat it when it is killed.
        repeats: how many runs before it were killed, each repeated by the next (run retries).
        plan: the steps of the run; ``done``: those that succeeded.
        version: the content hash that the run works on.
        counts: films by state (`STATES`), `IGNORED`, ``enriched`` and ``pending``, as they stand.
        stored: the counts of the rows in the warehouse, which a failed run leaves as they were.
            A step's counts become these when it has succeeded, so after its rows were written.
        answered_by: ``tmdb`` or ``sample``, of the stored rows.
        shape: the shape of the stored rows (`warehouse.tables.SHAPE`); None where their run noted
            none.
        sample_chosen: the sample was asked for, not merely used for want of a key.
        asked: what the run cost: ``requests`` to TMDB and ``kept`` answers used again.
        eta_seconds: time left while enriching.
        message: a sentence for the user, empty if there is nothing to say.
        page: the finished page's path.
        key_refused: whether it failed because TMDB refused the key.
        overrides_refused: whether it failed because the overrides make no sense.
        earlier: ids of the runs before this one, which may still be at work but no longer count.
    """

    upload: str
    run_id: str = ""
    stage: str = "processing"
    worker: Worker | None = None
    alone: bool = False
    repeats: int = 0
    plan: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    version: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    stored: Mapping[str, int] = field(default_factory=dict)
    answered_by: str | None = None
    shape: int | None = None
    asked: Mapping[str, int] = field(default_factory=dict)
    sample_chosen: bool = False
    eta_seconds: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""
    page: str | None = None
    earlier: tuple[str, ...] = ()
    key_refused: bool = False
    overrides_refused: bool = False

    @property
    def running(self) -> bool:
        """Whether its run says that it is at work; the process may be gone all the same."""
        return self.stage in {"processing", "enriching"}

    @property
    def killed(self) -> bool:
        """Whether its process went away without a word."""
        return self.running and self.worker is not None and not self.worker.alive

    @property
    def failed(self) -> bool:
        """Whether its run failed, or was killed."""
        return self.stage == "failed" or self.killed


_ENTRY = TypeAdapter(Entry)


class Progress:
    """The store: an SQLite file, one row per upload.

    Every method raises `ProgressError` where the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings) -> "Progress":
        """The store of a data folder."""
        return cls(settings.data / "progress.sqlite")

    def get(self, upload: str) -> Entry | None:
        """The upload's entry, or None if no run has ever worked on it."""
        return next((entry for entry in self._select("WHERE upload = ?", upload)), None)

    def all(self) -> list[Entry]:
        """Every entry, by key."""
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
    ) -> None:
        """A step of a run begins; the run's first step starts the entry anew.

        A step that begins although another one of the run has failed does not undo the failure.
        """
        with self._writing() as entries:
            old = entries.get(upload) or Entry(upload, stage="")
            if run_id in old.earlier:
                return  # another run of the upload began meanwhile: two that alternate never end
            if old.run_id == run_id and old.stage:
                entries.put(replace(old, worker=Worker.current()))
                return
            entries.put(
                replace(
                    old,
                    run_id=run_id,
                    stage="processing",
                    worker=Worker.current(),
                    alone=alone,
                    repeats=repeats,
                    plan=tuple(plan),
                    done=(),
                    version=version or old.version,
                    counts=old.stored,
                    asked={},
                    eta_seconds=None,
                    started_at=_now(),
                    finished_at=None,
                    message="",
                    key_refused=False,
                    overrides_refused=False,
                    earlier=(*old.earlier, old.run_id)[-_EARLIER:] if old.run_id else (),
                )
            )

    def note(self, upload: str, **changes: Any) -> None:
        """Change fields of the entry, by name (see `Entry`).

        A run that has ended stays so: what comes late changes neither its stage nor its counts.
        """
        with self._writing() as entries:
            entry = entries.get(upload)
            if entry is None:
                return
            if not entry.running:
                changes = {name: one for name, one in changes.items() if name not in _AT_WORK}
            entries.put(replace(entry, **changes))

    def step_done(self, upload: str, run_id: str, step: str) -> None:
        """A step succeeded; with the last one of its plan the run is completed."""
        with self._writing() as entries:
            entry = entries.get(upload)
            if entry is None or entry.run_id != run_id or not entry.running:
                return
            entry = replace(entry, done=tuple(dict.fromkeys((*entry.done, step))))
            if not entry.counts.get("pending"):
                entry = replace(entry, stored=entry.counts)
            if set(entry.plan) <= set(entry.done):
                entry = replace(
                    entry,
                    stage="completed",
                    finished_at=_now(),
                    eta_seconds=None,
                    counts=entry.stored,
                )
            entries.put(entry)

    def fail(
        self,
        upload: str,
        run_id: str,
        message: str,
        *,
        key_refused: bool = False,
        overrides_refused: bool = False,
    ) -> None:
        """The run failed; what the warehouse held is what counts. The first reason stays.

        A run that is not the latest one says nothing while that one is at work.
        """
        with self._writing() as entries:
            entry = entries.get(upload) or Entry(upload, stage="")
            if entry.run_id == run_id and entry.stage == "failed":
                return
            if entry.run_id != run_id:
                if entry.running and not entry.killed:
                    return
                entry = replace(entry, run_id=run_id, started_at=_now())
            entries.put(
                replace(
                    entry,
                    stage="failed",
                    finished_at=_now(),
                    eta_seconds=None,
                    counts=entry.stored,
                    message=message,
                    key_refused=key_refused,
                    overrides_refused=overrides_refused,
                )
            )

    def forget(self, upload: str) -> None:
        """Remove the upload's entry, and what is left of it in the file's free room."""
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
        if not entry.running or entry.worker is None or entry.worker.here:
            return entry
        path = liveness.lifeline_path(entry.run_id, self.path.parent)
        return replace(entry, worker=replace(entry.worker, lifeline=path))

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
    """The rows, inside one transaction."""

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
    """A row's entry, whichever version of us wrote it; None where nothing can be made of it."""
    try:
        entry = replace(_ENTRY.validate_json(text), upload=str(upload))
    except ValidationError:
        entry = None
    if entry is None or entry.stage not in _STAGES:
        log.warning("the notes on %s can't be read; its next run writes them anew", upload)
        return None
    return entry


def _now() -> datetime:
    return datetime.now(UTC)
