"""The run launcher under its old name, for a `dagster.yaml` of version 0.1.

It moved to `movie_pipeline.instance.launcher`; this module goes with the next release.
"""

from movie_pipeline.instance.launcher import LocalRunLauncher

__all__ = ["LocalRunLauncher"]
