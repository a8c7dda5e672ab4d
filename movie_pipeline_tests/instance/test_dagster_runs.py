"""The runs of an upload that are kept in Dagster's store, and the space they take."""

import logging
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from dagster._cli.utils import get_possibly_temporary_instance_for_cli
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.storage.tags import BACKFILL_ID_TAG

from movie_pipeline import liveness
from movie_pipeline.definitions import defs
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.instance import dagster_runs, engines
from movie_pipeline.instance.executor import in_process_executor
from movie_pipeline_tests.conftest import ROOT

ONE, TWO = dg.AssetKey("one"), dg.AssetKey("two")
CHECK = dg.AssetCheckKey(ONE, "fine")
MOST_BYTES = 1_900_000


@dg.multi_asset(
    specs=[dg.AssetSpec(ONE, partitions_def=UPLOADS), dg.AssetSpec(TWO, partitions_def=UPLOADS)],
    check_specs=[dg.AssetCheckSpec("fine", asset=ONE)],
    can_subset=True,
)
def both(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    print("a line to capture")
    if "fails" in context.run.tags:
        raise dg.Failure("as it was told to", allow_retries=False)
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key)
    if CHECK in context.selected_asset_check_keys:
        yield dg.AssetCheckResult(asset_key=ONE, check_name="fine", passed=True)


JOB = dg.Definitions(
    assets=[both],
    jobs=[dg.define_asset_job("both", selection="*")],
    executor=in_process_executor,
).resolve_job_def("both")


@dg.asset(key=ONE, partitions_def=UPLOADS)
def unchecked() -> None: ...


UNCHECKED = dg.Definitions(
    assets=[unchecked], jobs=[dg.define_asset_job("unchecked", selection="*")]
).resolve_job_def("unchecked")


@pytest.fixture
def home(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(project / "data"))
    with get_possibly_temporary_instance_for_cli() as instance:
        yield instance


def run(
    instance: dg.DagsterInstance,
    *keys: dg.AssetKey,
    upload: str = "a.csv",
    job: dg.JobDefinition = JOB,
    **tags: str,
) -> str:
    instance.add_dynamic_partitions("uploads", [upload])
    result = job.execute_in_process(
        instance=instance,
        tags={"dagster/partition": upload, **tags},
        asset_selection=keys or None,
        raise_on_error=False,
    )
    assert result.success == ("fails" not in tags)
    return result.run_id


def ids(instance: dg.DagsterInstance, upload: str = "a.csv") -> list[str]:
    return [one.run_id for one in reversed(dagster_runs.runs_of(instance, upload))]


def test_the_last_five_runs_are_kept_and_nothing_is_left_of_older_ones(
    home: dg.DagsterInstance, project: Path
) -> None:
    """A run removes older runs of its own upload when it begins, so no daemon is needed."""
    other = run(home, upload="other.csv")
    runs = [run(home) for _ in range(6)]
    assert ids(home) == runs
    for killed in runs:  # the lifeline that each would leave
        liveness.lifeline_path(killed, project / "data").parent.mkdir(exist_ok=True)
        liveness.lifeline_path(killed, project / "data").touch()
    tags = {"dagster/partition": "a.csv"}
    with dg.execute_job(dg.reconstructable(the_job), instance=home, tags=tags) as result:
        runs.append(result.run_id)
    assert ids(home) == runs[2:]
    assert ids(home, "other.csv") == [other]
    names = [str(path) for path in (project / "data/dagster").rglob("*")]
    for number, one in enumerate(runs):
        assert any(one in name for name in names) == (number >= 2)
    latest = home.get_latest_materialization_event(ONE)
    assert latest is not None
    assert latest.run_id == runs[-1]
    checks = home.event_log_storage.get_asset_check_execution_history(CHECK, limit=20)
    assert {one.run_id for one in checks} == {other, *runs[2:]}
    assert dagster_runs.trim(home, "a.csv") == 0


def the_job() -> dg.JobDefinition:
    return JOB


def test_a_backfill_still_finds_the_runs_that_it_started(home: dg.DagsterInstance) -> None:
    """It checks some seconds later, and counts a run that it does not find as failed."""
    backfill = PartitionBackfill(
        backfill_id="backfill",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=0.0,
        partition_names=["a.csv"],
    )
    home.add_backfill(backfill)
    asked = run(home, **{BACKFILL_ID_TAG: "backfill"})
    for _ in range(6):
        run(home)
    assert dagster_runs.trim(home, "a.csv") == 1
    assert asked in ids(home)
    home.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
    assert dagster_runs.trim(home, "a.csv") == 1
    assert asked not in ids(home)


def test_a_run_that_the_ui_needs_stays(home: dg.DagsterInstance) -> None:
    """The latest of an asset or a check, an unfinished one, and the first attempt of a retry."""
    run(home)
    two = run(home, TWO)
    checked = run(home, ONE)
    one = run(home, job=UNCHECKED)
    waiting = home.create_run_for_job(JOB, tags={"dagster/partition": "a.csv"}).run_id
    first, second, third = (
        run(home, fails="yes", **({"dagster/root_run_id": root} if root else {}))
        for root in ("", "", two)
    )
    dagster_runs.trim(home, "a.csv", keep=1)
    assert ids(home) == [two, checked, one, waiting, third]
    assert {first, second}.isdisjoint(ids(home))
    assert home.get_materialized_partitions(TWO) == {"a.csv"}


def test_a_failure_to_trim_does_not_fail_the_run(
    home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(home, "get_run_ids", fail)
    with caplog.at_level(logging.WARNING):
        dagster_runs.trim_or_warn(home, "a.csv")
    assert "older runs of an upload stay" in caplog.text


@pytest.mark.slow
def test_a_run_of_the_sample_takes_little_space_in_dagsters_store(
    home: dg.DagsterInstance, project: Path
) -> None:
    """Even less once the limit is reached: the next run reuses the space of the oldest."""
    sample = "letterboxd-sample.csv"
    shutil.copy(ROOT / "data/samples" / sample, project / "data/uploads" / sample)
    store = project / "data/dagster"
    sizes = [_bytes(store)]
    for _ in range(3):
        result = defs.resolve_job_def("enrich_upload").execute_in_process(
            instance=home, tags={"dagster/partition": sample}
        )
        assert result.success
        dagster_runs.trim(home, sample, keep=1)
        sizes.append(_bytes(store))
    first, _, next_one = (after - before for before, after in pairwise(sizes))
    assert first < MOST_BYTES
    assert next_one < MOST_BYTES / 5


def _bytes(folder: Path) -> int:
    engines.close()  # while a file is open, there is a write-ahead log of a constant size beside it
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_assets_of_earlier_versions_are_wiped_and_no_others(home: dg.DagsterInstance) -> None:
    former, current = dg.AssetKey(["dashboard", "actors"]), dg.AssetKey(["dashboard", "genres"])
    for key in (former, current):
        home.report_runless_asset_event(dg.AssetMaterialization(key, partition="a.csv"))
    assert former not in {spec.key for spec in defs.resolve_all_asset_specs()}
    assert dagster_runs.wipe_former_assets(home) == [former]
    assert set(home.all_asset_keys()) == {current}
    assert dagster_runs.wipe_former_assets(home) == []
