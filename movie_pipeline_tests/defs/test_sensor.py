"""The sensor, called as Dagster calls it, on a real folder. No run is started here."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._daemon.sensor import MIN_INTERVAL_LOOP_TIME

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.defs import sensors
from movie_pipeline.defs.assets import enriched
from movie_pipeline.defs.assets.specs import key_of
from movie_pipeline.defs.checks import ENRICHED
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.instance.run_queue import LAST, PRIORITY_TAG, size_tags
from movie_pipeline.names import SAMPLE_TAG
from movie_pipeline.status import looking, reconciliation, store
from movie_pipeline.status.arrivals import AT_MOST, Memory
from movie_pipeline.status.store import Progress
from movie_pipeline.uploads import (
    SETTLE_SECONDS,
    SETTLE_UNWRITTEN_SECONDS,
    content_hash,
    writers,
)
from movie_pipeline.warehouse.completion import complete
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ANALYTICS, RAW, RAW_UPLOADS, SHAPE
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.world import Clock

Tick = Callable[..., dg.SensorResult]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with an empty uploads folder."""
    data = tmp_path / "data"
    (data / "uploads").mkdir(parents=True)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(data))
    return data


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sensors, "time", clock)
    monkeypatch.setattr(writers, "none", lambda _: False)  # as on most systems
    return clock


@pytest.fixture
def tick(instance: dg.DagsterInstance, clock: Clock) -> Tick:
    cursor: str | None = None

    def tick(*, wait: float = 0.0, given: str | None = None) -> dg.SensorResult | dg.SkipReason:
        nonlocal cursor
        clock.waited += wait
        context = dg.build_sensor_context(instance=instance, cursor=given or cursor)
        result = uploads_sensor(context)
        if isinstance(result, dg.SensorResult):
            cursor = result.cursor
            for request in result.dynamic_partitions_requests or ():
                instance.add_dynamic_partitions("uploads", list(request.partition_keys))
        return result

    return tick


def drop(folder: Path, name: str, content: str = "Title\nAlien\n") -> Path:
    path = folder / "uploads" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def completed(folder: Path, upload: str, run_id: str = "1", **notes: object) -> None:
    """Record that the upload has had a run, which stored rows of its content."""
    progress, version = (
        Progress(folder / "progress.sqlite"),
        content_hash(folder / "uploads" / upload),
    )
    progress.begin(upload, run_id=run_id, plan=["one"], version=version)
    progress.note(upload, **notes)
    progress.step_done(upload, run_id, "one")
    about = pd.DataFrame([{"person": upload, "version": version}])
    warehouse = Warehouse.of(environment.load())
    warehouse.write(upload, {RAW_UPLOADS: about})
    with warehouse.writing() as connection:
        complete(
            connection, upload, shape=SHAPE, sample_chosen=bool(notes.get("sample_chosen", False))
        )


def asked(result: dg.SensorResult) -> list[str | None]:
    return [request.partition_key for request in result.run_requests or ()]


def requests(tick: Tick) -> list[dg.RunRequest]:
    """What is requested until everything has settled."""
    ticks = [tick(), tick(wait=SETTLE_SECONDS)]
    return [request for one in ticks for request in one.run_requests or ()]


def settle(tick: Tick) -> list[str | None]:
    """The run keys that are requested until everything has settled."""
    return [request.run_key for request in requests(tick)]


def test_the_sensor_is_on_by_default_and_ticks_whenever_dagster_looks() -> None:
    """With Dagster's own five seconds as minimum, it would be passed over every other time."""
    assert uploads_sensor.default_status == dg.DefaultSensorStatus.RUNNING
    assert uploads_sensor.minimum_interval_seconds < MIN_INTERVAL_LOOP_TIME
    assert looking.AT_MOST_SECONDS < MIN_INTERVAL_LOOP_TIME
    assert uploads_sensor.job_name == "enrich_upload"


