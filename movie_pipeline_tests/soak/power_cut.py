"""A power cut: every process is killed at once, and the system started again without a click.

What must be true: within a minute no dead run is shown as executing; every upload is completed
except the one that a person cancelled; and no upload ever has two runs executing at a time, not
even when the definitions are reloaded meanwhile.
"""

import time
from typing import Any

from movie_pipeline.status.store import Progress
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import System, film_list, running

_SLOW_SECONDS = 8.0
"""Less than what counts as a fault, and long enough for runs to be still executing."""
_PASSES_SECONDS = 25.0
"""Two passes of run monitoring, at 10 s (dagster.yaml)."""
_BY_HAND, _CANCELLED = "by-hand.csv", "cancelled.csv"


def prove(working: int = 4, waiting: int = 10, films: int = 100, reload: int = 1) -> Proof:
    """Kill everything while some uploads are executing and others wait, and start again.

    Args:
        working: executing uploads, one of them by `dagster job execute`, unknown to the daemon.
        waiting: uploads in the queue.
        films: films in each; four times as many in the one by `dagster job execute`, which begins
            first, so that it is still executing at the power cut.
        reload: whether the definitions are reloaded while runs are executing.
    """
    proof = Proof(f"kill -9 of everything, {working} runs executing and {waiting} waiting")
    sizes = {_BY_HAND: 4 * films}
    sizes |= {f"{number:02}.csv": films for number in range(1, working + waiting)}
    with running(latency=_SLOW_SECONDS) as system:
        system.drop(_BY_HAND, film_list(sizes[_BY_HAND]))
        system.execute(_BY_HAND)
        wait_for_enriching(system, 1)
        system.start()
        _cancel_one(system, films, proof)
        for number, name in enumerate(sizes):
            if name != _BY_HAND:
                system.drop(name, film_list(films, (number + 3) * films))
        system.wait_until(
            lambda: _with_a_run(system).issuperset(sizes), what="every upload has a run"
        )
        wait_for_enriching(system, working)
        if reload:
            _reload(system, working, proof)
        clean = strike(system, proof, sizes, at_work=working - 1)
        proof.must(clean <= 60.0, "a dead run was shown as executing for more than a minute")
        message = system.statuses()[_CANCELLED].message
        proof.must("cancelled" in message, f"the status of a cancelled run says: {message}")
    return proof


def strike(system: System, proof: Proof, sizes: dict[str, int], at_work: int) -> float:
    """Kill everything, start again, and wait until everything is completed.

    Args:
        system: with executing and queued runs.
        proof: receives the figures and problems.
        sizes: the number of films by upload.
        at_work: the minimum number of executing runs that came from the queue.

    Returns:
        Seconds from the start until no dead run was shown as executing.
    """
    proof.figures["processes killed"] = system.kill()
    system.tmdb.latency = 0.0
    began = time.monotonic()
    system.start()
    system.wait_until(lambda: not _dead(system), what="no dead run is shown as executing")
    clean = time.monotonic() - began
    proof.figures["s until no dead run is shown as executing"] = round(clean)
    system.wait_until(lambda: system.all_completed(len(sizes)), 300.0, "all are completed")
    proof.figures["s until all are completed"] = round(time.monotonic() - began)
    runs = system.ui.runs()
    repeated = [run for run in runs if "dagster/parent_run_id" in run["tags"]]
    proof.figures["runs retried"] = len(repeated)
    proof.must(len(repeated) >= at_work, "a killed run was not retried")
    proof.problems += [*_at_a_time(runs), *_miscounted(system, sizes)]
    return clean


def wait_for_enriching(system: System, number: int) -> None:
    system.wait_until(
        lambda: system.counted()["enriching"] >= number, what=f"{number} are executing"
    )


def _with_a_run(system: System) -> set[str]:
    return {run["tags"].get("dagster/partition", "") for run in system.ui.runs()}


def _cancel_one(system: System, films: int, proof: Proof) -> None:
    """Terminate a run in the UI; nothing may restart it."""
    system.drop(_CANCELLED, film_list(films, 5_000))
    wait_for_enriching(system, 2)
    (run,) = system.ui.runs_of(_CANCELLED)
    began = time.monotonic()
    system.ui.terminate(run["id"])
    system.wait_until(
        lambda: system.ui.runs_of(_CANCELLED)[0]["status"] == "CANCELED", what="it is cancelled"
    )
    proof.figures["s until a terminated run ended"] = round(time.monotonic() - began)


def _reload(system: System, working: int, proof: Proof) -> None:
    """Reload the definitions, and check that run monitoring leaves the runs alone."""
    before = {run["id"] for run in system.ui.runs() if run["status"] == "STARTED"}
    system.ui.reload()
    until = time.monotonic() + _PASSES_SECONDS
    system.wait_until(lambda: time.monotonic() > until, what="two passes of run monitoring")
    after = {run["id"]: run["status"] for run in system.ui.runs()}
    alive = [one for one in before if after[one] in {"STARTED", "SUCCESS"}]
    proof.figures["runs that a reload left alone"] = f"{len(alive)} of {len(before)}"
    proof.must(working <= len(alive) == len(before), "a reload ended an executing run")


def _dead(system: System) -> list[str]:
    """Started runs whose process is gone or unknown."""
    noted = {entry.run.id: entry for entry in Progress.of(system.read_settings()).all()}
    started = [run["id"] for run in system.ui.runs() if run["status"] == "STARTED"]
    return [one for one in started if one not in noted or noted[one].killed]


def _at_a_time(runs: list[dict[str, Any]]) -> list[str]:
    """A problem for each upload with a run that began before its previous one had ended."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for run in runs:
        upload = run["tags"].get("dagster/partition")
        if upload and run["startTime"]:
            spans.setdefault(upload, []).append((run["startTime"], run["endTime"] or float("inf")))
    return [
        f"{upload} had two runs at a time"
        for upload, times in spans.items()
        for (_, ended), (began, _) in zip(sorted(times), sorted(times)[1:], strict=False)
        if began < ended
    ]


def _miscounted(system: System, sizes: dict[str, int]) -> list[str]:
    """A problem for each upload whose films are not all there exactly once."""
    counted = system.sql(
        "SELECT upload, count(*), count(DISTINCT row_number) FROM enriched.movies GROUP BY upload"
    )
    rows = {upload: numbers for upload, *numbers in counted}
    return [
        f"{upload} has rows {rows.get(upload)}"
        for upload, films in sizes.items()
        if rows.get(upload) != [films, films]
    ]
