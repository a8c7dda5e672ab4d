"""The heading of a page and a card: whose films these are, and where and when they come from.

What belongs here: that phrase, and its parts. What does not: whose an upload is
(`uploads.persons`). A file's name is never part of it: it says nothing to the people whom the page
is shown to.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Heading:
    """Whose films these are: a person, if one is known, a service, and a day.

    As text it is, for instance, ``ada · Letterboxd, 18 November 2025``.
    """

    person: str | None
    service: str
    day: str | None

    @property
    def source(self) -> str:
        """The service and the day: ``Letterboxd, 18 November 2025``."""
        service = f"{self.service[0].upper()}{self.service[1:]}"
        return f"{service}, {self.day}" if self.day else service

    def __str__(self) -> str:
        if not self.person:
            return self.source
        return f"{self.person} · {self.service}{f', {self.day}' if self.day else ''}"


def heading(upload: str, source_format: str | None, exported_at: datetime | None) -> Heading:
    """Return the heading of an upload.

    Args:
        upload: The upload's key, for the person that it names, if any.
        source_format: `source_format` of ``raw.uploads``.
        exported_at: `exported_at` of ``raw.uploads``.
    """
    person = "A sample library" if persons.is_sample(upload) else persons.known_person(upload)
    return Heading(
        person=foreign.line(person or "") or None,  # it is drawn, and may end the renderer
        service=_SERVICES.get(source_format or "", "film list"),
        day=f"{exported_at.day} {exported_at:%B %Y}" if exported_at else None,
    )
