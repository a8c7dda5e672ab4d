"""The rooms of the package: which may import which, and that each says what it is for.

Nothing is imported to find out; the imports are read from the source, also those within functions.
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
)
"""From top to bottom: a room imports from rooms below it alone."""

SHIMS = {"launcher", "run_queue"}
"""Modules under the name that a `dagster.yaml` of version 0.1 has; they stand above all rooms."""

GROUND = {"settings", "sqlite", "names", "liveness"}
"""Modules beside the packages that every room may import, and that import none."""

FOUNDATION: tuple[str, ...] = ("outside",)
"""Rooms that the ground stands on."""

DAGSTER = {"definitions", "commands", "defs", "forgetting", "instance"}
PRIVATE = {"forgetting", "instance"}


class Import(NamedTuple):
    """An import: in which module, of which module, which name of it, and in which line."""

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
    """How far down a module is: the assembly and the shims, the rooms, the ground, what is
    below."""
    where = room(module)
    if where in ROOMS:
        return 1 + ROOMS.index(where)
    if where in GROUND:
        return 1 + len(ROOMS)
    return 2 + len(ROOMS) if where in FOUNDATION else 0


def circles(edges: dict[str, set[str]]) -> list[str]:
    """Every module that leads to itself."""

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


def test_beside_the_rooms_stand_only_the_assembly_the_ground_and_old_names():
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
        # The ground's modules are on one level; circles among them are another fact.
        and not {room(one.of), room(one.module)} <= GROUND
    ]
    assert up == []


def test_no_imports_form_a_circle():
    edges: dict[str, set[str]] = {}
    for one in OURS:
        # A package's own __init__ hands on what its modules have; they do not import it.
        edges.setdefault(one.of, set()).add(one.module)
    assert circles(edges) == []


def test_dagster_is_imported_where_it_belongs():
    stray = [
        str(one)
        for one in IMPORTS
        if one.module.split(".")[0].startswith("dagster") and room(one.of) not in DAGSTER
    ]
    assert stray == []


def test_dagsters_private_parts_are_imported_where_they_belong():
    stray = [str(one) for one in private() if room(one.of) not in PRIVATE]
    assert stray == []


def private() -> list[Import]:
    return [one for one in IMPORTS if one.module.startswith("dagster._")]


@pytest.mark.parametrize(
    ("module", "name"), sorted({(one.module, one.name) for one in private()}), ids=str
)
def test_dagster_still_has(module, name):
    """What we use of its private parts; docs/upgrading-dagster.md says what hangs on each."""
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    "package", sorted(str(one.parent.relative_to(PACKAGE)) for one in PACKAGE.rglob("__init__.py"))
)
def test_every_package_says_what_belongs_there_and_where_to_begin(package):
    source = (PACKAGE / package / "__init__.py").read_text(encoding="utf-8")
    charter = " ".join(ast.get_docstring(ast.parse(source)).split())
    for words in ("What belongs", "What does not", "Begin with"):
        assert words in charter, words


def test_the_names_that_dagsters_store_holds_never_change():
    """Runs, ticks and a user's own dagster.yaml go on naming them."""
    assert {name: value for name, value in vars(names).items() if name.isupper()} == {
        "PARTITION_TAG": "dagster/partition",
        "REFRESH_TAG": "movie_pipeline/refresh",
        "UPLOADS": "uploads",
        "ENRICH_JOB": "enrich_upload",
        "REFRESH_JOB": "refresh_stale",
        "EXPLORE_JOB": "explore",
        "FORGET_JOB": "forget_upload",
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
def test_a_dagster_yaml_of_version_0_1_finds_what_it_names(module, name, home):
    assert getattr(importlib.import_module(module), name) is getattr(
        importlib.import_module(home), name
    )


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("movie_pipeline.commands.cli", {"dagster", "pandas", "duckdb", "altair"}),
        ("movie_pipeline.status.store", {"dagster", "pandas", "duckdb", "altair"}),
        ("movie_pipeline.instance.launcher", {"pandas", "duckdb", "altair", "sqlalchemy"}),
    ],
)
def test_what_must_be_quick_imports_nothing_heavy(module, heavy):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
