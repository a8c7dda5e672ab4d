"""Backups: `movie-pipeline backup`. `soak.restore` makes and restores them while runs go on."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands.cli import main
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import Answers
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import RAW_MOVIES


def test_a_copy_has_everything_that_is_stored_even_if_it_is_in_use(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, copy = environment.load(), tmp_path / "copies" / "tonight"
    (data / "uploads" / "a.csv").write_text("Title\nAlien\n")
    (data / "dev.lock").touch()
    Progress.of(settings).begin("a.csv", run_id="1", plan=["one"])
    Warehouse.of(settings).write("a.csv", {RAW_MOVIES: pd.DataFrame({"row_number": [1]})})
    store = FileStore(data / "tmdb.sqlite")  # stays open, so its last answer is only in its log
    Answers(store).put("question", 200, b"{}")
    said = CliRunner().invoke(main, ["backup", str(copy)])
    assert said.exit_code == 0, said.output
    store.close()
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(copy))
    restored = environment.load()
    assert [one.upload for one in status.read(restored)] == ["a.csv"]
    assert len(Warehouse.of(restored).read(RAW_MOVIES, "a.csv")) == 1
    store = FileStore(copy / "tmdb.sqlite")
    assert Answers(store).get("question") is not None
    store.close()
    assert not (copy / "dev.lock").exists()
    assert copy.stat().st_mode & 0o077 == 0


def test_a_folder_that_exists_is_left_alone(data: Path, tmp_path: Path) -> None:
    del data
    said = CliRunner().invoke(main, ["backup", str(tmp_path)])
    assert said.exit_code == 1
    assert "exists already" in said.output


def test_what_is_in_a_redis_is_backed_up_there(
    data: Path, tmp_path: Path, redis_address: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIE_PIPELINE_STATE", redis_address.get_secret_value())
    Progress.of(environment.load()).begin("a.csv", run_id="1", plan=["one"])
    said = CliRunner().invoke(main, ["backup", str(tmp_path / "copy")])
    assert said.exit_code == 0, said.output
    assert "back up the Redis of MOVIE_PIPELINE_STATE too" in said.output
    assert not list((tmp_path / "copy").rglob("progress.sqlite"))
