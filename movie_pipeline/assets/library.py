"""The library layer: all uploads together.

What belongs here: assets that look across partitions. They hold names and numbers of uploads and
no title of a film: nobody is compared who did not ask. What does not: what is shown (`inventory`).
"""

import dagster as dg

from movie_pipeline import status
from movie_pipeline.assets.dashboard import PAGE
from movie_pipeline.assets.specs import OWNER, RETRY
from movie_pipeline.checks import LIBRARY
from movie_pipeline.inventory import Inventory
from movie_pipeline.progress import ProgressError
from movie_pipeline.resources import DataFolder

# `eager` waits until every upload has a page, and one broken upload never gets one. It also waits
# while a page is being made, so that a burst of uploads makes one inventory, not one for each.
# Once a week it is made anyway, for the check that no row is too old.
REFRESH = dg.AutomationCondition.eager().without(
    ~dg.AutomationCondition.any_deps_missing()
) | dg.AutomationCondition.cron_tick_passed("0 6 * * 1")


@dg.asset(
    key=LIBRARY,
    deps=[PAGE],
    description="Every upload: where it stands, its films, what needs a person, and its page.",
    group_name="library",
    owners=[OWNER],
    kinds={"markdown"},
    retry_policy=RETRY,
    automation_condition=REFRESH,
)
def uploads(folder: DataFolder) -> dg.MaterializeResult:
    """Put the status of all uploads into one table, as `movie-pipeline status` shows it."""
    try:
        inventory = Inventory(status.read(folder.settings()))
    except ProgressError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={**inventory.numbers(), "inventory": dg.MetadataValue.md(inventory.markdown())}
    )
