"""The kind of a run: whether it works on its upload, or only looks at it.

What belongs here: telling them apart, by what Dagster stores with a run. What does not: the
jobs themselves (`defs.jobs`).
"""

import dagster as dg

from movie_pipeline import names

_SELECTION = dg.AssetKey(names.SELECTION)


def explores(run: dg.DagsterRun) -> bool:
    """Whether a run only looks at its upload: by the job `names.EXPLORE_JOB`, or by Materialize.

    Such a run changes nothing, so it has no say in where the upload stands.
    """
    return run.job_name == names.EXPLORE_JOB or run.asset_selection == {_SELECTION}
