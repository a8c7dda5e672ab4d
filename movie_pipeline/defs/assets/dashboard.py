"""The dashboard layer: an upload's charts in the UI, and its page on disk.

What belongs here: reading an upload's numbers once and passing them to the charts and the page.
What does not: how a chart or the page is drawn (`charts`, `page`), which is pure code. The
warehouse is closed before anything is drawn.

One step draws all views: a step costs 60 to 90 ms and the first picture 0.6 s, so one step per view
would cost more than the drawing. Each view is still an asset of its own and can be materialized
alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg
import duckdb

from movie_pipeline.analytics import films as counting
from movie_pipeline.analytics import next as what_next
from movie_pipeline.analytics import years as calendar
from movie_pipeline.analytics.next import Waiting
from movie_pipeline.analytics.numbers import Numbers, read
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts import (
    CHARTS,
    GLANCE,
    SUBJECTS,
    Chart,
    annual,
    compiled,
    image,
    overview,
    to_svg,
)
from movie_pipeline.charts.lists import to_see
from movie_pipeline.charts.markdown import Markdown
from movie_pipeline.defs.assets.specs import OWNER, RETRY, key_of
from movie_pipeline.defs.assets.step import HOOKS, step
from movie_pipeline.defs.metadata import failure, shown
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.defs.resources import DataFolder, TMDBResource, WarehouseResource
from movie_pipeline.enrichment.enrich import sample_lacks
from movie_pipeline.overrides.review import LEAST_SURE, review
from movie_pipeline.page import columns, outline, pictures, publication
from movie_pipeline.page.heading import Heading, heading
from movie_pipeline.page.publication import write_cards, write_page, write_sheets
from movie_pipeline.status import front_page
from movie_pipeline.uploads.persons import is_sample
from movie_pipeline.warehouse.lines import read_lines, read_viewings
from movie_pipeline.warehouse.tables import (
    ANALYTICS_BREAKDOWNS,
    ANALYTICS_FILM_FACTS,
    ANALYTICS_PAIRS,
    ANALYTICS_PEOPLE,
    ANALYTICS_SUMMARY,
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_UPLOADS,
    RAW_VIEWINGS,
    Table,
)

OVERVIEW = dg.AssetKey(["dashboard", "overview"])
PAGE = dg.AssetKey(["dashboard", "page"])
REVIEW = dg.AssetKey(["dashboard", "review"])
LISTS = dg.AssetKey(["dashboard", "lists"])
VIEWINGS = dg.AssetKey(["dashboard", "viewings"])

#: How many years' cards the UI shows beside that of all time; the others are on disk.
_YEARS_SHOWN = 2

_NUMBERS = (ANALYTICS_SUMMARY, ANALYTICS_BREAKDOWNS)
_ALL_NUMBERS = (*_NUMBERS, ANALYTICS_PEOPLE, ANALYTICS_PAIRS, ANALYTICS_FILM_FACTS)
#: What a subject reads besides `_NUMBERS`.
_ALSO = {
    "directors": (ANALYTICS_PEOPLE,),
    "people": (ANALYTICS_PEOPLE, ANALYTICS_PAIRS),
    "ratings": (ANALYTICS_FILM_FACTS,),
    "lists": (ENRICHED_MOVIES, RAW_MOVIES, ANALYTICS_PEOPLE),
    "viewings": (ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS),
}


def view_spec(
    key: dg.AssetKey, description: str, *, kinds: set[str], reads: Sequence[Table]
) -> dg.AssetSpec:
    """The spec of a view of an upload, which has no columns of its own."""
    return dg.AssetSpec(
        key,
        description=description,
        deps=[key_of(table) for table in reads],
        group_name="dashboard",
        owners=[OWNER],
        kinds=kinds,
        partitions_def=UPLOADS,
    )


def subject_key(name: str) -> dg.AssetKey:
    """The key of a subject's asset."""
    return dg.AssetKey(["dashboard", name])


def notice_of(upload: str, numbers: Numbers) -> str | None:
    """The notice above all results if the sample catalogue answered, else None.

    The bundled sample needs none: it is there to be answered by that catalogue.
    """
    summary = numbers.summary
    if summary["answered_by"] != "sample" or is_sample(upload):
        return None
    return sample_lacks(int(summary["not_found"] - summary["ignored"]))


