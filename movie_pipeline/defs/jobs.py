"""Jobs: the names by which people and CI start the assets.

For the underlying concept, see https://docs.dagster.io/guides/build/jobs.
"""

import dagster as dg

from movie_pipeline import names
from movie_pipeline import settings as environment
from movie_pipeline.defs.metadata import failure
from movie_pipeline.defs.partitions import SELECTION, UPLOADS, upload_of
from movie_pipeline.names import REFRESH_TAG
from movie_pipeline.overrides.file import OverridesError
from movie_pipeline.settings import SettingsError
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.errors import WarehouseError

_SELECTION = dg.AssetSelection.assets(SELECTION)

enrich_upload = dg.define_asset_job(
    names.ENRICH_JOB,
    selection=dg.AssetSelection.groups("raw", "enriched", "analytics", "dashboard") - _SELECTION,
    description="One upload, from its file to its page: raw, enriched, analytics and dashboard.",
)

refresh_stale = dg.define_asset_job(
    names.REFRESH_JOB,
    # Without raw: the file may be gone, and its rows have not changed.
    selection=dg.AssetSelection.groups("enriched", "analytics", "dashboard") - _SELECTION,
    tags={REFRESH_TAG: "stale"},
    description="One upload: requests all stale answers again (older than 120 days, or 30 for new"
    " films, unless set otherwise) and redraws the page. The file itself is not needed.",
)


explore = dg.define_asset_job(
    names.EXPLORE_JOB,
    selection=_SELECTION,
    description="One upload's dashboard for some of its films, chosen in the configuration by"
    " genre, director, actor, decade or rating. The other charts and the page stay as they are.",
)


# No output (None would be one): Dagster would look for its partition, which is gone by then.
# Type Any: with a Bool, "Scaffold missing config" in the launchpad would fill in the yes itself.
@dg.op(
    name="forget",
    out={},
    config_schema={"sure": dg.Field(dg.Any, description="yes: this cannot be undone.")},
)
def _forget(context: dg.OpExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Remove every trace of the run's upload, including its name on this run.

    Raises:
        dg.Failure: it can't be forgotten now, or only in part; the message says what to do.
    """
    if not _is_yes(context.op_config["sure"]):
        raise dg.Failure(
            "Nothing was removed. To remove every trace of this upload, which cannot be undone,"
            " give the run the configuration ops: {forget: {config: {sure: yes}}}.",
            allow_retries=False,
        )
    # Not at the top: these import Dagster's storage and daemon, which no other run needs.
    from movie_pipeline.forgetting.forget import ForgettingError, forget  # noqa: PLC0415
    from movie_pipeline.forgetting.scrubbing import KEPT  # noqa: PLC0415

    try:
        settings = environment.load()
        gone = forget(upload_of(context), settings, context.instance, own_run=context.run_id)
        if gone.bytes_kept:
            context.log.info(KEPT)
    except (
        ForgettingError,
        SettingsError,
        OverridesError,
        WarehouseError,
        ProgressError,
        OSError,
        ValueError,
    ) as error:
        raise failure(str(error)) from error


def _is_yes(sure: object) -> bool:
    """Whether the value says yes, which YAML reads as true."""
    return sure is True or (isinstance(sure, str) and sure.strip().lower() == "yes")


@dg.job(
    name=names.FORGET_JOB,
    partitions_def=UPLOADS,
    description="Removes every trace of one upload: its file, rows, page, lines in overrides.csv,"
    " runs and partition. It refuses while a run is working on the upload. It cannot be undone, so"
    " it requires the configuration ops: {forget: {config: {sure: yes}}}.",
)
def forget_upload() -> None:
    """Forget one upload."""
    _forget()


@dg.op(name="rewrite_tables", out={})
def _scrub(context: dg.OpExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Rewrite the tables in PostgreSQL.

    Raises:
        dg.Failure: a table can't be rewritten now; the message says what to do.
    """
    # Not at the top: this imports Dagster's storage, which no other run needs.
    from movie_pipeline.forgetting.scrubbing import ScrubbingError, scrub  # noqa: PLC0415

    try:
        warehouse = Warehouse.of(environment.load())
        for sentence in scrub(warehouse, context.instance):
            context.log.info(sentence)
    except (ScrubbingError, SettingsError, WarehouseError) as error:
        raise failure(str(error)) from error


@dg.job(
    name=names.SCRUB_JOB,
    description="Maintenance where several machines share PostgreSQL: erases from its files what is"
    " left of forgotten uploads. Each table is locked meanwhile, so run it at a quiet hour. Does"
    " nothing on one machine, where forgetting has done it.",
)
def scrub() -> None:
    """Scrub PostgreSQL's files."""
    _scrub()
