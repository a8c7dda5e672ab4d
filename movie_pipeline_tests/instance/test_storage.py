"""The Dagster instance that `dagster.yaml` describes, in processes started in various ways."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from movie_pipeline_tests.modes import mode_of, open_to_others

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OPEN = "import dagster; dagster.DagsterInstance.from_config('.').get_runs()"


def test_processes_started_simultaneously_in_a_fresh_folder_all_get_their_instance(tmp_path):
    """Without a lock, Dagster's SQLite migrations fail in some of them."""
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [process.communicate()[1][-500:] for process in started if process.wait()] == []
    assert mode_of(tmp_path / "data") == 0o700
    assert open_to_others(tmp_path / "data") == set()


# How `dagster dev`, the daemon, the web server, `dagster job execute` and a run's process begin.
BEGINS = """
import json, os, subprocess, sys
from dagster._cli.utils import get_possibly_temporary_instance_for_cli
from movie_pipeline import settings
names = json.loads(sys.argv[1])
with get_possibly_temporary_instance_for_cli() as instance:
    show = "import json, os, sys; print(json.dumps(dict(os.environ)))"
    child = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True)
    loaded = settings.load()
    print(json.dumps({
        "child": {name: one for name, one in json.loads(child.stdout).items() if name in names},
        "key": loaded.key.get_secret_value() if loaded.key else None,
        "language": loaded.language,
    }))
"""


GIVEN = {"TMDB_API_TOKEN": "given", "TMDB_LANGUAGE": "fr"}


@pytest.mark.parametrize(
    ("file", "environment", "expected"),
    [
        pytest.param(
            "TMDB_API_TOKEN=made-up\nTMDB_LANGUAGE=de\nHTTPS_PROXY=http://proxy:1\n",
            {},
            {"child": {"HTTPS_PROXY": "http://proxy:1"}, "key": "made-up", "language": "de"},
            id="only our variables are kept out of the environment",
        ),
        pytest.param(
            "\ufeffTMDB_API_TOKEN='made-up'\r\nTMDB_LANGUAGE=de\r\n",
            {},
            {"child": {}, "key": "made-up", "language": "de"},
            id="as Windows editors write it",
        ),
        pytest.param(
            "TMDB_API_TOKEN=\nTMDB_LANGUAGE=de\n",
            GIVEN,
            {"child": GIVEN, "key": "given", "language": "fr"},
            id="the environment wins over the file",
        ),
        pytest.param(
            "MOVIE_PIPELINE_CACHE=redis://:secret@localhost/0\nTMDB_API_KEY=made-up\n",
            {"TMDB_API_KEY": "made-up"},
            {"child": {}, "key": "made-up", "language": "en-US"},
            id="the same value in both",
        ),
    ],
)
def test_what_dagster_reads_from_the_env_file_is_not_passed_on_to_any_process(
    project, monkeypatch, file, environment, expected
):
    """Dagster's command line copies the file into its environment, which its children inherit.

    The key would be readable in /proc, a changed file would go unnoticed, and the line that is
    empty in `.env.example` would remove a key that the environment sets.
    """
    (project / ".env").write_bytes(file.encode())
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    names = [*environment, "TMDB_API_TOKEN", "TMDB_API_KEY", "TMDB_LANGUAGE", "HTTPS_PROXY"]
    names += ["MOVIE_PIPELINE_CACHE"]
    kept = {name: one for name, one in os.environ.items() if name not in names}
    said = subprocess.run(
        [sys.executable, "-c", BEGINS, json.dumps(names)],
        cwd=project,
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == expected
