"""Queries a catalogue in this process as `movie_pipeline.tmdb.TMDB` queries the API, without HTTP.

What belongs here: answering the queries of matching, and recording them. What does not: the films
(`records.py`).
"""

from typing import Any

from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.tmdb.client import APPENDED


class Asking:
    """A catalogue that implements `movie_pipeline.matching.Asks`.

    Attributes:
        catalogue: answers the queries.
        language: of details.
        asked: every query so far: its path, and the title or "".
    """

    def __init__(self, catalogue: Catalogue, language: str = "en-US") -> None:
        self.catalogue = catalogue
        self.language = language
        self.asked: list[tuple[str, str]] = []

    def search(
        self, title: str, *, primary_release_year: int | None = None, year: int | None = None
    ) -> list[dict[str, Any]]:
        """The first page of films."""
        years = {"primary_release_year": primary_release_year, "year": year}
        return self._results("/search/movie", title, years)

    def search_series(self, title: str, *, year: int | None = None) -> list[dict[str, Any]]:
        """The first page of series."""
        return self._results("/search/tv", title, {"first_air_date_year": year})

    def movie(self, identifier: int | str) -> dict[str, Any] | None:
        """A film's details; None if there is no such film."""
        query = {"append_to_response": APPENDED, "language": self.language}
        status, body = self._answer(f"/movie/{identifier}", query)
        return body if status == 200 else None

    def find(self, imdb_id: str) -> dict[str, Any]:
        """Everything under an IMDb id."""
        return self._answer(f"/find/{imdb_id}", {"external_source": "imdb_id"})[1]

    def _results(self, path: str, title: str, years: dict[str, int | None]) -> list[dict[str, Any]]:
        query = {"query": title, "language": "en-US", "include_adult": "false"}
        query |= {name: str(year) for name, year in years.items() if year is not None}
        results: list[dict[str, Any]] = self._answer(path, query)[1]["results"]
        return results

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append((path, query.get("query", "")))
        return self.catalogue.answer(path, query)
