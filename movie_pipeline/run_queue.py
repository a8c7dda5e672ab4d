"""The run queue under its name of version 0.1, for a `dagster.yaml` that still has it.

Goes with the next release; `movie_pipeline.instance.run_queue` is where it lives.
"""

from movie_pipeline.instance.run_queue import SizedRunQueue

__all__ = ["SizedRunQueue"]
