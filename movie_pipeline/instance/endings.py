"""Endings: what Dagster records when a step fails for a known reason, or a run is stopped.

What belongs here: leaving out what is of no use to anyone. What does not: the messages
(`defs.assets.step`), and what the upload's status says (`cancellation`).

Dagster 1.13 records each failed step with two stack traces around the sentence that says what to
do, even if that is a missing key. A step of a run that a person terminates is recorded as failed
and, by its retry policy, about to be retried, so the UI shows it as "preparing" forever. And after
a run has ended, `dagster job execute` creates all resources again, to read outputs that nobody
asked for.
"""

from typing import Any

import click
import dagster as dg
from dagster._core.events import DagsterEvent, EngineEventData, RunFailureReason
from dagster._core.execution.job_execution_result import JobExecutionResult
from dagster._core.execution.plan import execute_plan, utils
from dagster._core.execution.plan.objects import ErrorSource, StepFailureData
from dagster_shared.error import SerializableErrorInfo

_PLAN: Any = execute_plan
_UTILS: Any = utils
_EVENT: Any = DagsterEvent
_RESULT: Any = JobExecutionResult
_failed = _PLAN.step_failure_event_from_exc_info
_ended_badly, _cancelled = DagsterEvent.job_failure, DagsterEvent.job_canceled


def brief() -> None:
    """From now on, record endings in this process without what is of no use."""
    _PLAN.step_failure_event_from_exc_info = _step_failure
    _UTILS.RetryRequested = _Stopped
    _EVENT.job_failure = staticmethod(_job_failure)
    _EVENT.job_canceled = staticmethod(_job_canceled)
    if click.get_current_context(silent=True) is not None:  # `dagster job execute`
        _RESULT.__enter__ = lambda result: result
        _RESULT.__exit__ = lambda *_: None


class _Stopped(dg.DagsterExecutionInterruptedError):
    """Raised where Dagster requests a retry of an interrupted step; no step of ours does."""

    def __init__(self, **_: object) -> None:
        super().__init__()


def _step_failure(
    step_context: Any,
    exc_info: Any,
    user_failure_data: Any = None,
    error_source: ErrorSource | None = None,
) -> DagsterEvent:
    """The event of a failed step; for one that was stopped, an event that it was."""
    error = exc_info[1]
    if error_source is ErrorSource.INTERRUPT:
        return DagsterEvent.engine_event(step_context, "Stopped.", EngineEventData())
    if not (isinstance(error, dg.Failure) and _explains(error)):
        event: DagsterEvent = _failed(step_context, exc_info, user_failure_data, error_source)
        return event
    said = SerializableErrorInfo(f"{error.description}\n", [], type(error).__name__)
    return DagsterEvent.step_failure_event(
        step_context, StepFailureData(said, user_failure_data, error_source)
    )


def _explains(error: dg.Failure) -> bool:
    """Whether its message is made for the user, and not just the name of an unexpected error."""
    return not (error.description or "").startswith(f"{type(error.__cause__).__name__}: ")


def _job_failure(
    context: Any,
    message: str,
    failure_reason: Any,
    error_info: Any = None,
    first_step_failure_event: DagsterEvent | None = None,
) -> DagsterEvent:
    """The event of a failed run, without the sentence that its step has already recorded."""
    step = first_step_failure_event
    if failure_reason is RunFailureReason.UNEXPECTED_TERMINATION:
        error_info = None
    if step is not None and step.is_step_failure:
        data = step.step_failure_data
        if data.error and not data.error.stack:
            step = step._replace(event_specific_data=data._replace(error=None))
    return _ended_badly(context, message, failure_reason, error_info, step)


def _job_canceled(context: Any, error_info: Any = None, message: str | None = None) -> DagsterEvent:
    del error_info
    return _cancelled(context, None, message)
