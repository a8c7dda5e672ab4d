"""The clock: one that ran ahead, and what it left behind in Dagster's store.

What belongs here: noticing that the clock was set back, and setting right what has a time to come.
What does not: our own memories, each of which bears such a time by itself (`status.arrivals`,
`tmdb.budget`, `tmdb.keeping`), and starting Dagster again (`dev`).

Dagster measures by the clock how long ago a sensor's tick was (`dagster._daemon.sensor`,
`is_under_min_interval`), from when on a schedule is due, and for how long a run has been starting.
A tick in the future counts as one just made: until it is reached every sensor stands still, and
nothing says so. On a machine whose battery failed, or that was restored from a snapshot, it may be
years.

Of Dagster's private parts this uses `SensorInstigatorData` and `ScheduleInstigatorData` (whose
fields that end in ``timestamp`` are times) and `TickStatus`: there is no public way to change when
a sensor ran last but to reset it, which loses its cursor.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.scheduler.instigation import InstigatorState, TickStatus

from movie_pipeline.instance.launcher import worker_of
from movie_pipeline.instance.storage import InstanceError

log = logging.getLogger(__name__)

AHEAD_SECONDS = 60.0
"""Less than this heals by itself within the minute, and clocks are corrected by less each day."""

_LOOK_EVERY_SECONDS = 10.0
_STARTING = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.CANCELING,
)
"""What Dagster ends after a time, and so never where it began in the future."""

_TOLD = [status for status in TickStatus if status is not TickStatus.SKIPPED]


@dataclass(frozen=True)
class SetRight:
    """What was set right.

    Attributes:
        ahead: by how many seconds the clock had been ahead, as far as can be seen.
        waiting: the sensors and schedules that would have waited for so long.
        runs: how many runs that had lost their process would have held their place for so long.
    """

    ahead: float = 0.0
    waiting: tuple[str, ...] = ()
    runs: int = 0

    def __bool__(self) -> bool:
        return bool(self.waiting or self.runs)

    @property
    def sentence(self) -> str:
        """What to tell the user."""
        named = ", ".join(self.waiting)
        go = "go" if len(self.waiting) > 1 else "goes"
        parts = [f"{named} would have stood still until then, and {go} on now"] if named else []
        if self.runs:
            runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
            parts.append(f"{runs} without a process would have kept a place, and ended now")
        return f"The clock was ahead by {_span(self.ahead)}: {'; '.join(parts)}."


def set_right(instance: dg.DagsterInstance, now: float | None = None) -> SetRight:
    """Bring times to come, in what Dagster remembers of sensors, schedules and runs, to now.

    What happened stays, and its order: only its times change. Of ticks that found nothing new
    those of the last day go, which Dagster itself deletes tomorrow.
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
    """The times to come that are remembered of a sensor or a schedule."""
    return list(_to_come(state.instigator_data, now).values())


def _to_come(data: Any, now: float) -> dict[str, float]:
    fields = data._asdict() if data is not None else {}
    return {
        name: value
        for name, value in fields.items()
        if name.endswith("timestamp") and value is not None and value > now + AHEAD_SECONDS
    }


def _state_set_right(instance: dg.DagsterInstance, state: InstigatorState, now: float) -> None:
    # Once more: its daemon may have stored another cursor meanwhile.
    state = instance.get_instigator_state(state.instigator_origin_id, state.selector_id) or state
    data = state.instigator_data
    changed: dict[str, Any] = dict.fromkeys(_to_come(data, now), now - AHEAD_SECONDS)
    if data is not None and changed:
        instance.update_instigator_state(state.with_data(data._replace(**changed)))


def _ticks_set_right(
    instance: dg.DagsterInstance, state: InstigatorState, now: float
) -> list[float]:
    """Set right the ticks in the future; when they were."""
    of = (state.instigator_origin_id, state.selector_id)
    newest = instance.get_ticks(*of, after=now + AHEAD_SECONDS, limit=1)
    if not newest:
        return []
    latest = newest[0].timestamp
    shift = latest - now
    # There may be one for each few seconds of years.
    instance.purge_ticks(*of, before=latest + 1.0, tick_statuses=[TickStatus.SKIPPED])
    for tick in instance.get_ticks(*of, after=now + AHEAD_SECONDS, statuses=_TOLD):
        data = tick.tick_data
        ended = data.end_timestamp and min(data.end_timestamp - shift, now)
        moved = data._replace(timestamp=data.timestamp - shift, end_timestamp=ended)
        instance.update_tick(tick._replace(tick_data=moved))
    return [latest]


def _starting(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    return list(instance.get_run_records(dg.RunsFilter(statuses=list(_STARTING))))


def _ended(instance: dg.DagsterInstance, record: dg.RunRecord, now: float) -> float | None:
    """End a run that began in the future and has no process any more; when it began."""
    run = record.dagster_run
    worker = worker_of(run.run_id, run.tags)
    began = max(
        record.create_timestamp.timestamp(),
        record.update_timestamp.timestamp(),
        instance.get_run_stats(run.run_id).launch_time or 0.0,
    )
    if began <= now + AHEAD_SECONDS or (worker is not None and worker.alive):
        return None
    told = "The clock was ahead when this run began, and its process is gone."
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, told)
    else:
        instance.report_run_failed(run, told)
    return began


class Watch:
    """Looks after the clock while `make dev` runs.

    Args:
        instance: Dagster's, None where there is none that lasts.
        tell: shows the user a sentence.
    """

    def __init__(self, instance: dg.DagsterInstance | None, tell: Callable[[str], object]) -> None:
        self._instance = instance
        self._tell = tell
        self._ahead = _difference()
        self._look_at = 0.0
        self._complaint = ""

    def start(self) -> None:
        """Dagster is about to be started: set right what an earlier clock left behind.

        Raises:
            InstanceError: Dagster's store can't be used.
        """
        self._ahead = _difference()
        self._set_right()

    def look(self) -> None:
        """Set right what is in the future, every ten seconds at most.

        A store that can't be used is told of once, and looked at again.
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
            log.debug("Dagster's store is busy; the next look sets it right", exc_info=True)

    def _set_right(self) -> None:
        self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
        found = set_right(self._instance) if self._instance is not None else None
        if found:
            self._tell(found.sentence)

    def set_back(self) -> bool:
        """Whether the clock was set back since `start`, by so much that it matters.

        Dagster's daemons then wait for the time that they had planned for, in memory: they must be
        started again.
        """
        # Forward is no harm, but the way back from there is.
        self._ahead = max(self._ahead, _difference())
        return _difference() < self._ahead - AHEAD_SECONDS


def _difference() -> float:
    """The clock, less one that nobody sets."""
    return time.time() - time.monotonic()


def _span(seconds: float) -> str:
    """A time in words, by its largest unit: ``3 days``."""
    for size, unit in ((365 * 86_400.0, "years"), (86_400.0, "days"), (3600.0, "hours")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 60.0) / 60:.0f} minutes"
