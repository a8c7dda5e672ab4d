"""The real system, small: `make soak`'s scenarios that need the daemon, on one `make dev`.

Each is a proof of `soak`, where it says what is done and looked at; there it runs in full.
"""

import pytest

from movie_pipeline_tests.soak import backfill, burst, held_warehouse, power_cut
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import film_list, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ON_ONE = pytest.mark.xdist_group("one system")


@pytest.fixture(scope="module")
def system():
    with running(latency=0.02) as system:
        system.start()
        yield system


def test_after_a_power_cut_in_a_burst_every_upload_is_completed_and_none_runs_twice_at_a_time():
    """Without a click: the runs at work are repeated, those in the queue follow."""
    proof, sizes = Proof("a power cut in a burst"), dict.fromkeys(burst.names(10), 20)
    with running(latency=4.0) as system:
        system.start()
        for number, (name, films) in enumerate(sizes.items()):
            system.drop(name, film_list(films, first=number * films))
        power_cut.wait_for_enriching(system, 2)
        power_cut.strike(system, proof, sizes, at_work=2)
        burst.look_at_ticks(system, proof)
    assert proof.problems == []


@ON_ONE
def test_a_warehouse_held_for_a_while_is_waited_for_and_for_too_long_is_a_failure(system):
    """Retried from its failure, it repeats no step that was done and asks TMDB nothing."""
    proof = Proof("held")
    held_warehouse.waited_for(system, proof, "writing", seconds=1)
    held_warehouse.too_long(system, proof)
    assert proof.problems == []


@ON_ONE
def test_a_backfill_in_the_ui_is_one_run_for_each_upload_and_a_bad_one_fails_alone(system):
    assert backfill.launch(system, uploads=5, films=5).problems == []
