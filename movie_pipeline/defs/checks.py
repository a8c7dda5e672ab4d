"""Checks: what must be true of an upload's enriched films, and of all uploads together.

For the underlying concept, see https://docs.dagster.io/guides/test/asset-checks. What belongs
here: the checks of `enriched/movies`, which that asset's own step evaluates (a step for each check
would cost more than the check), and those of `library/uploads`. What does not: the checks of the
raw layer, which are next to the code that they check (`assets.raw`). No check here stops a run: the
rows are stored, the page is drawn, and the check says what to look at.
"""

import warnings
from datetime import UTC, datetime

import dagster as dg
import pandas as pd

from movie_pipeline import names, status
from movie_pipeline.charts.markdown import Markdown, bullets, code, md
from movie_pipeline.defs.metadata import described, failure, shown
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.defs.resources import DataFolder, WarehouseResource
from movie_pipeline.enrichment.enrich import sample_notice
from movie_pipeline.enrichment.staleness import Stale, older_than
from movie_pipeline.settings import LONGEST_DAYS
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.inventory import Inventory
from movie_pipeline.status.store import STATES
from movie_pipeline.warehouse.errors import WarehouseError
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES

ENRICHED = dg.AssetKey([ENRICHED_MOVIES.schema, ENRICHED_MOVIES.name])
LIBRARY = dg.AssetKey(names.LIBRARY)
PERSONS = dg.AssetKey(names.PERSONS)

EVIDENCE = ("tmdb_id", "imdb_id", "override", "release_year")
"""Methods that may match a film of a different year: an id, the user, a release in that year."""

FOUND_ENOUGH = 0.9


def of_upload(
    name: str, asset: dg.AssetKey, description: str, *, blocking: bool = False
) -> dg.AssetCheckSpec:
    """The spec of a check that has one result per upload.

    Without partitions, one upload's failure would show on all of them until the next run.
    """
    with warnings.catch_warnings():
        # Partitioned checks are a preview feature in Dagster 1.13; constraints.txt pins it.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            name, asset=asset, description=description, blocking=blocking, partitions_def=UPLOADS
        )


ROWS = of_upload(
    "rows_as_in_raw",
    ENRICHED,
    "There is one row for each row of raw/movies, made from the same version of the file.",
)
COUNTS = of_upload(
    "counts_add_up",
    ENRICHED,
    "Each row has one of the five match statuses, and a TMDB film if and only if it matched.",
)
YEARS = of_upload(
    "years_agree",
    ENRICHED,
    "No film is more than one year away from the year in the list, unless it was matched by an id,"
    " by overrides.csv, or by a release in that year.",
)
FOUND = of_upload(
    "nine_in_ten_found",
    ENRICHED,
    "At least 90 % of the rows matched a film or are not a film at all (a series, a game).",
)
ENRICHED_CHECKS = (ROWS, COUNTS, YEARS, FOUND)


def of_enriched(films: pd.DataFrame, raw: pd.DataFrame) -> list[dg.AssetCheckResult]:
    """Evaluate the checks of `enriched/movies` on the rows that are about to be stored.

    Args:
        films: one upload's rows of ``enriched.movies``.
        raw: the rows of ``raw.movies`` that they were made from, in the same order.
    """
    return [_rows(films, raw), _counts(films), _years(films), _found(films)]


def _rows(films: pd.DataFrame, raw: pd.DataFrame) -> dg.AssetCheckResult:
    same = len(films) == len(raw) and all(
        (films[name].to_numpy() == raw[name].to_numpy()).all() for name in ("row_number", "version")
    )
    one_version = raw["version"].nunique() <= 1
    return dg.AssetCheckResult(
        check_name=ROWS.name,
        passed=same and one_version,
        metadata={"rows": len(films), "rows_in_raw_movies": len(raw)},
        description=None if same and one_version else "Run this upload again from raw/movies.",
    )


def _counts(films: pd.DataFrame) -> dg.AssetCheckResult:
    states = films["match_status"].value_counts()
    counts = {state: int(states.get(state, 0)) for state in STATES}
    matched, has_film = films["match_status"] == "matched", films["tmdb_id"].notna()
    enriched = films["tmdb_enriched"].astype(bool)
    inconsistent = int(((matched != has_film) | (enriched & ~has_film)).sum())
    return dg.AssetCheckResult(
        check_name=COUNTS.name,
        passed=sum(counts.values()) == len(films) and not inconsistent,
        metadata={"rows": len(films), **counts, "inconsistent_rows": inconsistent},
    )


