"""The recipes in docs/recipes.md, applied exactly as printed to a copy of the package."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from movie_pipeline_tests.conftest import ROOT

RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(csv|python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^`([\w./]+\.(?:csv|py))`$", re.MULTILINE)

LOOK = """
import json, sys
from pathlib import Path
import dagster as dg, duckdb
from movie_pipeline.definitions import defs

with dg.DagsterInstance.ephemeral() as instance:
    done = defs.resolve_job_def("enrich_upload").execute_in_process(
        instance=instance, tags={"dagster/partition": "kinotagebuch.csv"})
(drawn,) = [one.step_materialization_data.materialization.metadata
            for one in done.get_asset_materialization_events()
            if one.asset_key == dg.AssetKey(["dashboard", "coverage"])]
with duckdb.connect("data/warehouse.duckdb") as warehouse:
    rows = lambda sql: warehouse.execute(sql).fetchall()
    print(json.dumps({
        "films": rows("SELECT title, rating, watch_count, source_format FROM raw.movies ORDER BY 1"),
        "rewatches": rows("SELECT count(*) FROM raw.viewings WHERE rewatch"),
        "status": rows("SELECT DISTINCT release_status FROM enriched.movies"),
        "points": drawn["top_points"].value,
        "votes": rows("SELECT mode(floor(vote_average)) FROM enriched.movies"),
        "page": Path("data/dashboard/kinotagebuch.csv.html").read_text().count('id="chart-acclaim"'),
        "where": sys.modules["movie_pipeline"].__file__,
    }))
"""


def steps() -> list[tuple[str, str, str]]:
    """Each block: the file named above it, its kind and its text."""
    named = [(found.start(), found[1]) for found in _NAMED.finditer(RECIPES)]
    return [
        (next(name for at, name in reversed(named) if at < block.start()), block[1], block[2])
        for block in _BLOCK.finditer(RECIPES)
    ]


def follow(folder: Path) -> None:
    """Apply the recipes to a copy of the project."""
    for name, kind, text in steps():
        path = folder / (f"data/uploads/{name}" if kind == "csv" else name)
        if kind != "diff":
            assert not path.exists()
            path.write_text(text, encoding="utf-8")
            continue
        lines = text.splitlines()
        before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
        after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
        old = path.read_text(encoding="utf-8")
        assert old.count(before) == 1, f"{name} does not hold once:\n{before}"
        path.write_text(old.replace(before, after), encoding="utf-8")


@pytest.mark.slow
def test_the_recipes_work_exactly_as_printed(project, monkeypatch):
    shutil.copytree(
        ROOT / "movie_pipeline",
        project / "movie_pipeline",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    follow(project)
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    monkeypatch.setenv("PYTHONPATH", str(project))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK],
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["where"].startswith(str(project))
    assert found["films"] == [
        ["Alien", 5.0, 2, "kinotagebuch"],
        ["Parasite", 4.0, 1, "kinotagebuch"],
    ]
    assert found["rewatches"] == [[1]]
    assert found["status"] == [["Released"]]
    assert found["votes"] == [[found["points"]]]
    assert found["page"] == 1
