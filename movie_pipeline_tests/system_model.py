"""A small model of everything around `status.arrivals.plan`: files, Dagster, progress, warehouse.

What belongs here: the actions of each of them, in single steps, so that a test can let anything
happen in between. The sensor's own parts are the real ones (`instance.pending`,
`status.revisions`, `status.arrivals`); what they read is simulated: Dagster's store, the progress
entries, the overrides and DuckDB.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.storage.tags import RUN_KEY_TAG

from movie_pipeline.instance.pending import Pending
from movie_pipeline.liveness import Worker
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.overrides.file import Override, OverridesError
from movie_pipeline.status import arrivals, revisions
from movie_pipeline.status.arrivals import Memory, Plan
from movie_pipeline.status.store import Entry
from movie_pipeline.warehouse.database import WarehouseBusy
from movie_pipeline.warehouse.tables import SHAPE
from movie_pipeline_tests.world import World

DEAD = Worker(socket.gethostname(), 2**22 + 1, 1.0)
STATUS = dg.DagsterRunStatus
REPEATS = 3


@dataclass
class Run:
    """A run in Dagster's store, and how far it has got."""

    run_id: str
    upload: str
    key: str | None = None
    alone: bool = False  # from the command line
    repeats: int = 0
    retried: bool = False
    status: STATUS = STATUS.QUEUED
    stage: str = ""  # "", begun, read, ended
    version: str | None = None
    said: int | None = None

    asset_selection = None
    step_keys_to_execute = None

    @property
    def tags(self) -> dict[str, str]:
        return {PARTITION_TAG: self.upload} | ({RUN_KEY_TAG: self.key} if self.key else {})


@dataclass
class Warehouse:
    """The rows of each upload: the version and the override that they were made with."""

    rows: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    files: int = 1  # how often it was created
    writes: int = 0
    held: bool = False

    @property
    def gone(self) -> bool:
        return not self.rows

    @property
    def stamp(self) -> tuple[int, int, int]:
        return (self.files, 1, self.writes) if self.rows else (0, 0, 0)

    @contextmanager
    def reading(self) -> Iterator["Warehouse"]:
        if self.held:
            raise WarehouseBusy("DBeaver holds it.")
        yield self

    def execute(self, sql: str, _: object = None) -> SimpleNamespace:
        if "sample_chosen" in sql:
            about = [
                (upload, version, SHAPE, None, None, 1, 0, 0, 0, 0, 0, 1)
                for upload, (version, _) in self.rows.items()
            ]
            return SimpleNamespace(fetchall=lambda: about)
        decided = [
            (upload, "Heat", 1995, None, None, said is not None, said, None)
            for upload, (_, said) in self.rows.items()
        ]
        return SimpleNamespace(fetchall=lambda: decided)


