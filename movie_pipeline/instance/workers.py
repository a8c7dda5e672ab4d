"""Run workers: a run's process, forked from one that has imported the libraries already.

What belongs here: starting the process that does a run. What does not: whether it lives, and ending
it (`launcher`).

Importing the libraries takes 2.5 of the 9 seconds of processor time that a warm run of 300 films
costs in a backfill, and meanwhile a run seems to do nothing. Python's fork server imports them
once. Our own code is imported by each run, so that an edit counts from the next run on. For the
underlying concept, see
https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from dagster import serialize_value
from dagster._grpc.types import ExecuteRunArgs

from movie_pipeline import liveness

SUPPORTED = sys.platform == "linux"
"""Elsewhere there is no fork (Windows), or the system's own libraries don't bear it (macOS)."""

LIBRARIES = (
    "dagster._cli",
    "dagster._core.storage.sqlite_storage",  # SQLAlchemy, which Dagster imports when first used
    "dagster_duckdb_pandas",
    "altair",
    "requests",
    "tenacity",
)
"""What is imported once: nothing that leaves a thread behind, which would not be in the fork."""


class NoWorkerError(Exception):
    """The process of a run could not be started."""


@contextmanager
def started(arguments: ExecuteRunArgs) -> Iterator[int]:
    """Start a process that does a run, as ``dagster api execute_run`` would: gives its process id.

    It begins when the block ends, so that nobody else writes to the run meanwhile, and it belongs
    to nobody: a daemon that ends neither waits for it nor takes it along.

    Raises:
        NoWorkerError: no process could be started.
    """
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(list(LIBRARIES))
    here, there = forks.Pipe()
    parent = forks.Process(target=_fork, args=(arguments.run_id, serialize_value(arguments), there))
    with here:
        try:
            parent.start()
            there.close()
            pid = int(here.recv())
        except (OSError, EOFError) as error:
            raise NoWorkerError(f"no process could be started for the run ({error!r})") from error
        parent.join()
        yield pid


def _fork(run_id: str, arguments: str, connection: Connection) -> None:
    """Fork once more, which leaves the run's process without a parent, and tell its id."""
    pid = os.fork()
    if pid:
        connection.send(pid)
        os._exit(0)
    liveness.hold(liveness.lifeline_of(run_id))
    with connection, suppress(EOFError, OSError):
        connection.recv()  # Nothing comes: the other end is closed when the run may begin.
    from dagster._cli import cli  # noqa: PLC0415  # imported by the fork server, not by the daemon

    cli.main(["api", "execute_run", arguments], standalone_mode=False)
