"""Metadata: every key that the project emits is snake_case, so that none needs quoting."""

import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
import pytest

from movie_pipeline.definitions import defs
from movie_pipeline.defs.checks import LIBRARY, PERSONS
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline_tests.conftest import ROOT

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
DAGSTER_OWN = re.compile(r"dagster/[a-z_]+|Query")
"""Keys that Dagster reads, and the one that its `DbIOManager` writes."""

UPLOAD = "letterboxd-ada.zip"
DIARY = (
    "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    "2024-01-01,The Godfather,1972,https://boxd.it/a,4,,,2024-01-01\n"
    "2024-02-02,The Godfather,1972,https://boxd.it/b,4,Yes,,2024-02-02\n"
)


def keys_of(metadata: Iterable[Mapping[str, Any]]) -> set[str]:
    """The keys, and the column names of the tables among the values."""
    keys = set()
    for one in metadata:
        keys |= one.keys()
        for value in one.values():
            if isinstance(value, dg.TableMetadataValue):
                keys |= {column.name for column in value.schema.columns}
    return keys


def emitted(result: dg.ExecuteInProcessResult) -> set[str]:
    """The keys of all materializations and check evaluations of a run."""
    made = [event.materialization for event in result.get_asset_materialization_events()]
    return keys_of(one.metadata for one in [*made, *result.get_asset_check_evaluations()])


def wrong(keys: set[str]) -> list[str]:
    return sorted(k for k in keys if not (SNAKE_CASE.fullmatch(k) or DAGSTER_OWN.fullmatch(k)))


@pytest.mark.slow
def test_every_metadata_key_of_a_whole_run_is_snake_case(data, run_job, instance) -> None:
    """A run of the sample and one that fails, a selection, the library, and a tick's report."""
    with zipfile.ZipFile(data / "uploads" / UPLOAD, "w") as export:
        export.write(ROOT / "data" / "samples" / "letterboxd-sample.csv", "ratings.csv")
        export.writestr("diary.csv", DIARY)
    (data / "uploads" / "bad.csv").write_text("no film list\n")
    runs = [run_job(UPLOAD), run_job("bad.csv")]
    explore = defs.resolve_job_def("explore")
    runs.append(explore.execute_in_process(instance=instance, tags={"dagster/partition": UPLOAD}))
    job = defs.resolve_implicit_job_def_def_for_assets([LIBRARY, PERSONS])
    runs.append(job.execute_in_process(instance=instance, asset_selection=[LIBRARY, PERSONS]))
    assert [run.success for run in runs] == [True, False, True, True]
    keys = set().union(*map(emitted, runs))
    tick = uploads_sensor(dg.build_sensor_context(instance=instance))
    keys |= keys_of(report.metadata for report in tick.asset_events)
    assert {"films_per_second", "share_matched", "reason", "top_weekday", "failed"} <= keys
    assert wrong(keys) == []


def test_every_metadata_key_of_a_definition_is_snake_case() -> None:
    assert wrong(keys_of(spec.metadata for spec in defs.resolve_all_asset_specs())) == []
