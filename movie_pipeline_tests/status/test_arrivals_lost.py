"""Arrivals: what was lost on the way comes all the same. The pure decision."""

import pytest

from movie_pipeline.instance.pending import Pending
from movie_pipeline.status.arrivals import AT_MOST, Memory
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline_tests.world import World

LOST = {"repeat": True}


def coming(*uploads: str) -> Pending:
    return Pending(coming=dict.fromkeys(uploads, "queued"))


# What the random search found ---------------------------------------------------------------------


def test_dropped_again_before_a_lost_request_is_repeated(world: World) -> None:
    """The one tick that knew of the loss found the file unsettled, and passed it over."""
    world.drop("a.csv", "A")
    world.now += 9
    (lost,) = world.tick().requests
    world.now += 6
    world.drop("a.csv", "A")
    assert world.tick(**LOST).requests == []
    world.now += SETTLE_SECONDS
    (again,) = world.tick(**LOST).requests
    assert again == lost, "Dagster may have it after all, and then starts it only once"


def test_a_loss_that_one_tick_has_no_eyes_for_is_seen_by_the_next(world: World) -> None:
    """Where Dagster's store is asked, nothing hangs on the tick after the one that was lost."""
    world.drop("a.csv", "A")
    world.settle()
    asked = world.run_keys[-1]
    world.drop("a.csv", "A")
    lost = Pending(lost=frozenset({"a.csv"}))
    assert world.tick(pending=lost).requests == []
    world.now += SETTLE_SECONDS
    assert [one.run_key for one in world.tick(pending=lost).requests] == [asked]


def test_content_that_came_back_while_a_run_read_another_one_runs(world: World) -> None:
    """A, then B, then A: the run that was asked for A began in between."""
    world.drop("a.csv", "A")
    assert world.settle() == ["a.csv"]
    world.drop("a.csv", "B")
    world.run("a.csv")
    world.drop("a.csv", "A")
    assert world.settle() == ["a.csv"]
    world.run("a.csv", "failed")
    assert world.settle() == []


def test_two_overrides_that_are_saved_around_a_loss_both_count(done: World) -> None:
    done.drop("b.csv")
    done.run("b.csv")
    assert done.settle() == []
    done.overruled = {"b.csv"}
    done.memory = Memory(last_arrival=done.memory.last_arrival + 1000)
    done.overruled |= {"a.csv"}
    assert sorted(done.settle()) == ["a.csv", "b.csv"]


# Requests ------------------------------------------------------------------------------------------


def test_a_lost_request_for_content_that_changed_meanwhile_is_another_one(world: World) -> None:
    world.drop("a.csv", "A")
    world.settle()
    world.drop("a.csv", "B")
    first = world.run_keys[-1]
    world.tick(**LOST)
    world.now += SETTLE_SECONDS
    (again,) = world.tick(**LOST).requests
    assert again.run_key != first
    assert again.version == "B"


def test_a_run_that_waits_reads_what_is_there_when_it_begins(world: World) -> None:
    """So a file that changes meanwhile needs no second one, and its run key stays known."""
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
def test_a_run_that_another_door_asked_for_is_enough(world: World, remembered: bool) -> None:
    """A backfill's, or one that was asked for before the memory was lost."""
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
def test_a_run_that_made_a_request_needless_is_missed_when_it_is_lost(
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


def test_a_run_of_the_dashboard_only_does_not_stand_for_the_one_that_was_lost(done: World) -> None:
    done.drop("a.csv", "B")
    done.settle()
    asked = done.run_keys[-1]
    done.run("a.csv", version="A")
    lost = Pending(lost=frozenset({"a.csv"}))
    assert [one.run_key for one in done.tick(pending=lost).requests] == [asked]


def test_what_a_person_cancelled_is_not_asked_for_again(done: World) -> None:
    """Until the file is dropped again."""
    done.drop("a.csv", "B")
    done.settle()
    done.run("a.csv", "failed", version="A")
    assert done.settle() == []
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]


def test_lost_notes_are_made_again(done: World) -> None:
    """Nothing else tells what became of an upload; its status would be queued for ever."""
    for _ in range(2):
        done.entries.clear()
        assert done.tick(pending=coming("a.csv")).requests == []
        assert done.settle() == ["a.csv"]
        done.run("a.csv")
        assert done.settle() == []


def test_lost_notes_are_made_again_also_of_a_run_that_was_lost_before(world: World) -> None:
    world.drop("a.csv")
    world.settle()
    assert len(world.tick(**LOST).requests) == 1
    assert len(world.tick(pending=Pending()).requests) == 1


def test_a_run_that_leaves_no_note_is_not_repeated_in_a_loop(done: World) -> None:
    """Notes that go elsewhere, say: another run would leave none either."""
    done.entries.clear()
    assert len(done.tick().requests) == 1
    for _ in range(3):
        assert done.tick(pending=Pending()).requests == []


def test_a_file_that_went_while_nothing_is_remembered_counts_as_dropped_again(done: World) -> None:
    done.memory = Memory(last_arrival=1000)
    kept = dict(done.found)
    done.found.clear()
    done.tick()
    done.found = kept
    assert done.settle() == ["a.csv"]


def test_nothing_is_asked_for_twice_after_one_run(done: World) -> None:
    """Whatever the notes give as a reason: the run may have ended without leaving one."""
    done.key_set = True
    assert done.settle() == ["a.csv"]
    nothing = Pending()
    for _ in range(3):
        done.key_set = not done.key_set
        assert done.tick(pending=nothing).requests == []
