"""The Dagster instance, as `dagster.yaml` describes it, from processes that start at once."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPEN = "import dagster; dagster.DagsterInstance.from_config('.').get_runs()"


def test_processes_that_start_at_once_in_a_fresh_folder_all_get_their_instance(tmp_path):
    """Dagster's migrations of SQLite fail in some of them where nobody keeps order."""
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
