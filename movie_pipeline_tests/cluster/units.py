"""The units for systemd in `deploy/cluster`, and what they start.

What belongs here: reading them. What does not: whether they fit together (`test_deploy`), and
starting it (`cluster`).
"""

import re
import shlex
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy" / "cluster"
UNITS = {path.stem.removeprefix("movie-pipeline-"): path for path in DEPLOY.glob("systemd/*")}


def command(unit: str) -> list[str]:
    """What a unit starts, as words."""
    text = UNITS[unit].read_text().replace("\\\n", " ")
    started = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert started
    return shlex.split(started[1])
