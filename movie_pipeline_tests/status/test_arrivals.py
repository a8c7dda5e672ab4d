"""Arrivals: which files need a run because of what happened to them (the pure decision)."""

import socket
from dataclasses import replace

import pytest

from movie_pipeline.liveness import Worker
from movie_pipeline.status.arrivals import AT_MOST, Memory, Present, Seen, plan
from movie_pipeline.uploads import SETTLE_SECONDS, SETTLE_UNWRITTEN_SECONDS, Found
from movie_pipeline_tests.world import START, World

DEAD = Worker(socket.gethostname(), 2**22 + 1, 1.0)


def test_a_file_is_ready_when_unchanged_for_five_seconds(world: World) -> None:
    world.drop("a.csv")
    assert world.tick().waiting == 1
    world.now += SETTLE_SECONDS - 0.1
    assert world.tick().requests == []
    assert world.hashed == []
    world.now += 0.1
    assert [one.upload for one in world.tick().requests] == ["a.csv"]


def test_a_file_that_keeps_changing_is_not_ready(world: World) -> None:
    for _ in range(10):
        world.drop("a.csv")
        world.tick()
        world.now += SETTLE_SECONDS - 0.1
    assert world.run_keys == []


def test_a_file_that_nobody_writes_to_is_ready_after_one_second(world: World) -> None:
    world.writers_known = True
    world.drop("a.csv")
    world.tick()
    world.now += SETTLE_UNWRITTEN_SECONDS - 0.1
    assert world.tick().requests == []
    world.now += 0.1
    assert [one.upload for one in world.tick().requests] == ["a.csv"]


def test_a_file_that_a_program_has_open_takes_as_long_as_where_nothing_is_known(
    world: World,
) -> None:
    world.writers_known, world.written = True, {"a.csv"}
    world.drop("a.csv")
    world.tick()
    world.now += SETTLE_SECONDS - 0.1
    assert world.tick().requests == []
    world.written.clear()
    assert [one.upload for one in world.tick().requests] == ["a.csv"]


def test_a_file_that_is_opened_again_for_each_line_runs_once_when_it_is_complete(
    world: World,
) -> None:
    """Between two lines nobody has it open, and nothing says that there will be another."""
    world.writers_known = True
    world.drop("a.csv", "A")
    world.tick()
    for content in ("AB", "ABC", "ABCD"):
        world.now += SETTLE_UNWRITTEN_SECONDS / 2
        world.drop("a.csv", content)
        world.tick()
        for _ in range(3):
            world.now += SETTLE_UNWRITTEN_SECONDS
            world.tick()
    assert world.run_keys == []
    assert world.settle() == ["a.csv"]
    assert world.hashed == ["a.csv"]
    world.run("a.csv")
    world.drop("a.csv", "ABCDE")
    world.tick()
    world.now += SETTLE_UNWRITTEN_SECONDS
    assert [one.upload for one in world.tick().requests] == ["a.csv"]


def test_a_file_that_was_there_before_the_first_tick_is_ready_at_once(world: World) -> None:
    world.drop("a.csv")
    world.now += SETTLE_SECONDS
    assert len(world.tick().requests) == 1


def test_a_file_with_a_future_timestamp_is_ready_once_our_ticks_saw_it_unchanged(
    world: World,
) -> None:
    world.drop("a.csv")
    world.found["a.csv"] = replace(world.found["a.csv"], changed=START + 86_400)
    assert world.settle() == ["a.csv"]


def test_a_clock_set_back_costs_no_more_than_the_usual_wait(world: World) -> None:
    world.drop("a.csv")
    world.tick()
    world.now -= 86_400
    assert world.settle() == ["a.csv"]


def test_a_clock_set_back_between_request_and_start_does_not_matter(
    world: World,
) -> None:
    world.drop("a.csv")
    world.settle()
    world.now -= 86_400
    world.run("a.csv", "failed")
    world.drop("a.csv")
    assert world.settle() == ["a.csv"]


def test_nothing_is_requested_when_nothing_is_new(done: World) -> None:
    done.hashed.clear()
    for _ in range(5):
        assert done.settle(repeat=True) == []
    assert done.hashed == []


def test_touching_a_file_requests_nothing(done: World) -> None:
    done.drop("a.csv", "A")
    assert done.settle() == []
    assert done.settle(repeat=True) == []


def test_touching_a_file_while_its_run_is_pending_or_executing_requests_nothing(
    world: World,
) -> None:
    world.drop("a.csv")
    world.settle()
    world.drop("a.csv")
    assert world.settle() == []
    world.run("a.csv", "enriching", worker=Worker.current())
    world.drop("a.csv")
    assert world.settle() == []


def test_changed_content_runs_again(done: World) -> None:
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]


def test_a_file_removed_and_dropped_again_runs_again(done: World) -> None:
    done.remove("a.csv")
    assert done.settle() == []
    done.drop("a.csv", "A")
    assert done.settle() == ["a.csv"]
    done.run("a.csv")
    assert done.settle() == []


@pytest.mark.parametrize("ran", [True, False])
def test_a_file_changed_and_changed_back_runs_each_time(done: World, ran: bool) -> None:
    """If the run for B has not begun, it will read A: no other run is needed for A."""
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]
    if ran:
        done.run("a.csv")
    done.drop("a.csv", "A")
    assert done.settle() == (["a.csv"] if ran else [])
    assert len(set(done.run_keys)) == len(done.run_keys)


