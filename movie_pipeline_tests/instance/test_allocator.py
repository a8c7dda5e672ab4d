"""Memory: what is searched for garbage while a run executes, and after it."""

import gc
import subprocess
import sys

import dagster as dg

from movie_pipeline.instance import allocator
from movie_pipeline.instance.executor import in_process_executor

ENDS = """
import atexit, gc
from movie_pipeline.instance import allocator

atexit.register(lambda: print(gc.get_freeze_count() > 0))  # the last to be called
for _ in range(2):
    with allocator.settled():
        pass
print(gc.get_freeze_count())
"""


@dg.op
def counts() -> int:
    return gc.get_freeze_count()


@dg.job(executor_def=in_process_executor)
def counting() -> None:
    counts()


def test_a_run_does_not_search_what_it_found_for_garbage():
    before = gc.get_freeze_count()
    with (
        dg.instance_for_test() as instance,
        dg.execute_job(dg.reconstructable(counting), instance) as run,
    ):
        assert run.output_for_node("counts") > 10_000
    assert gc.get_freeze_count() == before


def test_garbage_that_is_made_meanwhile_is_found():
    with allocator.settled():
        ring: list[object] = []
        ring.append(ring)
        del ring
        assert gc.collect() >= 1


def test_a_process_ends_without_searching_for_garbage():
    told = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["0", "True"]
