"""Runs killed in the middle of their work, while a reader reads the warehouse all the time.

`test_resuming` shows what a killed run costs in requests; `soak.kills` is the full version.
"""

import pytest

from movie_pipeline_tests.soak import kills


@pytest.mark.slow
def test_a_run_killed_while_requesting_writing_or_drawing_loses_nothing_and_shows_no_partial_state(
    bundle,
):
    proof = kills.prove(kills=3, films=40, stages=kills.LATE, again_after=3, bundle=bundle)
    assert proof.problems == []
