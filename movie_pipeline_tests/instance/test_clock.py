"""The clock: future timestamps that a fast clock left in Dagster's store no longer stop anything.

The store is a real one in SQLite; Dagster's own functions decide whether a sensor is due.
"""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.sensor import is_under_min_interval
from dagster._time import datetime_from_timestamp
from dagster._utils.error import SerializableErrorInfo

from movie_pipeline.definitions import defs
from movie_pipeline.defs.sensors import INTERVAL_SECONDS
from movie_pipeline.instance import clock
from movie_pipeline.instance.clock import AHEAD_SECONDS, Watch, set_right
from movie_pipeline.instance.launcher import LocalRunLauncher
from movie_pipeline.liveness import Worker

DAY = 86_400.0
SENSOR = SimpleNamespace(min_interval_seconds=INTERVAL_SECONDS)


@pytest.fixture
def instance(tmp_path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def state_of(name, kind, data):
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="m"), "movie_pipeline")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
    return InstigatorState(origin, kind, InstigatorStatus.DECLARED_IN_CODE, data)


def sensor(instance, **times):
    data = SensorInstigatorData(min_interval=INTERVAL_SECONDS, cursor="the cursor", **times)
    return instance.add_instigator_state(state_of("uploads_sensor", InstigatorType.SENSOR, data))


def schedule(instance, **times):
    data = ScheduleInstigatorData("0 4 * * 1", **times)
    return instance.add_instigator_state(state_of("weekly", InstigatorType.SCHEDULE, data))


def tick(instance, state, at, status=TickStatus.SUCCESS, **more):
    return instance.create_tick(
        TickData(
            instigator_origin_id=state.instigator_origin_id,
            instigator_name=state.instigator_name,
            instigator_type=state.instigator_type,
            status=status,
            timestamp=at,
            selector_id=state.selector_id,
            run_ids=[] if status is TickStatus.SUCCESS else None,
            error=SerializableErrorInfo("", [], None) if status is TickStatus.FAILURE else None,
            **more,
        )
    )


def stored(instance, state):
    return instance.get_instigator_state(state.instigator_origin_id, state.selector_id)


def ticks(instance, state):
    return instance.get_ticks(state.instigator_origin_id, state.selector_id)


@pytest.mark.parametrize("field", ["last_tick_timestamp", "last_tick_start_timestamp"])
def test_a_sensor_whose_last_tick_is_in_the_future_is_due_again(instance, field):
    state = sensor(instance, **{field: time.time() + 3 * DAY})
    assert is_under_min_interval(state, SENSOR), "this is what pauses the sensor"
    done = set_right(instance)
    assert not is_under_min_interval(stored(instance, state), SENSOR)
    assert stored(instance, state).instigator_data.cursor == "the cursor"
    assert done.sentence == (
        "The clock was ahead by 3 days: uploads_sensor would have paused until then, and runs"
        " again now."
    )
    assert not set_right(instance), "once is enough"


def test_future_ticks_are_moved_to_the_past_in_their_order(instance):
    """Dagster takes the newest as the last one, and would resume it again and again."""
    now = time.time()
    state = sensor(instance, last_tick_timestamp=now - 5)
    before = tick(instance, state, now - 100)
    first = tick(instance, state, now + DAY, end_timestamp=now + DAY + 2)
    for number in range(5):
        tick(instance, state, now + 2 * DAY + number, TickStatus.SKIPPED)
    last = tick(instance, state, now + 3 * DAY, TickStatus.FAILURE, end_timestamp=now + 3 * DAY + 1)
    assert set_right(instance, now).ahead == pytest.approx(3 * DAY)
    found = ticks(instance, state)
    assert max(one.timestamp for one in found) == pytest.approx(now)
    assert all(one.end_timestamp is None or one.end_timestamp <= now for one in found)
    moved = [one.tick_id for one in found if one.tick_id in {first.tick_id, last.tick_id}]
    assert moved == [last.tick_id, first.tick_id]
    assert {one.tick_id for one in found} == {before.tick_id, first.tick_id, last.tick_id}
    assert found[0].status is TickStatus.FAILURE


def test_a_schedule_is_due_again_from_now_on(instance):
    now = time.time()
    state = schedule(instance, start_timestamp=now - DAY, last_iteration_timestamp=now + 400 * DAY)
    tick(instance, state, now + 400 * DAY)
    assert set_right(instance, now).waiting == ("weekly",)
    data = stored(instance, state).instigator_data
    assert data.last_iteration_timestamp <= now
    assert data.start_timestamp == now - DAY
    assert ticks(instance, state)[0].timestamp <= now + 1e-3


def test_timestamps_within_normal_clock_corrections_stay(instance):
    """Another process's tick may have a timestamp just after we read the clock."""
    state = sensor(instance, last_tick_timestamp=time.time() + AHEAD_SECONDS / 2)
    assert not set_right(instance)
    assert stored(instance, state).instigator_data == state.instigator_data