@pytest.fixture
def looks_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator["Future[dg.SensorResult]"]:
    """A daemon's tick that found nothing at its first look, and goes on until something ends it."""
    looked_again = threading.Event()
    looks = looking.looks

    def counted(*arguments: Any) -> Iterator[None]:
        for number, _ in enumerate(looks(*arguments)):
            yield
            if number:
                looked_again.set()

    monkeypatch.setattr(looking, "AT_MOST_SECONDS", 600.0)
    (tmp_path / "dagster").mkdir()
    with (
        dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance,
        ThreadPoolExecutor(1) as thread,
    ):
        first = uploads_sensor(dg.build_sensor_context(instance=instance))
        monkeypatch.setattr(looking, "looks", counted)
        context = dg.build_sensor_context(instance=instance, cursor=first.cursor)
        tick = thread.submit(uploads_sensor, context)
        assert looked_again.wait(120)
        yield tick
        looking.end(folder)


@pytest.mark.parametrize("known", [True, False])
def test_a_file_dropped_while_a_tick_looks_is_requested_by_that_tick(
    folder: Path,
    looks_on: "Future[dg.SensorResult]",
    monkeypatch: pytest.MonkeyPatch,
    known: bool,
) -> None:
    """After one second if the system knows that nobody writes to it, else after five."""
    monkeypatch.setattr(writers, "none", lambda _: known)
    path = drop(folder, "a.csv")
    result = looks_on.result(timeout=120)
    assert asked(result) == ["a.csv"]
    waited = time.time() - path.stat().st_mtime
    assert waited >= (SETTLE_UNWRITTEN_SECONDS if known else SETTLE_SECONDS)


def test_a_tick_that_looks_on_returns_when_it_is_told_to(
    folder: Path, looks_on: "Future[dg.SensorResult]"
) -> None:
    """Ctrl-C and forgetting would otherwise wait for it."""
    looking.end(folder)
    result = looks_on.result(timeout=120)
    assert asked(result) == []
    assert result.cursor == Memory.load(folder / "arrivals.json").digest
    assert len(list(looking.looks(folder, 600.0))) == 1, "nor does the next one go on"


def test_ticks_look_on_again_some_time_after_they_were_told_to_return(folder: Path) -> None:
    """Also if the clock was set back since."""
    looking.end(folder)
    (mark,) = (one for one in folder.iterdir() if one.is_file())
    for then in (time.time() - 60, time.time() + 3600):
        os.utime(mark, (then, then))
        looks = looking.looks(folder, 600.0)
        assert [next(looks), next(looks)] == [None, None]


def test_a_dropped_file_becomes_a_partition_and_a_run_once_it_has_settled(
    folder: Path, tick: Tick, instance: dg.DagsterInstance
) -> None:
    """After two ticks, well within the thirty seconds that a run may take to start."""
    drop(folder, "alice/e\u0301 'x', [1].csv")
    first = tick()
    assert asked(first) == []
    assert "1 settling" in str(first.skip_reason)
    second = tick(wait=SETTLE_SECONDS)
    key = "alice/\u00e9 'x', [1].csv"
    assert asked(second) == [key]
    (request,) = second.run_requests or ()
    assert str(request.run_key).startswith(f"{key}:")
    (added,) = second.dynamic_partitions_requests or ()
    assert added.partitions_def_name == UPLOADS.name
    assert instance.get_dynamic_partitions("uploads") == [key]
    assert asked(tick(wait=60)) == []


@pytest.mark.parametrize(
    ("content", "films"),
    [
        pytest.param("Title\nAlien\nAlien\nParasite\n", 2, id="each film once"),
        pytest.param("no film list", 0, id="its run says why"),
        pytest.param("Title\n" + "Alien\n" * 50_000, 0, id="too large to read within a tick"),
    ],
)
def test_the_status_of_a_requested_upload_has_its_number_of_films(
    folder: Path, tick: Tick, content: str, films: int
) -> None:
    drop(folder, "a.csv", content)
    tick()
    assert asked(tick(wait=SETTLE_SECONDS)) == ["a.csv"]
    (shown,) = status.read(environment.load())
    assert (shown.status, shown.total_movies, shown.pending_count) == ("queued", films, films)


