"""Arrivals in any order: a state machine whose invariants must hold after every step.

It loses everything that can be lost: a tick's requests, its memory, Dagster's runs, the progress
entries, the warehouse. Left alone afterwards, each file's content still gets its run, each saved
override takes effect, and nothing runs in a loop; no upload waits for two runs at once.
"""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from movie_pipeline.status.arrivals import Memory
from movie_pipeline.uploads import SETTLE_SECONDS, SETTLE_UNWRITTEN_SECONDS
from movie_pipeline_tests.profiles import examples
from movie_pipeline_tests.system_model import STATUS, Run, System

FILES = st.sampled_from(["a.csv", "a.csv", "b.csv", "alice/c.csv"])
PICK = st.integers(0, 3)
THEN = st.sampled_from(["nothing", "tick", "settle", "step", "work"])


def happening(**drawn: st.SearchStrategy[Any]) -> Callable[..., Any]:
    """A rule after which time may pass, so that most events meet something in progress."""

    def decorated(method: Callable[..., None]) -> Any:
        @rule(then=THEN, **drawn)
        @wraps(method)
        def happens(self: "Arrivals", then: str = "nothing", **given: Any) -> None:
            method(self, **given)
            self.go_on(then)

        return happens

    return decorated


class Arrivals(RuleBasedStateMachine):
    """Anything may happen between two ticks; the invariants and `teardown` say what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.system = System()
        self.excused: set[str] = set()
        """Uploads whose last run was ended by a person, a fault or a crash: a person must act."""
        self.notes_lost = False

    # What a person does -----------------------------------------------------------------------

    @happening(name=FILES, content=st.sampled_from("AB"))
    def drop(self, name: str, content: str) -> None:
        self.system.drop(name, content)
        self.excused.discard(name)

    @happening(name=FILES)
    def remove(self, name: str) -> None:
        if name in self.system.found:
            self.system.remove(name)

    @happening(known=st.booleans(), written=st.sets(FILES))
    def write(self, known: bool, written: set[str]) -> None:
        """Programs open and close files, on a system that can tell or on one that can't."""
        self.system.writers_known, self.system.written = known, written

    @happening(seconds=st.sampled_from([SETTLE_UNWRITTEN_SECONDS, SETTLE_SECONDS, 3600.0, -3600.0]))
    def wait(self, seconds: float) -> None:
        self.system.now += seconds

    @happening(key_set=st.booleans())
    def set_key(self, key_set: bool) -> None:
        """A key is set or unset for at least one tick."""
        self.system.key_set, self.system.key_wrong = key_set, False
        self.system.key_saves += 1
        self.tick()

    @happening(wrong=st.booleans())
    def mistype_key(self, wrong: bool) -> None:
        if self.system.key_set:
            self.system.key_wrong = wrong
            self.system.key_saves += 1

    @happening(name=FILES, film=st.sampled_from([None, 1, 2]), senseless=st.booleans())
    def save_overrides(self, name: str, film: int | None, senseless: bool) -> None:
        self.system.said.pop(name, None)
        if film is not None:
            self.system.said[name] = film
        self.system.senseless = senseless
        self.system.saves += 1

    @happening(name=FILES)
    def run_by_hand(self, name: str) -> None:
        """Simultaneous runs of an upload would race for its rows; Dagster's queue prevents that."""
        if name in self.system.found and not self.system.at_work(name):
            self.excused.discard(name)
            self.system.by_hand(name)

    @happening(name=FILES)
    def draw_by_hand(self, name: str) -> None:
        entry = self.system.entries.get(name)
        if entry is not None and entry.stage == "completed":
            self.system.draw_by_hand(name)

    @happening(name=FILES)
    def forget(self, name: str) -> None:
        if not any(run.upload == name for run in self.system.at("", "begun", "read")):
            self.system.forget(name)
            self.excused.discard(name)

    # What the sensor and Dagster do -------------------------------------------------------------

    @rule(
        taken=st.sampled_from([None, None, 0, 1]),
        queued=st.sampled_from([True, True, False]),
        unreadable=st.booleans(),
        held=st.booleans(),
        saved=st.sampled_from([True, True, False]),
    )
    def tick(
        self,
        taken: int | None = None,
        queued: bool = True,
        unreadable: bool = False,
        held: bool = False,
        saved: bool = True,
    ) -> None:
        """A tick may be lost after its memory was saved, before all its requests were submitted.

        Dagster also continues after it created a run that it could not queue.
        """
        self.system.warehouse.held = held
        decided = self.system.look(unreadable=unreadable, saved=saved)
        self.system.warehouse.held = False
        self.system.submit(decided, taken, STATUS.QUEUED if queued else STATUS.NOT_STARTED)

    @rule(then=THEN)
    def go_on(self, then: str) -> None:
        if then in {"tick", "settle"}:
            self.tick()
        if then == "settle":
            self.system.now += SETTLE_SECONDS
            self.tick()
        if then == "step":
            self.advance(0)
        if then == "work":
            self.work()

    @rule(index=PICK)
    def advance(self, index: int) -> None:
        run = self.pick(index, "", "begun", "read")
        if run is not None and (run.stage or not self.system.at_work(run.upload)):
            self.system.advance(run)

    def work(self) -> None:
        """Let every run finish."""
        while runs := self.system.at("", "begun", "read"):
            for run in runs:
                if run.stage or not self.system.at_work(run.upload):
                    self.system.advance(run)

    @happening(index=PICK, how=st.sampled_from(["fail", "cancel", "kill"]))
    def end(self, index: int, how: str) -> None:
        """A run fails, is cancelled by a person (also in the queue), or its process is killed."""
        run = self.pick(index, "begun", "read", *([""] if how == "cancel" else []))
        if run is None:
            return
        if how == "kill":
            self.system.kill(run)
        else:
            self.system.end_badly(run)
        if how != "kill" or run.repeats:
            self.excused.add(run.upload)

    @happening(index=PICK, how=st.sampled_from(["can't start", "deleted"]))
    def lose_run(self, index: int, how: str) -> None:
        """A run in the queue never begins."""
        run = self.pick(index, "")
        if run is None:
            return
        if how == "can't start":
            self.system.fail_to_start(run)
            self.excused.add(run.upload)
        else:
            self.system.runs.remove(run)
            if run.repeats:  # a person deleted what Dagster would have retried
                self.excused.add(run.upload)

    @happening()
    def lose_memory(self) -> None:
        self.system.memory = Memory()

    @happening()
    def lose_dagster(self) -> None:
        self.system.runs = self.system.at("begun", "read")

    @happening()
    def lose_notes(self) -> None:
        """The reasons for failures are lost with them, and which command-line runs succeeded.

        Dagster still knows that a run failed, and shows it as failed.

        Only once: losing them twice between two ticks looks like runs that leave no entry, and
        those must not be repeated in a loop.
        """
        if not self.notes_lost and not self.system.at("begun", "read"):
            self.notes_lost = True
            self.excused |= {one.upload for one in self.system.entries.values() if one.failed}
            self.excused |= {one.upload for one in self.system.runs if one.status is STATUS.FAILURE}
            self.system.entries.clear()

    @happening()
    def lose_warehouse(self) -> None:
        self.system.warehouse.rows.clear()
        self.system.warehouse.files += 1

    def pick(self, index: int, *stages: str) -> Run | None:
        runs = self.system.at(*stages)
        return runs[index % len(runs)] if runs else None

    # What must be true ------------------------------------------------------------------------

    @invariant()
    def no_arrival_number_is_given_twice(self) -> None:
        arrivals = {key.rpartition(":")[2] for key in self.system.run_keys}
        assert len(arrivals) == len(set(self.system.run_keys))

    @invariant()
    def no_upload_waits_for_two_runs(self) -> None:
        """Except for runs that Dagster retries because their process was killed."""
        waiting = Counter(run.upload for run in self.system.at("") if not run.repeats)
        assert not waiting or max(waiting.values()) == 1

    def teardown(self) -> None:
        """Left alone, everything gets done and settles."""
        system = self.system
        try:
            if system.senseless:
                system.senseless = False
                system.saves += 1
            if system.key_wrong:
                system.key_wrong = False
                system.key_saves += 1
            for _ in range(12):
                system.now += 2 * 3600 + SETTLE_SECONDS
                self.tick()
                self.work()
            asked = len(system.run_keys)
            system.now += SETTLE_SECONDS
            self.tick()
            assert len(system.run_keys) == asked, "nothing runs in a loop"
            for name, content in system.content.items():
                if name not in self.excused:
                    self.is_done(name, content)
        finally:
            system.close()

    def is_done(self, name: str, content: str) -> None:
        entry = self.system.entries[name]
        assert not entry.failed
        assert entry.run.version == content, "the file's content has been run"
        said = self.system.said.get(name)
        assert self.system.warehouse.rows[name] == (content, said), "its override took effect"
        if self.system.key_set:
            assert entry.stored.answered_by == "tmdb"


Arrivals.TestCase.settings = settings(max_examples=examples(150), stateful_step_count=30)
TestArrivals = Arrivals.TestCase
