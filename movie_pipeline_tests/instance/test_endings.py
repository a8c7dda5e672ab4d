"""Endings: what `dagster job execute` prints and stores when a run ends.

What is recorded of a run that a person terminates: see `test_launcher`.
"""

from pathlib import Path

import dagster as dg
import pytest

from movie_pipeline.defs.metadata import failure
from movie_pipeline.instance.endings import _explains
from movie_pipeline_tests.soak.system import film_list, running

EVENTS = dg.DagsterEventType


@pytest.mark.slow
def test_a_run_in_ci_prints_what_matters_and_its_end_comes_last(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key and with one; neither stack traces nor resources after the end."""
    with running(bundle=bundle) as system:
        system.drop("mine.csv", film_list(5))
        key = (system.folder / ".env").read_text()
        (system.folder / ".env").write_text("MOVIE_PIPELINE_REQUIRE_TMDB=1\n")
        assert system.execute("mine.csv").wait(300) == 1
        said = system.said.read_text()
        assert said.count("there is no key. Get the API Read Access Token at https://") == 1
        assert "Stack Trace" not in said
        (system.folder / ".env").write_text(key)
        assert system.execute("mine.csv").wait(300) == 0
        lines = system.said.read_text().removeprefix(said).splitlines()
        assert any("5 of 5 films, 5 matched" in line for line in lines)
        assert len(lines) < 10
        monkeypatch.chdir(system.folder)
        monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(system.data))
        with dg.DagsterInstance.from_config(str(system.folder)) as instance:
            ends = {
                instance.all_logs(run.run_id)[-1].dagster_event_type for run in instance.get_runs()
            }
        assert ends == {EVENTS.PIPELINE_SUCCESS, EVENTS.PIPELINE_FAILURE}


def test_an_unexpected_error_keeps_its_stack_trace() -> None:
    expected, unexpected = failure("There is no key."), failure("ZeroDivisionError: by zero")
    expected.__cause__, unexpected.__cause__ = ValueError("no key"), ZeroDivisionError("by zero")
    assert _explains(expected)
    assert not _explains(unexpected)
