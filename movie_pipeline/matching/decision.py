"""Question and answer: a line of an export, and the film that it means.

What belongs here: the values that go in and out of matching, and the queries that it needs from
TMDB. What does not: how it decides (`decide.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from movie_pipeline.matching.services import service


@dataclass(frozen=True)
class Wanted:
    """What a line of an export says about its film. Hashable, so that equal lines are asked once.

    Attributes:
        title: as the export writes it.
        year: the export's; often one off TMDB's.
        imdb_id: "tt…".
        tmdb_id: from the export.
        title_type: in IMDb's words ("movie", "tvMiniSeries", …); None if the export doesn't tell
            films from series (Letterboxd doesn't).
        original_title: in the film's language.
        directors: their names.
        runtime_minutes: whole minutes.
        service: which service wrote the export, as in ``source_format``.
        logged_in: the year in which it was entered; only of a line without a year.
    """

    title: str | None
    year: int | None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    title_type: str | None = None
    original_title: str | None = None
    directors: tuple[str, ...] = ()
    runtime_minutes: int | None = None
    service: str | None = None
    logged_in: int | None = None

    @property
    def is_dated(self) -> bool:
        """Whether its film's date is known: the year, or that there was none when it was logged."""
        return self.year is not None or service(self.service).always_dated


@dataclass(frozen=True)
class Candidate:
    """A film that may be meant; `score` (0 to 1) is the confidence in it."""

    tmdb_id: int
    title: str
    year: int | None
    score: float


@dataclass(frozen=True)
class Decision:
    """Which film a line means.

    Attributes:
        status: `matched`, `ambiguous`, `not_found` or `not_a_movie`.
        method: how the film was found:
            `tmdb_id`, `imdb_id` (an id from the export);
            `title_year` (title and year), `title_near_year` (title, one year off),
            `original_title` (that title, at most one year off), `similar_title` (the same except
            for a numeral, an article, a bracket or a subtitle), `alternative_title` (a title in
            TMDB's lists of alternative and translated titles), `release_year` (a title, and a
            release in that year that was not the first one), `title_only` (the export has no
            year);
            `title_type` (the export says that it is not a film), `series` (a series has that
            name); `id_conflict` (the id's film has another title and year, or the id is a
            series'); `none`.
        score: of the best candidate, 0 to 1; None without candidates.
        tmdb_id: the film's, only when `matched`.
        candidates: the best three, best first.
        details: TMDB's record of the match, None unless `matched`.
    """

    status: str
    method: str
    score: float | None = None
    tmdb_id: int | None = None
    candidates: tuple[Candidate, ...] = ()
    details: Mapping[str, Any] | None = field(default=None, hash=False)


class Asks(Protocol):
    """The queries that matching makes; `movie_pipeline.tmdb.TMDB` answers them."""

    def search(
        self, title: str, *, primary_release_year: int | None = None, year: int | None = None
    ) -> list[dict[str, Any]]:
        """The first page of films by title, in en-US."""

    def search_series(self, title: str, *, year: int | None = None) -> list[dict[str, Any]]:
        """The first page of series by title, in en-US."""

    def movie(self, identifier: int | str) -> dict[str, Any] | None:
        """A film's details by TMDB or IMDb id, in any language; None if there is no such film."""

    def find(self, imdb_id: str) -> dict[str, Any]:
        """Everything that TMDB has under an IMDb id."""
