"""Arrivals: whatever is lost, every needed run is requested in the end (the pure decision)."""

import pytest

from movie_pipeline.instance.pending import Pending
from movie_pipeline.status.arrivals import AT_MOST, Memory
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline_tests.world import World

LOST = {"repeat": True}


def coming(*uploads: str) -> Pending:
    return Pending(coming=dict.fromkeys(uploads, "queued"))


# Found by the state machine (test_arrivals_machine.py) --------------------------------------------


def test_a_file_dropped_again_before_its_lost_request_is_repeated(world: World) -> None:
    """The only tick that knew of the loss found the file unsettled and skipped it."""
    world.drop("a.csv", "A")
    world.now += 9
    (lost,) = world.tick().requests
    world.now += 6
    world.drop("a.csv", "A")
    assert world.tick(**LOST).requests == []
    world.now += SETTLE_SECONDS
    (again,) = world.tick(**LOST).requests
    assert again == lost, "if Dagster has it after all, the same run key starts no second run"


def test_a_loss_that_one_tick_cannot_handle_is_handled_by_the_next(world: World) -> None:
    """Dagster's store is queried every time, so the tick right after the loss is not special."""
    world.drop("a.csv", "A")
    world.settle()
    asked = world.run_keys[-1]
    world.drop("a.csv", "A")
    lost = Pending(lost=frozenset({"a.csv"}))
    assert world.tick(pending=lost).requests == []
    world.now += SETTLE_SECONDS
    assert [one.run_key for one in world.tick(pending=lost).requests] == [asked]


def test_content_that_came_back_while_a_run_read_other_content_runs(world: World) -> None:
    """A, then B, then A: the run requested for A began while the content was B."""
    world.drop("a.csv", "A")
    assert world.settle() == ["a.csv"]
    world.drop("a.csv", "B")
    world.run("a.csv")
    world.drop("a.csv", "A")
    assert world.settle() == ["a.csv"]
    world.run("a.csv", "failed")
    assert world.settle() == []


def test_overrides_saved_before_and_after_a_loss_both_count(done: World) -> None:
    done.drop("b.csv")
    done.run("b.csv")
    assert done.settle() == []
    done.overruled = {"b.csv"}
    done.memory = Memory(last_arrival=done.memory.last_arrival + 1000)
    done.overruled |= {"a.csv"}
    assert sorted(done.settle()) == ["a.csv", "b.csv"]


# Requests ------------------------------------------------------------------------------------------


def test_a_lost_request_gets_another_run_key_if_the_content_changed_meanwhile(world: World) -> None:
    world.drop("a.csv", "A")
    world.settle()
    world.drop("a.csv", "B")
    first = world.run_keys[-1]
    world.tick(**LOST)
    world.now += SETTLE_SECONDS
    (again,) = world.tick(**LOST).requests
    assert again.run_key != first
    assert again.version == "B"


def test_a_pending_run_reads_what_is_there_when_it_begins(world: World) -> None:
    """So a file that changes meanwhile needs no second run, and the run key is remembered."""
    world.drop("a.csv", "A")
    world.settle()
    asked = world.run_keys[-1]
    world.drop("a.csv", "B")
    world.tick(pending=coming("a.csv"))
    world.now += SETTLE_SECONDS
    assert world.tick(pending=coming("a.csv")).requests == []
    (again,) = world.tick(pending=Pending(lost=frozenset({"a.csv"}))).requests
    assert again.run_key == asked


@pytest.mark.parametrize("remembered", [True, False])
def test_a_run_started_in_another_way_is_enough(world: World, remembered: bool) -> None:
    """By a backfill, say, or requested before the memory was lost."""
    if remembered:
        world.drop("a.csv", "A")
        world.settle()
        world.run("a.csv")
    world.drop("a.csv", "B")
    world.tick(pending=coming("a.csv"))
    world.now += SETTLE_SECONDS
    assert world.tick(pending=coming("a.csv")).requests == []
    world.run("a.csv")
    assert world.settle() == []


@pytest.mark.parametrize("reason", ["content", "overrides"])
def test_the_loss_of_a_run_that_made_a_request_unnecessary_is_noticed(
    done: World, reason: str
) -> None:
    if reason == "content":
        done.drop("a.csv", "B")
        done.now += SETTLE_SECONDS
    else:
        done.overruled = {"a.csv"}
    assert done.tick(pending=coming("a.csv")).requests == []
    assert done.memory.seen["a.csv"].awaited == "queued"
    assert done.tick(pending=coming("a.csv")).requests == []
    lost = Pending(lost=frozenset({"a.csv"}))
    assert [one.upload for one in done.tick(pending=lost).requests] == ["a.csv"]
    done.run("a.csv")
    assert done.settle() == []


def test_lost_requests_are_repeated_a_few_at_a_time(world: World) -> None:
    names = [f"{number:03}.csv" for number in range(AT_MOST + 3)]
    for name in names:
        world.drop(name)
    world.settle()
    world.tick()
    lost = Pending(lost=frozenset(names))
    assert [len(world.tick(pending=lost).requests) for _ in range(2)] == [AT_MOST] * 2
    rest = Pending(lost=frozenset(names[AT_MOST:]), coming=coming(*names[:AT_MOST]).coming)
    assert [one.upload for one in world.tick(pending=rest).requests] == names[AT_MOST:]


def test_a_run_of_the_dashboard_only_does_not_replace_the_lost_one(done: World) -> None:
    done.drop("a.csv", "B")
    done.settle()
    asked = done.run_keys[-1]
    done.run("a.csv", version="A")
    lost = Pending(lost=frozenset({"a.csv"}))
    assert [one.run_key for one in done.tick(pending=lost).requests] == [asked]


def test_a_run_that_a_person_cancelled_is_not_requested_again(done: World) -> None:
    """Until the file is dropped again."""
    done.drop("a.csv", "B")
    done.settle()
    done.run("a.csv", "failed", version="A")
    assert done.settle() == []
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]


def test_a_lost_entry_is_recreated_by_a_run(done: World) -> None:
    """Nothing else says what became of an upload; its status would be queued forever."""
    for _ in range(2):
        done.entries.clear()
        assert done.tick(pending=coming("a.csv")).requests == []
        assert done.settle() == ["a.csv"]
        done.run("a.csv")
        assert done.settle() == []


def test_a_lost_entry_is_recreated_even_if_the_run_was_lost_before(world: World) -> None:
    world.drop("a.csv")
    world.settle()
    assert len(world.tick(**LOST).requests) == 1
    assert len(world.tick(pending=Pending()).requests) == 1


def test_a_run_that_leaves_no_entry_is_not_repeated_in_a_loop(done: World) -> None:
    """If it writes to another data folder, say, another run would leave no entry either."""
    done.entries.clear()
    assert len(done.tick().requests) == 1
    for _ in range(3):
        assert done.tick(pending=Pending()).requests == []


def test_a_file_removed_after_the_memory_was_lost_counts_as_dropped_again(done: World) -> None:
    done.memory = Memory(last_arrival=1000)
    kept = dict(done.found)
    done.found.clear()
    done.tick()
    done.found = kept
    assert done.settle() == ["a.csv"]


def test_no_run_is_requested_twice_after_the_same_run(done: World) -> None:
    """Whatever reason the entry gives: the requested run may have ended without an entry."""
    done.key_set = True
    assert done.settle() == ["a.csv"]
    nothing = Pending()
    for _ in range(3):
        done.key_set = not done.key_set
        assert done.tick(pending=nothing).requests == []
