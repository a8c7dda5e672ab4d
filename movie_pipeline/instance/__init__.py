"""Instance: the classes that `dagster.yaml` names, and what the runs on one machine need.

What belongs here: storage, launcher, run queue and executor, the processes of runs, and every use
of Dagster's private API except in `forgetting`; `dagster_private` re-exports what other rooms need
of it. What does not: definitions (`defs`).

Begin with `launcher`: it starts a run's process, knows whether it is alive, and ends it.

`InstanceStorage` can also be imported from here, where a `dagster.yaml` of version 0.1 expects it.
It is imported lazily because it imports SQLAlchemy, which a run's process need not wait for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movie_pipeline.instance.storage import InstanceStorage

__all__ = ["InstanceStorage"]


def __getattr__(name: str) -> object:
    if name != "InstanceStorage":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from movie_pipeline.instance.storage import InstanceStorage  # noqa: PLC0415

    return InstanceStorage
