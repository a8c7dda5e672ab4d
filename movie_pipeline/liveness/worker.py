"""A process: the host it runs on, its pid, and when it started.

What belongs here: telling whether it is alive, and what a lifeline is to that. What does not: the
lifelines (`file_lifeline`, `redis_lifeline`), choosing one (`liveness`).
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Protocol, runtime_checkable

import psutil
from pydantic import BeforeValidator, Field, InstanceOf, PositiveInt


@runtime_checkable
class Lifeline(Protocol):
    """What a run's process holds as long as it is alive.

    That long because Dagster records the end of a run only after its last step and its executor
    have finished, and until then run monitoring expects a living process.
    """

    leaves_trace: ClassVar[bool]
    """Whether it can tell a dead process from one that never was, and needs a common kernel."""

    def hold(self) -> bool:
        """Hold it until this process ends; False if another process does."""

    def is_held(self) -> bool | None:
        """Whether a living process holds it; None if that is unknown."""

    def end_if(self, ended: Callable[[], bool]) -> None:
        """Have this process end if it was taken for dead meanwhile, and `ended` confirms it."""

    def holder(self, pid: int) -> psutil.Process | None:
        """The process on this host with that pid, if it holds it."""

    def remove(self) -> None:
        """Remove what it leaves behind, together with the run."""


def _unless_stored(lifeline: Any) -> Any:
    """The lifeline; None for what earlier versions stored of it with a process."""
    return lifeline if isinstance(lifeline, Lifeline) else None


@dataclass(frozen=True)
class Worker:
    """A process: the host it runs on, its pid, and when it started (pids are reused).

    Attributes:
        lifeline: what it holds as long as it is alive (a `Lifeline`); None if unknown.
    """

    host: str
    pid: PositiveInt
    started: float
    lifeline: Annotated[
        InstanceOf[Lifeline] | None, BeforeValidator(_unless_stored), Field(exclude=True)
    ] = field(default=None, compare=False, repr=False)

    @classmethod
    def current(cls) -> "Worker":
        """This process."""
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> "Worker":
        """The worker for a process on this host."""
        return cls(socket.gethostname(), process.pid, _started(process))

    @property
    def here(self) -> bool:
        """Whether it is a process on this host."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether the process still runs; on another host, unless nobody holds its lifeline.

        Without a common kernel, a host of the same name may be another one.
        """
        if not self.here or (self.lifeline is not None and not self.lifeline.leaves_trace):
            return self.lifeline is None or self.lifeline.is_held() is not False
        try:
            process = psutil.Process(self.pid)
            # Version 0.1 stored the seconds since the epoch on every system.
            known = (_started(process), process.create_time())
            return (
                any(abs(started - self.started) < 2.0 for started in known)
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, ValueError, OverflowError):  # the latter two: invalid pids
            return False


def _started(process: psutil.Process) -> float:
    """When a process started (seconds); not affected when the clock is set meanwhile.

    Linux counts from boot and computes the time since the epoch when asked; macOS stores it.
    """
    since_epoch = process.create_time()
    return since_epoch - psutil.boot_time() if psutil.LINUX else since_epoch
