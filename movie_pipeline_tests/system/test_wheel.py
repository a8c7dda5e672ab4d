"""The wheel: what is in it, and that everything works from it in an empty folder.

It is built as `make dist` does and installed into an environment of its own, which borrows only the
libraries of the environment that runs the tests. So no network is needed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from movie_pipeline.uploads.persons import SAMPLE
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.remains import files_with
from movie_pipeline_tests.soak.system import System, film_list, running
from movie_pipeline_tests.test_project import tracked

pytestmark = pytest.mark.xdist_group("wheel")

DIARY = "zoes-diary.csv"
_NOT_PACKAGED = ("movie_pipeline_tests", "/data/", ".duckdb", ".sqlite", ".env", ".csv", ".html/")


@dataclass(frozen=True)
class Built:
    """The two files that a release consists of, and the command installed from the wheel."""

    wheel: Path
    sdist: Path
    bin: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built from the files that git has, beside a diary that must not be packaged."""
    folder = tmp_path_factory.mktemp("wheel")
    source, dist, environment = folder / "source", folder / "dist", folder / "venv"
    for path in tracked():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
    (source / "data" / "uploads" / DIARY).write_text("Title\nAlien\n")
    (source / "movie_pipeline" / DIARY).write_text("Title\nAlien\n")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, source)
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-deps", "--no-index", "--no-compile", wheel),
    )
    # Of a folder that a .pth names, Python reads no other .pth: our own code, installed there as
    # editable, stays out.
    packages = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    borrowed = {sysconfig.get_path(one) for one in ("purelib", "platlib")}
    Path(packages, "borrowed.pth").write_text("\n".join(sorted(borrowed)))
    where = _run(python, "-c", "import movie_pipeline; print(movie_pipeline.__file__)", cwd=folder)
    assert Path(where).is_relative_to(environment)
    return Built(wheel, sdist, environment / "bin")


def _run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_and_sdist_hold_no_test_and_nobodys_data(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel, tarfile.open(built.sdist) as sdist:
        for names in (wheel.namelist(), sdist.getnames()):
            assert [name for name in names if any(no in f"/{name}" for no in _NOT_PACKAGED)] == []
            assert not any(DIARY in name for name in names)
            assert any(name.endswith("/sample/" + SAMPLE) for name in names)


def test_the_packages_copies_are_the_files_of_the_clone(built: Built) -> None:
    """In a clone they are links, so that there is one file to edit."""
    for original, package in (
        ("dagster.yaml", "instance"),
        ("workspace.yaml", "instance"),
        (f"data/samples/{SAMPLE}", "sample"),
    ):
        name = f"movie_pipeline/{package}/{Path(original).name}"
        content = (ROOT / original).read_bytes()
        assert (ROOT / name).resolve() == (ROOT / original).resolve()
        with zipfile.ZipFile(built.wheel) as wheel:
            assert wheel.read(name) == content


@pytest.fixture(scope="module")
def system(built: Built, bundle: Path) -> Iterator[System]:
    """An empty folder but for a key in `.env`, and `movie-pipeline` on the PATH."""
    path = f"{built.bin}{os.pathsep}{os.environ['PATH']}"
    with running(bundle=bundle, PATH=path, BROWSER="true") as system:
        for name in ("dagster.yaml", "workspace.yaml"):
            (system.folder / name).unlink()
        yield system


@pytest.mark.timeout(900)  # two runs of the command line, and the UI
def test_everything_works_in_an_empty_folder(system: System) -> None:
    """The command line and the UI use one store, in the data folder, and forgetting empties it."""

    def shell(*arguments: str) -> str:
        done = subprocess.run(
            ["movie-pipeline", *arguments],
            cwd=system.folder,
            env=system.environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    printed = " ".join(shell("demo").split())
    assert "titles 371 identified 360" in printed
    assert printed.endswith(f"The page: data/dashboard/{SAMPLE}.html")
    mine = system.folder.parent / DIARY
    mine.write_text(film_list(3) + "No Such Film,1999\n")
    shell("add", str(mine))
    assert f"{DIARY}: 3 of 4 titles identified" in " ".join(shell("enrich", DIARY).split())
    assert "No Such Film" in shell("review", DIARY)
    listed = {one["upload"]: one["status"] for one in json.loads(shell("status", "--json"))}
    assert listed == {SAMPLE: "completed", DIARY: "completed"}
    assert shell("open", DIARY).strip().endswith(f"data/dashboard/{DIARY}.html")
    assert sorted(one.name for one in system.folder.iterdir()) == [".env", "data"]

    system._dev = system.spawn("movie-pipeline", "dev", "--port", str(system.port), log=system.log)
    system.wait_until(system.ui.answers, 240, "the UI responds")
    assert len(system.ui.runs_of(SAMPLE, DIARY)) == 2  # those of the command line
    system.drop("dropped.csv", film_list(2))
    system.wait_until(lambda: system.have_completed("dropped.csv"), 240, "the dropped file is done")
    assert "make " not in system.log.read_text()  # here there is no Makefile
    assert system.ui.runs_of("dropped.csv")
    system._dev.send_signal(signal.SIGINT)
    assert system._dev.wait(240) == 0

    assert files_with(system.data / "dagster", DIARY)
    shell("forget", DIARY)
    assert files_with(system.folder, DIARY, "No Such Film") == set()
    assert sorted(one.name for one in system.folder.iterdir()) == [".env", "data"]
