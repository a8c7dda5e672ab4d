"""The enriched layer: for each film line, the film that TMDB knows it as.

What belongs here: running the enrichment for an upload, saying how far it is, and what came of it.
What does not: asking and deciding (`enrichment`, `matching`, `tmdb`).
"""

import shlex
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Literal

import dagster as dg
import pandas as pd
from pydantic import Field

from movie_pipeline.defs.assets.specs import OWNER, RETRY, key_of, table_metadata
from movie_pipeline.defs.assets.step import HOOKS, step
from movie_pipeline.defs.checks import ENRICHED_CHECKS, of_enriched
from movie_pipeline.defs.metadata import failure
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.defs.resources import DataFolder, TMDBResource
from movie_pipeline.enrichment.enrich import READS, Snapshot, enrich, sample_notice
from movie_pipeline.instance.dagster_private import RESUME_RETRY_TAG, ROOT_RUN_ID_TAG
from movie_pipeline.names import REFRESH_TAG
from movie_pipeline.overrides.file import Overrides
from movie_pipeline.sample import SAMPLE_URL_SCHEME
from movie_pipeline.status.store import PROGRESS_TAG, STATES, Progress
from movie_pipeline.warehouse.frames import slices
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, SHAPE

_LOG_EVERY_SECONDS = 5.0
_NOTICES = 3


class EnrichConfig(dg.Config):
    """What to ask TMDB again although its answer is kept."""

    # A choice: of a `str` Dagster makes a type that also takes {env: NAME}, and tells what it read.
    refresh: Literal["missing", "stale", "all"] = Field(
        default="missing",
        description="missing (no row yet, errors, misses of some days ago), stale (also what is"
        " older than 120 days, or 30 for new films, or in another language than TMDB_LANGUAGE) or"
        " all. A run tag movie_pipeline/refresh says the same where the UI takes no configuration.",
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
    dagster_type=dg.Any,  # else a MaterializeResult is taken for one without a value
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
    """Find every film of the upload and describe it; the IO manager writes the rows at the end.

    Nothing talks to TMDB with the warehouse open: the rows were read before, and are written
    after. Until then the table holds the whole of the previous version.
    """
    progress = folder.progress()
    with step(context, progress) as upload:
        refresh = context.run.tags.get(REFRESH_TAG, config.refresh)
        if refresh not in {"missing", "stale", "all"}:
            raise failure(f"refresh is {refresh!r}: it must be missing, stale or all")
        settings = folder.settings()
        overrides = Overrides.load(settings.overrides)
        client = tmdb.client(refresh, began=_began(context))
        answered_by = "sample" if client.base_url.startswith(SAMPLE_URL_SCHEME) else "tmdb"
        progress.note(upload, stage="enriching")
        if settings.sample_only or answered_by == "tmdb":  # else the sample is what is left to ask
            progress.note(upload, sample_chosen=settings.sample_only)
        try:
            began = time.monotonic()
            reporter = _Reporter(context, progress, upload, client.asked)
            frame = enrich(
                raw_movies,
                client,
                answered_by=answered_by,
                override=partial(overrides.of, upload),
                report=reporter.tell,
            )
            seconds = time.monotonic() - began
        finally:
            client.close()
        states = frame["match_status"].value_counts().to_dict()
        counts = {state: int(states.get(state, 0)) for state in STATES}
        progress.note(
            upload,
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
                "kept answers used": client.asked["kept"],
                "overridden": int((frame["match_method"] == "override").sum()),
                "requests retried": client.asked["retries"],
                "rate limit met (429)": client.asked["limited"],
                "seconds": round(seconds, 2),
                "films per second": round(len(frame) / seconds, 2) if seconds else 0.0,
                "answered by": answered_by,
            },
            check_results=of_enriched(frame, raw_movies),
        )


def _began(context: dg.AssetExecutionContext) -> float | None:
    """When the run began that this one goes on with (epoch seconds), None where it is a new one.

    With ``refresh`` ``all``, what that run has asked is not asked for again.
    """
    tags = context.run.tags
    if tags.get(RESUME_RETRY_TAG) != "true":
        return None
    root = context.instance.get_run_record_by_id(tags.get(ROOT_RUN_ID_TAG, ""))
    return root.start_time if root else None


def _notices(
    upload: str, frame: pd.DataFrame, asked: Mapping[str, int], language: str
) -> Iterator[str]:
    """What the user should know of a run that went well, the most important first."""
    if notice := sample_notice(frame):
        yield notice
    wrong = frame.loc[(frame["match_method"] == "override") & frame["error"].notna(), "error"]
    yield from wrong.unique()[:_NOTICES]
    if asked["other_language"]:
        yield (
            f"{asked['other_language']} kept answers are in another language than {language}:"
            f" movie-pipeline enrich {shlex.quote(upload)} --refresh stale asks for those again"
        )


class _Reporter:
    """Tells how far the enrichment is: the status at once, log and Runs page every few seconds."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        progress: Progress,
        upload: str,
        asked: Mapping[str, int],
    ) -> None:
        self._context = context
        self._progress = progress
        self._upload = upload
        self._asked = asked
        self._told = 0.0

    def tell(self, now: Snapshot) -> None:
        """Pass on how far it is."""
        self._progress.note(self._upload, counts=now.counts, eta_seconds=now.eta_seconds)
        pending = now.counts["pending"]
        if pending and time.monotonic() - self._told < _LOG_EVERY_SECONDS:
            return
        self._told = time.monotonic()
        total = pending + sum(now.counts[state] for state in STATES)
        requests = self._asked["requests"]
        self._context.log.info(
            "%s: %d of %d films, %d matched, %d requests, %.1f requests/s%s",
            self._upload,
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