class System(World):
    """A world with a Dagster that queues, begins, ends and loses runs."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.runs: list[Run] = []
        self.said: dict[str, int] = {}  # what the overrides say about each upload's film
        self.senseless = False  # whether the overrides are invalid
        self.key_wrong = False
        self.broken: set[str] = set()  # uploads that no run can read
        self.process = "first"
        self.answers: set[str] = set()  # cached: the content that they are about
        self.requests: list[str] = []
        self.saves = 0
        self.key_saves = 0
        self.warehouse = Warehouse()
        self.settings = SimpleNamespace(
            warehouse="",
            overrides=Path("overrides.csv"),
            pages=Path("pages"),
            data=Path(),
            state=Path("progress.sqlite"),
        )
        self._patched = pytest.MonkeyPatch()
        self._patched.setattr(arrivals, "AT_MOST", 1)  # there are three files at most
        self._patched.setattr(revisions, "Warehouse", lambda *_: self.warehouse)
        self._patched.setattr(revisions, "Overrides", SimpleNamespace(load=self._load_overrides))
        self._patched.setattr(revisions, "stamp_of", lambda _: (str(self.saves), self.now))

    def close(self) -> None:
        self._patched.undo()

    def _load_overrides(self, _: Path) -> SimpleNamespace:
        if self.senseless:
            raise OverridesError("line 2: '12x' is not a TMDB id")
        said = {upload: Override(target, 1) for upload, target in self.said.items()}
        return SimpleNamespace(
            rules=(),
            lines=set(),
            about=lambda upload, _: [((), said[upload])] if upload in said else [],
        )

    # The sensor -------------------------------------------------------------------------------

    def look(self, *, unreadable: bool = False, saved: bool = True) -> Plan:
        """A tick up to its requests; ``saved``: whether the memory can be written."""
        self.now += 0.001  # no two looks happen at the same moment
        before, found, asked = self.memory, dict(self.found), list(self.run_keys)
        hidden = ("alice",) if unreadable else ()
        if unreadable:
            self.found = {name: one for name, one in found.items() if "/" not in name}
        going_on = {
            run.run_id for run in self.runs if run.status is not STATUS.SUCCESS and not run.retried
        }
        pending = Pending.of(self.runs, self.memory, self.entries, going_on.__contains__)
        for upload, run_id in pending.ended.items():
            if upload in self.found:
                self.fail(upload, run_id)
        revision = revisions.look(
            self.settings,  # type: ignore[arg-type]
            self.memory,
            self.entries,
            self.now,
            self.key_saves,
            process=self.process,
        )
        self.entries |= revision.entries
        self.memory, self.overruled = revision.memory, set(revision.overruled)
        decided = self.tick(unreadable=hidden, pending=pending)
        self.found = found
        if not saved:  # then nothing is requested
            self.memory, self.run_keys = before, asked
            return Plan([], before)
        return decided

    def submit(
        self, decided: Plan, number: int | None = None, status: STATUS = STATUS.QUEUED
    ) -> None:
        """Dagster stores a tick: its first `number` requests, or all."""
        for request in decided.requests[:number]:
            known = [run for run in self.runs if run.key == request.run_key]
            if known and known[0].status is STATUS.NOT_STARTED:
                known[0].status = STATUS.QUEUED
            elif not known:
                run = Run(self._id(), request.upload, request.run_key, status=status)
                self.runs.append(run)

    # Runs -------------------------------------------------------------------------------------

    def _id(self) -> str:
        self._runs += 1
        return f"run {self._runs}"

    def at(self, *stages: str) -> list[Run]:
        """Unfinished runs in these stages, which can be advanced, ended or lost."""
        return [
            run
            for run in self.runs
            if run.stage in stages and run.status in {STATUS.QUEUED, STATUS.STARTED}
        ]

    def at_work(self, upload: str) -> bool:
        return any(run.upload == upload for run in self.at("begun", "read"))

    def by_hand(self, upload: str) -> Run:
        run = Run(self._id(), upload, alone=True, status=STATUS.STARTED)
        self.runs.append(run)
        self.advance(run)
        return run

    def advance(self, run: Run) -> None:
        """The run takes its next step: begin and read the file, read the overrides, store rows."""
        if run.stage == "":
            if run.upload not in self.content:
                if run.upload in self.entries:
                    self.fail(run.upload, run.run_id)
                self._end(run, STATUS.FAILURE)
                return
            run.stage, run.status, run.version = "begun", STATUS.STARTED, self.content[run.upload]
            self._begin(run, run.version)
        elif run.stage == "begun":
            if run.upload in self.broken:
                self.end_badly(run)
                return
            if self.senseless or self.key_wrong:
                self.end_badly(run, "overrides" if self.senseless else "key")
                return
            run.stage, run.said = "read", self.said.get(run.upload)
            if run.version not in self.answers:
                self.requests.append(str(run.version))
                self.answers.add(str(run.version))
            run_by = "tmdb" if self.key_set else "sample"
            self._note(run, stage="enriching", answered_by=run_by)
        else:
            self._end(run, STATUS.SUCCESS)
            self.warehouse.rows[run.upload] = (str(run.version), run.said)
            self.warehouse.writes += 1
            old = self.entries.get(run.upload) or Entry(run.upload)
            stored = replace(old.stored, counts={"matched": 1}, shape=SHAPE)
            self._note(run, stage="completed", stored=stored)

    def draw_by_hand(self, upload: str) -> None:
        """A run of some steps only, which redraws the dashboard."""
        run = Run(self._id(), upload, alone=True, stage="ended", status=STATUS.SUCCESS)
        self._begin(run, None)
        self._note(run, stage="completed")

    def end_badly(self, run: Run, refused: str = "") -> None:
        self._end(run, STATUS.FAILURE)
        self.fail(run.upload, run.run_id, refused)

    def kill(self, run: Run) -> None:
        """Its process dies; Dagster retries the run unless it is from the command line."""
        self._end(run, STATUS.FAILURE)
        self._note(run, worker=DEAD)
        if not run.alone and run.repeats < REPEATS:
            run.retried = True
            again = Run(self._id(), run.upload, run.key, repeats=run.repeats + 1)
            self.runs.append(again)

    def fail_to_start(self, run: Run) -> None:
        self._end(run, STATUS.FAILURE)

    def delete(self, run: Run) -> None:
        self.runs.remove(run)

    def forget(self, upload: str) -> None:
        """As `forgetting` does: remove the file, rows, entry, memory and runs."""
        for kept in (self.content, self.found, self.entries, self.said, self.warehouse.rows):
            kept.pop(upload, None)  # type: ignore[attr-defined]
        self.saves += 1
        seen = {name: one for name, one in self.memory.seen.items() if name != upload}
        self.memory = replace(self.memory, seen=seen)
        self.runs = [run for run in self.runs if run.upload != upload]

    def fail(self, upload: str, run_id: str, refused: str = "") -> None:
        """As `Progress.fail`."""
        old = self.entries.get(upload) or Entry(upload, stage="")
        if old.run.id == run_id and old.stage == "failed":
            return
        if old.run.id != run_id and old.running and not old.killed:
            return
        self.entries[upload] = old.noted(
            id=run_id, stage="failed", refused=refused, shape_made=SHAPE
        )

    def _end(self, run: Run, status: STATUS) -> None:
        run.stage, run.status = "ended", status

    def _begin(self, run: Run, version: str | None) -> None:
        """As `Progress.begin`."""
        old = self.entries.get(run.upload) or Entry(run.upload, stage="")
        self.entries[run.upload] = old.noted(
            id=run.run_id,
            stage="processing",
            worker=Worker.current(),
            alone=run.alone,
            shape_made=SHAPE,
            version=version or old.run.version,
            started_at=datetime.fromtimestamp(self.now, UTC),
            refused="",
            earlier=(*old.earlier, old.run.id)[-20:] if old.run.id else (),
        )

    def _note(self, run: Run, **changes: object) -> None:
        entry = self.entries.get(run.upload)
        if entry is not None and entry.run.id == run.run_id:
            self.entries[run.upload] = entry.noted(**changes)
