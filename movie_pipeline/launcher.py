"""The run launcher under its name of version 0.1, for a `dagster.yaml` that still has it.

Goes with the next release; `movie_pipeline.instance.launcher` is where it lives.
"""

from movie_pipeline.instance.launcher import LocalRunLauncher

__all__ = ["LocalRunLauncher"]