def test_dagster_accepts_the_requests(
    folder: Path, tick: Tick, instance: dg.DagsterInstance
) -> None:
    """Dagster checks partition keys and run keys only when it evaluates the tick itself."""
    from movie_pipeline.definitions import defs

    names = ["a.csv", "100%.csv", "wait....csv", "two\nlines.csv", 'o\'brien "x".csv']
    for name in names:
        drop(folder, name)
    tick()
    tick(wait=SETTLE_SECONDS)
    repository = defs.get_repository_def()
    context = dg.build_sensor_context(
        instance=instance, repository_def=repository, cursor="another"
    )
    with partition_loading_context(dynamic_partitions_store=instance):
        evaluated = repository.get_sensor_def("uploads_sensor").evaluate_tick(context)
    partitions = {request.tags["dagster/partition"] for request in evaluated.run_requests or ()}
    assert partitions == {
        "a.csv", "100%25.csv", "wait%2E%2E%2E%2Ecsv", "two%0Alines.csv", "o'brien \"x\".csv"
    }  # fmt: skip


def test_a_run_that_dagster_did_not_submit_is_requested_again_with_the_same_run_key(
    folder: Path, tick: Tick
) -> None:
    """The cursor is stored last: if it is not ours, the previous tick was not completed."""
    drop(folder, "a.csv")
    before = tick().cursor
    first = tick(wait=SETTLE_SECONDS)
    again = tick(given=before)
    assert [one.run_key for one in again.run_requests or ()] == [
        one.run_key for one in first.run_requests or ()
    ]
    assert asked(tick()) == []


@pytest.mark.parametrize("cursor", ["{", "null", "x" * 10_000, '{"a.csv": [1, 2]}', "\ud800"])
def test_a_malformed_cursor_does_no_harm(folder: Path, tick: Tick, cursor: str) -> None:
    drop(folder, "a.csv")
    tick(given=cursor)
    assert asked(tick(wait=SETTLE_SECONDS, given=cursor)) == ["a.csv"]


def test_a_malformed_memory_does_no_harm(folder: Path, tick: Tick) -> None:
    drop(folder, "a.csv")
    tick()
    first = tick(wait=SETTLE_SECONDS)
    (folder / "arrivals.json").write_text('{"seen": {"a.csv": {"since": "yesterday"}}}')
    second = tick()
    assert asked(second) == ["a.csv"]
    assert second.run_requests[0].run_key != first.run_requests[0].run_key  # type: ignore[index]


def test_the_cursor_is_a_short_digest_that_changes_only_with_the_folder(
    folder: Path, tick: Tick
) -> None:
    for number in range(AT_MOST):
        drop(folder, f"{number}.csv")
    tick()
    cursor = tick(wait=SETTLE_SECONDS).cursor
    assert cursor is not None
    assert len(cursor) == 16
    written = (folder / "arrivals.json").stat().st_mtime_ns
    assert tick(wait=60).cursor == cursor
    assert (folder / "arrivals.json").stat().st_mtime_ns == written


def test_a_touch_does_nothing_and_changed_content_runs_again(folder: Path, tick: Tick) -> None:
    path = drop(folder, "a.csv")
    tick()
    tick(wait=SETTLE_SECONDS)
    os.utime(path)
    assert settle(tick) == []
    path.write_text("Title\nAliens\n")
    assert len(settle(tick)) == 1


def test_a_file_removed_and_dropped_again_runs_with_a_new_run_key(folder: Path, tick: Tick) -> None:
    run_keys: list[str | None] = []
    for _ in range(3):
        path = drop(folder, "a.csv")
        run_keys += settle(tick)
        path.unlink()
        tick()
    assert len(set(run_keys)) == len(run_keys) == 3


def test_a_file_dropped_again_after_a_failure_runs_again(folder: Path, tick: Tick) -> None:
    drop(folder, "a.csv")
    tick()
    tick(wait=SETTLE_SECONDS)
    Progress(folder / "progress.sqlite").fail("a.csv", "run 1", "a refused key")
    assert asked(tick()) == []
    drop(folder, "a.csv")
    assert len(settle(tick)) == 1


