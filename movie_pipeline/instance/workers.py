"""Run workers: the process of a run, forked from one that has already imported the libraries.

What belongs here: starting the process that executes a run. What does not: whether it is alive, and
ending it (`launcher`).

Importing the libraries takes 2.5 of the 9 seconds of CPU time that a run of 300 films with a warm
cache costs in a backfill, and meanwhile the run seems to do nothing. Python's fork server imports
them once. Our own code is imported by each run, so an edit takes effect with the next run. For the
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
"""Elsewhere there is no fork (Windows), or system libraries don't survive it (macOS)."""

LIBRARIES = (
    "dagster._cli",
    "dagster._core.storage.sqlite_storage",  # SQLAlchemy, which Dagster imports when first used
    "dagster_duckdb_pandas",
    "requests",
    "tenacity",
)
"""What the fork server imports; nothing that starts a thread, which a fork would not have."""


class NoWorkerError(Exception):
    """The process of a run could not be started."""


@contextmanager
def started(arguments: ExecuteRunArgs) -> Iterator[int]:
    """Start a process that executes a run as ``dagster api execute_run`` would; yields its pid.

    The process begins when the block ends, so that nothing else writes to the run meanwhile. It has
    no parent: a daemon that exits neither waits for it nor kills it.

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
    """Fork again, so that the run's process has no parent, and send back its pid."""
    pid = os.fork()
    if pid:
        connection.send(pid)
        os._exit(0)
    liveness.hold(run_id)
    with connection, suppress(EOFError, OSError):
        connection.recv()  # Nothing is sent: the other end closes when the run may begin.
    from dagster._cli import cli  # noqa: PLC0415  # imported by the fork server, not by the daemon

    cli.main(["api", "execute_run", arguments], standalone_mode=False)
