"""Two workers against one: what a second machine saves of the time, and what it costs.

And how soon the death of a machine is found, which a second one makes up for.

The machines are namespaces of this one and share its cores, so the time that is saved is what more
slots save: runs mostly wait for TMDB.
"""

import tempfile
import time
from pathlib import Path

from movie_pipeline.status.store import Progress
from movie_pipeline_tests.cluster.cluster import SLOTS, Cluster, running
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import film_list

_PATIENCE_PER_UPLOAD = 60.0


def prove(uploads: int = 200, films: int = 50) -> Proof:
    """Drop as many uploads on one worker, then others on two."""
    proof = Proof(f"{uploads} uploads of {films} films on one worker of {SLOTS} slots, and on two")
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as name,
        running(Path(name), None, TMDB_REQUESTS_PER_SECOND="39") as cluster,
    ):
        cluster.tmdb.latency = 0.1
        cluster.start_worker("m1")
        cluster.start_hub()
        _run(cluster, "warm", 1, films)  # compiles the charts
        one = _run(cluster, "one", uploads, films)
        cluster.start_worker("m2")
        two = _run(cluster, "two", uploads, films)
        found = [_death(cluster, f"dies-{one}.csv") for one in range(3)]
    proof.figures = {
        "seconds": f"{one[0]:.0f}, {two[0]:.0f}: {one[0] / two[0]:.2f} times as fast",
        "processor seconds": f"{one[1]:.0f}, {two[1]:.0f}: {two[1] / one[1]:.2f} of it",
        "on the second machine": f"{two[2]:.0%} of the processor time",
        "seconds until a machine's death is found": ", ".join(f"{one:.1f}" for one in found),
    }
    proof.must(two[2] > 0.2, "the second machine did too little")
    return proof


def _run(cluster: Cluster, name: str, uploads: int, films: int) -> tuple[float, float, float]:
    """Seconds, the workers' processor seconds, and the second machine's share of these."""
    before = {one.name: one.processor_seconds() for one in cluster.machines.values()}
    began = time.monotonic()
    keys = {f"{name}-{one:03}.csv": films for one in range(uploads)}
    for number, key in enumerate(keys):
        # A film is asked for twice at most; the second half of the catalogue is for two workers.
        cluster.drop(key, film_list(films, first=number * films + (name == "two") * 3_000))
    cluster.wait_until(
        lambda: cluster.have_completed(*keys), _PATIENCE_PER_UPLOAD * (uploads + 2), name
    )
    seconds = time.monotonic() - began
    used = {
        one.name: one.processor_seconds() - before[one.name] for one in cluster.machines.values()
    }
    if lacks := cluster.incomplete(keys):
        raise AssertionError("\n".join(lacks))
    return seconds, sum(used.values()), used["m2"] / sum(used.values())


def _death(cluster: Cluster, upload: str) -> float:
    """Cut the power of the machine that executes a run: the seconds until the run has failed."""

    def at_work() -> bool:
        one = cluster.statuses().get(upload)
        return one is not None and one.status == "enriching" and bool(one.enriched_count)

    def is_found() -> bool:
        return "FAILURE" in {one["status"] for one in cluster.ui.runs_of(upload)}

    cluster.tmdb.latency = 1.0
    # Films that TMDB lacks are asked for, however many others have been asked for before.
    unknown = "".join(f"Unknown {upload} {one},1999\n" for one in range(100))
    cluster.drop(upload, film_list(20) + unknown)
    cluster.wait_until(at_work, what=f"{upload} is at work")
    entry = Progress.of(cluster.read_settings()).get(upload)
    assert entry is not None
    assert entry.run.worker is not None
    victim = entry.run.worker.host
    cluster.machines[victim].cut_power()
    seconds = cluster.wait_until(is_found, what="found dead")
    cluster.tmdb.latency = 0.1
    cluster.start_worker(victim)
    cluster.wait_until(lambda: cluster.have_completed(upload), what=f"{upload} is repeated")
    return seconds
