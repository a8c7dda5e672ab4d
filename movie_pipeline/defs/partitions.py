"""Partitions: one per upload, and how a run finds its own.

For the underlying concept, see https://docs.dagster.io/guides/build/partitions-and-backfills.
`movie_pipeline.uploads` decides what a key looks like.
"""

import dagster as dg

from movie_pipeline import names, uploads
from movie_pipeline import settings as environment
from movie_pipeline.defs.metadata import failure
from movie_pipeline.names import PARTITION_TAG

UPLOADS = dg.DynamicPartitionsDefinition(name=names.UPLOADS)

SELECTION = dg.AssetKey(names.SELECTION)
"""The one asset of an upload that is not part of processing it."""


def upload_of(context: dg.AssetExecutionContext | dg.OpExecutionContext | dg.HookContext) -> str:
    """The upload that a run is for; the partition need not be registered.

    It comes from a tag that anyone who starts a run can set, so a key such as ``../mine`` is
    refused here, before files are read or pages written under that name.

    Raises:
        dg.Failure: the run has no partition, or one that leads out of the uploads folder, or the
            name of a file whose key is another (it would be a second upload of that file).
    """
    if isinstance(context, dg.HookContext):
        run = context.instance.get_run_by_id(context.run_id)
    else:
        run = context.run
    upload = run.tags.get(PARTITION_TAG) if run else None
    if not upload:
        raise dg.Failure(
            "This run has no upload. In the UI, choose a partition; on the command line, add"
            """ --tags '{"dagster/partition": "watched.csv"}'.""",
            allow_retries=False,
        )
    try:
        uploads.parts_of(upload)
    except ValueError as error:
        raise failure(str(error)) from error
    if "%" in upload and (key := uploads.key_typed(upload, environment.load().uploads)) != upload:
        raise failure(f"{upload} is the name of a file; the key of its upload is {key}. Run that.")
    return upload


def register(context: dg.AssetExecutionContext, upload: str) -> None:
    """Register the upload as a partition if needed, before anything asks Dagster for its key.

    The sensor has already done so for a dropped file, but nothing has for `dagster job execute` on
    a machine that has never seen the upload.
    """
    name = str(UPLOADS.name)
    if context.instance.has_dynamic_partition(name, upload):
        return
    try:
        context.instance.add_dynamic_partitions(name, [upload])
    except Exception:
        # Another run of the same upload may have been faster; each of Dagster's storages raises
        # its own error for that.
        if not context.instance.has_dynamic_partition(name, upload):
            raise
