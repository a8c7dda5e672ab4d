"""Dagster's home: which `dagster.yaml` and `workspace.yaml` count in a folder, and where runs go.

What belongs here: choosing them. What does not: the storage that they name (`storage`).

A clone has both files, and its runs are in `data/dagster`. The package has copies (links in a
clone) for a folder that has none, such as one where someone uses an installed movie_pipeline. There
Dagster's home is ``<data>/dagster``, for the UI and the command line alike. Dagster's own commands
find it as soon as DAGSTER_HOME names it.
"""

import json
import os
import re
from pathlib import Path

from movie_pipeline.outside import files
from movie_pipeline.settings import Settings

_VARIABLE = "DAGSTER_HOME"
_CONFIG = Path("dagster.yaml")
_WORKSPACE = Path("workspace.yaml")
_STORED = re.compile(r"(?<=base_dir: )data/dagster(\S*)")
"""A folder of the store, as a clone's `dagster.yaml` names it."""

_HEAD = """\
# Written by movie-pipeline, again and again. To change something, put a dagster.yaml of your own
# into the folder where you start movie-pipeline, or set DAGSTER_HOME.
"""


def choose(settings: Settings) -> None:
    """Set DAGSTER_HOME for this process and those it starts, unless the folder or the user has.

    Raises:
        OSError: ``<data>/dagster`` can't be written to.
    """
    if os.getenv(_VARIABLE) or _CONFIG.exists():
        return
    home = (settings.data / "dagster").resolve()
    # JSON's strings are YAML's; a path may have a blank or a colon.
    config = _STORED.sub(
        lambda found: json.dumps(f"{home}{found[1]}"),
        _packaged(_CONFIG).read_text(encoding="utf-8"),
    )
    written = (_HEAD + config).encode()
    if not (home / _CONFIG).exists() or (home / _CONFIG).read_bytes() != written:
        files.write(home / _CONFIG, written)
    os.environ[_VARIABLE] = str(home)


def workspace() -> Path:
    """The `workspace.yaml` that Dagster loads: this folder's, else the package's."""
    return _WORKSPACE if _WORKSPACE.exists() else _packaged(_WORKSPACE)


def _packaged(name: Path) -> Path:
    return Path(__file__).with_name(name.name)
