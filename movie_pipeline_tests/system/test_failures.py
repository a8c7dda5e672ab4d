"""Failures: what can't pass is tried once, told in the status, and runs again once it is mended."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.charts import drawing
from movie_pipeline.defs.assets.specs import key_of
from movie_pipeline.defs.assets.step import translated
from movie_pipeline.defs.checks import ENRICHED
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.warehouse.tables import RAW
from movie_pipeline_tests.fake_tmdb import FakeTMDB

Mend = Callable[[], object]

_CRASHES = {
    "args": [sys.executable, "-c", "import os; input(); os.abort()"],
    "stdin": subprocess.PIPE,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.DEVNULL,
    "encoding": "utf-8",
}
"""What does as the renderer does where V8 panics."""


def _no_key(monkeypatch: pytest.MonkeyPatch, _: FakeTMDB) -> Mend:
    monkeypatch.setenv("MOVIE_PIPELINE_REQUIRE_TMDB", "1")
    monkeypatch.delenv("TMDB_API_TOKEN")
    return lambda: monkeypatch.delenv("MOVIE_PIPELINE_REQUIRE_TMDB")


def _refused_key(_: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Mend:
    right, tmdb.token = tmdb.token, "another"
    return lambda: setattr(tmdb, "token", right)


def _held_warehouse(monkeypatch: pytest.MonkeyPatch, _: FakeTMDB) -> Mend:
    monkeypatch.setenv("MOVIE_PIPELINE_LOCK_WAIT", "0")
    return duckdb.connect(environment.load().warehouse).close


def _bad_override(_: pytest.MonkeyPatch, __: FakeTMDB) -> Mend:
    path = environment.load().overrides
    path.write_text("title,year,tmdb_id\nAlien,1979,12x\n")
    return path.unlink


def _bad_kept_answers(_: pytest.MonkeyPatch, __: FakeTMDB) -> Mend:
    path = environment.load().data / "tmdb.sqlite"
    path.write_bytes(b"garbage" * 1000)
    return path.unlink


def _sign_in_page(_: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Mend:
    tmdb.fault(body=b"<!DOCTYPE html><title>Welcome to our Wi-Fi</title>", times=None)
    return tmdb.clear


def _sign_in_redirect(_: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Mend:
    tmdb.fault(redirect="http://10.0.0.1/welcome", times=None)
    return tmdb.clear


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_sign_in_page, "open a browser, sign in there, then run again"),
        (_sign_in_redirect, "open a browser, sign in there, then run again"),
        (_no_key, "put it into TMDB_API_TOKEN"),
        (_refused_key, "refused the key"),
        (_held_warehouse, "Close that program"),
        (_bad_override, "overrides.csv, line 2"),
        (_bad_kept_answers, "tmdb.sqlite"),
    ],
)
def test_what_can_not_pass_is_tried_once_told_and_runs_once_it_is_mended(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    tmdb: FakeTMDB,
    monkeypatch: pytest.MonkeyPatch,
    *,
    break_it: Callable[[pytest.MonkeyPatch, FakeTMDB], Mend],
    said: str,
) -> None:
    """Asked for again, as Materialize and `movie-pipeline enrich` do.

    Nothing is drawn: what fails here does so before.
    """
    from movie_pipeline.definitions import defs

    def run() -> dg.ExecuteInProcessResult:
        return defs.resolve_job_def("enrich_upload").execute_in_process(
            instance=instance,
            tags={PARTITION_TAG: "a.csv"},
            asset_selection=[*(key_of(table) for table in RAW), ENRICHED],
            raise_on_error=False,
        )

    (tmp_path / "data" / "uploads").mkdir(parents=True)
    (tmp_path / "data" / "uploads" / "a.csv").write_text("Title,Year\nAlien,1979\n")
    mend = break_it(monkeypatch, tmdb)
    result = run()
    assert not result.success
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
    (failed,) = status.read(environment.load())
    assert failed.status == "failed"
    assert said in failed.message
    mend()
    assert run().success
    (mended,) = status.read(environment.load())
    assert (mended.status, mended.enriched_count) == ("completed", 1)


def test_a_renderer_that_crashes_is_told_as_that_and_leaves_the_run_its_rows(
    data: Path,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    tmdb: FakeTMDB,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run's own process lives on: the status need not blame the machine for its end."""
    (data / "uploads" / "a.csv").write_text("Title,Year\nAlien,1979\n")
    monkeypatch.setattr(drawing, "_RENDERER", drawing._Renderer())
    monkeypatch.setattr(drawing, "_start", lambda: subprocess.Popen(**_CRASHES))
    assert not run_job("a.csv").success
    (failed,) = status.read(environment.load())
    assert (failed.status, failed.matched_count) == ("failed", 1)
    assert "the program that draws them crashed (SIGABRT)" in failed.message


def test_a_query_that_is_interrupted_is_an_interruption_and_no_fault() -> None:
    """DuckDB makes a RuntimeError of the signal; the status would tell that, and not who asked."""
    with pytest.raises(DagsterExecutionInterruptedError), translated():
        raise RuntimeError("Query interrupted")
    with pytest.raises(dg.Failure, match="RuntimeError: another"), translated():
        raise RuntimeError("another")
