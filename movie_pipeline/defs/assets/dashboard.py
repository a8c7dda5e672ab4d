"""The dashboard layer: an upload's charts in the UI, and its page on disk.

What belongs here: reading an upload's films once and passing them to the charts and the page. What
does not: how a chart or the page is drawn (`charts`, `page`), which is pure code. The warehouse is
closed before anything is drawn.

One step draws all views: a step costs 60 to 90 ms and the first picture 0.6 s, so one step per view
would cost more than the drawing. Each view is still an asset of its own and can be materialized
alone.
"""

from collections.abc import Iterator, Sequence

import dagster as dg
import pandas as pd

from movie_pipeline.charts import (
    CHARTS,
    Chart,
    compiled,
    count,
    image,
    overview,
    to_svg,
)
from movie_pipeline.defs.assets.specs import OWNER, RETRY, key_of
from movie_pipeline.defs.assets.step import HOOKS, step
from movie_pipeline.defs.metadata import failure, shown
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.defs.resources import DataFolder, WarehouseResource
from movie_pipeline.enrichment.enrich import sample_notice
from movie_pipeline.overrides.review import LEAST_SURE, review
from movie_pipeline.page import publication
from movie_pipeline.page.publication import write_card, write_page, write_sheets
from movie_pipeline.warehouse.tables import (
    ANALYTICS_SUMMARY,
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_VIEWINGS,
)
from movie_pipeline.warehouse.upload_films import read_films, read_viewings

OVERVIEW = dg.AssetKey(["dashboard", "overview"])
PAGE = dg.AssetKey(["dashboard", "page"])
REVIEW = dg.AssetKey(["dashboard", "review"])

# Columns that `charts.count` derives, with the table columns that they are made of.
_MADE_OF = {
    "released": ("release_date", "year"),
    "viewings": ("watched_on",),
    "directed": ("directors", "director_ids"),
    "acted": ("cast", "cast_ids"),
    "pairs": ("directors", "director_ids", "cast", "cast_ids"),
}


def view_spec(
    key: dg.AssetKey, description: str, *, kinds: set[str], reads: Sequence[str] = ()
) -> dg.AssetSpec:
    """The spec of a view; its columns are those that it reads of a film (by default, all)."""
    columns = {one.name: one for one in (*RAW_VIEWINGS, *RAW_MOVIES, *ENRICHED_MOVIES)}
    reads = [column for name in reads for column in _MADE_OF.get(name, (name,))]
    return dg.AssetSpec(
        key,
        description=description,
        # The summary represents all of analytics, so that a view comes after those tables.
        deps=[key_of(t) for t in (ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS, ANALYTICS_SUMMARY)],
        group_name="dashboard",
        owners=[OWNER],
        kinds=kinds,
        partitions_def=UPLOADS,
        metadata={
            "dagster/column_schema": dg.TableSchema(
                [
                    dg.TableColumn(column.name, column.type, description=column.description)
                    for name, column in columns.items()
                    if not reads or name in reads
                ]
            )
        },
    )


def _chart_key(chart: Chart) -> dg.AssetKey:
    return dg.AssetKey(["dashboard", chart.name])


@dg.multi_asset(
    name="dashboard",
    specs=[
        *(
            view_spec(_chart_key(chart), chart.question, kinds={"altair"}, reads=chart.columns)
            for chart in CHARTS
        ),
        view_spec(OVERVIEW, "An upload's whole dashboard at a glance.", kinds={"altair"}),
        view_spec(
            PAGE,
            "A self-contained, interactive page on disk that opens in any browser, offline.",
            kinds={"altair", "html"},
        ),
        view_spec(
            REVIEW,
            "The films that need review, with links and lines to copy into overrides.csv.",
            kinds={"markdown"},
            reads=(
                *("title", "year", "letterboxd_uri", "imdb_id", "match_status", "match_method"),
                *("match_score", "match_candidates", "tmdb_id", "tmdb_title", "error"),
            ),
        ),
    ],
    partitions_def=UPLOADS,
    can_subset=True,
    retry_policy=RETRY,
    hooks=HOOKS,
)
def dashboard(
    context: dg.AssetExecutionContext, folder: DataFolder, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult]:
    """Draw the selected views of the upload; fail at the very end if too many films errored."""
    with step(context, folder.progress()) as upload:
        settings = folder.settings()
        films = read_films(warehouse.warehouse(), upload, least_sure=LEAST_SURE)
        notice, counted = sample_notice(films), count(films)
        chosen = context.selected_asset_keys
        specifications = compiled(CHARTS, settings.data / "bundle")
        pictures = {}
        for chart in CHARTS:
            if not chosen.isdisjoint({_chart_key(chart), OVERVIEW}):
                file = publication.folder(settings, upload) / f"{chart.name}.svg"
                pictures[chart.title] = to_svg(
                    chart, counted, specifications=specifications, file=file
                )
            if _chart_key(chart) in chosen:
                picture = image(pictures[chart.title], chart.title)
                yield dg.MaterializeResult(
                    asset_key=_chart_key(chart),
                    metadata={
                        **chart.headline(counted),
                        "summary": shown(chart.summary(counted, notice=notice)),
                        "chart": shown(picture),
                    },
                )
        if OVERVIEW in chosen:
            yield dg.MaterializeResult(
                asset_key=OVERVIEW,
                metadata={
                    "films": len(films),
                    "overview": shown(overview(counted, pictures, notice=notice)),
                },
            )
        if REVIEW in chosen:
            found = review(films)
            yield dg.MaterializeResult(
                asset_key=REVIEW,
                metadata={
                    **found.numbers(),
                    "summary": shown(found.summary(notice=notice)),
                    "review": shown(found.markdown(notice=notice)),
                },
            )
        if PAGE in chosen:
            path = write_page(settings, upload, counted, specifications, notice)
            write_sheets(settings, upload, films, read_viewings(warehouse.warehouse(), upload))
            card = write_card(settings, upload, counted, notice)
            folder.progress().note(upload, page=str(path))
            context.log.info("%s: the page is %s", upload, path)
            yield dg.MaterializeResult(
                asset_key=PAGE,
                metadata={
                    "films": len(films),
                    "page": dg.MetadataValue.path(str(path)),
                    "kilobytes": round(path.stat().st_size / 1000),
                    "files": dg.MetadataValue.path(str(publication.folder(settings, upload))),
                    "card": shown(image(card, "card")),
                },
            )
        _refuse_errors(films, settings.max_error_share)


def _refuse_errors(films: pd.DataFrame, most: float) -> None:
    """Fail the run if too many films got no answer, after everything else is done.

    Raises:
        dg.Failure: the share of films in state ``error`` is above ``most``.
    """
    errors = films[films["match_status"] == "error"]
    if len(films) and len(errors) / len(films) > most:
        reason = errors["error"].value_counts().index[0]
        raise failure(
            f"{len(errors)} of {len(films)} films got no answer ({reason}). What was fetched is"
            " kept: run this upload again later, and only those films are requested."
        )
