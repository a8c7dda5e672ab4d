"""Automation: which assets across uploads are updated, when, and how often."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from movie_pipeline.definitions import defs
from movie_pipeline.defs.assets.dashboard import PAGE
from movie_pipeline.defs.checks import LIBRARY, PERSONS
from movie_pipeline.defs.sensors import library_sensor

WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 6, 0, 30, tzinfo=UTC)


class Library:
    """The conditions of both library assets, evaluated like the sensor does, as pages are made."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.now = WEDNESDAY
        self._cursor: dg.AutomationConditionCursor | None = None
        self._evaluate()  # the first evaluation records the starting state

    def _evaluate(self) -> int:
        result = dg.evaluate_automation_conditions(
            defs=defs,
            instance=self.instance,
            asset_selection=dg.AssetSelection.assets(LIBRARY, PERSONS),
            cursor=self._cursor,
            evaluation_time=self.now,
        )
        self._cursor = result.cursor
        return result.total_requested

    def tick(self) -> bool:
        """Whether both are requested a minute later; if so, they are materialized at once."""
        self.now += timedelta(minutes=1)
        asked = self._evaluate()
        assert asked in {0, 2}
        for key in (LIBRARY, PERSONS) if asked else ():
            self.instance.report_runless_asset_event(dg.AssetMaterialization(key))
        return bool(asked)

    def ticks(self, number: int = 5) -> int:
        """How often they are requested in this many minutes."""
        return sum(self.tick() for _ in range(number))


@pytest.fixture
def library(instance: dg.DagsterInstance) -> Library:
    instance.add_dynamic_partitions("uploads", [f"{n}.csv" for n in range(10)] + ["broken.csv"])
    return Library(instance)


def page(instance: dg.DagsterInstance, upload: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(PAGE, partition=upload))


def begin(instance: dg.DagsterInstance, upload: str) -> dg.DagsterRun:
    """Start a run that will make a page."""
    run = instance.create_run_for_job(
        defs.resolve_job_def("enrich_upload"),
        tags={"dagster/partition": upload},
        asset_selection={PAGE},
    )
    note(instance, run, dg.DagsterEventType.RUN_START)
    return run


def note(instance: dg.DagsterInstance, run: dg.DagsterRun, kind: dg.DagsterEventType) -> None:
    event = dg.DagsterEvent(event_type_value=kind.value, job_name=run.job_name)
    instance.report_dagster_event(event, run.run_id)


def test_the_sensor_is_on_by_default_and_updates_both() -> None:
    assert library_sensor.default_status is dg.DefaultSensorStatus.RUNNING
    graph = defs.resolve_asset_graph()
    assert library_sensor.asset_selection.resolve(graph) == {LIBRARY, PERSONS}


def test_a_page_triggers_one_update_although_another_upload_has_none(library: Library) -> None:
    """A broken upload never gets a page; `eager` alone would wait for it forever."""
    assert library.ticks() == 0
    page(library.instance, "1.csv")
    assert library.ticks() == 1


@pytest.mark.slow
def test_a_burst_triggers_one_update_after_the_last_run_has_ended(
    library: Library, instance: dg.DagsterInstance
) -> None:
    """One of the ten fails and never makes a page."""
    runs = [(f"{number}.csv", begin(instance, f"{number}.csv")) for number in range(10)]
    asked = [library.tick()]
    for number, (upload, run) in enumerate(runs):
        if number == 3:
            note(instance, run, dg.DagsterEventType.RUN_FAILURE)
        else:
            page(instance, upload)
            note(instance, run, dg.DagsterEventType.RUN_SUCCESS)
        asked.append(library.tick())
    assert asked.count(True) == 1
    assert asked[-1]
    assert library.ticks() == 0


def test_it_is_updated_once_a_week_in_any_case(library: Library) -> None:
    """For the check that no row is too old: ageing triggers nothing else."""
    page(library.instance, "1.csv")
    assert library.ticks() == 1
    library.now = MONDAY - timedelta(minutes=1)
    assert library.ticks() == 1
