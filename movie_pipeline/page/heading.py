"""The heading of a page and a card: whose films these are, and where and when they come from.

What belongs here: that phrase. What does not: whose an upload is (`uploads.persons`). A file's name
is never part of it: it says nothing to the people whom the page is shown to.
"""

from datetime import datetime

from movie_pipeline.outside import foreign
from movie_pipeline.uploads import persons

_SERVICES = {
    "imdb": "IMDb",
    "letterboxd": "Letterboxd",
    "movielens": "MovieLens",
    "simkl": "Simkl",
    "tmdb": "TMDB",
    "trakt": "Trakt",
}


def heading(upload: str, source_format: str | None, exported_at: datetime | None) -> str:
    """Return, for instance, ``ada · Letterboxd, 18 November 2025``.

    Args:
        upload: The upload's key, for the person that it names, if any.
        source_format: `source_format` of ``raw.uploads``.
        exported_at: `exported_at` of ``raw.uploads``.
    """
    service = _SERVICES.get(source_format or "", "film list")
    day = f", {exported_at.day} {exported_at:%B %Y}" if exported_at else ""
    person = "A sample library" if persons.is_sample(upload) else persons.known_person(upload)
    person = foreign.line(person or "")  # it is drawn, and may end the renderer
    return f"{person} · {service}{day}" if person else f"{service[0].upper()}{service[1:]}{day}"
