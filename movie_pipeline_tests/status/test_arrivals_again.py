"""Arrivals: what else than its file makes an upload run again: a key, an override."""

import pytest

from movie_pipeline.liveness import Worker
from movie_pipeline.status.arrivals import AT_MOST
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline_tests.world import World


def test_an_upload_that_a_changed_override_is_about_runs_again_once(done: World) -> None:
    done.drop("b.csv")
    done.settle()
    done.run("b.csv")
    done.overruled = {"a.csv", "gone.csv"}
    assert done.settle() == ["a.csv"]
    assert done.settle() == [], "its run is awaited"
    done.run("a.csv")
    assert done.settle() == []


@pytest.mark.parametrize("end", ["completed", "failed", "enriching"])
def test_an_override_counts_whatever_became_of_the_last_run(done: World, end: str) -> None:
    """A run at work may have read the file as it was before."""
    done.run("a.csv", end, worker=Worker.current())
    done.overruled = {"a.csv"}
    assert done.settle() == ["a.csv"]


def test_a_run_that_has_not_begun_reads_the_overrides_as_they_are(done: World) -> None:
    done.drop("a.csv", "B")
    assert done.settle() == ["a.csv"]
    done.overruled = {"a.csv"}
    assert done.settle() == []
    done.run("a.csv")
    assert done.settle() == []


def test_an_override_of_a_file_that_is_gone_asks_for_nothing(done: World) -> None:
    done.remove("a.csv")
    done.overruled = {"a.csv"}
    assert done.settle() == []
    done.drop("a.csv")
    assert done.settle() == ["a.csv"], "dropped again, which is an arrival of its own"
    done.run("a.csv")
    assert done.settle() == []


def test_an_override_waits_for_a_file_that_is_settling(done: World) -> None:
    done.drop("a.csv", "A")
    done.overruled = {"a.csv"}
    assert done.tick().requests == []
    done.now += SETTLE_SECONDS
    assert [one.upload for one in done.tick().requests] == ["a.csv"]


def test_an_override_waits_for_a_folder_that_can_not_be_read_now(world: World) -> None:
    world.drop("alice/a.csv")
    world.settle()
    world.run("alice/a.csv")
    kept = dict(world.found)
    world.found.clear()
    world.overruled = {"alice/a.csv"}
    world.tick(unreadable=("alice",))
    world.found = kept
    assert world.settle() == ["alice/a.csv"]


def test_an_override_about_many_uploads_runs_a_few_in_each_tick(world: World) -> None:
    names = [f"{number:03}.csv" for number in range(AT_MOST + 1)]
    for name in names:
        world.drop(name)
        world.run(name)
    world.now += SETTLE_SECONDS
    world.tick()
    world.tick()
    world.overruled = set(names)
    assert [len(world.tick().requests) for _ in range(3)] == [AT_MOST, 1, 0]


def test_what_the_sample_answered_runs_once_when_a_key_is_there(done: World) -> None:
    done.key_set = True
    assert done.settle() == ["a.csv"]
    assert done.settle() == []
    done.run("a.csv")
    assert done.settle() == []


def test_a_run_that_does_not_see_the_key_is_not_repeated_in_a_loop(done: World) -> None:
    done.key_set = True
    done.settle()
    for _ in range(3):
        done.run("a.csv", answered_by="sample")
        assert done.settle() == []


def test_a_key_that_is_taken_away_and_set_again_counts_again(done: World) -> None:
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
def test_only_what_the_sample_answered_for_want_of_a_key_runs_again(
    done: World, changes: dict[str, object]
) -> None:
    done.run("a.csv", **changes)
    done.key_set = True
    assert done.settle() == []
