"""The enriched layer: for each film line, the film that TMDB knows it as.

What belongs here: running the enrichment for an upload, saying how far it is, and what came of it.
What does not: asking and deciding (`enrichment`, `matching`, `tmdb`).
"""

import time

import dagster as dg
import pandas as pd

from movie_pipeline.assets.specs import OWNER, RETRY, key_of, table_metadata
from movie_pipeline.assets.step import HOOKS, step
from movie_pipeline.enrichment import Snapshot, enrich, sample_notice
from movie_pipeline.partitions import UPLOADS
from movie_pipeline.progress import STATES
from movie_pipeline.resources import DataFolder, TMDBResource
from movie_pipeline.tables import ENRICHED_MOVIES, RAW_MOVIES

REFRESH_TAG = "movie_pipeline/refresh"
PROGRESS_TAG = "movie_pipeline/progress"
_LOG_EVERY_SECONDS = 5.0


class EnrichConfig(dg.Config):
    """What to ask TMDB again although its answer is kept."""

    refresh: str = "missing"
    """``missing`` (no row yet, errors, misses of some days ago), ``stale`` (also what is older
    than 120 days, or 30 for new films) or ``all``. A run tag ``movie_pipeline/refresh`` says the
    same where the UI takes no configuration (backfills)."""


@dg.asset(
    key=key_of(ENRICHED_MOVIES),
    description=ENRICHED_MOVIES.description,
    ins={"raw_movies": dg.AssetIn(key=key_of(RAW_MOVIES))},
    group_name="enriched",
    owners=[OWNER],
    kinds={"python", "duckdb", "api"},
    metadata=table_metadata(ENRICHED_MOVIES),
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
) -> dg.Output[pd.DataFrame]:
    """Find every film of the upload and describe it; the IO manager writes the rows at the end.

    Nothing talks to TMDB with the warehouse open: the rows were read before, and are written
    after. Until then the table holds the whole of the previous version.
    """
    progress = folder.progress()
    with step(context, progress) as upload:
        refresh = context.run.tags.get(REFRESH_TAG, config.refresh)
        if refresh not in {"missing", "stale", "all"}:
            raise dg.Failure(
                f"refresh is {refresh!r}: it must be missing, stale or all", allow_retries=False
            )
        settings = folder.settings()
        answered_by = "sample" if settings.from_sample else "tmdb"
        progress.note(upload, stage="enriching", sample_chosen=settings.sample_only)
        reporter = _Reporter(context, upload)
        client = tmdb.client(refresh)
        try:
            began = time.monotonic()
            frame = enrich(
                raw_movies,
                client,
                answered_by=answered_by,
                report=lambda now: (
                    progress.note(upload, counts=now.counts, eta_seconds=now.eta_seconds),
                    reporter.tell(now, client.asked),
                )[0],
            )
            seconds = time.monotonic() - began
        finally:
            client.close()
        states = frame["match_status"].value_counts().to_dict()
        counts = {state: int(states.get(state, 0)) for state in STATES}
        progress.note(
            upload,
            stored=counts | {"enriched": int(frame["tmdb_enriched"].sum()), "pending": 0},
            answered_by=answered_by,
            asked=dict(client.asked),
            message=sample_notice(frame) or "",
        )
        return dg.Output(
            frame,
            metadata={
                **counts,
                "requests": client.asked["requests"],
                "kept answers used": client.asked["kept"],
                "requests retried": client.asked["retries"],
                "rate limit met (429)": client.asked["limited"],
                "seconds": round(seconds, 2),
                "films per second": round(len(frame) / seconds, 2) if seconds else 0.0,
                "answered by": answered_by,
            },
        )


class _Reporter:
    """Tells the log and the Runs page how far the enrichment is, every few seconds."""

    def __init__(self, context: dg.AssetExecutionContext, upload: str) -> None:
        self._context = context
        self._upload = upload
        self._told = 0.0

    def tell(self, now: Snapshot, asked: dict[str, int]) -> None:
        total = sum(now.counts[state] for state in STATES) + now.counts["pending"]
        decided = total - now.counts["pending"]
        if time.monotonic() - self._told < _LOG_EVERY_SECONDS and decided < total:
            return
        self._told = time.monotonic()
        left = f", {now.eta_seconds:.0f} s left" if now.counts["pending"] and now.eta_seconds else ""
        self._context.log.info(
            "%s: %d of %d films, %d matched, %d requests, %.1f requests/s%s",
            self._upload,
            decided,
            total,
            now.counts["matched"],
            asked["requests"],
            asked["requests"] / now.seconds if now.seconds else 0.0,
            left,
        )
        self._context.instance.add_run_tags(
            self._context.run_id, {PROGRESS_TAG: f"{decided}/{total}"}
        )