@dg.multi_asset(
    name="dashboard",
    specs=[
        *(
            view_spec(
                subject_key(name),
                " ".join(chart.question for chart in charts),
                kinds={"altair"},
                reads=(*_NUMBERS, *_ALSO.get(name, ())),
            )
            for name, charts in SUBJECTS.items()
        ),
        view_spec(
            OVERVIEW,
            "An upload's whole dashboard at a glance.",
            kinds={"altair"},
            reads=_ALL_NUMBERS,
        ),
        view_spec(
            PAGE,
            "A self-contained, interactive page on disk that opens in any browser, offline.",
            kinds={"altair", "html"},
            reads=(ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS, RAW_UPLOADS, *_ALL_NUMBERS),
        ),
        view_spec(
            REVIEW,
            "The films that need review, with links and lines to copy into overrides.csv.",
            kinds={"markdown"},
            reads=(ENRICHED_MOVIES, RAW_MOVIES),
        ),
    ],
    partitions_def=UPLOADS,
    can_subset=True,
    retry_policy=RETRY,
    hooks=HOOKS,
)
def dashboard(
    context: dg.AssetExecutionContext,
    folder: DataFolder,
    warehouse: WarehouseResource,
    tmdb: TMDBResource,
) -> Iterator[dg.MaterializeResult]:
    """Draw the selected views of the upload; fail at the very end if too many films errored."""
    with step(context, folder.progress()) as upload:
        settings, chosen = folder.settings(), context.selected_asset_keys
        stored = _read(
            warehouse,
            upload,
            page=PAGE in chosen,
            next_=not chosen.isdisjoint({PAGE, LISTS}),
            years=not chosen.isdisjoint({PAGE, VIEWINGS}),
            with_posters=PAGE in chosen and settings.shows_posters,
        )
        numbers, notice = stored.numbers, notice_of(upload, stored.numbers)
        today = datetime.now().astimezone().date()
        specifications = compiled(CHARTS, settings.data / "bundle")
        pictures: dict[str, str] = {}
        for name, charts in SUBJECTS.items():
            drawn = charts if subject_key(name) in chosen else ()
            glance = [chart for chart in GLANCE if chart in charts and OVERVIEW in chosen]
            for chart in dict.fromkeys((*drawn, *glance)):
                file = publication.folder(settings, upload) / f"{chart.name}.svg"
                pictures[chart.title] = to_svg(
                    chart, numbers, specifications=specifications, file=file
                )
            if drawn:
                yield _subject(
                    subject_key(name), charts, stored, pictures, notice=notice, today=today
                )
        if OVERVIEW in chosen:
            yield dg.MaterializeResult(
                asset_key=OVERVIEW,
                metadata={
                    "films": numbers.watched,
                    "overview": shown(
                        overview(
                            numbers,
                            {chart.title: pictures[chart.title] for chart in GLANCE},
                            notice=notice,
                        )
                    ),
                },
            )
        if PAGE in chosen:
            stored.page.append(columns.posters(_posters(context, tmdb, stored.posters)))
            stored.page.append(columns.calendar(stored.years, today))
            path = write_page(
                settings,
                upload,
                stored.page,
                numbers,
                specifications,
                heading=str(stored.heading),
                notice=notice,
            )
            stored.page.clear()
            cards = write_cards(
                settings,
                upload,
                numbers,
                stored.years,
                heading=stored.heading,
                notice=notice,
                today=today,
            )
            outline.finish(settings, upload, stored.heading, numbers, stored.years)
        if not chosen.isdisjoint({PAGE, REVIEW}):
            films = read_lines(warehouse.warehouse(), upload, least_sure=LEAST_SURE)
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
            write_sheets(
                settings, upload, films, read_viewings(warehouse.warehouse(), upload), stored.next
            )
            folder.progress().note(upload, run_id=context.run.run_id, page=str(path))
            context.log.info("%s: the page is %s", upload, path)
            yield dg.MaterializeResult(
                asset_key=PAGE,
                metadata={
                    "films": numbers.watched,
                    "page": dg.MetadataValue.path(str(path)),
                    "kilobytes": round(path.stat().st_size / 1000),
                    "files": dg.MetadataValue.path(str(publication.folder(settings, upload))),
                    "home": dg.MetadataValue.path(str(front_page.path_of(settings))),
                    "cards": len(cards) * len(publication.VARIANTS),
                    "card": shown(_pictures(cards)),
                },
            )
        _refuse_errors(stored, settings.max_error_share)


