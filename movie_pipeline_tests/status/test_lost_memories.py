"""Lost memories: each store of the system is as it is, deleted, or restored from an earlier backup.

In any of the 243 combinations, `make dev` leads to the same end without a hand: every film list is
completed as it is now, and what is known is not asked again (the pure decision; `system` has some
of these combinations with real processes).
"""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from typing import Any

import pytest

from movie_pipeline.status.arrivals import Memory
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline_tests.system_model import DEAD, System, Warehouse

STORES = ("memory", "entries", "runs", "warehouse", "answers")
EMPTY = {"memory": Memory(), "entries": {}, "runs": [], "warehouse": Warehouse(), "answers": set()}
STATES = ("as it is", "deleted", "older")
COMBINATIONS = [dict(zip(STORES, states, strict=True)) for states in product(STATES, repeat=5)]
CLOCK_SET = (0.0, -86_400.0, 3600.0)
"""What the clock was set by meanwhile: it need not be right for any of this."""
COMPLETED = {"unchanged.csv", "changed.csv", "new.csv", "failed before.csv"}


def saved(system: System) -> dict[str, Any]:
    return {store: deepcopy(getattr(system, store)) for store in STORES}


def work(system: System, rounds: int = 12, until: str = "ended") -> Counter[str]:
    """Tick and let all runs go on until they are so far; returns how many of each upload began."""
    before = {run.run_id for run in system.runs}
    for _ in range(rounds):
        system.now += SETTLE_SECONDS
        decided = system.look()
        known = {run.key for run in system.runs}
        assert not known & {one.run_key for one in decided.requests}, "Dagster would drop it"
        system.submit(decided)
        while runs := [run for run in system.at("", "begun", "read") if run.stage != until]:
            for run in runs:
                system.advance(run)
    return Counter(run.upload for run in system.runs if run.run_id not in before)


Kept = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=["at rest", "while a run was executing"])
def now(request: pytest.FixtureRequest) -> Iterator[tuple[System, Kept]]:
    """A system, and its stores in each state; the backup was made at rest or in the middle."""
    system = System()
    for upload in ("unchanged.csv", "changed.csv", "failed before.csv", "broken.csv"):
        system.drop(upload, f"{upload}, first")
    system.broken |= {"broken.csv", "failed before.csv"}
    work(system)
    if request.param == "while a run was executing":
        system.drop("changed.csv", "changed.csv, second")
        work(system, 1, until="read")
        assert system.entries["changed.csv"].stage == "enriching"
    older = saved(system)
    system.broken.remove("failed before.csv")
    for upload in ("changed.csv", "new.csv", "failed before.csv"):
        system.drop(upload, f"{upload}, second")
    system.said["changed.csv"] = 1
    system.saves += 1
    work(system)
    yield system, {"as it is": saved(system), "deleted": EMPTY, "older": older}
    system.close()


@pytest.mark.parametrize("states", COMBINATIONS, ids=lambda states: ", ".join(states.values()))
def test_everything_is_completed_again_whatever_was_lost(
    now: tuple[System, Kept], states: dict[str, str]
) -> None:
    system, kept = now
    for store, state in states.items():
        setattr(system, store, deepcopy(kept[state][store]))
    system.warehouse.files += states["warehouse"] != "as it is"
    for upload, entry in system.entries.items():
        if entry.running:
            system.entries[upload] = entry.noted(worker=DEAD)
    for run in system.at("begun", "read"):
        system.kill(run)  # as run monitoring finds out
    system.process, system.requests = f"another, for {states}", []
    system.now += CLOCK_SET[STATES.index(states["answers"])]  # no decision depends on the answers
    ran = work(system)
    entries, rows = system.entries, system.warehouse.rows
    for upload in COMPLETED:
        content = f"{upload}, {'first' if upload == 'unchanged.csv' else 'second'}"
        assert (entries[upload].stage, entries[upload].run.version) == ("completed", content)
        assert entries[upload].counts["matched"] == 1
        assert rows[upload] == (content, system.said.get(upload))
    assert entries["broken.csv"].failed
    assert max(ran.values(), default=0) <= 1, "one more try at most"
    assert not work(system, 3), "and nothing runs in a loop"
    if states["answers"] == "as it is":
        assert system.requests == []
    assert max(Counter(system.requests).values(), default=0) <= 1
    lost = {store for store, state in states.items() if state != "as it is"}
    if not lost & {"memory", "warehouse"} and states["entries"] != "older":
        assert set(ran) <= {"broken.csv"}, "rows that are there are not made again"
    if not lost - {"runs", "answers"}:
        assert not ran
