"""Runs killed in the middle of their work, with a reader at the warehouse all the while.

What a killed run costs in requests is told in `test_resuming`; the full form is `soak.kills`.
"""

import pytest

from movie_pipeline_tests.soak import kills


@pytest.mark.slow
def test_killed_while_asking_writing_and_drawing_nothing_is_lost_or_seen_in_halves():
    proof = kills.prove(kills=3, films=40, stages=kills.LATE, again_after=3)
    assert proof.problems == []
