"""Arrivals: which files need a run. The pure decision."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movie_pipeline.arrivals import AT_MOST, SETTLE_SECONDS, Memory, Seen, SeenOverrides, plan
from movie_pipeline.progress import Worker
from movie_pipeline.uploads import Found
from movie_pipeline_tests.world import START, World

DEAD = Worker(socket.gethostname(), 2**22 + 1, 1.0)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def done(world: World) -> World:
    """A world in which a.csv was dropped, asked for and completed."""
    world.drop("a.csv", "A")
    assert world.settle() == ["a.csv"]
    world.run("a.csv")
    assert world.settle() == []
    return world


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


def test_a_refused_key_that_was_mended_runs_its_uploads_once(done: World) -> None:
    """A mistyped key is a newcomer's likeliest slip; nothing else that failed is tried again."""
    done.key_set = True
    refused_at = datetime.fromtimestamp(done.now, UTC)
    done.run("a.csv", "failed", key_refused=True, finished_at=refused_at)
    done.drop("b.csv")
    done.settle()
    done.run("b.csv", "failed", key_refused=False, finished_at=refused_at)
    assert done.settle() == []
    done.key_changed_at = done.now
    assert done.settle() == ["a.csv"]
    done.run("a.csv", "failed", key_refused=True, finished_at=datetime.fromtimestamp(done.now, UTC))
    assert done.settle() == []


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


def test_overrides_that_were_mended_run_their_uploads_once(done: World) -> None:
    begun = datetime.fromtimestamp(done.now, UTC)
    done.run("a.csv", "failed", overrides_refused=True, started_at=begun)
    assert done.settle() == []
    done.overrides_valid_since = done.now
    assert done.settle() == ["a.csv"]
    begun = datetime.fromtimestamp(done.now, UTC)
    done.run("a.csv", "failed", overrides_refused=True, started_at=begun)
    assert done.settle() == []


def test_overrides_that_were_mended_do_not_run_what_failed_for_another_reason(done: World) -> None:
    done.run("a.csv", "failed", started_at=datetime.fromtimestamp(done.now, UTC))
    done.overrides_valid_since = done.now + 1
    assert done.settle() == []


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
    options = {"now": START + 60, "key_set": False}
    decided = plan(world.found.values(), world.memory, {}, version_of=lambda _: None, **options)
    assert (decided.requests, decided.waiting) == ([], 1)
    decided = plan(world.found.values(), decided.memory, {}, version_of=lambda _: "A", **options)
    assert len(decided.requests) == 1


def test_a_tick_decides_on_a_few_files_and_the_next_on_the_others(world: World) -> None:
    names = [f"{number:03}.csv" for number in range(2 * AT_MOST + 1)]
    for name in names:
        world.drop(name)
    world.now += SETTLE_SECONDS
    sizes = [len(world.tick().requests) for _ in range(4)]
    assert sizes == [AT_MOST, AT_MOST, 1, 0]
    assert sorted(key.split(":")[0] for key in world.run_keys) == names


def test_ten_thousand_files_with_nothing_new_are_not_hashed_and_the_cursor_is_small(
    world: World,
) -> None:
    for number in range(10_000):
        world.drop(f"{number}.csv")
    world.memory = Memory(
        {
            name: Seen(one.stamp, START, settled=True, version="A")
            for name, one in sorted(world.found.items())
        }
    )
    digest = world.memory.digest
    assert world.settle() == []
    assert world.hashed == []
    assert world.memory.digest == digest
    assert len(digest) == 16


def test_the_memory_comes_back_from_its_file(done: World, tmp_path: Path) -> None:
    done.drop("日本 'é'.csv")
    done.settle()
    done.memory.save(tmp_path / "new folder" / "arrivals.json")
    loaded = Memory.load(tmp_path / "new folder" / "arrivals.json")
    assert loaded == done.memory
    assert loaded.digest == done.memory.digest
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["arrivals.json"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "seen": st.dictionaries(
            st.sampled_from(["a.csv", "b.csv"]),
            JSON | st.dictionaries(st.sampled_from(list(Seen.__dataclass_fields__)), JSON),
        ),
        "last_arrival": JSON,
        "overrides": JSON | st.fixed_dictionaries({"lines": JSON}),
    },
)


@settings(max_examples=200)
@given(st.binary(max_size=30) | (JSON | NEARLY).map(lambda value: json.dumps(value).encode()))
def test_whatever_the_file_holds_a_tick_gets_through(content: bytes) -> None:
    """A tick that raised would raise again every five seconds, and no file would ever run."""
    path = Path("arrivals.json")  # in the test's own folder
    path.write_bytes(content)
    world = World()
    world.drop("a.csv")
    world.memory = Memory.load(path)
    world.settle()
    assert "a.csv" in world.memory.seen
    world.memory.save(path)
    assert Memory.load(path) == world.memory


def test_a_lost_memory_repeats_no_run_of_what_is_done_and_no_run_key(
    done: World, tmp_path: Path
) -> None:
    done.drop("b.csv", "B")
    done.settle()
    (tmp_path / "arrivals.json").write_text('{"seen": {"a.csv": ')
    done.memory = Memory.load(tmp_path / "arrivals.json")
    assert done.settle() == ["b.csv"], "it had not begun, for all we know now"
    assert len(set(done.run_keys)) == len(done.run_keys)


def test_a_memory_of_another_version_is_understood(tmp_path: Path) -> None:
    seen = {"a.csv": {"stamp": "s", "settled": True, "version": "A", "a later field": [1]}}
    path = tmp_path / "arrivals.json"
    path.write_text(json.dumps({"seen": seen, "last_arrival": 7, "later": {}}))
    assert Memory.load(path) == Memory({"a.csv": Seen("s", 0.0, settled=True, version="A")}, 7)


def test_the_memory_holds_the_lines_of_the_overrides(tmp_path: Path) -> None:
    memory = Memory(overrides=SeenOverrides("s", 1.0, settled=False, lines=('["a.csv"]',)))
    memory.save(tmp_path / "arrivals.json")
    assert Memory.load(tmp_path / "arrivals.json") == memory
