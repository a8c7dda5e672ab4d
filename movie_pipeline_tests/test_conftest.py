"""The rules for all tests (`conftest`): what `make quick` leaves out, and what begins first."""

import subprocess
import sys
from pathlib import Path

from movie_pipeline_tests import conftest


class Item:
    """A collected test, as far as the rules look at it."""

    def __init__(self, path, *fixtures, marks=()):
        self.path, self.fixturenames, self.marks = Path(path), fixtures, {*marks}

    def add_marker(self, name):
        self.marks.add(name)

    def get_closest_marker(self, name):
        return name if name in self.marks else None


def test_tests_of_jobs_and_processes_are_slow_and_begin_first_the_longest_before_all():
    quick = Item("tests/matching/test_titles.py", "tmp_path")
    system = Item("tests/system/test_doors.py", "tmp_path")
    job = Item("tests/overrides/test_overruling.py", "data", "run_job")
    long = Item("tests/test_project.py", "project", marks=["timeout"])
    items = [quick, system, job, long]
    conftest.pytest_collection_modifyitems(items)
    assert items == [long, system, job, quick]
    assert [one for one in items if "slow" in one.marks] == [long, system, job]


def test_every_process_that_a_test_starts_keeps_the_modules_it_compiles():
    """Each would compile two hundred of them; many containers tell Python to keep none."""
    command = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"
    assert not sys.dont_write_bytecode
