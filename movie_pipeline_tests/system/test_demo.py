"""The demo as a process: what it prints, and that it lives beside an older version's demo.

What belongs here: the command. What does not: what the sample export holds (`sample.
test_sample_export`), and the README's figures (`test_project`).
"""

import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from movie_pipeline.uploads.persons import SAMPLE
from movie_pipeline_tests.system.test_doors import BIN

OLD = "letterboxd-sample.csv"


@pytest.mark.slow
def test_the_demo_runs_beside_that_of_an_older_version(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old sample stays in the watched folder, with its page; neither is anybody's library."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")

    def shell(*command: str, **environment: str) -> str:
        done = subprocess.run(
            [str(BIN / "movie-pipeline"), *command],
            cwd=project,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr[-2000:]
        return done.stdout

    shell("add", f"data/samples/{OLD}")
    shell("enrich", OLD, MOVIE_PIPELINE_SAMPLE="1")
    printed = " ".join(shell("demo").split())
    assert "titles 371 identified 360 not found 10 series 1 films watched 318" in printed
    assert printed.endswith(f"The page: data/dashboard/{SAMPLE}.html")
    listed = {one["upload"]: one for one in json.loads(shell("status", "--json"))}
    for upload in (OLD, SAMPLE):
        assert listed[upload]["status"] == "completed", listed[upload]
        assert (project / "data" / "dashboard" / f"{upload}.html").exists()
    with duckdb.connect(str(project / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        persons = warehouse.execute("SELECT DISTINCT person FROM raw.uploads").fetchall()
    assert {person for (person,) in persons} == {OLD, SAMPLE}
    assert "requests 0 " in " ".join(shell("demo").split())