def run_of_the_future(instance, event, **tags):
    with freeze_time(datetime_from_timestamp(time.time() + 30 * DAY)):
        run = instance.create_run_for_job(defs.resolve_job_def("enrich_upload"), tags=tags)
        for kind in (dg.DagsterEventType.RUN_STARTING, event):
            report(instance, run, kind)
    return run


def report(instance, run, kind):
    instance.report_dagster_event(dg.DagsterEvent(kind.value, run.job_name), run.run_id)


@pytest.mark.parametrize(
    ("event", "then"),
    [
        (dg.DagsterEventType.RUN_STARTING, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterEventType.RUN_CANCELING, dg.DagsterRunStatus.CANCELED),
    ],
)
def test_a_future_run_without_a_process_is_ended_and_frees_its_slot(instance, event, then):
    """Run monitoring would end it a minute after it began, that is in a month."""
    run = run_of_the_future(instance, event)
    done = set_right(instance)
    assert instance.get_run_by_id(run.run_id).status is then
    assert done.runs == 1
    assert "ended 1 run that had no process" in done.sentence
    assert not set_right(instance)


def test_a_future_run_whose_process_is_alive_is_left_alone(instance):
    run = run_of_the_future(instance, dg.DagsterEventType.RUN_STARTING)
    worker = Worker.current()
    tag = {".dagster/worker": f"{worker.host}/{worker.pid}/{worker.started:.2f}/{run.run_id}"}
    instance.add_run_tags(run.run_id, tag)
    assert not set_right(instance)
    assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.STARTING


def test_a_started_future_run_that_never_named_its_process_is_dead(tmp_path):
    """Run monitoring asks our launcher, which uses the same clock."""
    with dg.instance_for_test(
        temp_dir=str(tmp_path),
        overrides={
            "run_launcher": {
                "module": "movie_pipeline.instance.launcher",
                "class": "LocalRunLauncher",
            }
        },
    ) as instance:
        with freeze_time(datetime_from_timestamp(time.time() + 30 * DAY)):
            run = instance.create_run_for_job(defs.resolve_job_def("enrich_upload"))
            report(instance, run, dg.DagsterEventType.RUN_START)
        launcher = instance.run_launcher
        assert isinstance(launcher, LocalRunLauncher)
        origin = SimpleNamespace(__str__=lambda: "movie_pipeline")
        record = instance.get_run_record_by_id(run.run_id)
        assert record.start_time > time.time() + DAY
        named = SimpleNamespace(
            run_id=run.run_id, tags={}, job_code_origin="movie_pipeline", remote_job_origin=origin
        )
        assert launcher.check_run_worker_health(named).status.value == "NOT_FOUND"


def test_setting_the_clock_back_while_it_is_watched_is_noticed(monkeypatch):
    """Dagster's daemons wait in memory for a time that is now far away."""
    wall, steady = 1_000_000.0, 5_000.0
    monkeypatch.setattr(clock, "time", SimpleNamespace(time=lambda: wall, monotonic=lambda: steady))
    watch = Watch(None, print)
    watch.start()
    wall, steady = wall + 30, steady + 30
    assert not watch.set_back()
    wall += DAY  # forward does no harm
    assert not watch.set_back()
    wall -= AHEAD_SECONDS / 2
    assert not watch.set_back()
    wall -= DAY
    assert watch.set_back()
    watch.start()
    assert not watch.set_back()


def test_the_watch_reports_once_what_it_corrected_and_keeps_checking(instance, monkeypatch):
    said, now = [], [100.0]
    monkeypatch.setattr(clock, "time", SimpleNamespace(time=time.time, monotonic=lambda: now[0]))
    watch = Watch(instance, said.append)
    watch.start()
    sensor(instance, last_tick_timestamp=time.time() + 7260)
    watch.look()
    assert said == [], "it has only just checked"
    for _ in range(3):
        now[0] += 60
        watch.look()
    assert len(said) == 1
    assert said[0].startswith("The clock was ahead by 2 hours: uploads_sensor")


def test_dagster_stores_its_times_where_we_correct_them():
    """Dagster's private classes have exactly these times; handle any new one in `clock`."""
    times = {
        kind.__name__: {name for name in kind._fields if "time" in name}
        for kind in (SensorInstigatorData, ScheduleInstigatorData)
    }
    assert times == {
        "SensorInstigatorData": {
            "last_tick_timestamp",
            "last_tick_start_timestamp",
            "last_sensor_start_timestamp",
            "last_tick_success_timestamp",
        },
        "ScheduleInstigatorData": {"start_timestamp", "last_iteration_timestamp"},
    }
    assert {name for name in TickData._fields if "time" in name} == {"timestamp", "end_timestamp"}
    for method in ("all_instigator_state", "get_ticks", "update_tick", "purge_ticks"):
        assert hasattr(dg.DagsterInstance, method)
