"""What `dagster.yaml` names, and what the runs of one machine need.

What belongs here: storage, launcher, run queue and executor, the runs' processes, and every use of
Dagster's private parts but those of `forgetting`; `dagster_private` hands on what other rooms need
of them. What does not: definitions (`defs`).

Begin with `launcher`: it starts a run's process, knows whether that lives, and ends it.

`InstanceStorage` is had from here too, as a `dagster.yaml` of version 0.1 names it. It is imported
when it is asked for: it brings SQLAlchemy, which no run's process needs to wait for.
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
