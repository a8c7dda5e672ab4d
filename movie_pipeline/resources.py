"""Resources: what the assets use of the outside world, as Dagster configures it.

For the underlying concept, see https://docs.dagster.io/guides/build/external-resources. Each
hands out a plain object (`Settings`, `Warehouse`, `TMDB`), so that nothing behind it knows
Dagster. A field that is left out is read from the environment or ``.env`` when a run starts.
The key has no field: a resource's configuration shows in the UI.
"""

import dagster as dg
from pydantic import Field

from movie_pipeline import settings as environment
from movie_pipeline.progress import Progress
from movie_pipeline.sample import SampleAdapter, sample_base_url, sample_catalogue
from movie_pipeline.settings import Settings
from movie_pipeline.tmdb import TMDB, Answers, Budget, Keeping, open_store
from movie_pipeline.warehouse import Warehouse


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

    database: str | None = Field(
        default=None,
        description="DuckDB database string; MOVIE_PIPELINE_WAREHOUSE unless given.",
    )

    def warehouse(self) -> Warehouse:
        """The warehouse."""
        return Warehouse.of(environment.load(), self.database)


class TMDBResource(dg.ConfigurableResource):
    """TMDB, or the bundled sample catalogue where no key is set."""

    base_url: str | None = Field(
        default=None, description="The API's root; TMDB_BASE_URL unless given."
    )
    requests_per_second: float | None = Field(
        default=None,
        description="The budget of all processes on the data folder; TMDB_REQUESTS_PER_SECOND.",
    )
    language: str | None = Field(
        default=None, description="Language of shown titles and genres; TMDB_LANGUAGE."
    )
    workers: int = Field(
        default=16,
        ge=1,
        le=64,
        description="Threads that ask; enough to use 40 requests/s at 400 ms an answer.",
    )
    attempts: int = Field(
        default=7, ge=1, le=20, description="How often a question is asked before giving up."
    )

    def client(self, refresh: str = "missing", *, began: float | None = None) -> TMDB:
        """A client for one run, which began just now or then (epoch seconds); close it.

        Raises:
            SettingsError: an environment variable has a value that can't be used.
            StoreError: the kept answers can't be used.
        """
        given = {
            "TMDB_BASE_URL": self.base_url,
            "TMDB_REQUESTS_PER_SECOND": self.requests_per_second,
            "TMDB_LANGUAGE": self.language,
        }
        settings = environment.load(
            overrides={name: str(value) for name, value in given.items() if value is not None}
        )
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
            workers=self.workers,
            attempts=self.attempts,
            refresh=refresh,
            keeping=keeping,
            began=began,
        )
