"""The clock: repairing Dagster's store after the system clock was ahead and has been set back.

What belongs here: noticing that the clock was set back, and correcting timestamps in the future.
What does not: our own stores, each of which copes with such timestamps (`status.arrivals`,
`tmdb.budget`, `tmdb.keeping`), and restarting Dagster (`commands.dev`).

Dagster uses the clock to decide how long ago a sensor ticked (`dagster._daemon.sensor`,
`is_under_min_interval`), from when on a schedule is due, and how long a run has been starting. A
tick in the future counts as one that has just happened: until that time every sensor is silently
paused. On a machine whose battery failed, or that was restored from a snapshot, that may be years.

Private parts of Dagster used here: `SensorInstigatorData` and `ScheduleInstigatorData` (their
fields ending in ``timestamp`` are times) and `TickStatus`. The only public way to change when a
sensor last ran is to reset it, which loses its cursor.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.scheduler.instigation import InstigatorState, TickStatus

from movie_pipeline.instance.run_worker import worker_of
from movie_pipeline.instance.storage import InstanceError

log = logging.getLogger(__name__)

AHEAD_SECONDS = 60.0
"""A smaller difference is over within a minute; everyday clock corrections are smaller still."""

_LOOK_EVERY_SECONDS = 10.0
_STARTING = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.CANCELING,
)
"""Dagster ends such runs after a timeout, so never if they began in the future."""

_HISTORY = [status for status in TickStatus if status is not TickStatus.SKIPPED]


@dataclass(frozen=True)
class SetRight:
    """What was corrected.

    Attributes:
        ahead: how far the clock had been ahead, as far as can be seen (seconds).
        waiting: the sensors and schedules that would have waited until then.
        runs: how many runs without a process would have kept their slot until then.
    """

    ahead: float = 0.0
    waiting: tuple[str, ...] = ()
    runs: int = 0

    def __bool__(self) -> bool:
        return bool(self.waiting or self.runs)

    @property
    def sentence(self) -> str:
        """The message for the user."""
        named = ", ".join(self.waiting)
        run = "run" if len(self.waiting) > 1 else "runs"
        parts = [f"{named} would have paused until then, and {run} again now"] if named else []
        if self.runs:
            runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
            parts.append(f"ended {runs} that had no process but would have kept a slot")
        return f"The clock was ahead by {_span(self.ahead)}: {'; '.join(parts)}."


def set_right(instance: dg.DagsterInstance, now: float | None = None) -> SetRight:
    """Move future timestamps of sensors, schedules and runs in Dagster's store to now.

    The history and its order stay; only the times change. Ticks that found nothing new are deleted:
    they are those of the last day, and Dagster itself would delete them tomorrow.
    """
    now = time.time() if now is None else now
    latest, waiting = [], []
    for state in instance.all_instigator_state():
        if times := [*_times(state, now), *_ticks_set_right(instance, state, now)]:
            _state_set_right(instance, state, now)
            latest.append(max(times))
            waiting.append(state.instigator_name)
    ended = [at for record in _starting(instance) if (at := _ended(instance, record, now))]
    latest += ended
    return SetRight(max(latest, default=now) - now, tuple(sorted(waiting)), len(ended))


def _times(state: InstigatorState, now: float) -> list[float]:
    """The future timestamps in the state of a sensor or a schedule."""
    return list(_to_come(state.instigator_data, now).values())


def _to_come(data: Any, now: float) -> dict[str, float]:
    fields = data._asdict() if data is not None else {}
    return {
        name: value
        for name, value in fields.items()
        if name.endswith("timestamp") and value is not None and value > now + AHEAD_SECONDS
    }


def _state_set_right(instance: dg.DagsterInstance, state: InstigatorState, now: float) -> None:
    # Read it again: the daemon may have stored another cursor meanwhile.
    state = instance.get_instigator_state(state.instigator_origin_id, state.selector_id) or state
    data = state.instigator_data
    changed: dict[str, Any] = dict.fromkeys(_to_come(data, now), now - AHEAD_SECONDS)
    if data is not None and changed:
        instance.update_instigator_state(state.with_data(data._replace(**changed)))


def _ticks_set_right(
    instance: dg.DagsterInstance, state: InstigatorState, now: float
) -> list[float]:
    """Correct the ticks in the future; returns the latest of their times, if any."""
    of = (state.instigator_origin_id, state.selector_id)
    newest = instance.get_ticks(*of, after=now + AHEAD_SECONDS, limit=1)
    if not newest:
        return []
    latest = newest[0].timestamp
    shift = latest - now
    # There may be years of them, one every few seconds.
    instance.purge_ticks(*of, before=latest + 1.0, tick_statuses=[TickStatus.SKIPPED])
    for tick in instance.get_ticks(*of, after=now + AHEAD_SECONDS, statuses=_HISTORY):
        data = tick.tick_data
        ended = data.end_timestamp and min(data.end_timestamp - shift, now)
        moved = data._replace(timestamp=data.timestamp - shift, end_timestamp=ended)
        instance.update_tick(tick._replace(tick_data=moved))
    return [latest]


def _starting(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    return list(instance.get_run_records(dg.RunsFilter(statuses=list(_STARTING))))


def _ended(instance: dg.DagsterInstance, record: dg.RunRecord, now: float) -> float | None:
    """End a run that began in the future and whose process is gone; returns when it began."""
    run = record.dagster_run
    worker = worker_of(run.run_id, run.tags)
    began = max(
        record.create_timestamp.timestamp(),
        record.update_timestamp.timestamp(),
        instance.get_run_stats(run.run_id).launch_time or 0.0,
    )
    if began <= now + AHEAD_SECONDS or (worker is not None and worker.alive):
        return None
    message = "The clock was ahead when this run began, and its process is gone."
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message)
    else:
        instance.report_run_failed(run, message)
    return began


class Watch:
    """Watches the clock while `make dev` runs.

    Args:
        instance: Dagster's instance; None if there is no persistent one.
        tell: shows a message to the user.
    """

    def __init__(self, instance: dg.DagsterInstance | None, tell: Callable[[str], object]) -> None:
        self._instance = instance
        self._tell = tell
        self._ahead = _difference()
        self._look_at = 0.0
        self._complaint = ""

    def start(self) -> None:
        """Correct what an earlier clock left behind; to be called just before Dagster starts.

        Raises:
            InstanceError: Dagster's store can't be used.
        """
        self._ahead = _difference()
        self._set_right()

    def look(self) -> None:
        """Correct timestamps in the future, at most every ten seconds.

        A store that can't be used is reported once, and tried again.
        """
        if time.monotonic() < self._look_at:
            return
        try:
            self._set_right()
            self._complaint = ""
        except InstanceError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                self._tell(self._complaint)
        except sa.exc.SQLAlchemyError:
            log.debug("Dagster's store is busy; the next look tries again", exc_info=True)

    def _set_right(self) -> None:
        self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
        found = set_right(self._instance) if self._instance is not None else None
        if found:
            self._tell(found.sentence)

    def set_back(self) -> bool:
        """Whether the clock was set back since `start` by more than `AHEAD_SECONDS`.

        Dagster's daemons then wait in memory for the times that they had planned, so they must be
        restarted.
        """
        # Setting it forward does no harm, but setting it back from there does.
        self._ahead = max(self._ahead, _difference())
        return _difference() < self._ahead - AHEAD_SECONDS


def _difference() -> float:
    """The system clock minus the monotonic one, which is never set."""
    return time.time() - time.monotonic()


def _span(seconds: float) -> str:
    """A duration in words, in its largest unit: ``3 days``."""
    for size, unit in ((365 * 86_400.0, "years"), (86_400.0, "days"), (3600.0, "hours")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 60.0) / 60:.0f} minutes"
