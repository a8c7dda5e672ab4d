"""The enriched layer: for each film in the list, the matching film on TMDB.

What belongs here: running the enrichment of an upload, and reporting its progress and its result.
What does not: requesting and matching films (`enrichment`, `matching`, `tmdb`).
"""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal

import dagster as dg
import pandas as pd
from pydantic import Field

from movie_pipeline.defs.assets.specs import OWNER, RETRY, key_of, table_metadata
from movie_pipeline.defs.assets.step import HOOKS, step
from movie_pipeline.defs.checks import ENRICHED_CHECKS, of_enriched
from movie_pipeline.defs.metadata import failure
from movie_pipeline.defs.partitions import UPLOADS, upload_of
from movie_pipeline.defs.resources import DataFolder, TMDBResource
from movie_pipeline.enrichment.enrich import READS, Snapshot, enrich, sample_notice
from movie_pipeline.instance.dagster_private import RESUME_RETRY_TAG, ROOT_RUN_ID_TAG
from movie_pipeline.names import REFRESH_TAG
from movie_pipeline.overrides.file import Overrides
from movie_pipeline.sample import is_sample
from movie_pipeline.status.front_page import Pace
from movie_pipeline.status.store import NO_FILMS, PROGRESS_TAG, STATES
from movie_pipeline.uploads.persons import is_sample as is_sample_upload
from movie_pipeline.warehouse.frames import slices
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, SHAPE

_LOG_EVERY_SECONDS = 5.0
_NOTICES = 3


class EnrichConfig(dg.Config):
    """What to request from TMDB again although its answer is cached."""

    # A Literal: a `str` would also accept {env: NAME}, and an error would show the value it read.
    refresh: Literal["missing", "stale", "all"] = Field(
        default="missing",
        description="missing (films without a row, errors, and films not found some days ago),"
        " stale (also rows older than 120 days, or 30 for new films, or in a language other than"
        " TMDB_LANGUAGE) or all. Where the UI takes no configuration, set the run tag"
        " movie_pipeline/refresh instead.",
    )


@dg.asset(
    key=key_of(ENRICHED_MOVIES),
    description=ENRICHED_MOVIES.description,
    ins={"raw_movies": dg.AssetIn(key=key_of(RAW_MOVIES), metadata={"columns": [*READS]})},
    group_name="enriched",
    owners=[OWNER],
    kinds={"python", "duckdb", "api"},
    metadata=table_metadata(ENRICHED_MOVIES),
    check_specs=ENRICHED_CHECKS,
    dagster_type=dg.Any,  # otherwise Dagster assumes that a MaterializeResult has no value
    partitions_def=UPLOADS,
    retry_policy=RETRY,
    hooks=HOOKS,
)
def enriched_movies(
    context: dg.AssetExecutionContext,
    config: EnrichConfig,
    raw_movies: pd.DataFrame,
    tmdb: TMDBResource,
    folder: DataFolder,
) -> dg.MaterializeResult:
    """Find every film of the upload and its details; the IO manager writes the rows at the end.

    The warehouse is never open while TMDB is queried: rows are read before and written after. Until
    then the table holds all rows of the previous version.
    """
    progress = folder.progress()
    with step(context, progress) as upload:
        refresh = context.run.tags.get(REFRESH_TAG, config.refresh)
        if refresh not in {"missing", "stale", "all"}:
            raise failure(f"refresh is {refresh!r}: it must be missing, stale or all")
        settings = folder.settings(context.run.tags)
        overrides = Overrides.load(settings.overrides)
        client = tmdb.client(refresh, began=_began(context), settings=settings)
        answered_by = "sample" if is_sample(client.base_url) else "tmdb"
        note = partial(progress.note, upload, run_id=context.run.run_id)
        note(stage="enriching")
        if settings.sample_only or answered_by == "tmdb":  # else keep what an earlier run noted
            note(sample_chosen=settings.sample_only)
        try:
            began = time.monotonic()
            reporter = _Reporter(context, note, client.asked, Pace(settings))
            frame = enrich(
                raw_movies,
                client,
                answered_by=answered_by,
                country=settings.country,
                override=partial(overrides.of, upload),
                report=reporter.report,
            )
            seconds = time.monotonic() - began
        finally:
            client.close()
        states = frame["match_status"].value_counts().to_dict()
        counts = {state: int(states.get(state, 0)) for state in STATES}
        note(
            answered_by=answered_by,
            shape=SHAPE,
            asked=dict(client.asked),
            message="; ".join(_notices(upload, frame, client.asked, settings.language)),
        )
        return dg.MaterializeResult(
            value=slices(frame),
            metadata={
                **counts,
                "requests": client.asked["requests"],
                "cached_answers_used": client.asked["kept"],
                "overridden": int((frame["match_method"] == "override").sum()),
                "requests_retried": client.asked["retries"],
                "rate_limit_hits": client.asked["limited"],
                "seconds": round(seconds, 2),
                "films_per_second": round(len(frame) / seconds, 2) if seconds else 0.0,
                "answered_by": answered_by,
            },
            check_results=of_enriched(frame, raw_movies),
        )


def _began(context: dg.AssetExecutionContext) -> float | None:
    """When the run that this one resumes began (epoch seconds); None if this is a new run.

    With ``refresh`` ``all``, what that run has already requested is not requested again.
    """
    tags = context.run.tags
    if tags.get(RESUME_RETRY_TAG) != "true":
        return None
    root = context.instance.get_run_record_by_id(tags.get(ROOT_RUN_ID_TAG, ""))
    return root.start_time if root else None


def _notices(
    upload: str, frame: pd.DataFrame, asked: Mapping[str, int], language: str
) -> Iterator[str]:
    """What the user should know about a successful run, the most important first."""
    if frame.empty:
        yield NO_FILMS
    if (notice := sample_notice(frame)) and not is_sample_upload(upload):
        yield notice
    wrong = frame.loc[(frame["match_method"] == "override") & frame["error"].notna(), "error"]
    yield from wrong.unique()[:_NOTICES]
    if asked["other_language"]:
        yield (
            f"{asked['other_language']} cached answers are not in {language}:"
            f" movie-pipeline enrich {shlex.quote(upload)} --refresh stale requests them again"
        )


class _Reporter:
    """Reports progress: to the status immediately, to home page, log and Runs page at times."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        note: Callable[..., None],
        asked: Mapping[str, int],
        home: Pace,
    ) -> None:
        self._context = context
        self._note = note
        self._asked = asked
        self._logged = 0.0
        self._home = home

    def report(self, now: Snapshot) -> None:
        """Report the current progress."""
        self._note(counts=now.counts, eta_seconds=now.eta_seconds)
        self._home.write()
        pending = now.counts["pending"]
        if pending and time.monotonic() - self._logged < _LOG_EVERY_SECONDS:
            return
        self._logged = time.monotonic()
        total = pending + sum(now.counts[state] for state in STATES)
        requests = self._asked["requests"]
        self._context.log.info(
            "%s: %d of %d films, %d matched, %d requests, %.1f requests/s%s",
            upload_of(self._context),
            total - pending,
            total,
            now.counts["matched"],
            requests,
            requests / now.seconds if now.seconds else 0.0,
            f", {now.eta_seconds:.0f} s left" if pending and now.eta_seconds else "",
        )
        self._context.instance.add_run_tags(
            self._context.run.run_id, {PROGRESS_TAG: f"{total - pending}/{total}"}
        )