@pytest.mark.parametrize("end", [{"stage": "failed"}, {"stage": "enriching", "worker": DEAD}])
def test_a_file_dropped_again_after_a_failure_runs_again_once(
    world: World, end: dict[str, object]
) -> None:
    """Also if the run's process was killed, which records nothing."""
    world.drop("a.csv")
    world.settle()
    world.run("a.csv", **end)
    assert world.settle() == []
    world.drop("a.csv")
    assert world.settle() == ["a.csv"]
    world.drop("a.csv")
    assert world.settle() == []
    world.run("a.csv", **end)
    world.drop("a.csv")
    assert world.settle() == ["a.csv"]


def test_a_killed_command_line_run_is_repeated_once(done: World) -> None:
    """Dagster retries its own runs."""
    done.run("a.csv", "enriching", worker=DEAD, alone=True)
    assert done.settle() == ["a.csv"]
    assert done.settle() == []
    done.run("a.csv", "enriching", worker=DEAD)
    assert done.settle() == []


def test_a_run_key_consists_of_upload_version_and_arrival(world: World) -> None:
    world.drop("a.csv", "A")
    world.drop("b.csv", "A")
    world.settle()
    number = int(world.now * 1e6)
    assert world.run_keys == [f"a.csv:A:{number}", f"b.csv:A:{number + 1}"]


def test_a_restored_memory_gives_no_number_twice(done: World) -> None:
    """Dagster would drop the run in silence, since it knows the run key."""
    restored = done.memory
    for content in "BC":
        done.memory = restored
        done.drop("a.csv", content)
        done.settle()
        done.run("a.csv")
    arrivals = [key.rpartition(":")[2] for key in done.run_keys]
    assert len({*arrivals}) == 3


def test_a_crash_between_tick_and_submission_repeats_the_same_run_key(done: World) -> None:
    """Until the run has begun; Dagster starts only one run for each run key."""
    done.drop("a.csv", "B")
    done.settle()
    asked = done.run_keys[-1]
    assert done.tick().requests == []
    assert [one.run_key for one in done.tick(repeat=True).requests] == [asked]
    done.run("a.csv")
    assert done.tick(repeat=True).requests == []


def test_uploads_run_from_the_command_line_are_not_run_again_at_the_first_tick(
    world: World,
) -> None:
    for name in ("done.csv", "at work.csv", "failed.csv", "changed since.csv"):
        world.drop(name, "A")
    world.run("done.csv")
    world.run("at work.csv", "enriching", worker=Worker.current())
    world.run("failed.csv", "failed")
    world.run("changed since.csv", version="an earlier one")
    assert world.settle() == ["changed since.csv", "failed.csv"]


def test_changed_content_run_from_the_command_line_is_not_run_again(done: World) -> None:
    done.drop("a.csv", "B")
    done.run("a.csv")
    assert done.settle() == []


def test_uploads_in_an_unreadable_folder_are_remembered(world: World) -> None:
    world.drop("alice/a.csv")
    world.drop("b.csv")
    world.settle()
    for name in ("alice/a.csv", "b.csv"):
        world.run(name)
    kept = dict(world.found)
    world.found.clear()
    world.tick(unreadable=("alice",))
    world.found = kept
    assert world.settle() == ["b.csv"], "b.csv was removed and dropped again, alice's was not"


def test_a_temporarily_unreadable_file_is_remembered(done: World) -> None:
    kept = done.found["a.csv"]
    done.found["a.csv"] = Found("a.csv", 0, "", 0.0, "a.csv: it can't be read")
    assert done.settle() == []
    done.found["a.csv"] = kept
    assert done.settle() == []


def test_a_file_that_is_not_an_upload_requests_nothing(world: World) -> None:
    world.found["x.xlsx"] = Found("x.xlsx", 0, "", 0.0, "x.xlsx: save it as CSV")
    assert world.settle() == []
    assert world.hashed == []


def test_a_file_that_cannot_be_hashed_waits(world: World) -> None:
    world.drop("a.csv")
    present = Present([*world.found.values()], {}, START + 60, key_set=False)
    decided = plan(present, world.memory, lambda _: None)
    assert (decided.requests, decided.waiting) == ([], 1)
    decided = plan(present, decided.memory, lambda _: "A")
    assert len(decided.requests) == 1


def test_a_tick_decides_on_a_few_files_and_leaves_the_rest_to_the_next(world: World) -> None:
    names = [f"{number:03}.csv" for number in range(2 * AT_MOST + 1)]
    for name in names:
        world.drop(name)
    world.now += SETTLE_SECONDS
    sizes = [len(world.tick().requests) for _ in range(4)]
    assert sizes == [AT_MOST, AT_MOST, 1, 0]
    assert sorted(key.split(":")[0] for key in world.run_keys) == names


def test_a_small_file_does_not_wait_for_many_large_ones(world: World) -> None:
    for number in range(2 * AT_MOST):
        world.drop(f"{number:03}.csv", "A film list" * 1_000)
    world.drop("small.csv", "One film")
    world.now += SETTLE_SECONDS
    assert "small.csv" in {request.upload for request in world.tick().requests}


def test_ten_thousand_unchanged_files_are_not_hashed_and_the_cursor_stays_small(
    world: World,
) -> None:
    for number in range(10_000):
        world.drop(f"{number}.csv")
        world.run(f"{number}.csv")
    seen = {
        name: Seen(one.stamp, START, settled=True, version="A")
        for name, one in sorted(world.found.items())
    }
    world.memory = Memory(seen)
    digest = world.memory.digest
    assert world.settle() == []
    assert world.hashed == []
    assert world.memory.digest == digest
    assert len(digest) == 16