@dataclass(frozen=True)
class _Stored:
    """What the warehouse has of an upload: numbers, films, years, and why films failed."""

    numbers: Numbers
    page: list[str]
    next: list[Waiting]
    posters: dict[int, str]
    years: Sequence[Year]
    heading: Heading
    reason: str


def _read(
    warehouse: WarehouseResource,
    upload: str,
    *,
    page: bool,
    next_: bool,
    years: bool,
    with_posters: bool,
) -> _Stored:
    """Read what the views need: films, what to see next, years and posters only if asked for.

    Raises:
        dg.Failure: the numbers of this upload were never counted.
    """
    with warehouse.warehouse().reading() as connection:
        numbers = read(connection, upload)
        if numbers is None:
            raise failure(
                f"The films of {upload} have not been counted yet (or by an earlier version):"
                " materialize its assets in the group analytics first, or run enrich_upload."
            )
        if page or next_ or years:
            counting.prepare(connection, [upload])
        waiting = what_next.read(connection, upload) if next_ else []
        films = [*columns.read(connection), columns.suggestions(waiting)] if page else []
        calendar_ = calendar.read(connection) if years else ()
        posters = pictures.named(connection, waiting) if with_posters else {}
        whose, reason = _heading(connection, upload), _reason(connection, upload)
        return _Stored(numbers, films, waiting, posters, calendar_, whose, reason)


def _posters(
    context: dg.AssetExecutionContext, tmdb: TMDBResource, paths: dict[int, str]
) -> dict[int, str]:
    """The posters of these films, those missing asked for within a few seconds."""
    posters = tmdb.posters() if paths else None
    if posters is None:
        return {}
    with closing(posters):
        found, fetched = posters.get(paths.values())
    held = pictures.held(paths, found)
    context.log.info("%d posters on the page, %d of them fetched now", len(held), fetched)
    return held


def _heading(connection: duckdb.DuckDBPyConnection, upload: str) -> Heading:
    about = connection.execute(
        f"SELECT source_format, exported_at FROM {RAW_UPLOADS.sql_name} WHERE upload = ?", [upload]
    ).fetchone()
    return heading(upload, *(about or (None, None)))


def _reason(connection: duckdb.DuckDBPyConnection, upload: str) -> str:
    """The most frequent reason why a film got no answer."""
    found = connection.execute(
        f"SELECT error FROM {ENRICHED_MOVIES.sql_name} WHERE upload = ?"
        " AND match_status = 'error' GROUP BY error ORDER BY count(*) DESC, error LIMIT 1",
        [upload],
    ).fetchone()
    return str(found[0]) if found else ""


def _pictures(cards: Mapping[str, str]) -> Markdown:
    """The cards of all time and of the latest years."""
    latest = [*cards.items()][: 1 + _YEARS_SHOWN]
    return Markdown("\n\n").join(image(svg, f"card of {name}") for name, svg in latest)


def _subject(
    key: dg.AssetKey,
    charts: Sequence[Chart],
    stored: _Stored,
    pictures: dict[str, str],
    *,
    notice: str | None,
    today: date,
) -> dg.MaterializeResult:
    """The materialization of a subject: the numbers, stories and pictures of its charts."""
    numbers, (first, *others) = stored.numbers, charts
    figures = first.headline(numbers)
    for chart in others:
        figures = chart.headline(numbers) | figures
    stories = {f"{chart.name}_summary": shown(chart.summary(numbers)) for chart in others}
    drawn = [image(pictures[chart.title], chart.title) for chart in charts]
    tells = key == VIEWINGS and stored.years
    return dg.MaterializeResult(
        asset_key=key,
        metadata={
            **figures,
            "summary": shown(first.summary(numbers, notice=notice)),
            **stories,
            **({"next": shown(to_see(stored.next))} if key == LISTS else {}),
            **({"years": shown(annual.told(stored.years, today))} if tells else {}),
            "chart": shown(Markdown("\n\n").join(drawn)),
        },
    )


def _refuse_errors(stored: _Stored, most: float) -> None:
    """Fail the run if too many films got no answer, after everything else is done.

    Raises:
        dg.Failure: the share of films in state ``error`` is above ``most``.
    """
    errors, total = stored.numbers.summary["error"], stored.numbers.summary["total_movies"]
    if total and errors / total > most:
        raise failure(
            f"{errors} of {total} films got no answer ({stored.reason}). What was fetched is kept:"
            " run this upload again later, and only those films are requested."
        )
