"""TMDB, version 3 of its API: the client, the answers it keeps, the request budget it shares.

What belongs here: `client` knows the questions, `connection` asks them, with the `key`; `answers`
keeps what was answered, `budget` says when the next question may go out, and both lie in a `store`:
a file (`file_store`) or Redis (`redis_store`), by its address (`opening`). What does not: Dagster,
and how a film is decided on (`matching`).

Begin with `client`.
"""

from movie_pipeline.tmdb.answers import Answers
from movie_pipeline.tmdb.budget import Budget
from movie_pipeline.tmdb.client import TMDB
from movie_pipeline.tmdb.keeping import Keeping
from movie_pipeline.tmdb.opening import open_store
from movie_pipeline.tmdb.replies import FatalError, KeyRefused, NoAnswer
from movie_pipeline.tmdb.store import StoreError

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
