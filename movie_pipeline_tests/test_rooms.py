"""The rooms of the package: which may import which, and that each has a charter.

The imports are parsed from the source, including those inside functions.
"""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from movie_pipeline import names

PACKAGE = Path(__file__).parents[1] / "movie_pipeline"

ROOMS = (
    "commands",
    "defs",
    "forgetting",
    "instance",
    "enrichment",
    "status",
    "overrides",
    "people",
    "page",
    "charts",
    "analytics",
    "uploads",
    "warehouse",
    "tmdb",
    "matching",
    "exports",
    "sample",
    "liveness",
)
"""From top to bottom: a room imports only from rooms below it."""

SHIMS = {"launcher", "run_queue"}
"""Modules under the names in a `dagster.yaml` of version 0.1; they are above all rooms."""

GROUND = {"settings", "sqlite", "redis_client", "names"}
"""Top-level modules that every room may import, and that import none of the rooms above."""

FOUNDATION: tuple[str, ...] = ("outside",)
"""Rooms that the ground imports."""

DAGSTER = {"definitions", "commands", "defs", "forgetting", "instance"}
PRIVATE = {"forgetting", "instance"}


class Import(NamedTuple):
    """An import: the importing module, the imported module, the name, and the line."""

    of: str
    module: str
    name: str
    line: int

    def __str__(self) -> str:
        return f"{self.of}, line {self.line}: {self.module} {self.name}".rstrip()


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports() -> Iterator[Import]:
    for of, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (Import(of, one.name, "", node.lineno) for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{of}, line {node.lineno}: write the whole name"
                for one in node.names:
                    whole = f"{node.module}.{one.name}"
                    known = whole in MODULES
                    module, name = (whole, "") if known else (str(node.module), one.name)
                    yield Import(of, module, name, node.lineno)


IMPORTS = list(imports())
OURS = [one for one in IMPORTS if one.module.startswith("movie_pipeline.")]


def room(module: str) -> str:
    return [*module.split("."), ""][1]


def level(module: str) -> int:
    """How far down a module is: first assembly and shims, then rooms, ground and foundation."""
    where = room(module)
    if where in ROOMS:
        return 1 + ROOMS.index(where)
    if where in GROUND:
        return 1 + len(ROOMS)
    return 2 + len(ROOMS) if where in FOUNDATION else 0


def cycles(edges: dict[str, set[str]]) -> list[str]:
    """Every module that is part of an import cycle."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = list(edges.get(start, ()))
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += edges.get(one, ())
        return seen

    return sorted(one for one in edges if one in reached(one))


def test_the_package_contains_only_rooms_assembly_ground_and_shims():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == {*ROOMS, *FOUNDATION}
    beside = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert beside <= {"definitions", *GROUND, *SHIMS}


def test_imports_point_down():
    up = [
        str(one)
        for one in OURS
        if room(one.of) != room(one.module)
        and level(one.module) <= level(one.of)
        # The ground's modules are on one level; cycles among them have their own test.
        and not {room(one.of), room(one.module)} <= GROUND
    ]
    assert up == []


def test_there_are_no_import_cycles():
    edges: dict[str, set[str]] = {}
    for one in OURS:
        # A package's __init__ re-exports names from its modules; they do not import it.
        edges.setdefault(one.of, set()).add(one.module)
    assert cycles(edges) == []


def test_only_some_rooms_import_dagster():
    stray = [
        str(one)
        for one in IMPORTS
        if one.module.split(".")[0].startswith("dagster") and room(one.of) not in DAGSTER
    ]
    assert stray == []


def test_only_two_rooms_import_dagsters_private_api():
    stray = [str(one) for one in private() if room(one.of) not in PRIVATE]
    assert stray == []


def private() -> list[Import]:
    return [one for one in IMPORTS if one.module.startswith("dagster._")]


@pytest.mark.parametrize(
    ("module", "name"), sorted({(one.module, one.name) for one in private()}), ids=str
)
def test_dagster_still_has(module, name):
    """Each private name that we use; docs/upgrading-dagster.md says what depends on it."""
    try:  # a module of a package is its attribute only once it was imported
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    "package", sorted(str(one.parent.relative_to(PACKAGE)) for one in PACKAGE.rglob("__init__.py"))
)
def test_every_package_has_a_charter_that_says_where_to_begin(package):
    source = (PACKAGE / package / "__init__.py").read_text(encoding="utf-8")
    charter = " ".join(ast.get_docstring(ast.parse(source)).split())
    for words in ("What belongs", "What does not", "Begin with"):
        assert words in charter, words


def test_names_in_dagsters_store_never_change():
    """Stored runs and ticks, and a user's own dagster.yaml, refer to them."""
    assert {name: value for name, value in vars(names).items() if name.isupper()} == {
        "PARTITION_TAG": "dagster/partition",
        "REFRESH_TAG": "movie_pipeline/refresh",
        "SAMPLE_TAG": "movie_pipeline/sample",
        "UPLOADS": "uploads",
        "ENRICH_JOB": "enrich_upload",
        "REFRESH_JOB": "refresh_stale",
        "EXPLORE_JOB": "explore",
        "FORGET_JOB": "forget_upload",
        "SCRUB_JOB": "scrub",
        "UPLOADS_SENSOR": "uploads_sensor",
        "LIBRARY_SENSOR": "library_sensor",
        "REFRESH_SCHEDULE": "refresh_stale_weekly",
        "LIBRARY": ("library", "uploads"),
        "PERSONS": ("dashboard", "library"),
        "SELECTION": ("dashboard", "selection"),
    }


@pytest.mark.parametrize(
    ("module", "name", "home"),
    [
        ("movie_pipeline.launcher", "LocalRunLauncher", "movie_pipeline.instance.launcher"),
        ("movie_pipeline.run_queue", "SizedRunQueue", "movie_pipeline.instance.run_queue"),
        ("movie_pipeline.instance", "InstanceStorage", "movie_pipeline.instance.storage"),
    ],
)
def test_the_names_in_a_dagster_yaml_of_version_0_1_can_be_imported(module, name, home):
    assert getattr(importlib.import_module(module), name) is getattr(
        importlib.import_module(home), name
    )


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("movie_pipeline.commands.cli", {"dagster", "pandas", "duckdb", "altair"}),
        ("movie_pipeline.status.store", {"dagster", "pandas", "duckdb", "altair"}),
        ("movie_pipeline.instance.launcher", {"pandas", "duckdb", "altair", "sqlalchemy"}),
        ("movie_pipeline.definitions", {"altair"}),
    ],
)
@pytest.mark.slow
def test_modules_that_must_load_quickly_import_nothing_heavy(module, heavy):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
