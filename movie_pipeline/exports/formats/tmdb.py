"""TMDB: the ratings, the watchlist and the favourites of an account, all with the same header.

``Rating`` is the average of all TMDB users, ``Your Rating`` the user's own. A line without the
user's rating is from a watchlist, unless the file name says favourites. A season or an episode
stands for its series, but its rating is not the series'.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Source, TableFormat, names, source_by_name


def _source(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del preamble
    named = source_by_name(path)
    return named if named.liked else Source(seen=False, rated_is_seen=True)


FORMATS = (
    TableFormat(
        name="tmdb",
        service="tmdb",
        specificity=85,
        signatures=(
            names("TMDb ID, Name, Type, Your Rating"),
            names("TMDb ID, IMDb ID, Name, Release Date"),
        ),
        columns={
            "title": ("Name",),
            "tmdb_id": ("TMDb ID",),
            "imdb_id": ("IMDb ID",),
            "title_type": ("Type",),
            "part": ("Season Number", "Episode Number"),
            "released": ("Release Date",),
            "rating": ("Your Rating",),
            "rated_on": ("Date Rated",),
        },
        scale=10,
        source=_source,
    ),
)
