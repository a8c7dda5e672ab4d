"""A locked warehouse: another program has it open, for a while or for longer than we wait."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import System, film_list, running

# A viewer (DBeaver, a notebook): opens it when it can, prints that, and keeps it open until told.
_HOLDER = """
import sys, time, duckdb
while True:
    try:
        held = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading")
        break
    except duckdb.IOException:
        time.sleep(0.01)
print("held", flush=True)
sys.stdin.readline()
"""
FILMS = 30
_PATIENCE = 240.0


def prove(seconds: int = 60) -> Proof:
    """Keep it open for some seconds, reading and writing, and then for longer than we wait."""
    with running(latency=0.05) as system:
        system.start()
        proof = Proof(f"held for {seconds} s by a reader and by a writer, then for too long")
        system.drop("first.csv", film_list(FILMS))
        system.wait_until(lambda: system.all_completed(1), _PATIENCE)
        for how in ("reading", "writing"):
            waited_for(system, proof, how, seconds)
        too_long(system, proof)
        return proof


def waited_for(system: System, proof: Proof, how: str, seconds: float) -> None:
    """A run waits, names the process that it waits for, and finishes when that one is done."""
    upload = f"while {how}.csv"
    with held(system, how) as holder:
        system.drop(upload, film_list(FILMS, first=100))
        said = f"process {holder.pid}"
        system.wait_until(lambda: _places(system, upload, said), _PATIENCE, "the holder is named")
        proof.figures[f"{how}: its name is in"] = ", ".join(_places(system, upload, said))
        with suppress(subprocess.TimeoutExpired):
            holder.wait(seconds)  # only the end of this block ends it
        now = system.statuses()[upload].status
        proof.must(now in {"processing", "enriching"}, f"{upload} waits, not {now}")
    took = system.wait_until(
        lambda: system.statuses()[upload].status in {"completed", "failed"}, _PATIENCE
    )
    shown = system.statuses()[upload]
    proof.figures[f"{how}: ended after (s)"] = round(took, 1)
    proof.must(shown.status == "completed", f"{upload}: {shown.message}")
    proof.problems += system.incomplete({upload: FILMS})


def too_long(system: System, proof: Proof, wait: float = 3.0) -> None:
    """A run fails and names the holder, keeps its results, and can be retried from its failure."""
    upload = "too long.csv"
    settings = system.folder / ".env"
    before = settings.read_text()
    settings.write_text(f"{before}MOVIE_PIPELINE_LOCK_WAIT={wait:g}\n")
    system.tmdb.latency = 0.5  # time to open the warehouse between the run's two writing steps
    system.drop(upload, film_list(FILMS, first=1_000))
    system.wait_until(
        lambda: upload in system.statuses() and system.statuses()[upload].status == "enriching",
        _PATIENCE,
        "it is enriching",
    )
    with held(system, "writing") as holder:
        system.wait_until(lambda: system.statuses()[upload].status == "failed", _PATIENCE, "failed")
        message = system.statuses()[upload].message
        proof.figures["held for too long"] = message.replace(str(system.data), "data")
        proof.must(f"process {holder.pid}" in message, f"who held it: {message}")
    stored = system.sql("SELECT count(*) FROM raw.movies WHERE upload = ?", upload)
    proof.must(stored == [(FILMS,)], f"raw rows written before: {stored}")
    settings.write_text(before)
    system.tmdb.latency = 0.0
    system.tmdb.requests.clear()
    # The failed step sets the status; the run itself ends a moment later.
    system.wait_until(
        lambda: system.ui.runs_of(upload)[0]["status"] == "FAILURE", _PATIENCE, "its run has ended"
    )
    run = system.ui.retry_from_failure(system.ui.runs_of(upload)[0]["id"])
    system.wait_until(lambda: system.statuses()[upload].status == "completed", _PATIENCE, "retried")
    asked = system.tmdb.count()
    proof.figures["requests of the retry"] = asked
    proof.must(asked == 0, f"{asked} requests of the retry")
    steps = {one.get("stepKey") for one in system.ui.events(run) if one.get("stepKey")}
    proof.must("raw" not in steps, f"only unfinished steps are repeated: {steps}")
    proof.problems += system.incomplete({upload: FILMS})


@contextmanager
def held(system: System, how: str) -> Iterator["subprocess.Popen[str]"]:
    """Another program has the warehouse open, "reading" or "writing"."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(system.data / "warehouse.duckdb"), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.communicate("\n")


def _places(system: System, upload: str, words: str) -> list[str]:
    """Where the user can read these words: in the status, the run's events, or the terminal."""
    shown = system.statuses().get(upload)
    events = [one for run in system.ui.runs_of(upload) for one in system.ui.events(run["id"])]
    said = {
        "the status": shown.message if shown else "",
        "the run's events": "\n".join(one.get("message", "") for one in events),
        "the terminal": system.log.read_text(),
    }
    return [place for place, text in said.items() if words in text]
