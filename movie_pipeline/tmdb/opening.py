"""Opening the store at an address.

What belongs here: distinguishing a file from a Redis. What does not: their implementations
(`file_store`, `redis_store`), and their common interface (`store`).
"""

from pathlib import Path

from pydantic import SecretStr

from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.store import Store, StoreError


def open_store(place: Path | SecretStr) -> Store:
    """The store at a place: a file, or the address of a Redis (which may contain a password).

    Raises:
        StoreError: it can't be used, or its library is not installed.
    """
    if isinstance(place, Path):
        return FileStore(place)
    try:
        from movie_pipeline.tmdb.redis_store import RedisStore  # noqa: PLC0415  # an extra
    except ImportError:
        raise StoreError(
            "MOVIE_PIPELINE_CACHE is the address of a Redis, but the Python library for Redis is"
            " not installed: pip install 'movie-pipeline[redis]', then run again."
        ) from None
    return RedisStore(place)
