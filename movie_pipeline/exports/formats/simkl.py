"""Simkl: its two CSV backups. ``Watchlist`` is the status of a line (completed, plantowatch, …)."""

from movie_pipeline.exports.exporter import Line, TableFormat, names


def _refine(line: Line) -> None:
    """An anime with a last watched episode is a series; others may well be films."""
    if line.get("title_type") == "anime" and line.pop("last_episode", None):
        line["title_type"] = "tvSeries"


FORMATS = (
    TableFormat(
        name="simkl",
        service="simkl",
        specificity=75,
        signatures=(names("simkl_id, Title"),),
        columns={
            "title": ("Title",),
            "year": ("Year",),
            "tmdb_id": ("TMDB", "TMDB_ID"),
            "imdb_id": ("IMDB_ID", "IMDB"),
            "title_type": ("Type",),
            "seen": ("Watchlist", "Status"),
            "last_episode": ("LastEpWatched",),
            "watched_on": ("WatchedDate", "LastWatched"),
            "rating": ("Rating", "UserRating"),
        },
        scale=10,
        refine=_refine,
    ),
)
