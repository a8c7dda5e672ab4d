"""Arrivals: which files need a run, because of what became of them. The pure decision."""

import socket
from dataclasses import replace

import pytest

from movie_pipeline.liveness import Worker
from movie_pipeline.status.arrivals import AT_MOST, Memory, Present, Seen, plan
from movie_pipeline.uploads import SETTLE_SECONDS, Found
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


def test_a_file_that_lay_there_before_we_looked_is_ready_at_once(world: World) -> None:
    world.drop("a.csv")
    world.now += SETTLE_SECONDS
    assert len(world.tick().requests) == 1


def test_a_file_from_the_future_is_ready_by_our_watching(world: World) -> None:
    world.drop("a.csv")
    world.found["a.csv"] = replace(world.found["a.csv"], changed=START + 86_400)
    assert world.settle() == ["a.csv"]


def test_a_clock_that_was_set_back_costs_no_more_than_the_usual_wait(world: World) -> None:
    world.drop("a.csv")
    world.tick()
    world.now -= 86_400
    assert world.settle() == ["a.csv"]


def test_a_clock_that_was_set_back_between_asking_and_beginning_does_not_matter(
    world: World,
) -> None:
    world.drop("a.csv")
    world.settle()
    world.now -= 86_400
    world.run("a.csv", "failed")
    world.drop("a.csv")
    assert world.settle() == ["a.csv"]


def test_nothing_new_asks_for_nothing(done: World) -> None:
    done.hashed.clear()
    for _ in range(5):
        assert done.settle(repeat=True) == []
    assert done.hashed == []


def test_a_touch_does_nothing(done: World) -> None:
    done.drop("a.csv", "A")
    assert done.settle() == []
    assert done.settle(repeat=True) == []


def test_a_touch_while_the_run_is_awaited_or_at_work_does_nothing(world: World) -> None:
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


def test_removed_and_dropped_again_runs_again(done: World) -> None:
    done.remove("a.csv")
    assert done.settle() == []
    done.drop("a.csv", "A")
    assert done.settle() == ["a.csv"]
    done.run("a.csv")
    assert done.settle() == []


@pytest.mark.parametrize("ran", [True, False])
def test_changed_and_changed_back_runs_each_time(done: World, ran: bool) -> None:
    """Where the run for B had not begun, it reads A when it begins: none is needed for A."""
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]
    if ran:
        done.run("a.csv")
    done.drop("a.csv", "A")
    assert done.settle() == (["a.csv"] if ran else [])
    assert len(set(done.run_keys)) == len(done.run_keys)


@pytest.mark.parametrize("end", [{"stage": "failed"}, {"stage": "enriching", "worker": DEAD}])
def test_dropped_again_after_a_failure_runs_again_once(
    world: World, end: dict[str, object]
) -> None:
    """Also where the run's process was killed, which notes nothing."""
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


def test_a_killed_run_of_a_command_line_is_repeated_once(done: World) -> None:
    """Dagster repeats its own; of the demo's, a run of ours would ask TMDB and not the sample."""
    done.run("a.csv", "enriching", worker=DEAD, alone=True, sample_chosen=True)
    assert done.settle() == []
    done.run("a.csv", "enriching", worker=DEAD, alone=True)
    assert done.settle() == ["a.csv"]
    assert done.settle() == []
    done.run("a.csv", "enriching", worker=DEAD)
    assert done.settle() == []


def test_every_request_has_a_run_key_of_upload_version_and_arrival(world: World) -> None:
    world.drop("a.csv", "A")
    world.drop("b.csv", "A")
    world.settle()
    assert world.run_keys == ["a.csv:A:101", "b.csv:A:102"]


def test_a_crash_between_tick_and_submission_repeats_the_same_run_key(done: World) -> None:
    """Until the run has begun; Dagster starts a run key only once."""
    done.drop("a.csv", "B")
    done.settle()
    asked = done.run_keys[-1]
    assert done.tick().requests == []
    assert [one.run_key for one in done.tick(repeat=True).requests] == [asked]
    done.run("a.csv")
    assert done.tick(repeat=True).requests == []


def test_what_a_command_line_has_run_is_not_run_again_at_the_first_tick(world: World) -> None:
    for name in ("done.csv", "at work.csv", "failed.csv", "changed since.csv"):
        world.drop(name, "A")
    world.run("done.csv")
    world.run("at work.csv", "enriching", worker=Worker.current())
    world.run("failed.csv", "failed")
    world.run("changed since.csv", version="an earlier one")
    assert world.settle() == ["changed since.csv", "failed.csv"]


def test_what_a_command_line_ran_on_changed_content_is_not_run_again(done: World) -> None:
    done.drop("a.csv", "B")
    done.run("a.csv")
    assert done.settle() == []


def test_an_unreadable_folder_keeps_its_memory(world: World) -> None:
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


def test_a_file_that_can_not_be_read_for_a_while_keeps_its_memory(done: World) -> None:
    kept = done.found["a.csv"]
    done.found["a.csv"] = Found("a.csv", 0, "", 0.0, "a.csv: it can't be read")
    assert done.settle() == []
    done.found["a.csv"] = kept
    assert done.settle() == []


def test_what_is_no_upload_asks_for_nothing(world: World) -> None:
    world.found["x.xlsx"] = Found("x.xlsx", 0, "", 0.0, "x.xlsx: save it as CSV")
    assert world.settle() == []
    assert world.hashed == []


def test_a_file_that_can_not_be_hashed_waits(world: World) -> None:
    world.drop("a.csv")
    present = Present([*world.found.values()], {}, START + 60, key_set=False)
    decided = plan(present, world.memory, lambda _: None)
    assert (decided.requests, decided.waiting) == ([], 1)
    decided = plan(present, decided.memory, lambda _: "A")
    assert len(decided.requests) == 1


def test_a_tick_decides_on_a_few_files_and_the_next_on_the_others(world: World) -> None:
    names = [f"{number:03}.csv" for number in range(2 * AT_MOST + 1)]
    for name in names:
        world.drop(name)
    world.now += SETTLE_SECONDS
    sizes = [len(world.tick().requests) for _ in range(4)]
    assert sizes == [AT_MOST, AT_MOST, 1, 0]
    assert sorted(key.split(":")[0] for key in world.run_keys) == names


def test_a_small_file_does_not_wait_until_many_large_ones_are_decided_on(world: World) -> None:
    for number in range(2 * AT_MOST):
        world.drop(f"{number:03}.csv", "A film list" * 1_000)
    world.drop("small.csv", "One film")
    world.now += SETTLE_SECONDS
    assert "small.csv" in {request.upload for request in world.tick().requests}


def test_ten_thousand_files_with_nothing_new_are_not_hashed_and_the_cursor_is_small(
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
