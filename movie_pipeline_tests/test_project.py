"""The repository itself: what must not be in it, and that the README's commands work.

What else the documentation says is tested in `test_documentation`.
"""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml

from movie_pipeline.charts import ATTRIBUTION
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.test_documentation import READING_ORDER, commands
from movie_pipeline_tests.test_rooms import imports

README = (ROOT / "README.md").read_text(encoding="utf-8")


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_lock_or_constraint_file_carries_an_address():
    assert "://" not in (ROOT / "constraints.txt").read_text()
    assert "index-url" not in (ROOT / "constraints.txt").read_text()


def test_every_pin_is_exact_and_every_dependency_is_pinned_and_explained():
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower() for line in pins if line and not line.startswith("#")}
    assert all("==" in line for line in pins if line and not line.startswith("#"))
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    for dependency in (*project["dependencies"], *extras):
        name = re.match(r"[\w-]+", dependency).group()
        assert name.replace("-", "_") in {pin.replace("-", "_") for pin in pinned}, name
        assert re.search(rf'^    "{dependency}", +# \S', text, re.MULTILINE), f"{name}: why?"


def test_every_library_that_is_imported_is_a_dependency_with_bounds():
    """One that comes with another would be missing once that no longer needs it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    bounds = {re.match(r"[\w-]+", one).group().lower(): one for one in needed}
    assert all(">=" in one for one in bounds.values())
    # Parts of Dagster that are private have an upper bound.
    assert all(",<" in one for name, one in bounds.items() if name.startswith("dagster"))
    installed = importlib.metadata.packages_distributions()
    for one in imports():
        top = one.module.split(".")[0]
        if top in sys.stdlib_module_names or top in {"movie_pipeline", "dagster_shared"}:
            continue  # dagster requires exactly its own dagster_shared
        assert {name.lower() for name in installed[top]} & set(bounds), one


def test_no_sql_has_an_arrow_that_duckdb_2_refuses():
    """DuckDB 1.3 and newer know `lambda x: …`; for older versions nothing is promised."""
    for path in (ROOT / "movie_pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"list_\w+\(.*->|^.{0,40}\w -> ", node.value), path


def test_every_step_of_the_workflows_is_a_make_target_or_said():
    """So that it runs here too, and the workflow holds no logic of its own."""
    targets = set(re.findall(r"^([a-z ]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {one for names in targets for one in names.split()}
    elsewhere = r"sudo apt-get |gh release create |bash \.ci/run$|sudo .* make test-cluster$"
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}, path
        for job in workflow["jobs"].values():
            matrix = job.get("strategy", {}).get("matrix", {}).get("include", [])
            for step in job["steps"]:
                command = step.get("run", "")
                for one in matrix or [{}]:
                    line = re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda m, o=one: o[m[1]], command)
                    known = line.startswith("make ") and line.split()[1] in targets
                    assert not line or known or re.match(elsewhere, line), f"{path}: {line}"


def test_the_notes_of_a_release_are_those_of_its_version():
    def notes(*version):
        command = [sys.executable, ".ci/notes", *version]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert notes(version).stdout == notes().stdout != ""
    assert "##" not in notes().stdout
    assert "not 99.0" in notes("99.0").stderr
    assert notes("99.0").returncode == 1


def test_the_image_is_made_of_nothing_but_what_it_needs():
    """The context's exceptions are the files that the Dockerfile copies, and none of them is private."""
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    copied = {
        name
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["films"]
    assert all(one.startswith("127.0.0.1:") for one in compose["ports"])


def test_no_path_of_a_machine_and_no_key_is_committed():
    odd = re.compile(rb"/home/\w+/|/Users/\w+/|eyJ[\w-]{20,}\.|api_key=[0-9a-f]{32}")
    for path in tracked():
        found = odd.search(path.read_bytes())
        assert not found, f"{path}: {found.group()!r}"


def test_the_readme_carries_tmdbs_attribution():
    """As the page and the overview do (test_document.py, test_charts.py)."""
    assert ATTRIBUTION in " ".join(README.split())


def test_the_workspace_is_the_one_truth():
    """Either table in pyproject would silently win over workspace.yaml."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert "[tool.dagster]" not in pyproject
    assert "[tool.dg]" not in pyproject


def test_the_readme_leads_to_a_page_in_five_steps_and_to_the_key_first():
    """Without a key, the first page that someone sees of their own films is a poor one."""
    section = README.split("## Your own films")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. ", section, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    key, drop = section.index("API Read Access Token"), section.index("data/uploads/")
    assert key < drop < section.index("make dev")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_in_readme_and_docs_run_exactly_as_printed(tmp_path, monkeypatch, bundle):
    """In a copy of the repository as git has it, with an empty HOME and this environment's tools.

    The demo works twice, and with a key too, which it has no use for.
    """
    clone, home = tmp_path / "clone", tmp_path / "home"
    home.mkdir()
    for path in tracked():
        target = clone / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@b commit -qm all"):
        subprocess.run(["git", *command.split()], cwd=clone, check=True)
    # What is installed and compiled here serves the copy too; its stamps say that it is up to date.
    shutil.copytree(bundle, clone / "data" / "bundle")
    venv = clone / ".venv"
    venv.symlink_to(sys.prefix)
    for stamp in (".run", ".develop"):
        (venv / stamp).touch()
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    monkeypatch.setenv("HOME", str(home))
    ran = [command for page in READING_ORDER for command in commands(page)]
    assert ran[0] == "make demo"
    for command in ran:
        if command == "make dev":
            continue  # test_dev.py has it
        done = subprocess.run(
            command,
            shell=True,
            cwd=clone,
            capture_output=True,
            text=True,
            timeout=200,
            env=os.environ,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr[-3000:]}"
        if command == "make demo":
            figures = re.search(r"^```text\n(.*?)^```$", README, re.DOTALL | re.MULTILINE).group(1)
            for line in figures.splitlines():
                if line.strip() and not re.match(r" +(seconds|requests)", line):
                    assert " ".join(line.split()) in " ".join(done.stdout.split())
    again = subprocess.run(
        ["make", "demo"],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "TMDB_API_TOKEN": "k", "TMDB_BASE_URL": "http://127.0.0.1:1"},
    )
    assert again.returncode == 0, again.stdout + again.stderr  # always the sample, also with a key
    assert re.search(r"^ +requests +0 *$", again.stdout, re.MULTILINE)
    left = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert left.stdout == ""  # nobody publishes a diary by accident


OLD = '[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n'
BARE = f'case "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n'


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        pytest.param(OLD, "needs Python 3.11 or newer; found: Python 3.9.2", id="too old"),
        pytest.param(BARE, "apt-get install -y python3-venv", id="without venv"),
    ],
)
def test_make_says_what_to_do_where_python_will_not_do(tmp_path, script, advice):
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{script}")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "demo", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}", "UV="],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert advice in done.stdout
    assert not (tmp_path / "venv").exists()
