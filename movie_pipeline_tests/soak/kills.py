"""Kills: a run is killed at random moments and run again, while a reader watches.

Before each kill the upload is changed, so that the run has everything to do: read it, query TMDB
for half of its films, write and draw. The moments are spread over the run's stages, by its progress
entry, and are random within a stage.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from movie_pipeline.status.store import Entry, Progress
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import ROOT, System, film_list, running

UPLOAD = "mine.csv"
WORKERS = 16
_PATIENCE = 240.0


def prove(
    kills: int = 25,
    films: int = 100,
    seed: int = 5,
    again_after: int = 1,
    stages: Sequence[str] = (),
    *,
    bundle: Path | None = None,
) -> Proof:
    """Kill runs of one upload, in the given stages (default: all).

    After every `again_after` kills it is run again to completion. For `bundle`, see `running`.
    """
    dice = random.Random(seed)
    proof = Proof(f"a run of {films} films killed at {kills} random moments, then run again")
    stages = stages or list(_STAGES)
    fell: Counter[str] = Counter()
    with running(latency=0.05, bundle=bundle) as system:
        _run_to_its_end(system, proof, films, version=0)
        said = system.folder.parent / "reader.log"
        reader = _reader(system, films, said)
        for number in range(1, kills + 1):
            stage = stages[(number - 1) % len(stages)]
            fell[_kill_one(system, films, number, _STAGES[stage], dice)] += 1
            _look_after_a_kill(system, proof, films)
            if reader.poll() is not None:
                break
            if number % again_after == 0:
                _run_to_its_end(system, proof, films, number)
        os.killpg(reader.pid, signal.SIGTERM)
        reader.wait()
        looks = [json.loads(line) for line in said.read_text().splitlines()]
    proof.figures["killed while"] = ", ".join(f"{stage} {n}" for stage, n in fell.items())
    proof.figures["looks of the reader"] = looks[-1]["looks"] if looks else 0
    proof.must(looks, "the reader looked")
    proof.problems += [problem for look in looks for problem in look["problems"]]
    return proof


_Reached = Callable[[System, Entry | None, int, float], bool]
_STAGES: dict[str, _Reached] = {
    # The share is a random number between 0 and 1, new for each kill.
    "starting": lambda _s, _e, _need, share: share < 0.1,
    "reading": lambda _s, entry, _need, _share: entry is not None and entry.run.version is not None,
    "requesting": lambda system, _e, need, share: len(system.tmdb.requests) > share * need,
    "writing": lambda system, _e, need, _share: len(system.tmdb.requests) >= need,
    "drawing": lambda _s, entry, _need, _share: entry is not None and "analytics" in entry.done,
}

LATE = ("requesting", "writing", "drawing")


def _kill_one(
    system: System, films: int, version: int, reached: _Reached, dice: random.Random
) -> str:
    """Kill the run of a new version of the upload; returns what it was doing."""
    system.drop(UPLOAD, _content(films, version))
    system.tmdb.requests.clear()
    need, share = films, dice.random()  # half of the films are new, with two requests each
    progress = Progress.of(system.read_settings())
    before = progress.get(UPLOAD)
    run = system.execute(UPLOAD)

    def entry() -> Entry | None:
        now = progress.get(UPLOAD)
        return None if before and now and now.run.id == before.run.id else now

    while run.poll() is None and not reached(system, entry(), need, share):
        time.sleep(0.01)
    time.sleep(share * 0.5)  # a random moment of the stage
    with suppress(ProcessLookupError):  # it had just ended
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    at = entry()
    if at is None:
        return "starting"
    return at.stage + (f" after {at.done[-1]}" if at.done else "")


def _look_after_a_kill(system: System, proof: Proof, films: int) -> None:
    """Check that no lock is left and that each table is complete."""
    # The reader locks only for moments; a lock that was left behind would stay.
    with Warehouse(system.read_settings().warehouse, wait_seconds=30).writing() as connection:
        for table in ("raw.movies", "enriched.movies"):
            counted = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
            proof.must(counted == [(films,)], f"{table} after a kill: {counted}")
    shown = system.statuses()[UPLOAD]
    proof.must(shown.status in {"failed", "queued", "completed"}, f"{shown.status} after a kill")


def _run_to_its_end(system: System, proof: Proof, films: int, version: int) -> None:
    """Run it again: every row is there, and few requests were repeated."""
    system.drop(UPLOAD, _content(films, version))
    code = system.execute(UPLOAD).wait(_PATIENCE)
    proof.must(code == 0, f"exit code {code} when run again: {system.statuses()[UPLOAD].message}")
    proof.problems += system.incomplete({UPLOAD: films})
    _, again = system.questions()
    worst = max(again, int(str(proof.figures.get("most asked again", 0))))
    proof.figures["most asked again"] = worst
    proof.must(again <= WORKERS, f"{again} requests repeated, more than were in flight")


def _content(films: int, version: int) -> str:
    """A film list; half of its films are those of the previous version."""
    return film_list(films, first=version * films // 2)


def _reader(system: System, films: int, said: Path) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
    module = "movie_pipeline_tests.soak.reader"
    command = (sys.executable, "-m", module, str(system.data), str(films))
    return system.spawn(*command, log=said, PYTHONPATH=path)
