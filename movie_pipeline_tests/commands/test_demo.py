"""The demo's head start: what the first one makes while its run works, and that later ones do not.

What belongs here: the command in this process, without a run. What does not: what it prints
(`system.test_demo`).
"""

from pathlib import Path
from threading import Event

import pytest
from rich.console import Console

from movie_pipeline import charts, page, settings
from movie_pipeline.charts.drawing import DrawingError
from movie_pipeline.commands import demo
from movie_pipeline.commands.run_job import Result


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What a demo makes beside its run, which here ends when all is made, and fails."""
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(tmp_path / "data"))
    names, done = [], Event()

    def compiled(*_: object) -> None:
        names.append("charts")

    def bundle(_: Path) -> None:
        names.append("bundle")
        done.set()

    def execute(*_: object, **__: object) -> Result:
        assert (tmp_path / "data" / "bundle").exists() or done.wait(60)
        return Result(1, None, tmp_path / "log")

    (tmp_path / "log").touch()
    monkeypatch.setattr(charts, "compiled", compiled)
    monkeypatch.setattr(page, "bundle", bundle)
    monkeypatch.setattr(demo, "execute", execute)
    return names


def test_the_first_demo_makes_what_every_page_needs_while_its_run_works(made: list[str]):
    assert demo.demo(settings.load(), Console(quiet=True)) == 1
    assert made == ["charts", "bundle"]


def test_a_later_demo_makes_nothing(made: list[str], tmp_path: Path):
    (tmp_path / "data" / "bundle").mkdir(parents=True)
    assert demo.demo(settings.load(), Console(quiet=True)) == 1
    assert made == []


def test_if_it_cannot_be_made_the_run_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def crashes(*_: object) -> None:
        raise DrawingError("crashed")

    monkeypatch.setattr(charts, "compiled", crashes)
    demo._make(tmp_path)
