"""Opening a store: which one an address means.

What belongs here: telling a file from a Redis. What does not: how either does it (`file_store`,
`redis_store`), and what both can do (`store`).
"""

from pathlib import Path

from pydantic import SecretStr

from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.store import Store, StoreError


def open_store(place: Path | SecretStr) -> Store:
    """The store at a place: a file, or the address of a Redis (it may hold a password).

    Raises:
        StoreError: it can't be used, or there is no library for it.
    """
    if isinstance(place, Path):
        return FileStore(place)
    try:
        from movie_pipeline.tmdb.redis_store import RedisStore  # noqa: PLC0415  # an extra
    except ImportError:
        raise StoreError(
            "MOVIE_PIPELINE_CACHE is the address of a Redis, and Python's library for it is not"
            " installed: pip install 'movie-pipeline[redis]', then run again."
        ) from None
    return RedisStore(place)
