"""Progress: where each upload stands, in a small store of its own.

A run's steps note here what they do while they do it; `status` reads it. It stands beside the
warehouse, which only changes when a step ends, and can be read without it and without Dagster.

What belongs here: one row per upload about its latest run. What does not: rows of films (the
warehouse), what the watched folder held (`arrivals`), how it is shown (`status`).

Counts are those of decisions made, handed in whole; nothing is ever incremented.
"""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from movie_pipeline.settings import Settings

STATES = ("matched", "ambiguous", "not_found", "not_a_movie", "error")
"""The states a film line can end in; `enriched.movies.match_status` has no other value."""

_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Worker:
    """A process: the host it runs on, its pid, and when it started (a pid is used again)."""

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> "Worker":
        """This process."""
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @property
    def alive(self) -> bool:
        """Whether the process still runs; a process of another host is believed to."""
        if self.host != socket.gethostname():
            return True
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.started) < 2.0
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True)
class Entry:
    """What is known of an upload's latest run.

    Attributes:
        upload: the upload's key.
        run_id: Dagster's id of the run.
        stage: ``processing``, ``enriching``, ``completed`` or ``failed``.
        worker: the process that does it.
        plan: the steps of the run; ``done``: those that succeeded.
        version: the content hash that the run works on.
        counts: films by state (`STATES`), ``enriched`` and ``pending``.
        stored: the counts of the rows in the warehouse, which a failed run leaves as they were.
        answered_by: ``tmdb`` or ``sample``, of the stored rows.
        sample_chosen: the sample was asked for, not merely used for want of a key.
        asked: what the run cost: ``requests`` to TMDB and ``kept`` answers used again.
        eta_seconds: time left while enriching.
        message: a sentence for the user, empty if there is nothing to say.
        page: the finished page's path.
    """

    upload: str
    run_id: str = ""
    stage: str = "processing"
    worker: Worker | None = None
    plan: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    version: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    stored: Mapping[str, int] = field(default_factory=dict)
    answered_by: str | None = None
    asked: Mapping[str, int] = field(default_factory=dict)
    sample_chosen: bool = False
    eta_seconds: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""
    page: str | None = None

    @property
    def running(self) -> bool:
        """Whether its run says that it is at work; the process may be gone all the same."""
        return self.stage in {"processing", "enriching"}


class Progress:
    """The store: an SQLite file, one row per upload."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings) -> "Progress":
        """The store of a data folder."""
        return cls(settings.data / "progress.sqlite")

    def get(self, upload: str) -> Entry | None:
        """The upload's entry, or None if no run has ever worked on it."""
        return next(iter(self._select("WHERE upload = ?", upload)), None)

    def all(self) -> list[Entry]:
        """Every entry, by key."""
        return self._select("ORDER BY upload")

    def begin(
        self, upload: str, *, run_id: str, plan: Sequence[str], version: str | None
    ) -> None:
        """A step of a run begins; the run's first step starts the entry anew."""
        with self._writing() as entries:
            old = entries.get(upload)
            if old is not None and old.run_id == run_id and old.running:
                entries.put(old, worker=Worker.current())
                return
            entries.put(
                old or Entry(upload),
                run_id=run_id,
                stage="processing",
                worker=Worker.current(),
                plan=tuple(plan),
                done=(),
                version=version or (old.version if old else None),
                counts=old.stored if old else {},
                asked={},
                eta_seconds=None,
                started_at=_now(),
                finished_at=None,
                message="",
            )

    def note(self, upload: str, **changes: Any) -> None:
        """Change fields of the entry, by name (see `Entry`)."""
        with self._writing() as entries:
            entry = entries.get(upload)
            if entry is not None:
                entries.put(entry, **changes)

    def step_done(self, upload: str, run_id: str, step: str) -> None:
        """A step succeeded; with the last one of its plan the run is completed."""
        with self._writing() as entries:
            entry = entries.get(upload)
            if entry is None or entry.run_id != run_id or not entry.running:
                return
            done = tuple(dict.fromkeys((*entry.done, step)))
            changes: dict[str, Any] = {"done": done}
            if set(entry.plan) <= set(done):
                changes |= {
                    "stage": "completed",
                    "finished_at": _now(),
                    "eta_seconds": None,
                    "counts": entry.stored,
                }
            entries.put(entry, **changes)

    def fail(self, upload: str, run_id: str, message: str) -> None:
        """The run failed; what the warehouse held is what counts. The first reason stays."""
        with self._writing() as entries:
            entry = entries.get(upload) or Entry(upload)
            if entry.run_id == run_id and entry.stage == "failed":
                return
            entries.put(
                entry,
                run_id=run_id,
                stage="failed",
                finished_at=_now(),
                eta_seconds=None,
                counts=entry.stored,
                message=message,
            )

    def forget(self, upload: str) -> None:
        """Remove the upload's entry."""
        with self._connected() as connection:
            connection.execute("DELETE FROM uploads WHERE upload = ?", (upload,))

    def _select(self, clause: str, *values: str) -> list[Entry]:
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return [
                _decode(row)
                for row in connection.execute(f"SELECT upload, entry FROM uploads {clause}", values)
            ]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS uploads (upload TEXT PRIMARY KEY, entry TEXT NOT NULL)"
            )
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _writing(self) -> Iterator["_Entries"]:
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Entries(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


class _Entries:
    """The rows, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, upload: str) -> Entry | None:
        row = self._connection.execute(
            "SELECT upload, entry FROM uploads WHERE upload = ?", (upload,)
        ).fetchone()
        return _decode(row) if row else None

    def put(self, entry: Entry, **changes: Any) -> None:
        values = {one.name: getattr(entry, one.name) for one in fields(Entry)} | changes
        upload = values.pop("upload")
        worker = values["worker"]
        values["worker"] = [worker.host, worker.pid, worker.started] if worker else None
        for name in ("started_at", "finished_at"):
            values[name] = values[name].isoformat() if values[name] else None
        self._connection.execute(
            "INSERT OR REPLACE INTO uploads VALUES (?, ?)",
            (upload, json.dumps(values, default=dict)),
        )


def _decode(row: tuple[str, str]) -> Entry:
    upload, text = row
    known = {one.name for one in fields(Entry)}
    values = {name: value for name, value in json.loads(text).items() if name in known}
    values["worker"] = Worker(*values["worker"]) if values.get("worker") else None
    for name in ("plan", "done"):
        values[name] = tuple(values.get(name) or ())
    for name in ("started_at", "finished_at"):
        values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
    return Entry(upload, **values)


def _now() -> datetime:
    return datetime.now(UTC)
