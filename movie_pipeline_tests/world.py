"""A simulated watched folder, its runs and the sensor's memory, for `status.arrivals.plan`."""

import time

from movie_pipeline.instance.pending import Pending
from movie_pipeline.status.arrivals import Memory, Plan, Present, plan
from movie_pipeline.status.store import Entry
from movie_pipeline.uploads import SETTLE_SECONDS, Found

START = 1_000_000.0


class Clock:
    """The sensor's clock, ahead of the files' timestamps by the time that the test has waited."""

    waited = 0.0

    def time(self) -> float:
        return time.time() + self.waited


class World:
    """A watched folder, its runs and the sensor's memory, with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = START
        self.key_set = False
        self.overruled: set[str] = set()
        self.writers_known = False
        self.written: set[str] = set()
        self.content: dict[str, str] = {}
        self.found: dict[str, Found] = {}
        self.entries: dict[str, Entry] = {}
        self.memory = Memory(last_arrival=100)
        self.run_keys: list[str] = []
        self.hashed: list[str] = []
        self._drops = 0
        self._runs = 0

    def drop(self, name: str, content: str = "A") -> None:
        """Drop a file, overwrite it, or, with the content that it has already, touch it."""
        self._drops += 1
        self.content[name] = content
        self.found[name] = Found(name, len(content), f"stamp {self._drops}", self.now)

    def remove(self, name: str) -> None:
        del self.content[name], self.found[name]

    def tick(
        self,
        *,
        repeat: bool = False,
        unreadable: tuple[str, ...] = (),
        pending: Pending | None = None,
    ) -> Plan:
        """A tick of the sensor; with ``repeat``, Dagster has not stored the previous tick."""
        if pending is None:
            pending = Pending.by_notes(self.memory, self.entries, taken=not repeat)

        def version_of(name: str) -> str:
            self.hashed.append(name)
            return self.content[name]

        present = Present(
            sorted(self.found.values(), key=lambda one: one.key),
            self.entries,
            self.now,
            key_set=self.key_set,
            unreadable=unreadable,
            coming=pending.coming,
            believed=pending.believed,
            lost=pending.lost,
            closed=pending.closed,
            overruled=frozenset(self.overruled),
        )

        def unwritten(name: str) -> bool:
            return self.writers_known and name not in self.written

        decided = plan(present, self.memory, version_of, unwritten)
        self.memory, self.overruled = decided.memory, set()
        self.run_keys += [request.run_key for request in decided.requests]
        return decided

    def settle(self, **options: bool) -> list[str]:
        """Tick, wait until everything has settled, tick again; returns the requested uploads."""
        first = self.tick(**options)
        self.now += SETTLE_SECONDS
        return [one.upload for one in (*first.requests, *self.tick(**options).requests)]

    def run(self, name: str, stage: str = "completed", **changes: object) -> None:
        """A run reads the file's current content, and ends."""
        self._runs += 1
        entry = Entry(name, stage=stage).noted(
            id=f"run {self._runs}",
            version=self.content.get(name),
            answered_by="tmdb" if self.key_set else "sample",
        )
        self.entries[name] = entry.noted(**changes)
