"""TMDB, version 3 of its API: the client, the answers it keeps, the request budget it shares.

`client` knows the questions, `connection` asks them, with the `key`; `replies` says what came back,
which `bounds` limits; `answers` keeps what was answered, `budget` says when the next question may
go out, and both lie in a `store`: a file (`file_store`) or Redis (`redis_store`).
Nothing here knows Dagster or how a film is decided on (`movie_pipeline.matching`).
"""

from movie_pipeline.tmdb.answers import Answers
from movie_pipeline.tmdb.budget import Budget
from movie_pipeline.tmdb.client import TMDB
from movie_pipeline.tmdb.keeping import Keeping
from movie_pipeline.tmdb.replies import FatalError, KeyRefused, NoAnswer
from movie_pipeline.tmdb.store import StoreError, open_store

__all__ = [
    "TMDB",
    "Answers",
    "Budget",
    "FatalError",
    "Keeping",
    "KeyRefused",
    "NoAnswer",
    "StoreError",
    "open_store",
]
