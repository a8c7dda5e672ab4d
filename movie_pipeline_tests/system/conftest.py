"""The system that several tests share: starting one takes ten seconds of processor time.

Tests on it have `ON_ONE_DAEMON` or `ON_ONE_UI` and thus one worker, one after another. Each uses names
of its own and looks only at them, since what the others left is still there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from movie_pipeline_tests.soak.system import System, running

# Two groups, since one of all would take as long as everything else together.
ON_ONE_DAEMON = pytest.mark.xdist_group("one daemon")
ON_ONE_UI = pytest.mark.xdist_group("one UI")


@pytest.fixture(scope="session")
def system(bundle: Path) -> Iterator[System]:
    """`make dev`, and a TMDB that takes a moment to answer."""
    with running(latency=0.02, bundle=bundle) as system:
        system.start()
        yield system
