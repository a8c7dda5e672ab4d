"""The definitions: what the UI shows about them, and what they may import."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from movie_pipeline.definitions import defs
from movie_pipeline.defs.assets.specs import OWNER
from movie_pipeline.defs.sensors import INTERVAL_SECONDS
from movie_pipeline.instance.executor import in_process_executor
from movie_pipeline.warehouse import tables

PACKAGE = Path(__file__).parents[1] / "movie_pipeline"
SNAPSHOT = Path(__file__).with_name("asset_graph.json")

SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


@pytest.mark.parametrize("key", sorted(SPECS))
def test_every_asset_is_fully_described(key):
    """With description, owner, kinds, group, partitions; a table's columns with a sentence each."""
    spec = SPECS[key]
    assert spec.description and spec.description.endswith((".", "?"))
    assert list(spec.owners) == [OWNER]
    assert spec.kinds
    if spec.partitions_def is None:  # across uploads
        assert spec.group_name == "library"
        assert spec.automation_condition
        return
    assert spec.group_name == key.split("/", maxsplit=1)[0]
    assert spec.partitions_def.name == "uploads"
    if spec.group_name == "dashboard":  # a view has no columns; those of its inputs are theirs
        assert "dagster/column_schema" not in spec.metadata
        return
    schema = spec.metadata["dagster/column_schema"]
    assert schema.columns
    for column in schema.columns:
        assert column.description and column.description.strip().endswith("."), column.name


def test_every_table_is_an_asset_of_the_same_name():
    named = {str(table).replace(".", "/") for table in tables.TABLES}
    assert named == {key for key in SPECS if not key.startswith(("dashboard/", "library/"))}
    for table in tables.TABLES:
        spec = SPECS[f"{table.schema}/{table.name}"]
        assert spec.metadata["partition_expr"] == "upload"
        assert [column.name for column in spec.metadata["dagster/column_schema"].columns] == [
            column.name for column in table
        ]


def test_the_asset_graph_matches_the_reviewed_snapshot():
    """A change of the graph shows as a change of asset_graph.json.

    UPDATE_SNAPSHOTS=1 updates that file.
    """
    graph = {
        "assets": {
            key: {
                "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
                "group": spec.group_name,
                "kinds": sorted(spec.kinds),
            }
            for key, spec in sorted(SPECS.items())
        },
        "checks": sorted(
            f"{key.asset_key.to_user_string()}: {key.name}"
            for key in defs.resolve_asset_graph().asset_check_keys
        ),
        "jobs": {
            job.name: sorted(node.name for node in defs.resolve_job_def(job.name).nodes)
            for job in sorted(defs.jobs, key=lambda job: job.name)
        },
        "schedules": sorted(schedule.name for schedule in defs.schedules),
        "sensors": sorted(sensor.name for sensor in defs.sensors),
    }
    text = json.dumps(graph, indent=2) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text()


def test_the_sensor_is_on_by_default_and_ticks_whenever_dagster_looks():
    (sensor,) = [one for one in defs.sensors if one.name == "uploads_sensor"]
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == INTERVAL_SECONDS < 5


def test_runs_started_in_the_ui_execute_in_process_too():
    """Materialize and backfills use Dagster's implicit job, which ignores a job's own executor."""
    assert defs.executor is in_process_executor
    implicit = defs.resolve_implicit_global_asset_job_def()
    assert implicit.executor_def is in_process_executor


def test_the_contracts_run_configuration_is_accepted():
    job = defs.resolve_job_def("enrich_upload")
    for refresh in ("missing", "stale", "all"):
        config = {"ops": {"enriched__movies": {"config": {"refresh": refresh}}}}
        dg.validate_run_config(job, config)


def _modules():
    """Every module of the package."""
    return [
        pytest.param(path, id=".".join(path.relative_to(PACKAGE).with_suffix("").parts))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


@pytest.mark.slow
def test_the_definitions_import_nothing_that_only_forgetting_needs():
    """Importing SQLAlchemy and Dagster's daemon takes a third as long as Dagster itself."""
    code = "import sys, movie_pipeline.definitions; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not {"sqlalchemy", "dagster._daemon"} & set(printed.stdout.split())
    assert "movie_pipeline.definitions" in printed.stdout.split()


@pytest.mark.parametrize("path", _modules())
def test_every_module_begins_with_its_charter(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert (docstring and docstring[0].isupper()) or docstring.startswith("`")
