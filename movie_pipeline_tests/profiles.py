"""Hypothesis' profiles: the suite tells the same thing each time, `make soak` searches.

What belongs here: how many examples there are, whether they are drawn at random, and how long a
failure is made smaller. A test that wants its own number of examples asks `examples` for it.

Left to chance, a rare fault would fail one run in ten of the suite, and hit an innocent change.
"""

import os

from hypothesis import Phase, settings
from hypothesis.internal.conjecture import engine

VARIABLE = "MOVIE_PIPELINE_SEARCH"
"""Set to 1, examples are random and ten times as many (`soak.search`)."""

SEARCHING = os.environ.get(VARIABLE) == "1"
FACTOR = 10
_USUAL = 100


def examples(number: int) -> int:
    """How many examples to draw where the suite draws so many."""
    return number * FACTOR if SEARCHING else number


def load() -> None:
    """Take the profile of this run for all tests that are defined from now on."""
    # Machines that run tests are shared; a deadline would make a fact depend on their neighbours.
    # To explain a failure costs minutes on Python 3.11, which traces for it in Python.
    common = {
        "deadline": None,
        "database": None,
        "phases": (Phase.explicit, Phase.generate, Phase.shrink),
    }
    settings.register_profile("suite", derandomize=True, max_examples=_USUAL, **common)
    # Said in full: where CI is set, Hypothesis' own default is not to draw at random.
    settings.register_profile(
        "search", derandomize=False, max_examples=examples(_USUAL), print_blob=True, **common
    )
    settings.load_profile("search" if SEARCHING else "suite")
    if not SEARCHING:
        # Its 300 s are all the time that a test has (pyproject.toml), and nothing would be told.
        engine.MAX_SHRINKING_SECONDS = 60