def _years(films: pd.DataFrame) -> dg.AssetCheckResult:
    doubted = films.loc[
        (films["match_status"] == "matched")
        & ~films["match_method"].isin(EVIDENCE)
        & films["year"].notna()
        & films["release_date"].notna(),
        ["title", "year", "tmdb_title", "release_date", "match_method"],
    ]
    released = doubted["release_date"].map(lambda day: day.year).astype(int)
    off = doubted[(released - doubted["year"].astype(int)).abs() > 1]
    films_off = [
        md("{} ({:.0f}) became {} ({}) by {}", title, year, film, day.year, code(method))
        for title, year, film, day, method in off.to_numpy()
    ]
    return dg.AssetCheckResult(
        check_name=YEARS.name,
        passed=off.empty,
        metadata={
            "films_more_than_a_year_off": len(off),
            "which": shown(bullets(films_off)),
        },
        description=None
        if off.empty
        else "If a film is wrong, enter the right one in overrides.csv (dashboard/review has lines"
        " to copy).",
    )


def _found(films: pd.DataFrame) -> dg.AssetCheckResult:
    states = films["match_status"].value_counts()
    shares = {state: round(int(states.get(state, 0)) / max(len(films), 1), 4) for state in STATES}
    found = shares["matched"] + shares["not_a_movie"]
    passed = films.empty or found >= FOUND_ENOUGH
    return dg.AssetCheckResult(
        check_name=FOUND.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"films": len(films), **{f"share_{name}": shares[name] for name in STATES}},
        description=None if passed else described(md(" ").join(_advice(films))),
    )


def _advice(films: pd.DataFrame) -> list[Markdown]:
    """What to do when many films were not found."""
    if notice := sample_notice(films):
        return [md("{}.", f"{notice[0].upper()}{notice[1:]}")]
    states, advice = set(films["match_status"]), []
    if "error" in states:
        advice.append(md("Run this upload again: only the films without an answer are requested."))
    if states & {"ambiguous", "not_found"}:
        advice.append(
            md(
                "dashboard/review of this upload lists the films that need review, with links and"
                " lines for overrides.csv."
            )
        )
    return advice


# All uploads together ----------------------------------------------------------------------


def no_failures(inventory: Inventory) -> dg.AssetCheckEvaluation:
    """The current inventory of failed uploads, in the form in which `uploads_sensor` reports it.

    A failed run materializes nothing, so nothing else would update the inventory.
    """
    failed = inventory.failed
    return dg.AssetCheckEvaluation(
        asset_key=LIBRARY,
        check_name=NO_UPLOAD_FAILED,
        passed=not failed,
        metadata={
            "failed": len(failed),
            "next_steps": shown(inventory.failures()),
        },
    )


NO_UPLOAD_FAILED = "no_upload_failed"


@dg.asset_check(
    asset=LIBRARY,
    name=NO_UPLOAD_FAILED,
    description="No upload has failed. Each failed upload is listed with what to do next;"
    " uploads_sensor updates the list automatically whenever it changes.",
)
def no_upload_failed(folder: DataFolder) -> dg.AssetCheckResult:
    """Read the status of every upload, as `movie-pipeline status` does."""
    try:
        found = no_failures(Inventory(status.read(folder.settings())))
    except (ProgressError, OSError) as error:
        raise failure(str(error)) from error
    return dg.AssetCheckResult(passed=found.passed, metadata=found.metadata)


@dg.asset_check(
    asset=LIBRARY,
    description="No row is older than 180 days, the six months that TMDB's terms allow.",
)
def no_row_too_old(folder: DataFolder, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """Look for rows that the weekly refresh_stale should have refreshed long ago."""
    now = datetime.now(UTC)
    try:
        stale = older_than(LONGEST_DAYS, warehouse.warehouse(), now)
    except WarehouseError as error:
        raise failure(str(error)) from error
    advice = (
        md(
            "Set `TMDB_API_TOKEN`: without a key, nothing is requested from TMDB. Then materialize"
            " these uploads (`movie-pipeline enrich UPLOAD --refresh stale`)."
        )
        if folder.settings().from_sample
        else md(
            "Run the job refresh_stale for these uploads"
            " (`movie-pipeline enrich UPLOAD --refresh stale`)."
        )
    )
    return dg.AssetCheckResult(
        passed=not stale,
        metadata={
            "uploads": len(stale),
            "rows": sum(one.rows for one in stale),
            "which": shown(bullets(_oldest(stale, now))),
        },
        description=described(advice) if stale else None,
    )


def _oldest(stale: list[Stale], now: datetime) -> list[Markdown]:
    today = now.replace(tzinfo=None)
    return [
        md(
            "{}: {:,} rows, the oldest from {} days ago",
            one.upload,
            one.rows,
            (today - one.oldest).days,
        )
        for one in stale
    ]


LIBRARY_CHECKS = [no_upload_failed, no_row_too_old]
