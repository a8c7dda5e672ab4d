"""Arrivals: an upload runs again because of an override or a key, not because of its file."""

import pytest

from movie_pipeline.liveness import Worker
from movie_pipeline.status.arrivals import AT_MOST
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline_tests.world import World


def test_an_upload_matched_by_a_changed_override_runs_again_once(done: World) -> None:
    done.drop("b.csv")
    done.settle()
    done.run("b.csv")
    done.overruled = {"a.csv", "gone.csv"}
    assert done.settle() == ["a.csv"]
    assert done.settle() == [], "its run is awaited"
    done.run("a.csv")
    assert done.settle() == []


@pytest.mark.parametrize("end", ["completed", "failed", "enriching"])
def test_an_override_counts_however_the_last_run_ended(done: World, end: str) -> None:
    """A run that is still executing may have read the previous overrides."""
    done.run("a.csv", end, worker=Worker.current())
    done.overruled = {"a.csv"}
    assert done.settle() == ["a.csv"]


def test_a_run_that_has_not_begun_will_read_the_current_overrides(done: World) -> None:
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]
    done.overruled = {"a.csv"}
    assert done.settle() == []
    done.run("a.csv")
    assert done.settle() == []


def test_an_override_for_a_removed_file_requests_nothing(done: World) -> None:
    done.remove("a.csv")
    done.overruled = {"a.csv"}
    assert done.settle() == []
    done.drop("a.csv")
    assert done.settle() == ["a.csv"], "it was dropped again, which is a new arrival"
    done.run("a.csv")
    assert done.settle() == []


def test_an_override_waits_until_the_file_has_settled(done: World) -> None:
    done.drop("a.csv", "A")
    done.overruled = {"a.csv"}
    assert done.tick().requests == []
    done.now += SETTLE_SECONDS
    assert [one.upload for one in done.tick().requests] == ["a.csv"]


def test_an_override_waits_until_the_folder_is_readable_again(world: World) -> None:
    world.drop("alice/a.csv")
    world.settle()
    world.run("alice/a.csv")
    kept = dict(world.found)
    world.found.clear()
    world.overruled = {"alice/a.csv"}
    world.tick(unreadable=("alice",))
    world.found = kept
    assert world.settle() == ["alice/a.csv"]


def test_an_override_for_many_uploads_requests_a_few_runs_in_each_tick(world: World) -> None:
    names = [f"{number:03}.csv" for number in range(AT_MOST + 1)]
    for name in names:
        world.drop(name)
        world.run(name)
    world.now += SETTLE_SECONDS
    world.tick()
    world.tick()
    world.overruled = set(names)
    assert [len(world.tick().requests) for _ in range(3)] == [AT_MOST, 1, 0]


def test_an_upload_answered_by_the_sample_runs_once_when_a_key_is_set(done: World) -> None:
    done.key_set = True
    assert done.settle() == ["a.csv"]
    assert done.settle() == []
    done.run("a.csv")
    assert done.settle() == []


def test_a_run_that_misses_the_key_is_not_repeated_in_a_loop(done: World) -> None:
    done.key_set = True
    done.settle()
    for _ in range(3):
        done.run("a.csv", answered_by="sample")
        assert done.settle() == []


def test_a_key_that_is_removed_and_set_again_counts_again(done: World) -> None:
    for _ in range(2):
        done.key_set = True
        assert done.settle() == ["a.csv"]
        done.key_set = False
        done.settle()
        done.run("a.csv", answered_by="sample")


@pytest.mark.parametrize(
    "changes",
    [
        {"sample_chosen": True},
        {"answered_by": "tmdb"},
        {"stage": "failed"},
        {"stage": "enriching", "worker": Worker.current()},
    ],
)
def test_only_uploads_answered_by_the_sample_because_no_key_was_set_run_again(
    done: World, changes: dict[str, object]
) -> None:
    done.run("a.csv", **changes)
    done.key_set = True
    assert done.settle() == []
