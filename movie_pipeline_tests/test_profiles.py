"""Profiles: what the suite tells does not depend on chance."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine

from movie_pipeline_tests import profiles
from movie_pipeline_tests.conftest import ROOT

_drawn: list[int] = []


@given(st.integers())
def _drawing(number: int) -> None:
    _drawn.append(number)


def drawn() -> list[int]:
    _drawn.clear()
    _drawing()
    return list(_drawn)


def test_the_suite_draws_the_same_examples_each_time() -> None:
    usual = settings.default
    assert usual is not None
    assert (usual.derandomize, usual.database, usual.deadline) == (True, None, None)
    assert Phase.explain not in usual.phases
    assert drawn() == drawn()
    assert len(_drawn) == usual.max_examples


def test_a_failure_is_made_smaller_in_well_under_the_time_that_a_test_has() -> None:
    """The name is not Hypothesis' public one: where it goes, look for another way."""
    assert hasattr(engine, "MAX_SHRINKING_SECONDS")
    assert engine.MAX_SHRINKING_SECONDS < 300 / 3


def test_a_search_draws_ten_times_as_many_at_random() -> None:
    program = (
        "from hypothesis import settings; from movie_pipeline_tests import profiles;"
        "profiles.load(); one = settings.default;"
        "print(one.max_examples, one.derandomize, profiles.examples(4))"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, profiles.VARIABLE: "1"}
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert said.stdout.decode().split() == ["1000", "False", "40"]


def test_every_number_of_examples_grows_with_the_search() -> None:
    tests = Path(__file__).parent
    own = [
        f"{path.relative_to(tests)}: {line.strip()}"
        for path in tests.rglob("test_*.py")
        for line in path.read_text().splitlines()
        if re.search(r"max_examples=(?!examples\()\w|deadline=", line)
    ]
    assert [one for one in own if "test_profiles.py" not in one] == []


@pytest.mark.xdist_group("a group")
def test_tests_of_one_group_run_on_one_worker(request):
    """xdist marks them by a suffix, else each worker starts a system of its own."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("not distributed")
    assert request.node.nodeid.endswith("@a group")
