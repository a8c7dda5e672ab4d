"""The clock is set ahead and back while `make dev` runs: each dropped list is run once.

Only the system's own processes see the other time (`other_clock.c`; it takes a C compiler). The
test server and this process keep the machine's, and so do the times of changed files.
"""

import os
import struct
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import film_list, running

FILMS = 10
SHIFTS = {"3 h ahead": 10_800, "2 days back": -172_800, "30 days ahead": 2_592_000, "right": 0}
_SOURCE = Path(__file__).with_name("other_clock.c")
_PATIENCE = 240.0
_QUIET_SECONDS = 20.0


def prove() -> Proof:
    """Drop a list just before and just after each change of the clock."""
    proof = Proof(f"the clock set {len(SHIFTS)} times while make dev runs")
    with tempfile.TemporaryDirectory() as folder:
        library, ahead = Path(folder, "clock.so"), Path(folder, "ahead")
        compile_it = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
        subprocess.run(compile_it, check=True)
        ahead.write_bytes(struct.pack("<q", 0))
        other = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(ahead)}
        with ahead.open("r+b", buffering=0) as clock, running(latency=0.05, **other) as system:

            def drop(name: str, shift: int) -> None:
                path = system.drop(f"{name}.csv", film_list(FILMS, FILMS * len(expected)))
                at = time.time() + shift
                os.utime(path, (at, at))
                expected[path.name] = FILMS

            expected: dict[str, int] = {}
            system.start()
            drop("before", 0)
            system.wait_until(lambda: system.all_completed(1), _PATIENCE, "the first list")
            before = 0
            for name, shift in SHIFTS.items():
                drop(f"just before {name}", before)
                clock.seek(0)
                clock.write(struct.pack("<q", shift))
                drop(f"just after {name}", shift)
                took = system.wait_until(
                    lambda: system.have_completed(*expected), _PATIENCE, f"the lists at {name}"
                )
                proof.figures[f"{name}: both completed after (s)"] = round(took, 1)
                before = shift
            time.sleep(_QUIET_SECONDS)  # a second run would have begun by now
            keys = [run["tags"].get("dagster/run_key") for run in system.ui.runs()]
            lists = Counter(key.rsplit(":", 2)[0] for key in {*keys} if key)
            # Run monitoring gives up a run that is starting when the clock jumps; Dagster retries it.
            proof.figures["runs that Dagster retried"] = len(keys) - len(lists)
            proof.must(lists == dict.fromkeys(expected, 1), f"not requested once each: {lists}")
            proof.must(not system.questions()[1], "TMDB was asked twice")
            proof.problems += system.incomplete(expected)
    return proof
