"""The raw layer: an upload's lines as films, viewings and rejected rows, and its owner.

What belongs here: reading the file once, writing its tables in one transaction, and the checks
that nothing is lost. What does not: how an export is read (`movie_pipeline.exports`), and what its
name means (`uploads.persons`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from movie_pipeline import uploads
from movie_pipeline.charts.markdown import bullets
from movie_pipeline.defs.assets.specs import RETRY, key_of, table_spec
from movie_pipeline.defs.assets.step import HOOKS, step
from movie_pipeline.defs.checks import of_upload
from movie_pipeline.defs.metadata import MESSAGE, failure, shown
from movie_pipeline.defs.partitions import UPLOADS, register, upload_of
from movie_pipeline.defs.resources import DataFolder, WarehouseResource
from movie_pipeline.exports import Export, FileReport, Limits, UnreadableExport, read_export
from movie_pipeline.outside.foreign import line
from movie_pipeline.page import outline
from movie_pipeline.page.heading import heading
from movie_pipeline.settings import KEY_PAGE, Settings, SettingsError
from movie_pipeline.uploads import persons
from movie_pipeline.warehouse.tables import (
    RAW,
    RAW_MOVIES,
    RAW_REJECTED_ROWS,
    RAW_UPLOADS,
    RAW_VIEWINGS,
)

READABLE = of_upload(
    "something_readable",
    key_of(RAW_MOVIES),
    "At least one line of the upload was read as a film, or the upload has no lines at all.",
    blocking=True,
)
ACCOUNTED = of_upload(
    "lines_accounted_for",
    key_of(RAW_MOVIES),
    "For each file: rejected + viewings + films + merged = lines read.",
    blocking=True,
)


@dg.multi_asset(
    name="raw",
    specs=[table_spec(table, deps=(), kinds={"python"}) for table in RAW],
    check_specs=[READABLE, ACCOUNTED],
    partitions_def=UPLOADS,
    retry_policy=RETRY,
    hooks=HOOKS,
)
def raw(
    context: dg.AssetExecutionContext, folder: DataFolder, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Read the upload and write its tables in one transaction.

    Several outputs would mean several commits: a run killed in between would leave tables that
    contradict each other.
    """
    settings = folder.settings(context.run.tags)
    path = _path(upload_of(context), settings)
    with step(context, folder.progress()) as upload:
        if settings.sample_only:  # noted first: if killed, a later run must not query TMDB
            folder.progress().note(upload, run_id=context.run.run_id, sample_chosen=True)
        _refuse_early(settings)
        register(context, upload)
        version = uploads.content_hash(path)
        folder.progress().note(upload, run_id=context.run.run_id, version=version)
        try:
            export = read_export(path, upload, Limits(**settings.limits))
            _refuse_unreadable(upload, export)
        except UnreadableExport as error:
            yield _readable(passed=False, reason=line(str(error), MESSAGE))
            raise
        if uploads.content_hash(path) != version:
            raise failure(
                f"{upload} was replaced while it was being read; trying again.", retry=True
            )
        about = _about(upload, path, export)
        frames = {
            RAW_MOVIES: export.films,
            RAW_VIEWINGS: export.viewings,
            RAW_REJECTED_ROWS: export.rejected,
            RAW_UPLOADS: pd.DataFrame([about]),
        }
        warehouse.warehouse().write(
            upload, {table: frame.assign(version=version) for table, frame in frames.items()}
        )
        outline.begin(
            settings,
            upload,
            heading(upload, about["source_format"], about["exported_at"]),
            export.films["rating"].astype(float).tolist(),
            rejected=len(export.rejected),
        )
        context.log.info(
            "%s: %d films, %d viewings, %d lines rejected",
            upload,
            len(export.films),
            len(export.viewings),
            len(export.rejected),
        )
        yield dg.MaterializeResult(
            asset_key=key_of(RAW_MOVIES),
            metadata={
                "dagster/partition_row_count": len(export.films),
                "films": len(export.films),
                "lines": sum(report.lines for report in export.files),
                **_files(export.files),
                "not_opened": shown(bullets(export.unopened)),
                "version": version,
            },
        )
        yield dg.MaterializeResult(
            asset_key=key_of(RAW_VIEWINGS),
            metadata={"dagster/partition_row_count": len(export.viewings)},
        )
        yield dg.MaterializeResult(
            asset_key=key_of(RAW_REJECTED_ROWS),
            metadata={
                "dagster/partition_row_count": len(export.rejected),
                "rejected": shown(bullets(_reasons(export))),
            },
        )
        yield dg.MaterializeResult(
            asset_key=key_of(RAW_UPLOADS),
            metadata={"dagster/partition_row_count": 1, "person": line(str(about["person"]))},
        )
        yield from _checks(export)


