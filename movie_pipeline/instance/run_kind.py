"""The kind of a run: whether it processes its upload or only reads it.

What belongs here: telling the two apart by what Dagster stores with a run. What does not: the jobs
themselves (`defs.jobs`).
"""

import dagster as dg

from movie_pipeline import names

_SELECTION = dg.AssetKey(names.SELECTION)


def explores(run: dg.DagsterRun) -> bool:
    """Whether a run only reads its upload: by the job `names.EXPLORE_JOB`, or by Materialize.

    Such a run changes nothing, so it does not affect the upload's status.
    """
    return run.job_name == names.EXPLORE_JOB or run.asset_selection == {_SELECTION}
