"""Resources: the parts of the outside world that assets use, in the form that Dagster expects.

For the underlying concept, see https://docs.dagster.io/guides/build/external-resources. Each
resource returns a plain object (`Settings`, `Warehouse`, `TMDB`), so that the code behind it does
not depend on Dagster.

No resource has fields. What it needs is read from the environment or ``.env`` when a run starts. A
field would be part of the run configuration, which anyone who can start a run controls: they could
choose the address that the key is sent to, the database to write to, and the request rate.
"""

import time
from collections.abc import Container
from dataclasses import replace

import dagster as dg

from movie_pipeline import settings as environment
from movie_pipeline.names import SAMPLE_TAG
from movie_pipeline.sample import SampleAdapter, sample_base_url, sample_catalogue
from movie_pipeline.settings import Settings
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import TMDB, Answers, Budget, Keeping, NoAnswer, open_store
from movie_pipeline.tmdb.posters import MOST_SECONDS, Posters
from movie_pipeline.warehouse.database import Warehouse


class DataFolder(dg.ConfigurableResource):
    """The data folder: uploads, pages, and the notes on each upload's progress."""

    def settings(self, tags: Container[str] = ()) -> Settings:
        """The current settings; those of a run with the tag `names.SAMPLE_TAG` choose the sample.

        Raises:
            SettingsError: an environment variable has a value that can't be used.
        """
        settings = environment.load()
        return replace(settings, sample_only=settings.sample_only or SAMPLE_TAG in tags)

    def progress(self) -> Progress:
        """The progress notes of all runs."""
        return Progress.of(self.settings())


class WarehouseResource(dg.ConfigurableResource):
    """The DuckDB warehouse."""

    def warehouse(self) -> Warehouse:
        """The warehouse."""
        return Warehouse.of(environment.load())


class TMDBResource(dg.ConfigurableResource):
    """TMDB, or the bundled sample catalogue when no key is set."""

    def client(
        self,
        refresh: str = "missing",
        *,
        began: float | None = None,
        settings: Settings | None = None,
    ) -> TMDB:
        """A client for one run; the caller closes it.

        Args:
            refresh: ``missing``, ``stale`` or ``all``.
            began: when the run began (epoch seconds); None for just now.
            settings: those of the run; None for the current ones.

        Raises:
            SettingsError: an environment variable has a value that can't be used.
            StoreError: the cache can't be used.
        """
        settings = settings or environment.load()
        keeping = Keeping(
            found=settings.keep_days,
            found_recent=settings.keep_new_days,
            missing=settings.keep_misses_days,
        )
        store = open_store(settings.cache)
        if settings.from_sample:
            return TMDB(
                sample_base_url(),
                None,
                Answers(store),
                None,
                language=settings.language,
                workers=4,
                refresh=refresh,
                keeping=keeping,
                began=began,
                transport=SampleAdapter(sample_catalogue()),
            )
        return TMDB(
            settings.base_url,
            settings.key,
            Answers(store),
            Budget(store, settings.requests_per_second),
            language=settings.language,
            refresh=refresh,
            keeping=keeping,
            began=began,
        )

    def posters(self) -> Posters | None:
        """The posters of films, for one page; the caller closes it. None if they are not wanted.

        Raises:
            SettingsError: an environment variable has a value that can't be used.
            StoreError: the cache can't be used.
        """
        settings = environment.load()
        if not settings.shows_posters:
            return None
        store = open_store(settings.cache)
        client = TMDB(
            settings.base_url,
            settings.key,
            Answers(store),
            Budget(store, settings.requests_per_second),
            attempts=1,
            most_seconds=MOST_SECONDS,
            sleep=_briefly,
        )
        return Posters(client, store, missing_days=settings.keep_misses_days)


def _briefly(seconds: float) -> None:
    """Wait, but not for long: no page waits for the address of the image server.

    Raises:
        NoAnswer: it would take too long.
    """
    if seconds > 1.0:
        raise NoAnswer("TMDB is busy")
    time.sleep(max(0.0, seconds))
