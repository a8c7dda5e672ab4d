"""Pictures: the posters of the films that the page names.

What belongs here: which films these are, and how many pictures a page holds. What does not: getting
posters (`tmdb.posters`), and drawing a film without one (`tile.js`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from movie_pipeline.analytics.next import Waiting

if TYPE_CHECKING:
    import duckdb

#: How many posters a page has at most, and how many bytes of them, as text in the page.
MOST, MOST_BYTES = 60, 450_000
#: How many films of each place on the page: to see next, and on the shelf.
_TO_SEE, _SHELF = 24, 12

# The shelf has the films rated best, those seen most often first; milestones are some of the films
# by their first viewing (`records.js`); years begin and end with one.
_NAMED = f"""
WITH shelf AS (
    SELECT film, row_number() OVER (
        ORDER BY points DESC, times DESC, viewings[-1] DESC NULLS LAST, film
    ) AS place FROM films WHERE points IS NOT NULL
),
dated AS (
    SELECT film, viewings[1] AS day, count(*) OVER () AS number,
        row_number() OVER (ORDER BY viewings[1], film) AS nth,
        row_number() OVER (ORDER BY viewings[1] DESC, film DESC) AS last
    FROM films WHERE viewings <> []
),
ends AS (
    SELECT year(day) AS year, unnest([min_by(film, day), max_by(film, day)]) AS film
    FROM (SELECT film, unnest(viewings) AS day FROM films) GROUP BY ALL
),
named AS (
    SELECT unnest($to_see::BIGINT[]) AS film, unnest(range(len($to_see::BIGINT[]))) AS place
    UNION ALL SELECT film, place FROM shelf WHERE place <= {_SHELF}
    UNION ALL SELECT film, least(nth, last) FROM dated
    WHERE nth = 1 OR last = 1 OR nth IN (10, 20, 25, 30, 50, 75, 100, 150, 200, 250, 300, 500, 750,
        1000, 1500, 2000, 2500, 3000, 5000)
    UNION ALL SELECT film, {MOST} + 3000 - year FROM ends
)
SELECT film, e.poster_path
FROM (SELECT film, min(place) AS rank FROM named GROUP BY film)
JOIN everything AS e USING (film)
WHERE e.poster_path IS NOT NULL ORDER BY rank, film LIMIT {MOST}
"""


def named(connection: "duckdb.DuckDBPyConnection", suggested: Sequence[Waiting]) -> dict[int, str]:
    """The paths of the posters that a page needs, by film, the most prominent first.

    Args:
        connection: One on which `analytics.films.prepare` was called.
        suggested: What to see next.
    """
    to_see = [one.film for one in suggested[:_TO_SEE]]
    return dict(connection.execute(_NAMED, {"to_see": to_see}).fetchall())


def held(paths: Mapping[int, str], posters: Mapping[str, str]) -> dict[int, str]:
    """The pictures that a page holds, by film: as many of the first ones as it has room for."""
    room, pictures = MOST_BYTES, {}
    for film, path in paths.items():
        picture = posters.get(path, "")
        if picture and len(picture) <= room:
            pictures[film] = picture
            room -= len(picture)
    return pictures
