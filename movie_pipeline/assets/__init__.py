"""The assets, layer by layer: raw, enriched, analytics, dashboard; and the library of uploads.

What belongs here: the list of them. An asset is named as its table, or as the view that it draws.
"""

from movie_pipeline.assets.analytics import analytics
from movie_pipeline.assets.dashboard import dashboard
from movie_pipeline.assets.enriched import enriched_movies
from movie_pipeline.assets.library import uploads
from movie_pipeline.assets.raw import raw

ASSETS = [raw, enriched_movies, analytics, dashboard, uploads]

__all__ = ["ASSETS"]
