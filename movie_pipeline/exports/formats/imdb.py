"""IMDb: ratings, watchlist and lists, in the three header generations since 2006.

Created and Date Rated are days of logging. A watchlist or a list is recognised by its Position
column; a film in it has been seen if it has the user's own rating.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Source, TableFormat, names

_COLUMNS = {
    "title": ("Title",),
    "year": ("Year",),
    "original_title": ("Original Title",),
    "imdb_id": ("Const", "URL"),
    "title_type": ("Title Type",),
    "directors": ("Directors",),
    "runtime": ("Runtime (mins)",),
    "rating": ("Your Rating", "You rated"),
    "logged_on": ("Created",),
    "rated_on": ("Date Rated",),
    "released": ("Release Date", "Release Date (month/day/year)"),
}


def _ratings(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del path, preamble
    return Source(rating_rank=2)


def _list(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del path, preamble
    return Source(seen=False, rated_is_seen=True)


def _format(name: str, specificity: int, signature: str, *, is_list: bool) -> TableFormat:
    return TableFormat(
        name=name,
        service="imdb",
        specificity=specificity,
        signatures=(names(signature),),
        columns=_COLUMNS,
        scale=10,
        source=_list if is_list else _ratings,
    )


FORMATS = (
    _format("imdb list (2024)", 69, "Position, Const, Title, Original Title", is_list=True),
    _format("imdb ratings (2024)", 68, "Const, Title, Original Title", is_list=False),
    _format("imdb list (2006)", 67, "position, const, Title, You rated", is_list=True),
    _format("imdb list (2017)", 66, "Position, Const, Title", is_list=True),
    _format("imdb ratings (2017)", 65, "Const, Title, Your Rating", is_list=False),
    _format("imdb ratings (2006)", 64, "const, Title, You rated", is_list=False),
    _format("imdb", 63, "Const, Title, Title Type", is_list=False),
)
