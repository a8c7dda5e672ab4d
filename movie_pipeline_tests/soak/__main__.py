"""`make soak`: every scenario in turn, in one table; the exit code is 1 if any has a problem.

    python -m movie_pipeline_tests.soak                     all of them, in full: about two hours
    python -m movie_pipeline_tests.soak burst uploads=20    one of them, smaller

Each scenario is a module with a function `prove`, whose arguments are its sizes.
"""

import importlib
import signal
import sys
import time
import traceback
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from movie_pipeline_tests.soak.proof import Proof

SCENARIOS = (
    "burst",
    "backfill",
    "held_warehouse",
    "kills",
    "faults",
    "many_files",
    "power_cut",
    "restore",
    "changing_clock",
    "small_behind_large",
    "search",
    "two_workers",
)


def main(arguments: Iterable[str]) -> int:
    """Run the named scenarios, or all; returns the exit code."""
    names, sizes = [], {}
    for one in arguments:
        name, given, number = one.partition("=")
        if given:
            sizes[name] = int(number)
        else:
            names.append(name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that started processes are ended
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table("scenario", "what was done", "figures", "ok", "s", title="make soak")
    failed = False
    for name in names or SCENARIOS:
        console.print(f"{name} …")
        began = time.monotonic()
        proof = _proved(name, sizes)
        failed = failed or bool(proof.problems)
        figures = "\n".join(f"{figure}: {value}" for figure, value in proof.figures.items())
        problems = "\n".join(proof.problems) or "ok"
        console.print(f"{figures}\n{problems}\n", markup=False)  # the table may be an hour away
        table.add_row(name, proof.done, figures, problems, f"{time.monotonic() - began:.0f}")
    console.print(table, markup=False)
    return int(failed)


def _proved(name: str, sizes: dict[str, int]) -> Proof:
    """The scenario's proof; an exception is one of its problems, and the others still run."""
    try:
        proof: Proof = importlib.import_module(f"{__package__}.{name}").prove(**sizes)
    except Exception as error:
        traceback.print_exc()
        return Proof("crashed", problems=[f"{type(error).__name__}: {error}"])
    return proof


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
