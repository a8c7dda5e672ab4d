"""TMDB's API, version 3: the client, its cache of answers, and the shared request budget.

What belongs here: `client` knows the endpoints, `connection` sends the requests with the `key`;
`answers` caches the responses, `budget` says when the next request may go out, and both are stored
in a `store`: a file (`file_store`) or Redis (`redis_store`), depending on its address (`opening`).
What does not: Dagster, and deciding which film a row is (`matching`).

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
