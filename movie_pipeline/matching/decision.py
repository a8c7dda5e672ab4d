"""What is asked and what is answered: a line of an export, and which film it is.

Here belong the values that go in and out, and what TMDB must be able to tell. How it is decided:
`decide.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Wanted:
    """What a line of an export says about its film. Hashable: equal ones are asked once.

    Attributes:
        title: as the export writes it.
        year: the export's; often a year off TMDB's.
        imdb_id: "tt…".
        tmdb_id: the export's own.
        title_type: in IMDb's words ("movie", "tvMiniSeries", …); None where the export doesn't
            tell films from series, as Letterboxd.
        original_title: in the film's language.
        directors: their names.
        runtime_minutes: whole minutes.
    """

    title: str | None
    year: int | None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    title_type: str | None = None
    original_title: str | None = None
    directors: tuple[str, ...] = ()
    runtime_minutes: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A film that may be meant; `score` (0 to 1) is how sure that is."""

    tmdb_id: int
    title: str
    year: int | None
    score: float


@dataclass(frozen=True)
class Decision:
    """Which film a line means.

    Attributes:
        status: `matched`, `ambiguous`, `not_found` or `not_a_movie`.
        method: what led there:
            `tmdb_id`, `imdb_id` (an id of the export's);
            `title_year` (title and year), `title_near_year` (title, one year off),
            `original_title` (that title, at most one year off), `similar_title` (but for a
            numeral, an article, a bracket or a subtitle), `alternative_title` (a title in
            TMDB's lists of alternative and translated ones), `release_year` (a title, and a
            release in that year, but not the first one), `title_only` (the export has no
            year);
            `title_type` (the export says it is no film), `series` (a series has that name);
            `id_conflict` (the id's film has another title, year or id); `none`.
        score: of the best candidate, 0 to 1; None without one.
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
    """What is asked of TMDB; `movie_pipeline.tmdb.TMDB` can answer."""

    def search(
        self, title: str, *, primary_release_year: int | None = None, year: int | None = None
    ) -> list[dict[str, Any]]:
        """The first page of films by title, in en-US."""

    def search_series(self, title: str, *, year: int | None = None) -> list[dict[str, Any]]:
        """The first page of series by title, in en-US."""

    def movie(self, identifier: int | str) -> dict[str, Any] | None:
        """A film's details by TMDB or IMDb id, in any language; None if there is none."""

    def find(self, imdb_id: str) -> dict[str, Any]:
        """What there is under an IMDb id."""
