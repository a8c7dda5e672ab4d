"""Status: the state of each upload, and which uploads need a run.

What belongs here: the progress that runs record (`store`), which files need a run (`arrivals`),
which uploads need one although their file is unchanged (`revisions`, `reconciliation`), and the
state of all of them for people (`summary`, `inventory`). What does not: displaying it (`commands`,
`defs`), films (`warehouse`).

Begin with `summary`, whose `read` answers ``movie-pipeline status``; this package re-exports what
other rooms need of it. Nothing here needs Dagster, and only those two need pandas and DuckDB, so
that a status does not wait for their import.
"""

from movie_pipeline.status.summary import (
    REPEATS,
    Status,
    of,
    overrides_hint,
    overrides_problem,
    read,
    unused_lines,
)

__all__ = [
    "REPEATS",
    "Status",
    "of",
    "overrides_hint",
    "overrides_problem",
    "read",
    "unused_lines",
]
