"""A substitute for TMDB that answers from a list of films instead of the network.

What belongs here: the records, the word index of their titles, and `Catalogue.answer`, which finds
what a request asks for. Both the bundled sample (`transport`) and the HTTP server of the tests use
it.

What does not: the shape of an answer (`shapes`), HTTP itself, keys, limits and faults (the server
of the tests has those), and deciding which film is the right one (`matching`).
"""

import hashlib
import json
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from movie_pipeline.sample.shapes import (
    CONFIGURATION,
    MOVIE_GENRES,
    MOVIE_PARTS,
    Answer,
    Query,
    Record,
    error_body,
    genre_list,
    movie_details,
    movie_hit,
    release_date,
    series_hit,
)

PAGE_SIZE = 20
MAX_PAGE = 500
MAX_APPENDED = 20


class RefusedQuestionError(Exception):
    """A request that TMDB answers with an error body; `code` is TMDB's own status code."""

    def __init__(self, code: int) -> None:
        """Create the refusal with TMDB's status code `code`."""
        super().__init__(f"TMDB's status code {code}")
        self.code = code


def title_words(text: str) -> list[str]:
    """The words by which a title is found: compatibility-decomposed, without marks, case-folded.

    Letters and digits of every script are kept, and punctuation separates words. A title of nothing
    but punctuation ("$") counts as one word; otherwise it could never be found.

    >>> title_words("Amélie: Le Fabuleux…")
    ['amelie', 'le', 'fabuleux']
    """
    plain = text
    if not text.isascii():
        plain = "".join(
            c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M"
        )
    return re.findall(r"[^\W_]+", plain.casefold()) or text.casefold().split()


