"""Arrivals: the sensor's memory is loaded from its file, whatever that contains."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from movie_pipeline.status.arrivals import Memory, Request, Seen
from movie_pipeline_tests.profiles import examples
from movie_pipeline_tests.world import World


def test_the_memory_round_trips_through_its_file(done: World, tmp_path: Path) -> None:
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
        "overrides": JSON | st.fixed_dictionaries({"at_work": JSON}),
        "stores": JSON,
        "key": JSON,
    },
)


@settings(max_examples=examples(200))
@given(st.binary(max_size=30) | (JSON | NEARLY).map(lambda value: json.dumps(value).encode()))
def test_a_tick_succeeds_whatever_the_file_contains(content: bytes) -> None:
    """A tick that raised would raise again every five seconds, and no upload would ever run."""
    path = Path("arrivals.json")  # in the test's own folder
    path.write_bytes(content)
    world = World()
    world.drop("a.csv")
    world.memory = Memory.load(path)
    world.settle()
    assert "a.csv" in world.memory.seen
    world.memory.save(path)
    assert Memory.load(path) == world.memory


def test_after_losing_its_memory_the_sensor_repeats_no_completed_run_and_no_run_key(
    done: World, tmp_path: Path
) -> None:
    done.drop("b.csv", "B")
    done.settle()
    (tmp_path / "arrivals.json").write_text('{"seen": {"a.csv": ')
    done.memory = Memory.load(tmp_path / "arrivals.json")
    done.now += 1
    assert done.settle() == ["b.csv"], "as far as we know, its run has not begun"
    assert len(set(done.run_keys)) == len(done.run_keys)


def test_a_memory_of_a_later_version_is_read(tmp_path: Path) -> None:
    seen = {"a.csv": {"stamp": "s", "settled": True, "version": "A", "a later field": [1]}}
    path = tmp_path / "arrivals.json"
    path.write_text(json.dumps({"seen": seen, "last_arrival": 7, "later": {}}))
    assert Memory.load(path) == Memory({"a.csv": Seen("s", 0.0, settled=True, version="A")}, 7)


def test_the_memory_of_version_0_1_is_read_without_its_lines_of_the_overrides(
    tmp_path: Path,
) -> None:
    """As written by 0.1: a.csv is done, b.csv's run was requested and has not begun."""
    path = tmp_path / "arrivals.json"
    path.write_text(
        """{"seen": {
            "a.csv": {"stamp": "s1", "since": 1.5, "settled": true, "version": "A", "arrival": 101,
                "asked_after": "", "asked_tmdb": true, "gone": false, "overruled": false},
            "b.csv": {"stamp": "s2", "since": 2.5, "settled": true, "version": "B", "arrival": 102,
                "asked_after": "run 1", "asked_tmdb": false, "gone": false, "overruled": false},
            "c.csv": {"stamp": "", "since": 0.0, "settled": false, "version": null,
                "arrival": null, "asked_after": "", "asked_tmdb": false, "gone": true,
                "overruled": false}},
        "last_arrival": 102,
        "overrides": {"stamp": "s", "since": 1.0, "settled": true,
            "lines": ["[\\"a.csv\\", null, null, \\"a film of mine\\", null, 949]"]},
        "shape": 2, "failed": "0123456789abcdef"}"""
    )
    memory = Memory.load(path)
    assert memory.seen["a.csv"] == Seen("s1", 1.5, True, "A", 101, asked_tmdb=True)
    assert memory.seen["b.csv"].request("b.csv") == Request("b.csv", "B", 102)
    assert memory.seen["c.csv"] == Seen(gone=True)
    assert (memory.last_arrival, memory.stores) == (102, ())
    memory.save(path)
    assert "a film of mine" not in path.read_text()
