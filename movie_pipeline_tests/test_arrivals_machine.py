"""Arrivals in any order: a state machine whose invariants must hold after every step."""

import socket
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from movie_pipeline.arrivals import SETTLE_SECONDS, Memory
from movie_pipeline.progress import Worker
from movie_pipeline_tests.world import World

DEAD = Worker(socket.gethostname(), 2**22 + 1, 1.0)


FILES = st.sampled_from(["a.csv", "b.csv", "alice/c.csv"])


class Arrivals(RuleBasedStateMachine):
    """Anything may happen between two ticks; what must be true stands in the invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.submitted: list[str] = []  # what Dagster has got, each run key once
        self.queue: list[str] = []  # uploads whose run was submitted and has not begun
        self.due: set[str] = set()  # uploads that an override is about and that have not run since

    @rule(name=FILES, content=st.sampled_from("AB"))
    def drop(self, name: str, content: str) -> None:
        self.world.drop(name, content)

    @rule(name=FILES)
    def remove(self, name: str) -> None:
        if name in self.world.found:
            self.world.remove(name)

    @rule(seconds=st.sampled_from([1.0, SETTLE_SECONDS, 3600.0, -3600.0]))
    def wait(self, seconds: float) -> None:
        self.world.now += seconds

    @rule(key_set=st.booleans())
    def set_key(self, key_set: bool) -> None:
        """A key is there or not for at least a tick."""
        self.world.key_set = key_set
        self.tick(lost=False, unreadable=False)

    @rule(name=FILES)
    def overrule(self, name: str) -> None:
        """A line of the overrides is changed that is about a row of this upload."""
        if name in self.world.entries:
            self.world.overruled = {name}
            self.tick(lost=False, unreadable=False)
            if name in self.world.found:
                self.due.add(name)

    @rule(lost=st.booleans(), unreadable=st.booleans())
    def tick(self, lost: bool, unreadable: bool) -> None:
        """Where the tick is lost, its memory is saved and its requests are not submitted."""
        hidden = ("alice",) if unreadable else ()
        found = dict(self.world.found)
        if unreadable:
            self.world.found.pop("alice/c.csv", None)
        decided = self.world.tick(repeat=self._lost, unreadable=hidden)
        self.world.found = found
        self._lost = lost
        if not lost:
            for request in decided.requests:
                if request.run_key not in self.submitted:
                    self.submitted.append(request.run_key)
                    self.queue.append(request.upload)

    _lost = False

    @rule()
    def lose_memory(self) -> None:
        Path("broken.json").write_text("{")
        self.world.memory = Memory.load(Path("broken.json"))
        self.world.overruled = set(self.due)  # no line is remembered: all of them are new

    @precondition(lambda self: self.queue)
    @rule(stage=st.sampled_from(["completed", "failed"]))
    def work(self, stage: str) -> None:
        name = self.queue.pop(0)
        self.due.discard(name)
        self.world.run(name, stage if name in self.world.found else "failed")

    @rule(name=FILES)
    def run_by_hand(self, name: str) -> None:
        if name in self.world.found:
            self.due.discard(name)
            self.world.run(name)

    @invariant()
    def no_arrival_number_is_given_twice(self) -> None:
        arrivals = {key.rpartition(":")[2] for key in self.world.run_keys}
        assert len(arrivals) == len(set(self.world.run_keys))

    def teardown(self) -> None:
        """Left alone, everything comes to rest: each file's content has been run, none in a loop."""
        for _ in range(4):
            self.world.now += 2 * 3600 + SETTLE_SECONDS
            self.tick(lost=False, unreadable=False)
            while self.queue:
                self.work("completed")
        asked = len(self.world.run_keys)
        self.world.now += SETTLE_SECONDS
        self.tick(lost=False, unreadable=False)
        assert len(self.world.run_keys) == asked
        for name, content in self.world.content.items():
            entry = self.world.entries[name]
            assert entry.version == content
            assert name not in self.due, "an override that was saved has taken effect"
            if self.world.key_set and entry.stage == "completed":
                assert entry.answered_by == "tmdb"


Arrivals.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestArrivals = Arrivals.TestCase
