"""Endings: what Dagster records when a step fails for a known reason, or a run is stopped.

What belongs here: leaving out what is of no use to anyone. What does not: the messages
(`defs.assets.step`), and what the upload's status says (`cancellation`).

Dagster 1.13 records each failed step with two stack traces around the sentence that says what to
do, even if that is a missing key. A step of a run that a person terminates is recorded as failed
and, by its retry policy, about to be retried, so the UI shows it as "preparing" forever. And after the
end of a run, its command line makes all resources again to read outputs that it does not need.
"""

from typing import Any

import click
import dagster as dg
from dagster._core.events import DagsterEvent, EngineEventData, RunFailureReason
from dagster._core.execution.job_execution_result import JobExecutionResult
from dagster._core.execution.plan import execute_plan, utils
from dagster._core.execution.plan.objects import ErrorSource, StepFailureData
from dagster._utils.error import SerializableErrorInfo

_failed = execute_plan.step_failure_event_from_exc_info
_ended_badly, _cancelled = DagsterEvent.job_failure, DagsterEvent.job_canceled


def brief() -> None:
    """From now on, record endings in this process without what is of no use."""
    execute_plan.step_failure_event_from_exc_info = _step_failure
    utils.RetryRequested = _Stopped  # type: ignore[misc,assignment]
    DagsterEvent.job_failure = staticmethod(_job_failure)  # type: ignore[method-assign]
    DagsterEvent.job_canceled = staticmethod(_job_canceled)  # type: ignore[method-assign]
    if click.get_current_context(silent=True) is not None:  # `dagster job execute`
        JobExecutionResult.__enter__ = lambda result: result  # type: ignore[method-assign]
        JobExecutionResult.__exit__ = lambda *_: None  # type: ignore[method-assign]


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
        return _failed(step_context, exc_info, user_failure_data, error_source)
    said = SerializableErrorInfo(f"{error.description}\n", [], type(error).__name__)
    return DagsterEvent.step_failure_event(
        step_context, StepFailureData(said, user_failure_data, error_source)
    )


def _explains(error: dg.Failure) -> bool:
    """Whether its message is made for the user, and not just the name of an unexpected error."""
    return not (error.description or "").startswith(f"{type(error.__cause__).__name__}: ")


def _job_failure(
    context: Any, message: str, failure_reason: Any, error_info: Any = None, **named: Any
) -> DagsterEvent:
    interrupted = failure_reason is RunFailureReason.UNEXPECTED_TERMINATION
    return _ended_badly(
        context, message, failure_reason, None if interrupted else error_info, **named
    )


def _job_canceled(context: Any, error_info: Any = None, message: str | None = None) -> DagsterEvent:
    del error_info
    return _cancelled(context, None, message)
