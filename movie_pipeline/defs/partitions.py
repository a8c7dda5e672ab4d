"""Partitions: one per upload, and how a run comes by its own.

For the underlying Dagster concept, see
https://docs.dagster.io/guides/build/partitions-and-backfills. What a key looks like is decided in
`movie_pipeline.uploads`.
"""

import dagster as dg

from movie_pipeline import names, uploads
from movie_pipeline.defs.metadata import failure
from movie_pipeline.names import PARTITION_TAG

UPLOADS = dg.DynamicPartitionsDefinition(name=names.UPLOADS)

SELECTION = dg.AssetKey(names.SELECTION)
"""The one asset of an upload that is no part of the work on it."""


def upload_of(context: dg.AssetExecutionContext | dg.OpExecutionContext | dg.HookContext) -> str:
    """The upload a run is for, without asking whether the partition is registered.

    A tag says so, which whoever starts a run writes: a key such as ``../mine`` is refused here,
    before files are read or pages written by that name.

    Raises:
        dg.Failure: the run has no partition, or one that leads out of the folder of uploads.
    """
    if isinstance(context, dg.HookContext):
        run = context.instance.get_run_by_id(context.run_id)
    else:
        run = context.run
    upload = run.tags.get(PARTITION_TAG) if run else None
    if not upload:
        raise dg.Failure(
            "This run has no upload. In the UI choose a partition; on the command line add"
            """ --tags '{"dagster/partition": "watched.csv"}'.""",
            allow_retries=False,
        )
    try:
        uploads.parts_of(upload)
    except ValueError as error:
        raise failure(str(error)) from error
    return upload


def register(context: dg.AssetExecutionContext, upload: str) -> None:
    """Make the upload a partition if it is none, before anything asks Dagster for its key.

    The sensor has done so for a dropped file; `dagster job execute` on a machine that has never
    seen the upload has not.
    """
    name = str(UPLOADS.name)
    if context.instance.has_dynamic_partition(name, upload):
        return
    try:
        context.instance.add_dynamic_partitions(name, [upload])
    except Exception:
        # Another run of the same upload may have been quicker; Dagster's storages say so in
        # errors of their own.
        if not context.instance.has_dynamic_partition(name, upload):
            raise
