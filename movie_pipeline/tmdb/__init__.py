"""TMDB, version 3 of its API: the client, the answers it keeps, the request budget it shares.

`client` asks, `answers` keeps what was answered, `budget` says when the next question may go out.
Nothing here knows Dagster or how a film is decided on (`movie_pipeline.matching`).
"""

from movie_pipeline.tmdb.answers import Answers
from movie_pipeline.tmdb.budget import Budget
from movie_pipeline.tmdb.client import TMDB, FatalError, KeyRefused, NoAnswer

__all__ = ["TMDB", "Answers", "Budget", "FatalError", "KeyRefused", "NoAnswer"]
