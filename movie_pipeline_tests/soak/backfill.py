"""Backfill: launched in the UI over contiguous and other partitions; only the bad upload fails."""

from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import System, film_list, running

BAD = "\0\1 this is not a film list \2"
_PATIENCE_PER_UPLOAD = 30.0


def prove(uploads: int = 50, films: int = 20) -> Proof:
    """Backfill many uploads, one of them bad."""
    with running(latency=0.05) as system:
        system.start()
        proof = launch(system, uploads, films)
        from_the_middle(system, proof, ["upload-00.csv", "upload-02.csv"])
        return proof


def from_the_middle(system: System, proof: Proof, uploads: list[str]) -> None:
    """Redraw only the dashboard: no requests are sent, and the status keeps its counts."""
    before = {upload: system.statuses()[upload] for upload in uploads}
    drawn = {upload: _drawn(system, upload) for upload in uploads}
    system.tmdb.requests.clear()
    assets = [one for one in system.ui.assets() if one.startswith("dashboard/")]
    backfill = system.ui.backfill(uploads, assets)
    system.wait_until(
        lambda: system.ui.backfill_status(backfill).startswith("COMPLETED"), 240, "redrawn"
    )
    for upload in uploads:
        now = system.statuses()[upload]
        counts = (now.status, now.total_movies, now.enriched_count)
        proof.must(
            counts == ("completed", before[upload].total_movies, before[upload].enriched_count),
            f"{upload} after its dashboard was redrawn: {counts}",
        )
        proof.must(_drawn(system, upload) > drawn[upload], f"{upload} was not redrawn")
    proof.must(system.tmdb.count() == 0, "redrawing sent requests")


def _drawn(system: System, upload: str) -> int:
    return (system.data / "dashboard" / f"{upload}.html").stat().st_mtime_ns


def launch(system: System, uploads: int, films: int) -> Proof:
    """With the sensor off: add partitions, launch, and wait for the end."""
    names = [f"upload-{number:02}.csv" for number in range(uploads)]
    with system.ui.sensor_off():
        for number, name in enumerate(names):
            system.drop(name, film_list(films, first=number * 37))
            system.ui.add_partition(name)
        return _launched(system, names, films, bad=names[uploads // 3])


def _launched(system: System, names: list[str], films: int, *, bad: str) -> Proof:
    """Replace one upload with garbage, then backfill the first half and every other one after it.

    The rest are materialized one by one, as with the button on the asset page.
    """
    half = len(names) // 2
    contiguous, others, rest = names[:half], names[half::2], names[half + 1 :: 2]
    asked = [*contiguous, *others, *rest]
    before = {run["id"] for run in system.ui.runs()}
    system.drop(bad, BAD)
    proof = Proof(
        f"backfills of {len(contiguous)} uploads in a row and {len(others)} with gaps, Materialize"
        f" of {len(rest)}; one bad"
    )
    backfills = [system.ui.backfill(contiguous), system.ui.backfill(others)]
    for upload in rest:
        system.ui.materialize(upload)
    took = system.wait_until(
        lambda: _ended(system, _new(system, asked, before), len(asked), backfills),
        120 + len(asked) * _PATIENCE_PER_UPLOAD,
        "all runs of the backfills have ended",
    )
    proof.figures["seconds"] = round(took)
    runs = _new(system, asked, before)
    proof.figures["runs"] = len(runs)
    proof.must(
        sorted(run["tags"]["dagster/partition"] for run in runs) == sorted(asked),
        "one run for each upload",
    )
    ends = {run["tags"]["dagster/partition"]: run["status"] for run in runs}
    good = [name for name in asked if name != bad]
    proof.figures["completed"] = sum(ends.get(name) == "SUCCESS" for name in good)
    proof.must(all(ends.get(name) == "SUCCESS" for name in good), f"all but one: {ends}")
    proof.must(ends.get(bad) == "FAILURE", f"the bad one failed: {ends.get(bad)}")
    _check_runs(system, runs, proof)
    _check_statuses(system, good, bad, proof)
    proof.problems += system.incomplete(dict.fromkeys(good, films))
    return proof


def _new(system: System, uploads: list[str], before: set[str]) -> list[dict]:
    return [run for run in system.ui.runs_of(*uploads) if run["id"] not in before]


def _ended(system: System, runs: list[dict], number: int, backfills: list[str]) -> bool:
    ended = [run for run in runs if run["status"] in {"SUCCESS", "FAILURE"}]
    return len(ended) >= number and all(
        system.ui.backfill_status(one).startswith("COMPLETED") for one in backfills
    )


def _check_runs(system: System, runs: list[dict], proof: Proof) -> None:
    """Each run executes in one process, whatever job the UI used."""
    jobs = {run["jobName"] for run in runs}
    proof.figures["jobs"] = ", ".join(sorted(jobs))
    kinds = {one.get("eventType") for run in runs[:5] for one in system.ui.events(run["id"])}
    proof.must("STEP_WORKER_STARTING" not in kinds, "a step had a separate process")
    proof.must("STEP_START" in kinds, "the events could not be read")


def _check_statuses(system: System, good: list[str], bad: str, proof: Proof) -> None:
    """The failure message is the same however the run was started."""
    shown = system.statuses()
    proof.must(all(shown[name].status == "completed" for name in good), "completed in the status")
    proof.must(shown[bad].status == "failed", f"{bad} is {shown[bad].status} in the status")
    proof.figures["the bad one"] = shown[bad].message
    system.execute(bad).wait()
    again = system.statuses()[bad].message
    proof.must(bad in again and again == shown[bad].message, f"another message in CI: {again}")
