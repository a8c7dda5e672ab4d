"""Failures: a permanent failure is tried once, shows in the status, and can be fixed."""

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

Fix = Callable[[], object]

_CRASHES = {
    "args": [sys.executable, "-c", "import os; input(); os.abort()"],
    "stdin": subprocess.PIPE,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.DEVNULL,
    "encoding": "utf-8",
}
"""A process that ends like the renderer when V8 panics."""


def _no_key(monkeypatch: pytest.MonkeyPatch, _: FakeTMDB) -> Fix:
    monkeypatch.setenv("MOVIE_PIPELINE_REQUIRE_TMDB", "1")
    monkeypatch.delenv("TMDB_API_TOKEN")
    return lambda: monkeypatch.delenv("MOVIE_PIPELINE_REQUIRE_TMDB")


def _refused_key(_: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Fix:
    right, tmdb.token = tmdb.token, "another"
    return lambda: setattr(tmdb, "token", right)


def _locked_warehouse(monkeypatch: pytest.MonkeyPatch, _: FakeTMDB) -> Fix:
    monkeypatch.setenv("MOVIE_PIPELINE_LOCK_WAIT", "0")
    return duckdb.connect(environment.load().warehouse).close


def _bad_override(_: pytest.MonkeyPatch, __: FakeTMDB) -> Fix:
    path = environment.load().overrides
    path.write_text("title,year,tmdb_id\nAlien,1979,12x\n")
    return path.unlink


def _damaged_cache(_: pytest.MonkeyPatch, __: FakeTMDB) -> Fix:
    path = environment.load().data / "tmdb.sqlite"
    path.write_bytes(b"garbage" * 1000)
    return path.unlink


def _sign_in_page(_: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Fix:
    tmdb.fault(body=b"<!DOCTYPE html><title>Welcome to our Wi-Fi</title>", times=None)
    return tmdb.clear


def _sign_in_redirect(_: pytest.MonkeyPatch, tmdb: FakeTMDB) -> Fix:
    tmdb.fault(redirect="http://10.0.0.1/welcome", times=None)
    return tmdb.clear


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_sign_in_page, "open a browser, sign in there, then run again"),
        (_sign_in_redirect, "open a browser, sign in there, then run again"),
        (_no_key, "put it into TMDB_API_TOKEN"),
        (_refused_key, "refused the key"),
        (_locked_warehouse, "Close that program"),
        (_bad_override, "overrides.csv, line 2"),
        (_damaged_cache, "tmdb.sqlite"),
    ],
)
def test_a_permanent_failure_is_tried_once_and_reported_and_the_run_succeeds_once_it_is_fixed(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    tmdb: FakeTMDB,
    monkeypatch: pytest.MonkeyPatch,
    *,
    break_it: Callable[[pytest.MonkeyPatch, FakeTMDB], Fix],
    said: str,
) -> None:
    """The second run is requested as by Materialize and `movie-pipeline enrich`.

    Nothing is drawn: these failures happen before that.
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
    fix = break_it(monkeypatch, tmdb)
    result = run()
    assert not result.success
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
    (failed,) = status.read(environment.load())
    assert failed.status == "failed"
    assert said in failed.message
    fix()
    assert run().success
    (fixed,) = status.read(environment.load())
    assert (fixed.status, fixed.enriched_count) == ("completed", 1)


def test_a_renderer_crash_is_reported_and_the_run_keeps_its_rows(
    data: Path,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    tmdb: FakeTMDB,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run's own process survives, so the status does not say that the process is gone."""
    (data / "uploads" / "a.csv").write_text("Title,Year\nAlien,1979\n")
    monkeypatch.setattr(drawing, "_RENDERER", drawing._Renderer())
    monkeypatch.setattr(drawing, "_start", lambda: subprocess.Popen(**_CRASHES))
    assert not run_job("a.csv").success
    (failed,) = status.read(environment.load())
    assert (failed.status, failed.matched_count) == ("failed", 1)
    assert "the program that draws them crashed (SIGABRT)" in failed.message


def test_an_interrupted_query_counts_as_an_interruption_not_as_an_error() -> None:
    """DuckDB raises a RuntimeError on the signal; the status would show that instead."""
    with pytest.raises(DagsterExecutionInterruptedError), translated():
        raise RuntimeError("Query interrupted")
    with pytest.raises(dg.Failure, match="RuntimeError: another"), translated():
        raise RuntimeError("another")
