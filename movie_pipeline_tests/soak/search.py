"""Search: Hypothesis with random seeds and ten times the examples (the suite's are fixed).

It repeats the state machine of the arrivals with another seed until the time is up, then runs every
property of the suite once, including the counting machine.
"""

import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from movie_pipeline_tests.profiles import VARIABLE
from movie_pipeline_tests.soak.proof import Proof

_ROOT = Path(__file__).parents[2]
_MACHINE = "movie_pipeline_tests/status/test_arrivals_machine.py"
_EVERYTHING_SECONDS = 1800.0
_LONGEST_LINE = 300  # Hypothesis's statistics repeat whole strategies


def prove(minutes: int = 20, everything: int = 1) -> Proof:
    """Search for some minutes, and then through every property, unless `everything` is 0."""
    proof = Proof(f"{minutes} minutes of random arrivals, then every property")
    end, found, rounds = time.monotonic() + 60.0 * minutes, 0, 0
    while time.monotonic() < end and not proof.problems:
        found += _round(proof, [_MACHINE, "--hypothesis-show-statistics"], end - time.monotonic())
        rounds += 1
        proof.figures["rounds, sequences of events"] = (rounds, found)
        print(f"{rounds} rounds, {found} sequences", flush=True)
    if everything and not proof.problems:
        began = time.monotonic()
        _round(proof, ["-m", "hypothesis", "--deselect", _MACHINE], _EVERYTHING_SECONDS)
        proof.figures["every property (s)"] = round(time.monotonic() - began)
    return proof


def _round(proof: Proof, arguments: list[str], seconds: float) -> int:
    """Run tests with a new seed for at most `seconds`; returns the number of passing examples.

    That number is 0 unless Hypothesis prints its statistics.
    """
    seed = random.randrange(2**32)
    command = [
        *(sys.executable, "-m", "pytest", "-n", "0", "--timeout", "0", "-x", "--tb", "short"),
        *("--hypothesis-seed", str(seed), *arguments),
    ]
    print(f"{VARIABLE}=1 {' '.join(command)}", flush=True)
    try:
        ended = subprocess.run(
            command,
            cwd=_ROOT,
            env={**os.environ, VARIABLE: "1"},
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:  # the time is up and nothing was found
        return 0
    if ended.returncode:
        said = [line for line in ended.stdout.splitlines() if len(line) < _LONGEST_LINE]
        print("\n".join([*said, ended.stderr]), flush=True)
        proof.problems.append(f"a counter-example, shown above: --hypothesis-seed {seed}")
    return sum(map(int, re.findall(r"(\d+) passing,", ended.stdout)))
