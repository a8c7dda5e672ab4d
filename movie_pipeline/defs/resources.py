"""Resources: what the assets use of the outside world, as Dagster configures it.

For the underlying concept, see https://docs.dagster.io/guides/build/external-resources. Each
hands out a plain object (`Settings`, `Warehouse`, `TMDB`), so that nothing behind it knows
Dagster.

None has a field. What a resource needs is read from the environment or ``.env`` when a run starts,
for a field would be part of every run's configuration, and whoever can start a run writes that: it
would say to which address the key goes, which database is written to, and how fast TMDB is asked.
"""

import dagster as dg

from movie_pipeline import settings as environment
from movie_pipeline.sample import SampleAdapter, sample_base_url, sample_catalogue
from movie_pipeline.settings import Settings
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import TMDB, Answers, Budget, Keeping, open_store
from movie_pipeline.warehouse.database import Warehouse


class DataFolder(dg.ConfigurableResource):
    """The data folder: uploads, pages, and the notes on where each upload stands."""

    def settings(self) -> Settings:
        """The settings as they stand now.

        Raises:
            SettingsError: an environment variable has a value that can't be used.
        """
        return environment.load()

    def progress(self) -> Progress:
        """The runs' notes."""
        return Progress.of(self.settings())


class WarehouseResource(dg.ConfigurableResource):
    """The DuckDB warehouse."""

    def warehouse(self) -> Warehouse:
        """The warehouse."""
        return Warehouse.of(environment.load())


class TMDBResource(dg.ConfigurableResource):
    """TMDB, or the bundled sample catalogue where no key is set."""

    def client(self, refresh: str = "missing", *, began: float | None = None) -> TMDB:
        """A client for one run, which began just now or then (epoch seconds); close it.

        Raises:
            SettingsError: an environment variable has a value that can't be used.
            StoreError: the kept answers can't be used.
        """
        settings = environment.load()
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
