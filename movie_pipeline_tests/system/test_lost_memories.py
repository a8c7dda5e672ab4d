"""Lost memories, on real files: ten of the combinations that `status.test_lost_memories` decides.

The sensor is called and its runs are executed as the daemon does it, but in this process.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import RUN_KEY_TAG

from movie_pipeline import names, status
from movie_pipeline import settings as environment
from movie_pipeline.defs import sensors
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.status import looking
from movie_pipeline.status.store import NO_FILMS
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.world import Clock

STORES = {
    "arrivals": "arrivals.json*",
    "status": "progress.sqlite*",
    "dagster": "dagster",
    "warehouse": "warehouse.duckdb*",
    "answers": "tmdb.sqlite*",
}
FIRST = {"same.csv": ["Alien,1979"], "changed.csv": ["Parasite,2019"], "heading.csv": []}
SECOND = {"changed.csv": ["Parasite,2019", "Heat,1995"], "new.csv": ["Amélie,2001"]}
FILMS = {upload: len(lines) for upload, lines in {**FIRST, **SECOND}.items()}
ROWS = [
    {},
    {"status": "deleted"},
    {"dagster": "deleted"},
    {"warehouse": "older"},
    {"arrivals": "older"},
    {"arrivals": "deleted", "status": "deleted"},
    {"dagster": "deleted", "warehouse": "deleted"},
    {"arrivals": "older", "status": "older", "answers": "deleted"},
    dict.fromkeys([*STORES][:4], "older"),
    dict.fromkeys([*STORES][:4], "deleted"),
]


@dataclass
class Folder:
    """A data folder, and copies of its stores."""

    data: Path
    run_job: Callable[..., bool]
    clock: Clock
    processes: Iterator[int]
    monkeypatch: pytest.MonkeyPatch

    def drop(self, lists: dict[str, list[str]]) -> None:
        """Drop film lists."""
        for upload, films in lists.items():
            text = "\n".join(["Title,Year", *films, ""])
            (self.data / "uploads" / upload).write_text(text)

    def dev(self) -> Counter[str]:
        """Start `make dev` a minute later and leave it alone; returns how often each upload ran."""
        self.clock.waited += 60
        self.monkeypatch.setattr(sensors, "_PROCESS", f"process {next(self.processes)}")
        ran: Counter[str] = Counter()
        with dg.DagsterInstance.from_config(".") as instance:
            cursor = None
            while True:
                context = dg.build_sensor_context(instance=instance, cursor=cursor)
                ticked = sensors.uploads_sensor(context)
                assert isinstance(ticked, dg.SensorResult), ticked
                cursor = ticked.cursor
                for one in ticked.dynamic_partitions_requests or ():
                    instance.add_dynamic_partitions(names.UPLOADS, [*one.partition_keys])
                for request in ticked.run_requests or ():
                    tags = {PARTITION_TAG: request.partition_key, RUN_KEY_TAG: request.run_key}
                    known = instance.get_runs(dg.RunsFilter(tags={RUN_KEY_TAG: request.run_key}))
                    assert not known, "Dagster would drop it in silence"
                    self.run_job(instance, tags)
                    ran[str(request.partition_key)] += 1
                if not ticked.run_requests:
                    return ran

    def store(self, where: Path) -> None:
        for pattern in STORES.values():
            for path in self.data.glob(pattern):
                where.mkdir(exist_ok=True)
                _copy(path, where / path.name)

    def restore(self, states: dict[str, str], kept: Path) -> None:
        for store, pattern in STORES.items():
            for path in self.data.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for path in (kept / states.get(store, "as it is")).glob(pattern):
                _copy(path, self.data / path.name)


def _copy(path: Path, to: Path) -> None:
    shutil.copytree(path, to) if path.is_dir() else shutil.copy2(path, to)


@pytest.fixture
def folder(project: Path, monkeypatch: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Folder:
    """A data folder whose Dagster has a store, as the daemon's."""
    from movie_pipeline.definitions import defs

    del tmdb
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", "data")
    monkeypatch.setattr(looking, "AT_MOST_SECONDS", 0.0)
    job = defs.resolve_job_def("enrich_upload")
    stored = [key for key in job.asset_layer.selected_asset_keys if key.path[0] != "dashboard"]

    def run(instance: dg.DagsterInstance, tags: dict[str, str]) -> bool:
        return job.execute_in_process(
            instance=instance, tags=tags, asset_selection=stored, raise_on_error=False
        ).success

    clock = Clock()
    monkeypatch.setattr(sensors, "time", clock)
    return Folder(project / "data", run, clock, count(), monkeypatch)


@pytest.mark.timeout(600)
def test_whatever_is_lost_or_restored_everything_is_completed_again_without_a_request(
    folder: Folder, tmp_path: Path, tmdb: FakeTMDB
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    folder.drop({**FIRST, "broken.csv": []})
    (folder.data / "uploads" / "broken.csv").write_bytes(b"\0\0\0")
    folder.dev()
    folder.store(kept / "older")
    folder.drop(SECOND)
    folder.dev()
    folder.store(kept / "as it is")
    for states in ROWS:
        folder.restore(states, kept)
        tmdb.clear()
        ran = folder.dev()
        assert max(ran.values(), default=0) <= 1, states
        assert bool(ran) == bool(states.keys() - {"dagster"}) or states == {"status": "deleted"}
        rows = {one.upload: one for one in status.read(environment.load())}
        assert rows.pop("broken.csv").status == "failed", states
        assert rows["heading.csv"].message == NO_FILMS, states
        found = {upload: (one.status, one.total_movies) for upload, one in rows.items()}
        assert found == {upload: ("completed", films) for upload, films in FILMS.items()}, states
        with Warehouse.of(environment.load()).reading() as connection:
            stored = "SELECT upload, count(*) FROM enriched.movies GROUP BY upload"
            assert dict(connection.execute(stored).fetchall()) == {
                upload: films for upload, films in FILMS.items() if films
            }
        with dg.DagsterInstance.from_config(".") as instance:
            assert {*FILMS} <= {*instance.get_dynamic_partitions(names.UPLOADS)}, states
        if "answers" not in states:
            assert tmdb.requests == [], states
        assert not folder.dev(), "and nothing runs in a loop"
