"""The executor: Dagster's in-process executor, which also registers the run's process.

What belongs here: what is done once per run, in its own process and before any step's input is
loaded (which may wait two minutes for the warehouse). What does not: anything done per step
(`defs.assets.step`). For the underlying concept, see
https://docs.dagster.io/guides/operate/run-executors.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import dagster as dg

from movie_pipeline import liveness
from movie_pipeline.instance import allocator, cancellation
from movie_pipeline.instance.run_worker import worker_tag
from movie_pipeline.liveness import Worker
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.outside import files


class _InProcess(dg.Executor):
    """Dagster's in-process executor, wrapped in what is done once per run."""

    def __init__(self, steps: dg.Executor) -> None:
        self._steps = steps

    @property
    def retries(self) -> Any:
        return self._steps.retries

    @property
    def step_dependency_config(self) -> Any:
        return self._steps.step_dependency_config

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        instance, run = plan_context.instance, plan_context.dagster_run
        liveness.hold(run.run_id, partial(_has_ended, instance, run.run_id))
        named = worker_tag(run.run_id, Worker.current())
        if not named.items() <= run.tags.items():
            instance.add_run_tags(run.run_id, named)
        # Not at the top: importing SQLAlchemy takes half as long as importing Dagster, and the
        # definitions import this module.
        from movie_pipeline.instance import dagster_runs, endings, engines  # noqa: PLC0415

        endings.brief()
        if PARTITION_TAG in run.tags:
            dagster_runs.trim_or_warn(instance, run.tags[PARTITION_TAG])
        # Also under another project's instance: what a run writes reveals what a person watched.
        with files.private, engines.executing(run.run_id), allocator.settled():
            try:
                yield from self._steps.execute(plan_context, execution_plan)
            except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt):
                now = instance.get_run_by_id(run.run_id)
                asked = now is not None and now.status is dg.DagsterRunStatus.CANCELING
                cancellation.note(run, cancelled=asked)
                raise


def _has_ended(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is None or run.is_finished


@dg.executor(
    name="in_process",
    config_schema=dg.in_process_executor.config_schema,  # type: ignore[call-overload]
)
def in_process_executor(context: dg.InitExecutorContext) -> dg.Executor:
    """Execute all steps in the run's own process, which the run's tag `WORKER_TAG` names."""
    make = dg.in_process_executor.executor_creation_fn
    assert make is not None  # noqa: S101  # Dagster's own executor has one
    return _InProcess(make(context))
