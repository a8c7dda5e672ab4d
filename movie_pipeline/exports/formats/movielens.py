"""MovieLens: the ratings and the wish list of an account.

Its IMDb ids lack the ``tt``, and spreadsheets strip their leading zeros. FlickPick writes the same
header with ratings out of 100; the scale is then inferred from the column.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Source, TableFormat, names, source_by_name


def _source(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del preamble
    return source_by_name(path)


FORMATS = (
    TableFormat(
        name="movielens",
        service="movielens",
        specificity=80,
        signatures=(names("movie_id, imdb_id, tmdb_id, title"),),
        columns={
            "title": ("title",),
            "imdb_id": ("imdb_id",),
            "tmdb_id": ("tmdb_id",),
            "rating": ("rating",),
        },
        scale=5,
        source=_source,
    ),
)
