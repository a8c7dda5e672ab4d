"""The run queue under its old name, for a `dagster.yaml` of version 0.1.

It moved to `movie_pipeline.instance.run_queue`; this module goes with the next release.
"""

from movie_pipeline.instance.run_queue import SizedRunQueue

__all__ = ["SizedRunQueue"]