def test_a_key_in_the_env_file_takes_effect_at_the_next_tick(folder: Path, tick: Tick) -> None:
    """While `make dev` runs: an upload answered by the sample runs once more, with TMDB."""
    drop(folder, "a.csv")
    tick()
    tick(wait=SETTLE_SECONDS)
    completed(folder, "a.csv", answered_by="sample")
    assert asked(tick()) == []
    Path(".env").write_text("TMDB_API_TOKEN=0123456789abcdef\n")  # in the test's own folder
    assert asked(tick()) == ["a.csv"]
    assert asked(tick()) == []


def test_an_env_file_dated_in_the_future_repeats_nothing(folder: Path, tick: Tick) -> None:
    """If unpacked, or written before the clock was set back, it is newer than every failure."""
    drop(folder, "a.csv")
    Path(".env").write_text("TMDB_API_TOKEN=0123456789abcdef\n")
    tick()
    assert asked(tick(wait=SETTLE_SECONDS)) == ["a.csv"]
    progress = Progress(folder / "progress.sqlite")
    progress.begin("a.csv", run_id="1", plan=["one"], version=None)
    progress.fail("a.csv", "1", "TMDB refused the key", refused="key")
    soon = time.time() + 86_400
    os.utime(".env", (soon, soon))
    assert asked(tick()) == []
    now = time.time() + 1.0
    os.utime(".env", (now, now))
    assert asked(tick(wait=2.0)) == ["a.csv"]


