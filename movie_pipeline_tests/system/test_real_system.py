"""The real system, small: the scenarios of `make soak` that need the daemon.

Each scenario is described in `soak`, where it runs in full.
"""

import pytest

from movie_pipeline_tests.soak import backfill, burst, held_warehouse, power_cut
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import film_list, running
from movie_pipeline_tests.system.conftest import ON_ONE_DAEMON

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_after_a_power_cut_in_a_burst_every_upload_completes_without_simultaneous_runs(
    bundle,
):
    """Without a click: the executing runs are retried, and the queued ones follow."""
    proof, sizes = Proof("a power cut in a burst"), dict.fromkeys(burst.names(10), 20)
    with running(latency=4.0, bundle=bundle) as system:
        system.start()
        for number, (name, films) in enumerate(sizes.items()):
            system.drop(name, film_list(films, first=number * films))
        power_cut.wait_for_enriching(system, 2)
        power_cut.strike(system, proof, sizes, at_work=2)
        burst.check_ticks(system, proof)
    assert proof.problems == []


@ON_ONE_DAEMON
def test_a_run_waits_for_a_locked_warehouse_and_fails_if_it_takes_too_long(system):
    """Retried from its failure, it repeats no completed step and sends TMDB no requests."""
    proof = Proof("held")
    held_warehouse.waited_for(system, proof, "writing", seconds=1)
    held_warehouse.too_long(system, proof)
    assert proof.problems == []


@ON_ONE_DAEMON
def test_a_backfill_in_the_ui_is_one_run_per_upload_and_only_the_bad_one_fails(system):
    assert backfill.launch(system, uploads=5, films=5).problems == []
