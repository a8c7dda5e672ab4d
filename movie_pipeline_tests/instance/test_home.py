"""Dagster's home: a folder's own files count, else those of the package, with the data folder's path.

What belongs here: which files are chosen. That runs then go there is tested in `system.test_wheel`.
"""

import os
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

from movie_pipeline import settings as environment
from movie_pipeline.instance import home
from movie_pipeline.instance.storage import folder_of
from movie_pipeline_tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have DAGSTER_HOME, which `choose` sets, removed after the test."""
    monkeypatch.setenv("DAGSTER_HOME", "")


@pytest.mark.parametrize("name", ["data", "my films: 'new' & \"old\" # 1"])
def test_in_an_empty_folder_the_store_is_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", name)
    home.choose(environment.load())
    store = tmp_path / name / "dagster"
    assert os.environ["DAGSTER_HOME"] == str(store)
    config = yaml.safe_load((store / "dagster.yaml").read_text())
    places = [str(store), str(store), str(store / "compute_logs")]
    custom = config["storage"].pop("custom")
    parts = [custom, config["local_artifact_storage"], config["compute_logs"]]
    assert [one["config"]["base_dir"] for one in parts] == places
    with DagsterInstance.get() as instance:
        assert folder_of(instance) == store


def test_what_an_earlier_version_wrote_is_replaced(tmp_path: Path) -> None:
    written = tmp_path / "data" / "dagster" / "dagster.yaml"
    home.choose(environment.load())
    current = written.read_text()
    os.environ["DAGSTER_HOME"] = ""
    written.write_text("concurrency: {}\n")
    home.choose(environment.load())
    assert written.read_text() == current


def test_a_folders_own_files_and_the_users_choice_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert home.workspace().samefile(ROOT / "workspace.yaml")
    (tmp_path / "workspace.yaml").touch()
    assert home.workspace() == Path("workspace.yaml")
    (tmp_path / "dagster.yaml").touch()
    home.choose(environment.load())
    assert os.environ["DAGSTER_HOME"] == ""
    (tmp_path / "dagster.yaml").unlink()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "mine"))
    home.choose(environment.load())
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "mine")
    assert not (tmp_path / "data").exists()