class Catalogue:
    """Films and series that can be queried like TMDB.

    A record has the keys of the bundled `catalogue.jsonl`: `id`, `title`, `release_date` ("" when
    unknown) are required; `imdb_id`, `original_title`, `original_language`, `origin_country`
    (codes), `runtime` (minutes), `genres` (ids), `popularity`, `vote_average`, `vote_count`,
    `directors` (id, name), `cast` (id, name, character; in billing order), `crew` (id, name, job,
    one of `shapes.DEPARTMENTS`), `companies` (id, name, origin_country), `collection` (id, name),
    `budget` and `revenue` (US dollars), `spoken_languages` (TMDB's codes), `alternative_titles`
    (iso_3166_1, title), `translations` (iso_639_1, iso_3166_1, title), `release_dates`
    (iso_3166_1, date, type, and perhaps certification) may be missing. A person may have a `gender`
    (1 female, 2 male, 3 non-binary). `media_type` "tv" makes it a series.

    It can be used from many threads: nothing changes after construction.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        """Index `records`; they are not copied and must not be changed afterwards."""
        ranked = sorted(records, key=lambda r: (-(r.get("popularity") or 0), r["id"]))
        self.movies = [r for r in ranked if r.get("media_type", "movie") == "movie"]
        self.series = [r for r in ranked if r.get("media_type") == "tv"]
        self._movie_by_id = {r["id"]: r for r in self.movies}
        self._by_imdb_id = {r["imdb_id"]: r for r in ranked if r.get("imdb_id")}
        self._movie_titles = _TitleIndex(self.movies)
        self._series_titles = _TitleIndex(self.series)
        self._movies_of_year: dict[str, list[Record]] = {}
        for movie in self.movies:
            self._movies_of_year.setdefault(release_date(movie)[:4], []).append(movie)
        self._lists: dict[str, Callable[[Query], dict[str, Any]]] = {
            "search/movie": self._search_movie,
            "search/tv": self._search_tv,
            "discover/movie": self._discover,
            "genre/movie/list": lambda query: {"genres": genre_list(MOVIE_GENRES, query)},
            "configuration": lambda _: CONFIGURATION,
            "authentication": lambda _: {"success": True},
        }

    @classmethod
    def from_jsonl(cls, path: Path) -> "Catalogue":
        """Read one record per line.

        Raises:
            ValueError: a line is not a record; the message names the file and the line.
        """
        records = []
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                    if not isinstance(record["id"], int) or not isinstance(record["title"], str):
                        raise TypeError("id must be a number and title a text")
                    date.fromisoformat(record["release_date"] or "0001-01-01")
                except (KeyError, TypeError, ValueError) as problem:
                    raise ValueError(
                        f"{path}, line {number}: not a film record ({problem!r}); "
                        "give at least id, title and release_date (YYYY-MM-DD or empty)"
                    ) from problem
                records.append(record)
        return cls(records)

    def __len__(self) -> int:
        """Count films and series."""
        return len(self.movies) + len(self.series)

    @cached_property
    def digest(self) -> str:
        """Twelve hex digits of the content; the order of the records does not matter."""
        content = hashlib.sha256()
        for record in (*self.movies, *self.series):
            content.update(json.dumps(record, sort_keys=True).encode())
        return content.hexdigest()[:12]

    def answer(self, path: str, query: Query) -> Answer:
        """Answer one GET: the HTTP status and the JSON body.

        Args:
            path: the path without the API version, such as "/movie/603".
            query: the decoded parameters; unknown ones are ignored, as on TMDB.
        """
        route = path.strip("/")
        try:
            if route in self._lists:
                return 200, self._lists[route](query)
            return 200, self._one(route.split("/"), query)
        except RefusedQuestionError as refused:
            return error_body(refused.code)

    def _one(self, route: list[str], query: Query) -> dict[str, Any]:
        match route:
            case ["find", external_id]:
                return self._find(external_id, query)
            case ["movie", movie_id]:
                return movie_details(self._movie(movie_id), query, _appended(query))
            case ["movie", movie_id, part] if part in MOVIE_PARTS:
                movie = self._movie(movie_id)
                return {"id": movie["id"], **MOVIE_PARTS[part](movie, query)}
        raise RefusedQuestionError(34)

    def _movie(self, movie_id: str) -> Record:
        if re.fullmatch(r"tt\d+", movie_id):
            movie = self._by_imdb_id.get(movie_id)
            if movie is None or movie.get("media_type") == "tv":
                raise RefusedQuestionError(34)
            return movie
        # TMDB's own addresses have a slug: /movie/603-the-matrix.
        number = re.match(r"(\d{1,18})(?:-|$)", movie_id, re.ASCII)
        if number is None:
            raise RefusedQuestionError(6)
        if int(number[1]) not in self._movie_by_id:
            raise RefusedQuestionError(34)
        return self._movie_by_id[int(number[1])]

    def _search_movie(self, query: Query) -> dict[str, Any]:
        hits = list(self._movie_titles.search(_asked_title(query)))
        if year := _year(query, "primary_release_year"):
            hits = [r for r in hits if release_date(r).startswith(year)]
        if year := _year(query, "year"):
            hits = [r for r in hits if _released_in(r, year)]
        return _page(hits, query, movie_hit)

    def _search_tv(self, query: Query) -> dict[str, Any]:
        hits = list(self._series_titles.search(_asked_title(query)))
        if year := _year(query, "first_air_date_year") or _year(query, "year"):
            hits = [r for r in hits if release_date(r).startswith(year)]
        return _page(hits, query, series_hit)

    def _discover(self, query: Query) -> dict[str, Any]:
        films: Sequence[Record] = self.movies
        if year := _year(query, "primary_release_year"):
            films = self._movies_of_year.get(year, [])
        if year := _year(query, "year"):
            films = [r for r in films if _released_in(r, year)]
        for field in ("vote_count", "vote_average"):
            if least := query.get(f"{field}.gte"):
                films = [r for r in films if (r.get(field) or 0) >= _number(least)]
        order, _, direction = query.get("sort_by", "popularity.desc").partition(".")
        if order in _SORT_KEYS and (order, direction) != ("popularity", "desc"):
            films = sorted(films, key=_SORT_KEYS[order], reverse=direction == "desc")
        return _page(films, query, movie_hit)

    def _find(self, external_id: str, query: Query) -> dict[str, Any]:
        if not query.get("external_source"):
            raise RefusedQuestionError(5)
        kinds = ("movie", "person", "tv", "tv_episode", "tv_season")
        answer: dict[str, Any] = {f"{kind}_results": [] for kind in kinds}
        found = self._by_imdb_id.get(external_id)
        if found is not None and query["external_source"] == "imdb_id":
            kind = found.get("media_type", "movie")
            hit = series_hit(found, query) if kind == "tv" else movie_hit(found, query)
            answer[f"{kind}_results"].append({**hit, "media_type": kind})
        return answer


class _TitleIndex:
    """Finds records with a title that has all the words of a query, the most popular first.

    Titles are numbered in the order of the records (popularity), so postings are sorted.
    A word maps to the numbers of its titles; each candidate title is then checked as a whole,
    because all words must be in the same title and not just anywhere in the record.
    """

    def __init__(self, ranked: Sequence[Record]) -> None:
        self._records = ranked
        self._titles: list[str] = []
        self._owner = array("i")
        self._postings: dict[str, array[int]] = {}
        for position, record in enumerate(ranked):
            for words in {tuple(title_words(title)): None for title in _all_titles(record)}:
                for word in set(words):
                    self._postings.setdefault(word, array("i")).append(len(self._titles))
                self._titles.append(f" {' '.join(words)} ")
                self._owner.append(position)

    def search(self, title: str) -> Iterator[Record]:
        words = [f" {word} " for word in title_words(title)]
        postings = [self._postings.get(word.strip(), ()) for word in words]
        last = -1
        for number in min(postings, key=len, default=()):
            position = self._owner[number]
            if position != last and all(word in self._titles[number] for word in words):
                last = position
                yield self._records[position]


def _all_titles(record: Record) -> Iterator[str]:
    yield record["title"]
    yield record.get("original_title") or ""
    for other in (*(record.get("alternative_titles") or ()), *(record.get("translations") or ())):
        yield other["title"]


def _released_in(record: Record, year: str) -> bool:
    return release_date(record).startswith(year) or any(
        release["date"].startswith(year) for release in record.get("release_dates") or ()
    )


def _asked_title(query: Query) -> str:
    if not query.get("query", "").strip():
        raise RefusedQuestionError(5)
    return query["query"]


def _year(query: Query, name: str) -> str:
    """The requested year, or "" if there is none to filter by."""
    year = query.get(name, "").strip()
    return year if re.fullmatch(r"\d{4}", year, re.ASCII) else ""


def _appended(query: Query) -> list[str]:
    names = [name for name in query.get("append_to_response", "").split(",") if name]
    if len(names) > MAX_APPENDED:
        raise RefusedQuestionError(27)
    return names


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RefusedQuestionError(5) from None


def _page(
    hits: Sequence[Record], query: Query, shape: Callable[[Record, Query], dict[str, Any]]
) -> dict[str, Any]:
    asked = query.get("page") or "1"
    if not re.fullmatch(r"\d{1,9}", asked, re.ASCII) or not 1 <= int(asked) <= MAX_PAGE:
        raise RefusedQuestionError(22)
    start = (int(asked) - 1) * PAGE_SIZE
    return {
        "page": int(asked),
        "results": [shape(record, query) for record in hits[start : start + PAGE_SIZE]],
        "total_pages": max(1, -(-len(hits) // PAGE_SIZE)),
        "total_results": len(hits),
    }


_SORT_KEYS: dict[str, Callable[[Record], Any]] = {
    "popularity": lambda r: r.get("popularity") or 0,
    "vote_count": lambda r: r.get("vote_count") or 0,
    "vote_average": lambda r: r.get("vote_average") or 0,
    "primary_release_date": release_date,
    "title": lambda r: r["title"].casefold(),
}
