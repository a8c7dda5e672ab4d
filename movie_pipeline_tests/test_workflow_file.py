"""The workflow that users copy into their repository: its steps, run as GitHub would run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from movie_pipeline_tests.conftest import ROOT, TOKEN

FILE = ROOT / "docs" / "enrich-in-ci.yml"
WORKFLOW = yaml.safe_load(FILE.read_text(encoding="utf-8"))
STEPS = WORKFLOW["jobs"]["enrich"]["steps"]
LIST = "Title,Year\nAlien,1979\nParasite,2019\nNo Such Film Anywhere,1999\n"


class Machine:
    """A fresh machine with a checkout, which runs the workflow's own shell lines."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        self.folder = folder
        self.summary = folder.parent / f"{folder.name}.md"
        (folder / "data" / "uploads").mkdir(parents=True)
        for name in (
            *("Makefile", "pyproject.toml", "setup.cfg", "constraints.txt"),
            *("dagster.yaml", "workspace.yaml"),
        ):
            shutil.copy2(ROOT / name, folder / name)
        # What is installed and compiled here serves that machine too; the stamp says that it is up
        # to date.
        shutil.copytree(bundle, folder / "data" / "bundle")
        (folder / ".venv").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
        (folder / ".venv" / ".run").touch()

    def run(self, **secrets: str) -> dict[str, subprocess.CompletedProcess[str]]:
        """Run the steps that are shell, in order; after a failure, only those that say `always`."""
        done: dict[str, subprocess.CompletedProcess[str]] = {}
        for step in STEPS:
            failed = any(one.returncode for one in done.values())
            if "run" not in step or (failed and step.get("if") != "always()"):
                continue
            given = {**WORKFLOW["env"], **step.get("env", {})}
            done[step["name"]] = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.folder,
                env={
                    **{k: v for k, v in os.environ.items() if k != "TMDB_API_TOKEN"},
                    "GITHUB_STEP_SUMMARY": str(self.summary),
                    **{name: _filled_in(value, secrets) for name, value in given.items()},
                },
                capture_output=True,
                text=True,
                timeout=200,
            )
        return done


def _filled_in(value: str, secrets: dict[str, str]) -> str:
    """A secret that nobody made is empty, as GitHub has it."""
    for name in ("TMDB_API_TOKEN",):
        value = value.replace(f"${{{{ secrets.{name} }}}}", secrets.get(name, ""))
    assert "${{" not in value
    return value


@pytest.fixture
def machine(tmp_path, monkeypatch, bundle):
    """Make machines, each with the film list and its own empty HOME."""
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    (tmp_path / "home").mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def make(name):
        made = Machine(tmp_path / name, bundle)
        (made.folder / "data" / "uploads" / WORKFLOW["env"]["UPLOAD"]).write_text(LIST)
        return made

    return make


@pytest.mark.slow
def test_a_second_machine_with_the_cache_alone_asks_nothing(machine, tmdb):
    """The cache holds the files that the workflow names, and they are all that it takes."""
    first, second = machine("first"), machine("second")
    done = first.run(TMDB_API_TOKEN=TOKEN)
    assert {one.returncode for one in done.values()} == {0}, done
    line = "watched.csv: completed, 2 of 3 films found, 0 ambiguous\n"
    assert first.summary.read_text() == line
    assert (first.folder / "data" / "dashboard" / "watched.csv.html").exists()
    assert not any(TOKEN in one.stdout + one.stderr for one in done.values())
    tmdb.clear()
    (paths,) = {step["with"]["path"] for step in STEPS if "cache/" in step.get("uses", "")}
    kept = sorted(first.folder.glob(paths))
    assert kept
    for path in kept:
        shutil.copy(path, second.folder / path.relative_to(first.folder))
    done = second.run(TMDB_API_TOKEN=TOKEN)
    assert done["Enrich"].returncode == 0
    assert second.summary.read_text() == line
    assert not tmdb.requests


@pytest.mark.slow
def test_without_the_secret_the_run_fails_before_it_asks_and_says_what_to_do(machine, tmdb):
    bare = machine("bare")
    done = bare.run()
    assert done["Enrich"].returncode == 1
    assert done["Summary"].returncode == 0
    told = bare.summary.read_text()
    assert told.startswith("watched.csv: failed, ")
    assert "TMDB_API_TOKEN" in told
    assert len(told.splitlines()) == 1
    assert not tmdb.requests


def test_only_the_readers_of_a_repository_that_says_so_get_the_page():
    """A film list is somebody's diary, and whoever may read the repository may read its pages."""
    assert WORKFLOW["env"]["PUBLISH_PAGE"] == "no"
    uploading = [step for step in STEPS if "upload-artifact" in step.get("uses", "")]
    assert [step["if"] for step in uploading] == ["env.PUBLISH_PAGE == 'yes'"]
    assert "!data/dashboard/index.html" in uploading[0]["with"]["path"].split(), (
        "the home page names every person"
    )
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_no_other_step_than_the_one_that_asks_sees_the_key():
    assert [step["name"] for step in STEPS if "secrets." in str(step)] == ["Enrich"]
    assert "secrets." not in str(WORKFLOW["env"])
