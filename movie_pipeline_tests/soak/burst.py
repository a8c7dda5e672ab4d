"""Burst: many uploads dropped at once, with the real daemon and four runs at a time."""

from collections import Counter

from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import System, film_list, running

SLOTS = 4
TICK_TIMEOUT_SECONDS = 60.0
_PATIENCE_PER_UPLOAD = 30.0


def prove(uploads: int = 200, films: int = 100) -> Proof:
    """Drop many uploads at once, each with `films` films."""
    with running(latency=0.05) as system:
        system.start()
        proof = drop_at_once(system, uploads, films)
    longest = proof.figures["ticks, longest (s)"][1]
    proof.must(longest < TICK_TIMEOUT_SECONDS, f"a tick took {longest:.0f} s")
    return proof


def drop_at_once(system: System, uploads: int, films: int) -> Proof:
    """Drop them, wait for the end, and check runs, rows, requests and ticks."""
    proof = Proof(f"{uploads} uploads of {films} films dropped at once")
    for number, name in enumerate(names(uploads)):
        system.drop(name, film_list(films, first=number * 37))
    took = system.wait_until(
        lambda: system.all_ended(uploads), 120 + uploads * _PATIENCE_PER_UPLOAD, "all have ended"
    )
    # The status is completed a moment before Dagster's run is.
    system.wait_until(lambda: all(run["endTime"] for run in system.ui.runs_of(*names(uploads))))
    runs = system.ui.runs_of(*names(uploads))
    ended = Counter(run["status"] for run in runs)
    proof.figures["seconds"] = round(took)
    proof.figures["seconds an upload"] = round(took / uploads, 2)
    proof.figures["runs"] = dict(ended)
    proof.must(ended["SUCCESS"] == uploads == ended.total(), f"one run each, all good: {ended}")
    at_once = _most_at_once(runs)
    proof.figures["most at once"] = at_once
    proof.must(at_once <= SLOTS, f"{at_once} runs at once")
    proof.problems += system.incomplete(dict.fromkeys(names(uploads), films))
    asked, again = system.questions()
    proof.figures["questions, asked again"] = (asked, again)
    proof.must(not again, f"{again} questions were asked twice")
    check_ticks(system, proof)
    return proof


def names(uploads: int) -> list[str]:
    """The uploads of a burst."""
    return [f"burst-{number:03}.csv" for number in range(uploads)]


def _most_at_once(runs: list[dict]) -> int:
    """The largest number of runs that were executing at the same moment."""
    moments = [(run["startTime"], 1) for run in runs] + [(run["endTime"], -1) for run in runs]
    most = now = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most


def check_ticks(system: System, proof: Proof) -> None:
    """Check that no sensor tick failed.

    The longest is only a figure: a killed tick ends at the restart.
    """
    ticks = system.ui.ticks()
    failed = [tick["error"] for tick in ticks if tick["status"] == "FAILURE"]
    seconds = [t["endTimestamp"] - t["timestamp"] for t in ticks if t["endTimestamp"]]
    proof.figures["ticks, longest (s)"] = (len(ticks), round(max(seconds), 1))
    proof.must(not failed, f"ticks that failed: {failed[:1]}")
