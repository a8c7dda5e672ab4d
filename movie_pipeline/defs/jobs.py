"""Jobs: the names under which people and CI start the assets.

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
from movie_pipeline.status.store import ProgressError
from movie_pipeline.warehouse.database import WarehouseError

_SELECTION = dg.AssetSelection.assets(SELECTION)

enrich_upload = dg.define_asset_job(
    names.ENRICH_JOB,
    selection=dg.AssetSelection.groups("raw", "enriched", "analytics", "dashboard") - _SELECTION,
    description="One upload, from its file to its page: raw, enriched, analytics and dashboard.",
)

refresh_stale = dg.define_asset_job(
    names.REFRESH_JOB,
    # Not raw: the file may be gone, and its rows are as they were.
    selection=dg.AssetSelection.groups("enriched", "analytics", "dashboard") - _SELECTION,
    tags={REFRESH_TAG: "stale"},
    description="One upload: all answers that are stale (120 days old, 30 for new films, unless set"
    " otherwise) are asked for again, and its page is drawn anew. The file itself is not needed.",
)


explore = dg.define_asset_job(
    names.EXPLORE_JOB,
    selection=_SELECTION,
    description="One upload's dashboard for some of its films, which its configuration chooses:"
    " genre, director, actor, decade, rating. The standing charts and the page stay as they are.",
)


# No output (which None would be): Dagster would ask for its partition, and there is none any more.
# Of any type: of a Bool, "Scaffold missing config" in the launchpad would write the yes itself.
@dg.op(
    name="forget",
    out={},
    config_schema={"sure": dg.Field(dg.Any, description="yes, since there is no way back.")},
)
def _forget(context: dg.OpExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Remove every trace of the run's upload, its name on this run included.

    Raises:
        dg.Failure: it can't be forgotten now, or not in full; the message says what to do.
    """
    if not _is_yes(context.op_config["sure"]):
        raise dg.Failure(
            "Nothing was removed. If every trace of this upload is to go, for which there is no way"
            " back, give the run the configuration ops: {forget: {config: {sure: yes}}}.",
            allow_retries=False,
        )
    # Not at the top: they bring Dagster's storage and daemon, which no other run needs to wait for.
    from movie_pipeline.forgetting.forget import ForgettingError, forget  # noqa: PLC0415

    try:
        settings = environment.load()
        forget(upload_of(context), settings, context.instance, own_run=context.run_id)
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
    """Whether it says yes, of which YAML makes a true."""
    return sure is True or (isinstance(sure, str) and sure.strip().lower() == "yes")


@dg.job(
    name=names.FORGET_JOB,
    partitions_def=UPLOADS,
    description="Removes every trace of one upload: its file, rows, page, lines in overrides.csv,"
    " runs and partition. It refuses while a run is at work on it. There is no way back, so its"
    " configuration has to say: ops: {forget: {config: {sure: yes}}}.",
)
def forget_upload() -> None:
    """Forget one upload."""
    _forget()