def test_an_upload_with_the_sample_chosen_on_purpose_is_left_alone(
    folder: Path, tick: Tick, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(folder, "a.csv")
    completed(folder, "a.csv", answered_by="sample", sample_chosen=True)
    tick()
    tick(wait=SETTLE_SECONDS)
    monkeypatch.setenv("TMDB_API_TOKEN", "0123456789abcdef")
    completed(folder, "a.csv", "2", answered_by="sample", sample_chosen=True)
    assert asked(tick()) == []


def test_an_upload_with_the_sample_chosen_asks_it_again_when_it_must_run_again(
    data: Path,
    tick: Tick,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    tmdb: FakeTMDB,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After an upgrade, or once overrides are saved, also while a key is set; unlike a new file."""
    path = data / "uploads" / "a.csv"
    path.write_text("Title,Year\nAlien,1979\n")
    with monkeypatch.context() as demo:
        demo.setenv("MOVIE_PIPELINE_SAMPLE", "1")
        assert run_job("a.csv", drawn=False).success
    settle(tick)
    (data / "overrides.csv").write_text("title,year,tmdb_id\nAlien,1979,ignore\n")
    (request,) = requests(tick)
    assert run_job("a.csv", drawn=False, **request.tags).success
    entry = Progress(data / "progress.sqlite").get("a.csv")
    assert entry is not None
    assert entry.stored.sample_chosen
    assert entry.stored.counts["not_found"] == 1
    assert not tmdb.requests
    assert settle(tick) == []
    path.write_text("Title,Year\nHeat,1995\n")
    (request,) = requests(tick)
    assert SAMPLE_TAG not in request.tags


def test_the_very_first_tick_repeats_no_run_of_the_command_line(
    data: Path, tick: Tick, run_job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    """Existing rows count as made by this version: there is no memory of another one."""
    (data / "uploads" / "a.csv").write_text("Title,Year\nAlien,1979\n")
    assert run_job("a.csv", drawn=False).success
    assert settle(tick) == []
    (data / "warehouse.duckdb").unlink()
    (data / "arrivals.json").unlink()
    assert len(settle(tick)) == 1, "there is no memory of a warehouse either"


def test_an_upload_with_the_sample_chosen_keeps_it_in_later_runs(
    data: Path,
    tick: Tick,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The demo's upload, run again by a sensor without a key: a later key must not rerun it."""
    (data / "uploads" / "a.csv").write_text("Title,Year\nAlien,1979\n")
    monkeypatch.setenv("MOVIE_PIPELINE_SAMPLE", "1")
    assert run_job("a.csv", drawn=False).success
    monkeypatch.delenv("MOVIE_PIPELINE_SAMPLE")
    assert run_job("a.csv", drawn=False).success
    monkeypatch.setenv("TMDB_API_TOKEN", "0123456789abcdef")
    assert settle(tick) == []


def test_an_upload_with_the_sample_chosen_keeps_it_if_its_first_run_fails(
    data: Path,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even if it fails or is killed in its first step: the choice is noted at the beginning."""
    (data / "uploads" / "a.csv").write_text("no film list\n")
    monkeypatch.setenv("MOVIE_PIPELINE_SAMPLE", "1")
    assert not run_job("a.csv").success
    entry = Progress(data / "progress.sqlite").get("a.csv")
    assert entry is not None
    assert entry.stored.sample_chosen


def test_nothing_is_parsed_here(folder: Path, tick: Tick) -> None:
    """A file that is not a film list gets a run like any other; the run says what is wrong."""
    (folder / "uploads" / "a.zip").write_bytes(b"\0" * 100)
    tick()
    assert asked(tick(wait=SETTLE_SECONDS)) == ["a.zip"]


def test_the_skip_reason_for_an_empty_folder_is_a_sentence(folder: Path, tick: Tick) -> None:
    result = tick()
    assert "nothing new" in str(result.skip_reason)
    assert result.cursor


def test_the_skip_reason_counts_refused_files(folder: Path, tick: Tick) -> None:
    drop(folder, "films.xlsx")
    assert "1 that can't be used (movie-pipeline status says why)" in str(tick().skip_reason)


@pytest.mark.parametrize("in_place", ["nothing", "a file"])
def test_a_missing_or_unreadable_folder_does_not_count_as_empty(
    folder: Path, tick: Tick, in_place: str
) -> None:
    """Nor is it created: an unmounted disk must not look like one that was emptied."""
    drop(folder, "a.csv")
    tick()
    tick(wait=SETTLE_SECONDS)
    (folder / "uploads").rename(folder / "away")
    if in_place == "a file":
        (folder / "uploads").touch()
    memory = Memory.load(folder / "arrivals.json")
    skipped = tick()
    assert isinstance(skipped, dg.SkipReason)
    assert str(folder / "uploads") in str(skipped.skip_message)
    assert Memory.load(folder / "arrivals.json") == memory
    if in_place == "a file":
        (folder / "uploads").unlink()
    (folder / "away").rename(folder / "uploads")
    assert settle(tick) == []


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda _: os.environ.update(TMDB_REQUESTS_PER_SECOND="many"), "TMDB_REQUESTS_PER_"),
        (lambda data: (data / "progress.sqlite").write_bytes(b"garbage" * 100), "move it"),
        (lambda data: (data / "arrivals.json").mkdir(), "arrivals.json can't be used"),
    ],
)
def test_problems_that_a_user_must_fix_are_reported_in_a_sentence(
    folder: Path,
    tick: Tick,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[Path], object],
    said: str,
) -> None:
    monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "40")
    break_it(folder)
    skipped = tick()
    assert isinstance(skipped, dg.SkipReason)
    assert said in str(skipped.skip_message)


def news(result: dg.SensorResult) -> list[tuple[bool, int]]:
    """What is reported about failed uploads: whether the check passed, and their number."""
    return [(one.passed, one.metadata["failed"].value) for one in result.asset_events]


def test_failed_uploads_are_reported_only_when_they_change(
    folder: Path, tick: Tick, instance: dg.DagsterInstance
) -> None:
    """A failed run materializes nothing, so no automation would update the inventory."""
    progress = Progress(folder / "progress.sqlite")
    assert news(tick()) == [(True, 0)]
    assert news(tick()) == []
    (folder / "uploads" / "films.xlsx").touch()
    drop(folder, "a.csv")
    assert news(tick()) == [(False, 1)]
    assert asked(tick(wait=SETTLE_SECONDS)) == ["a.csv"]
    progress.fail("a.csv", "run 1", "TMDB refused the key")
    second = tick()
    assert news(second) == [(False, 2)]
    assert "TMDB refused the key" in str(second.asset_events[0].metadata)
    assert news(tick()) == []
    progress.fail("a.csv", "run 2", "another reason")
    assert news(tick()) == [(False, 2)]
    (folder / "uploads" / "films.xlsx").unlink()
    assert news(tick()) == [(False, 1)]
    for event in second.asset_events:
        instance.report_runless_asset_event(event)  # as the daemon does


def test_a_report_that_dagster_did_not_store_is_repeated(folder: Path, tick: Tick) -> None:
    (folder / "uploads" / "films.xlsx").touch()
    before = "another"
    assert news(tick(given=before)) == [(False, 1)]
    assert news(tick(given=before)) == [(False, 1)]
    assert news(tick()) == []


def rows(folder: Path) -> int:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        (number,) = connection.execute("SELECT count(*) FROM enriched.movies").fetchone() or (0,)
    return int(number)


@pytest.mark.slow
def test_a_rebuild_after_an_upgrade_lets_dropped_files_go_first(
    folder: Path, tick: Tick, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from movie_pipeline.definitions import defs

    drop(folder, "old.csv")
    settle(tick)
    selection = [*(key_of(table) for table in (*RAW, *ANALYTICS)), ENRICHED]
    job = defs.resolve_job_def("enrich_upload")
    job.execute_in_process(instance=instance, partition_key="old.csv", asset_selection=selection)
    assert settle(tick) == []
    for module in (sensors, reconciliation):
        monkeypatch.setattr(module, "SHAPE", SHAPE + 1)
    monkeypatch.setattr(sensors, "_PROCESS", "another")
    drop(folder, "new.csv")
    ticks = [tick(), tick(wait=SETTLE_SECONDS)]
    tags = {one.partition_key: one.tags for each in ticks for one in each.run_requests or ()}
    assert tags["old.csv"][PRIORITY_TAG] == LAST
    assert PRIORITY_TAG not in tags["new.csv"]
    assert int(LAST) < int(size_tags("new.csv")[PRIORITY_TAG])


@pytest.mark.slow
def test_a_deleted_or_outdated_warehouse_is_rebuilt_without_any_request(
    folder: Path,
    tick: Tick,
    instance: dg.DagsterInstance,
    tmdb: FakeTMDB,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new version fills its columns from cached answers, once, whatever started the runs."""
    from movie_pipeline.definitions import defs

    def run(upload: str) -> bool:
        """Run it up to the numbers; drawing is irrelevant here."""
        result = defs.resolve_job_def("enrich_upload").execute_in_process(
            instance=instance,
            partition_key=upload,
            asset_selection=[*(key_of(table) for table in (*RAW, *ANALYTICS)), ENRICHED],
            raise_on_error=False,
        )
        return result.success

    drop(folder, "a.csv", "Title,Year\nAlien,1979\nParasite,2019\n")
    drop(folder, "bad.csv", "\0\0")
    assert sorted(map(str, (one.split(":")[0] for one in settle(tick)))) == ["a.csv", "bad.csv"]
    assert run("a.csv")
    assert not run("bad.csv")
    assert settle(tick) == []
    tmdb.clear()
    for change in ("deleted", "a new shape"):
        if change == "deleted":
            (folder / "warehouse.duckdb").unlink()
        else:
            for module in (store, reconciliation, enriched):
                monkeypatch.setattr(module, "SHAPE", SHAPE + 1)
            monkeypatch.setattr(sensors, "_PROCESS", "another")
        (asked_for,) = settle(tick)
        assert asked_for.startswith("a.csv:")
        assert settle(tick) == []
        assert run("a.csv")
        assert rows(folder) == 2
        assert settle(tick) == []
    assert tmdb.requests == []
