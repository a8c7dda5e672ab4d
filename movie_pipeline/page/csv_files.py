"""Sheets: an upload's films as CSV files, to open in a spreadsheet or to import elsewhere.

What belongs here: their columns and how values are written. What does not: reading the films
(`defs.assets.dashboard`), and where the files are stored.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` (also in full width) as a
formula, and titles come from outside. So an apostrophe is put in front of such text (OWASP, "CSV
Injection").
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from movie_pipeline.analytics.next import Waiting

#: Columns of `enriched.movies` and `raw.movies`, with the names that they have there.
FILMS = (
    *("title", "year", "rating", "liked", "seen", "tags", "in_lists"),
    *(
        "first_viewing",
        "last_viewing",
        "viewings",
        "match_status",
        "tmdb_id",
        "tmdb_title",
        "original_title",
    ),
    *("original_language", "origin_countries", "release_date", "runtime_minutes", "genres"),
    *("directors", "writers", "composers", "cinematographers", "editors", "cast"),
    *("production_companies", "collection", "certification", "spoken_languages"),
    *("budget", "revenue", "popularity", "vote_average", "vote_count", "imdb_id"),
    "letterboxd_uri",
)
#: The columns of `FILMS` that are added to them: of a film to see, its rank and why.
NEXT = ("next_place", "next_reason")
#: Columns as Letterboxd names them (letterboxd.com/about/importing-data).
LETTERBOXD = (
    *("tmdbID", "imdbID", "LetterboxdURI", "Title", "Year"),
    *("Rating", "WatchedDate", "Rewatch", "Tags"),
)
#: Where a formula could begin: at the start of a cell, and after a semicolon, which separates cells
#: in countries with a decimal comma.
_FORMULA = re.compile(r"^(?=[=+\-@＝＋－＠\t\r\n])|(?<=;)(?=[\s\"]*[=+\-@＝＋－＠])")


def films_sheet(films: pd.DataFrame, suggested: Iterable[Waiting] = ()) -> str:
    """Return every line of the upload with its data from TMDB.

    Args:
        films: One row per line, with the columns of `FILMS` (`warehouse.lines.read_lines`).
        suggested: What to see next; a film has its place and reason on each of its lines.

    Returns:
        CSV with a header; lists are joined by "; ", unknown values are empty.
    """
    places = {_identity(one.film, one.row_number): (one.place, one.words) for one in suggested}
    lines = zip(
        films[[*FILMS]].itertuples(index=False, name=None),
        map(_identity, films["tmdb_id"], films["row_number"]),
        strict=True,
    )
    return _csv((*FILMS, *NEXT), ((*line, *places.get(one, (None, None))) for line, one in lines))


def _identity(film: Any, row_number: int) -> tuple[bool, int]:
    """What a line is of: a film by its TMDB id or, of an unknown one, the line itself."""
    return (False, row_number) if _unknown(film) or film < 0 else (True, int(film))


def letterboxd_sheet(films: pd.DataFrame, viewings: pd.DataFrame) -> str:
    """Return the seen films in Letterboxd's import format.

    There is one line for each dated viewing, with the rating and tags of that day, and one for each
    film without one. Films only on a watchlist are left out: importing them would mark them as
    watched. So are series, which Letterboxd does not have, and what the overrides ignore.

    Args:
        films: One row per line: ``row_number``, ``seen``, ``state``, ``title``, ``year``,
            ``rating``, ``tmdb_id``, ``imdb_id``, ``letterboxd_uri``.
        viewings: ``row_number``, ``watched_on``, ``rating``, ``rewatch``, ``tags``, by day.
    """
    dated: dict[Any, list[Any]] = {}
    for viewing in viewings.itertuples(index=False):
        dated.setdefault(viewing.row_number, []).append(viewing)
    seen = films["seen"].fillna(True).astype(bool)
    watched = films[seen & ~films["state"].isin(("not_a_movie", "ignored"))]
    return _csv(LETTERBOXD, _entries(watched, dated))


def _entries(films: pd.DataFrame, dated: Mapping[Any, list[Any]]) -> Iterator[tuple[object, ...]]:
    rows: Iterator[Any] = films.itertuples(index=False)
    for film in rows:
        who = (film.tmdb_id, film.imdb_id, film.letterboxd_uri, film.title, film.year)
        if film.row_number not in dated:
            yield (*who, film.rating, None, None, None)
        for viewing in dated.get(film.row_number, ()):
            rating = film.rating if _unknown(viewing.rating) else viewing.rating
            rewatch = None if _unknown(viewing.rewatch) else str(bool(viewing.rewatch)).lower()
            tags = None if _unknown(viewing.tags) else ", ".join(viewing.tags)
            yield (*who, rating, viewing.watched_on, rewatch, tags)


def _csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(header)
    sheet.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if _unknown(value):
        return ""
    if isinstance(value, list | np.ndarray):
        return _cell("; ".join(map(str, value)))
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _FORMULA.sub("'", value) if isinstance(value, str) else str(value)


def _unknown(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))
