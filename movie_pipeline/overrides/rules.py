"""Rules: what one line of the overrides says.

What belongs here: the meaning of its cells, a normal form in which equivalent lines are equal, and
the same form for a row's own values. What does not: the file, and which rule applies to a row
(`file`).
"""

import re
import unicodedata
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from movie_pipeline.exports import values
from movie_pipeline.matching.titles import key, upright
from movie_pipeline.outside.untrusted import is_id

IGNORE = "ignore"
GUARD = "'"
"""Written before a title that begins with one of `GUARDED`; not part of the title."""
GUARDED = "#=+-@<>|"
"""A line whose title begins so would be a comment, a git conflict marker, or an Excel formula."""

_SHOWN_CHARS = 60
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?themoviedb\.org/(\w+)/(\d{1,10})(?:[-/?#].*)?", re.IGNORECASE
)
_NUMBER = re.compile(r"(\d{1,10})(?:\.0+)?")
_YEAR = re.compile(r"(18[7-9]\d|19\d\d|20\d\d)(?:\.0+)?")
_IMDB = re.compile(
    r"(?:(?:https?://)?(?:\w+\.)?imdb\.com/(?:[\w-]+/)?title/)?tt(\d{5,10})(?:[/?#].*)?",
    re.IGNORECASE,
)
_START = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)


class Rule(NamedTuple):
    """A line in a normal form in which equivalent lines are equal.

    Attributes:
        upload: the only upload that it applies to, None for any.
        letterboxd_uri: without scheme, ``www`` and trailing slash.
        imdb_id: its number.
        title: its key (`matching.titles.key`).
        year: None means any year if the line has an id, else only rows without a year.
        tmdb_id: the film that the row is; None for no film.
    """

    upload: str | None = None
    letterboxd_uri: str | None = None
    imdb_id: int | None = None
    title: str | None = None
    year: int | None = None
    tmdb_id: int | None = None

    @property
    def asked(self) -> tuple[object, ...]:
        """Its conditions: all fields but the film; equal for lines that match the same rows."""
        return self[:-1]

    @property
    def asks(self) -> tuple[bool, ...]:
        """Which of a row's values it compares, in the order of the fields.

        Of two rules, the one with the larger tuple is more specific.
        """
        by_id = self.letterboxd_uri is not None or self.imdb_id is not None
        *given, _, _ = (value is not None for value in self)
        return (*given, self.year is not None or not by_id)


def rule_of(cells: Mapping[str, str]) -> Rule:
    """What a line says.

    Args:
        cells: its cells by column (`COLUMNS`), stripped of blanks; any may be missing.

    Raises:
        ValueError: the line is invalid; the message says why, and what to do.
    """
    title, year, uri, imdb_id = (
        cells.get(name, "") for name in ("title", "year", "letterboxd_uri", "imdb_id")
    )
    if not (_title(title) or uri or imdb_id):
        raise ValueError("it has no title, letterboxd_uri or imdb_id to identify the film: add one")
    if year and not _YEAR.fullmatch(year):
        raise ValueError(f"{_shown(year)} is not a year: use four digits, such as 1999")
    if imdb_id and not _IMDB.fullmatch(imdb_id):
        raise ValueError(f"{_shown(imdb_id)} is not an IMDb id, such as tt0133093")
    if uri and values.letterboxd_uri(uri.rstrip("/")) is None:
        raise ValueError(
            f"{_shown(uri)} is not a film's Letterboxd address: copy it from your export, such as"
            " https://boxd.it/2a1m"
        )
    return Rule(
        upload=_upload(cells.get("upload", "")) or None,
        letterboxd_uri=_uri(uri) if uri else None,
        imdb_id=_imdb_number(imdb_id),
        title=_title(title) or None,
        year=int(float(year)) if year else None,
        tmdb_id=target_of(cells.get("tmdb_id", "")),
    )


def ignored(films: pd.DataFrame) -> pd.Series:
    """Which rows an override says to ignore: not found because they were not searched for.

    Args:
        films: rows of ``enriched.movies``, with ``match_status``, ``match_method`` and ``error``.
    """
    overruled = (films["match_status"] == "not_found") & (films["match_method"] == "override")
    return overruled & films["error"].isna()  # an error means a line whose film does not exist


def identity(upload: str, row: Mapping[Hashable, Any]) -> tuple[str | int | None, ...]:
    """A row's own values for the fields of `Rule` but ``tmdb_id``; None where it has none.

    Args:
        upload: the row's upload.
        row: as `Overrides.of` takes it.
    """
    uri, imdb_id, title = (_text(row.get(name)) for name in ("letterboxd_uri", "imdb_id", "title"))
    year = row.get("year")
    return (
        _upload(upload),
        _uri(uri) if uri else None,
        _imdb_number(imdb_id),
        _title(title) if title else None,
        None if year is None or pd.isna(year) else int(year),
    )


def target_of(text: str) -> int | None:
    """The TMDB id of the film that a cell names, None for ``ignore``.

    Raises:
        ValueError: it does not name a film.
    """
    if text.lower() == IGNORE:
        return None
    if not text:
        raise ValueError(f"it has no tmdb_id: write one, or {IGNORE}")
    number = _NUMBER.fullmatch(text)
    if address := _ADDRESS.fullmatch(text):
        if address[1].lower() == "tv":
            raise ValueError(f"{_shown(text)} is a series: write {IGNORE}")
        number = _NUMBER.fullmatch(address[2]) if address[1].lower() == "movie" else None
    if number is None or not is_id(int(number[1])):
        raise ValueError(
            f"{_shown(text)} is not a TMDB id: write the number or the address of the film's page,"
            f" such as 603 or https://www.themoviedb.org/movie/603, or {IGNORE}"
        )
    return int(number[1])


@lru_cache(maxsize=20_000)
def _title(text: str) -> str:
    """The key shared by all spellings of a title; empty for an empty title."""
    line = values.clean(text) or ""
    if line.startswith(GUARD) and line[1:].startswith(tuple(GUARDED)):
        line = line[1:]
    return key(upright(line)) if line else ""


def _uri(text: str) -> str:
    """An address without scheme, ``www`` and trailing slash; boxd.it paths are case-sensitive."""
    host, slash, path = _START.sub("", text.strip()).partition("/")
    return f"{host.lower()}{slash}{path}".rstrip("/")


def _imdb_number(text: str | None) -> int | None:
    found = _IMDB.fullmatch(text.strip()) if text else None
    return int(found[1]) if found else None


def _upload(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…")


def no_film(tmdb_id: int) -> str:
    """The beginning of a row's error if its override names a film that TMDB does not have."""
    return f"there is no film {tmdb_id}: "


def no_answer(tmdb_id: int) -> str:
    """The beginning of a row's error if TMDB did not answer about the film of its override."""
    return f"no answer about film {tmdb_id}: "
