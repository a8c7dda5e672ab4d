"""The assets, layer by layer: raw, enriched, analytics, dashboard, selection; and the library.

What belongs here: the list of assets, a module for each layer, what all specs share (`specs`), and
what every step does besides its work (`step`). An asset is named after its table, or after the view
that it draws. What does not: how anything is read, found, counted or drawn.

Begin with `raw`: one step, several tables, one transaction.
"""

from movie_pipeline.defs.assets.analytics import analytics
from movie_pipeline.defs.assets.dashboard import dashboard
from movie_pipeline.defs.assets.enriched import enriched_movies
from movie_pipeline.defs.assets.library import persons, uploads
from movie_pipeline.defs.assets.raw import raw
from movie_pipeline.defs.assets.selection import selection

ASSETS = [raw, enriched_movies, analytics, dashboard, selection, uploads, persons]

__all__ = ["ASSETS"]
