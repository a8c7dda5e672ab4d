"""The assets, layer by layer: raw, enriched, analytics, dashboard, selection; and the library.

What belongs here: the list of them. An asset is named as its table, or as the view that it draws.
"""

from movie_pipeline.assets.analytics import analytics
from movie_pipeline.assets.dashboard import dashboard
from movie_pipeline.assets.enriched import enriched_movies
from movie_pipeline.assets.library import persons, uploads
from movie_pipeline.assets.raw import raw
from movie_pipeline.assets.selection import selection

ASSETS = [raw, enriched_movies, analytics, dashboard, selection, uploads, persons]

__all__ = ["ASSETS"]