def _about(upload: str, path: Path, export: Export) -> dict[str, Any]:
    """The upload's row of ``raw.uploads``, except `current`, which the warehouse sets."""
    received_at = uploads.changed_at(path)
    formats = export.films["source_format"].mode()
    return {
        "person": persons.person_of(upload),
        "source_format": formats[0] if len(formats) else None,
        "received_at": received_at,
        "exported_at": persons.exported_at(upload) or received_at,
    }


def _path(upload: str, settings: Settings) -> Path:
    """The path of the upload, found before anything is noted, so that a typo leaves no trace.

    Raises:
        dg.Failure: it does not exist, or is not in the uploads folder itself.
    """
    try:
        path = uploads.path_of(upload, settings.uploads)
    except ValueError as error:
        raise failure(str(error)) from error
    # Reading a pipe, for instance, would block forever.
    if path.exists() and not uploads.is_upload(path):
        raise failure(
            f"{upload} is neither a file nor the folder of an unpacked export (profile.csv beside"
            " watched.csv or ratings.csv). Name a file instead, such as alice/watched.csv."
        )
    if not path.exists():
        raise failure(
            f"{upload} is not in {settings.uploads}. Drop it there (movie-pipeline add FILE),"
            " then run again."
        )
    return path


def _refuse_early(settings: Settings) -> None:
    if settings.require_tmdb and settings.key is None:
        raise SettingsError(
            "MOVIE_PIPELINE_REQUIRE_TMDB is set, but there is no key. Get the API Read Access"
            f" Token at {KEY_PAGE} and put it into TMDB_API_TOKEN."
        )


def _refuse_unreadable(upload: str, export: Export) -> None:
    """Fail before anything is written if no line could be read.

    Raises:
        UnreadableExport: with the first reasons and line numbers (never the text of the lines).
    """
    lines = sum(report.lines for report in export.files)
    if lines and export.films.empty:
        reasons = "; ".join(_reasons(export)[:3])
        raise UnreadableExport(
            f"{upload}: none of its {lines} lines could be read as a film ({reasons}). A film list"
            " needs a column with titles, such as Title or Name."
        )


def _readable(*, passed: bool, **metadata: int | str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=READABLE.name, asset_key=key_of(RAW_MOVIES), passed=passed, metadata=metadata
    )


def _checks(export: Export) -> Iterator[dg.AssetCheckResult]:
    lines = sum(report.lines for report in export.files)
    yield _readable(passed=True, lines=lines, films=len(export.films))
    unbalanced = [report.name for report in export.files if _fates(report) != report.lines]
    yield dg.AssetCheckResult(
        check_name=ACCOUNTED.name,
        asset_key=key_of(RAW_MOVIES),
        passed=not unbalanced,
        metadata={"unbalanced_files": len(unbalanced), "which": shown(bullets(unbalanced))},
    )


def _fates(report: FileReport) -> int:
    return report.rejected + report.viewings + report.films + report.merged


def _files(reports: list[FileReport]) -> dict[str, dg.MetadataValue]:
    """Tables of what became of each file's lines, how it was read, and what its columns mean."""
    return {
        "files": _table(
            {"file": "string", "format": "string", **dict.fromkeys(_FATES, "int")},
            [
                {
                    "format": one.format,
                    **{fate: getattr(one, fate) for fate in _FATES},
                    **_file(one),
                }
                for one in reports
            ],
        ),
        "how_read": _table(
            dict.fromkeys(("file", "confidence", "encoding", "separator", "notes"), "string"),
            [
                {
                    "confidence": f"{one.confidence:.2f}",
                    "encoding": one.encoding,
                    "separator": one.separator,
                    "notes": "; ".join(map(line, one.notes)),
                    **_file(one),
                }
                for one in reports
            ],
        ),
        "columns": _table(
            dict.fromkeys(("file", "column", "read_as"), "string"),
            [
                {"column": line(own, 80), "read_as": ours, **_file(one)}
                for one in reports
                for ours, own in one.mapping.items()
            ],
        ),
    }


def _file(report: FileReport) -> dict[str, str]:
    return {"file": line(report.name)}


def _table(columns: Mapping[str, str], rows: list[dict[str, str | int]]) -> dg.MetadataValue:
    return dg.MetadataValue.table(
        [dg.TableRecord(row) for row in rows],
        schema=dg.TableSchema([dg.TableColumn(name, type_) for name, type_ in columns.items()]),
    )


_FATES = ("lines", "rejected", "viewings", "films", "merged")


def _reasons(export: Export) -> list[str]:
    rejected = export.rejected.head(20)
    return [f"{row.file}, line {row.line}: {row.reason}" for row in rejected.itertuples()]
