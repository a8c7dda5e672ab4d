"""Services: how the years in a service's exports differ from TMDB's.

What belongs here: one `Service` for each exporter whose habits have been measured, and one for all
others. What does not: what follows for a film (`odds.py`), and reading exports (`exports`).

The shares are of lines whose films are known by their ids, counted on exports of 22,687 lines.
TMDB's year is that of the first release in cinemas; IMDb, and so Letterboxd and MovieLens, count
the premiere at a festival, often in the year before.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """What is known of a service's lines.

    Attributes:
        later: the share for whose films TMDB has the year after the line's.
        earlier: the same for the year before.
        far: the share with each of the years two to five off.
        always_dated: it gives a year wherever TMDB has a date. A line without one then means a film
            that has no date on TMDB, or had none when it was logged. (Of Trakt's lines without a
            year, all five that were taken for the well-known film with the title were wrong.)
        has_tmdb_titles: it takes its films and their titles from TMDB, so that guessing at other
            ways of writing a title costs requests and finds nothing.
        unknown: how likely TMDB lacks the film, compared with other services. (When it was 1, of
            MovieLens's candidates a year off with scores below 0.2, 38 of 42 were right; Trakt's
            would be worse with less.)
    """

    later: float = 0.02
    earlier: float = 0.002
    far: float = 0.0
    always_dated: bool = False
    has_tmdb_titles: bool = False
    unknown: float = 1.0


_SERVICES: Mapping[str | None, Service] = {
    "letterboxd": Service(0.041, 0.001, always_dated=True, has_tmdb_titles=True),
    "trakt": Service(0.002, 0.003, always_dated=True, has_tmdb_titles=True),
    "imdb": Service(0.036, 0.005),
    "movielens": Service(0.029, 0.015, far=0.005 / 8, unknown=0.5),
}
_ANY = Service()


def service(name: str | None) -> Service:
    """The service with that ``source_format``, or what holds for any."""
    return _SERVICES.get(name, _ANY)
