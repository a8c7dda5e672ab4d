"""The library layer: all uploads together.

What belongs here: assets that look across partitions. They show names and numbers of uploads and
persons, and film titles only where two club members share a favourite: only people who asked for it
are compared. What does not: the contents (`status.inventory`, `people.library`, `people.club`).
"""

from collections.abc import Iterable
from functools import partial
from itertools import chain

import dagster as dg
import pandas as pd

from movie_pipeline import status
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.markdown import md
from movie_pipeline.defs.assets.dashboard import PAGE
from movie_pipeline.defs.assets.specs import OWNER, RETRY
from movie_pipeline.defs.assets.step import translated
from movie_pipeline.defs.checks import LIBRARY, PERSONS
from movie_pipeline.defs.metadata import shown
from movie_pipeline.defs.resources import DataFolder, WarehouseResource
from movie_pipeline.people import club
from movie_pipeline.people.library import Library, count_together, current_uploads
from movie_pipeline.status.inventory import Inventory

# `eager` alone would wait until every upload has a page, and a broken upload never gets one. It
# also waits while a page is in progress, so that a burst of uploads leads to one inventory instead
# of one for each. Once a week it runs anyway, for the check that no row is too old.
REFRESH = dg.AutomationCondition.eager().without(
    ~dg.AutomationCondition.any_deps_missing()
) | dg.AutomationCondition.cron_tick_passed("0 6 * * 1")

asset_of_all_uploads = partial(
    dg.asset,
    deps=[PAGE],
    group_name="library",
    owners=[OWNER],
    kinds={"markdown"},
    retry_policy=RETRY,
    automation_condition=REFRESH,
)


@asset_of_all_uploads(
    key=LIBRARY,
    description="Every upload: its status, its films, how many of them need review, and its page.",
)
def uploads(folder: DataFolder) -> dg.MaterializeResult:
    """Show the status of all uploads in one table, as `movie-pipeline status` does."""
    with translated():
        inventory = Inventory(status.read(folder.settings()))
    return dg.MaterializeResult(
        metadata={**inventory.numbers(), "inventory": shown(inventory.markdown())}
    )


@asset_of_all_uploads(
    key=PERSONS,
    description="Every person's current uploads as one history, each film once, with its newest"
    " rating; and a comparison of the persons named in club.csv.",
)
def persons(folder: DataFolder, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Count each person's uploads together, one person at a time, then compare the club members."""
    with translated():
        uploads_of = current_uploads(warehouse.warehouse())

        def counted(uploads: Iterable[str]) -> Numbers:
            with warehouse.warehouse().reading() as connection:
                return count_together(connection, uploads)

        def watched(person: str) -> pd.DataFrame:
            with warehouse.warehouse().reading() as connection:
                return club.watched(connection, uploads_of[person])

        library = Library.of(
            ((person, uploads, counted(uploads)) for person, uploads in uploads_of.items()),
            everyone=counted(chain.from_iterable(uploads_of.values())),
        )
        compared = club.compare(folder.settings().club, list(uploads_of), watched)
        return dg.MaterializeResult(
            metadata={
                **library.numbers(),
                "persons_compared": len(compared.persons) if compared.pairs else 0,
                "summary": shown(library.summary()),
                "library": shown(md("{}\n\n{}", library.markdown(), compared.markdown())),
            }
        )
