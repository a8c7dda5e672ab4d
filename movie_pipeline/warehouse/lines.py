"""The lines of an upload, one by one, for the review and the sheets; read with little memory.

What belongs here: that query, the one for their viewings, and the state of a line. What does not:
which lines are films that count (`analytics.films`).
"""

import numpy as np
import pandas as pd

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS

#: The state of a line `e` of ``enriched.movies`` in SQL: its `match_status`, but ``ignored`` if the
#: overrides ignore it.
STATE = """CASE
    WHEN e.match_status = 'not_found' AND e.match_method = 'override' AND e.error IS NULL
        THEN 'ignored'
    WHEN e.match_status = 'matched' AND e.tmdb_id IS NULL THEN 'error'
    ELSE e.match_status END"""

#: Columns that no sheet and no review shows.
_LEFT_OUT = (
    *("upload", "version", "genre_ids", "tmdb_enriched", "enriched_at", "imdb_id", "poster_path"),
    *("director_genders", "cast_genders", "production_company_ids", "collection_id", "tagline"),
    *("writer_ids", "composer_ids", "cinematographer_ids", "editor_ids"),
)

(_CANDIDATES,) = (column for column in ENRICHED_MOVIES if column.structured)

_LINES = f"""
SELECT e.* EXCLUDE ({", ".join(_LEFT_OUT)}) REPLACE (
        CASE WHEN e.match_status <> 'matched' OR row_number() OVER (
            PARTITION BY e.match_status ORDER BY e.match_score, e.row_number
        ) <= $least_sure THEN {_CANDIDATES.value} END AS match_candidates
    ),
    {STATE} AS state, r.letterboxd_uri, coalesce(r.imdb_id, e.imdb_id) AS imdb_id, r.liked,
    r.tags, r.in_lists, v.viewings, v.viewings[1] AS first_viewing, v.viewings[-1] AS last_viewing
FROM {ENRICHED_MOVIES.sql_name} AS e
LEFT JOIN (
    SELECT * FROM {RAW_MOVIES.sql_name} WHERE upload = $upload
) AS r USING (upload, row_number)
LEFT JOIN (
    SELECT row_number, list(strftime(watched_on, '%Y-%m-%d') ORDER BY watched_on) AS viewings
    FROM {RAW_VIEWINGS.sql_name} WHERE upload = $upload GROUP BY row_number
) AS v USING (row_number)
WHERE e.upload = $upload
ORDER BY e.row_number
"""


def read_lines(warehouse: Warehouse, upload: str, *, least_sure: int = 0) -> pd.DataFrame:
    """The upload's lines: `enriched.movies`, with `state`, and addresses and ids of `raw.movies`.

    Lists are Python lists, and equal texts and ids share one object: in the form that DuckDB
    returns, 50,000 films would take 180 MB instead of 90. Only rows to review have candidates: all
    unmatched rows, and the `least_sure` matched rows with the lowest scores.
    """
    held: dict[object, object] = {}
    with warehouse.reading() as connection:
        films = connection.execute(_LINES, {"upload": upload, "least_sure": least_sure})
        chunks = [_held_once(films.fetch_df_chunk(), held)]
        while len(chunk := films.fetch_df_chunk()):
            chunks.append(_held_once(chunk, held))
    return pd.concat(chunks, ignore_index=True)


def read_viewings(warehouse: Warehouse, upload: str) -> pd.DataFrame:
    """The upload's dated viewings: `raw.viewings` without `upload` and `version`."""
    with warehouse.reading() as connection:
        viewings: pd.DataFrame = connection.execute(
            f"SELECT * EXCLUDE (upload, version) FROM {RAW_VIEWINGS.sql_name}"
            " WHERE upload = ? ORDER BY row_number, watched_on",
            [upload],
        ).df()
    return _held_once(viewings, {})


def _held_once(films: pd.DataFrame, held: dict[object, object]) -> pd.DataFrame:
    """Return the films with lists instead of arrays, and one object for equal texts and ids."""

    def once(value: object) -> object:
        if isinstance(value, np.ndarray):
            return [once(one) for one in value.tolist()]
        # The type matters, because True == 1.
        return held.setdefault(value, value) if type(value) in (str, int) else value

    # A new frame: assigned to the old one, new columns would keep the replaced ones alive.
    return pd.DataFrame(
        {
            name: column.map(once) if column.dtype == "object" else column
            for name, column in films.items()
        }
    )
