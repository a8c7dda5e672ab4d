"""Liveness: whether the process that executes a run is still alive, here or on another host.

What belongs here: a process, identified by host, pid and start time (`worker`), and the lifeline,
which a run's process holds as long as it is alive: a file that it keeps locked (`file_lifeline`),
or a key that it keeps from expiring (`redis_lifeline`), if the status of uploads is in a Redis,
since then there may be no common kernel. What does not: the consequences (`instance.run_worker`,
`status`).

The pid of a process on another host means nothing here. But that host may be the container that
this one has replaced, and its run would be considered alive forever.

Begin with `lifeline_of`.
"""

from collections.abc import Callable
from pathlib import Path

from movie_pipeline import settings as environment
from movie_pipeline.liveness.file_lifeline import FileLifeline, lifeline_path
from movie_pipeline.liveness.redis_lifeline import (
    COMMITS_SECONDS,
    RedisLifeline,
    Unconfirmed,
    confirm,
    holds,
)
from movie_pipeline.liveness.worker import Lifeline, Worker
from movie_pipeline.settings import Settings, SettingsError

__all__ = [
    "COMMITS_SECONDS",
    "FileLifeline",
    "Lifeline",
    "RedisLifeline",
    "Unconfirmed",
    "Worker",
    "confirm",
    "hold",
    "holds",
    "lifeline_of",
    "lifeline_path",
]


def lifeline_of(run_id: str, settings: Settings | None = None) -> Lifeline | None:
    """The run's lifeline, by the settings or the current ones; None if those are invalid."""
    try:
        settings = settings or environment.load()
    except SettingsError:
        return None
    if isinstance(settings.state, Path):
        return FileLifeline(lifeline_path(run_id, settings.data))
    return RedisLifeline(settings.state, run_id)


def hold(run_id: str, ended: Callable[[], bool] | None = None) -> bool:
    """Hold the run's lifeline until this process ends; False if another process does.

    Args:
        run_id: the run that this process executes.
        ended: whether the run has ended, for a process that was taken for dead meanwhile.
    """
    lifeline = lifeline_of(run_id)
    if lifeline is None:
        return True
    held = lifeline.hold()
    if ended is not None:
        lifeline.end_if(ended)
    return held
