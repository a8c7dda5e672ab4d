"""The selection: an upload's dashboard for some of its films, drawn on request.

What belongs here: Dagster's configuration, and passing the chosen films to the charts. What does
not: which films those are (`movie_pipeline.page.selection`), and the charts of the whole upload
(`dashboard`), which a selection never changes.

It is not part of processing an upload, so it leaves no progress notes, neither when it begins nor
when it fails. Only the run itself shows that.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from movie_pipeline.analytics import films
from movie_pipeline.charts import CHARTS, GLANCE, compiled, overview, to_svg
from movie_pipeline.defs.assets.dashboard import notice_of, view_spec
from movie_pipeline.defs.assets.specs import RETRY
from movie_pipeline.defs.assets.step import translated
from movie_pipeline.defs.metadata import failure, shown
from movie_pipeline.defs.partitions import SELECTION, UPLOADS, upload_of
from movie_pipeline.defs.resources import DataFolder, WarehouseResource
from movie_pipeline.page.selection import Selection
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS

# Plain Dagster types: a `str` or an `int` in a `dg.Config` would also accept {env: NAME}, and the
# error for an unknown name shows the given value, which could then be the key.
# Each has a default that is not None, or the launchpad would leave it out of what it fills in.
_CONFIG = {
    "genre": dg.Field(dg.Noneable(str), default_value="", description="A genre, such as Drama."),
    "director": dg.Field(
        dg.Noneable(str), default_value="", description="A director's name or TMDB id."
    ),
    "actor": dg.Field(
        dg.Noneable(str),
        default_value="",
        description="The name or TMDB id of an actor among the first 20 of the cast.",
    ),
    "decade": dg.Field(
        dg.Noneable(int),
        default_value=0,
        description="The decade of release, such as 1990; 0: any.",
    ),
    "rating": dg.Field(
        dg.Noneable(float),
        default_value=0.0,
        description="Your minimum rating, 0.5 to 5; 0: any.",
    ),
}


def _selection(config: Mapping[str, Any]) -> Selection:
    """Convert the configuration to a plain `Selection`; 0 and "" from a form mean no filter."""
    return Selection(
        genre=config["genre"] or "",
        director=config["director"] or "",
        actor=config["actor"] or "",
        decade=config["decade"] or None,
        rating=config["rating"] or None,
    )


@dg.multi_asset(
    name=SELECTION.to_python_identifier(),
    specs=[
        view_spec(
            SELECTION,
            "The whole dashboard for some of an upload's films, chosen by genre, director, actor,"
            " decade or rating in the configuration of the job `explore`.",
            kinds={"altair"},
            reads=(ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS),
        )
    ],
    partitions_def=UPLOADS,
    config_schema=_CONFIG,
    retry_policy=RETRY,
)
def selection(
    context: dg.AssetExecutionContext, folder: DataFolder, warehouse: WarehouseResource
) -> dg.MaterializeResult:
    """Draw all charts of the chosen films."""
    upload = upload_of(context)
    with translated():
        with warehouse.warehouse().reading() as connection:
            films.prepare(connection, [upload])
            selected = _selection(context.op_execution_context.op_config).of(connection)
        if not selected.of.summary["total_movies"]:
            raise failure(f"There are no films of {upload} yet: run enrich_upload for it first.")
        notice = notice_of(upload, selected.of)
        specifications = compiled(CHARTS, folder.settings().data / "bundle")
        # Empty charts would say no more than the sentence above them.
        drawn = GLANCE if selected.films.watched else ()
        pictures = {
            chart.title: to_svg(chart, selected.films, specifications=specifications)
            for chart in drawn
        }
        return dg.MaterializeResult(
            metadata={
                "films": selected.films.watched,
                "total_films": selected.of.watched,
                "summary": shown(selected.summary(notice=notice)),
                "overview": shown(
                    overview(selected.films, pictures, notice=notice, lead=selected.sentence())
                ),
            }
        )
