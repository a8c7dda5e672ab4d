"""Status: where each upload stands, and which file needs a run.

What belongs here: what runs note of their work (`store`), which file needs a run (`arrivals`),
which upload needs one although its file is as it was (`revisions`), and where all of them stand,
for people (`summary`, `inventory`). What does not: showing it (`commands`, `defs`), films
(`warehouse`).

Begin with `summary`, whose `read` answers ``movie-pipeline status``; what others need of it is had
from here. Nothing here needs Dagster, and only `revisions` needs pandas and DuckDB: a status must
not wait for their import.
"""

from movie_pipeline.status.summary import REPEATS, Status, of, overrides_problem, read

__all__ = [
    "REPEATS",
    "Status",
    "of",
    "overrides_problem",
    "read",
]
