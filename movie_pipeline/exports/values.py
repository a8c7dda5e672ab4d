"""The value of one cell: titles, years, ids, ratings, names.

What belongs here: pure functions from a cell's text to a value, None if the cell is empty or makes
no sense. No function raises, whatever the text. What does not: days (``dates``), title types
(``title_types``).
"""

import html
import re

from movie_pipeline.outside.untrusted import LONGEST, is_id, normalized

TITLE_CHARS = LONGEST
"""A line with a longer title is broken."""

_SHORT = 40  # characters of the longest rating or runtime

_YEAR = re.compile(r"(?<!\d)(18[7-9]\d|19\d\d|20\d\d)(?!\d)")
_TITLE_YEAR = re.compile(
    r"(.*\S)\s*[(\[（]\s*(18[7-9]\d|19\d\d|20\d\d)(?:\s*[-–—/]\s*(?:\d{2,4})?)?\s*[)\]）]\s*$",
    re.DOTALL,
)
_TITLES = re.compile(
    r"\s*(\S.*?)\s*[(\[](18[7-9]\d|19\d\d|20\d\d)[)\]]\s*(?:[,;|/&+•]|and\b|$|(?=\S))", re.DOTALL
)
_BULLET = re.compile(r"^\s*(?:\d{1,4}[.)]|[-*•–])\s+")
_IMDB = re.compile(r"tt(\d{5,10})(?!\d)", re.IGNORECASE)
_DIGITS = re.compile(r"(\d{1,10})(?:\.0+)?$")
_TMDB = re.compile(r"(?:themoviedb\.org/|tmdb[:/])(?:(movie|tv)[/:])?(\d{1,9})", re.IGNORECASE)
_LETTERBOXD_FILM = re.compile(
    r"(?:https?://)?(?:www\.)?(?:letterboxd\.com/film/[^/?#\s]+/?|boxd\.it/[^/?#\s]+)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(-?\d{1,4}(?:[.,]\d{1,6})?)?\s*(½)?\s*(?:%|/\s*\d{1,3}|[a-zé]*stars?|sterne?|étoiles?|pts|points?)?",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(?:/|out of|von|sur|de|su)\s*(\d{1,3})\s*$")
_HOURS = re.compile(
    r"(?:(\d{1,2})\s*(?:h|hr|hrs|hours?|std)\.?)?\s*(?:(\d{1,3})\s*(?:m|min|mins|minutes?)?\.?)?$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?$")
_NAMES = re.compile("[,;|]")
_SEVERAL = re.compile(r"[;|\n]|,(?=\s*\d{4}-\d)|,(?=\s*\d{1,2}[./]\d{1,2}[./]\d)")


def clean(text: str) -> str | None:
    """Return one line of printable text, its HTML entities decoded; None if nothing is left."""
    if "&" in text and ";" in text:
        text = html.unescape(text)
    return normalized(text) or None


def scalar(value: object) -> str:
    """Return a JSON string or number as text, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode()  # JSON can hold half a surrogate pair


def year(text: str) -> int | None:
    """Read ``1999``, ``1999.0``, ``(1999)``, ``1999–2003`` (its first) or a full date's year."""
    found = _YEAR.search(text)
    return int(found[1]) if found else None


def item(text: str) -> str | None:
    """Clean a title and remove the number or bullet before it (``1. Heat``)."""
    return clean(_BULLET.sub("", text))


def split_title(text: str) -> tuple[str, int | None]:
    """Split ``Heat (1995)`` into title and year; a title without a year stays as it is."""
    found = _TITLE_YEAR.match(text) if text[-1:] in ")]）" else None
    return (found[1], int(found[2])) if found else (text, None)


def titles(text: str) -> list[tuple[str, int]]:
    """Split ``Heat (1995), Alien (1979)`` into titles and years; empty if there are not several."""
    found = _TITLES.findall(text)
    if len(found) < 2 or _TITLES.sub("", text).strip():
        return []
    return [(title, int(year)) for title, year in found]


def imdb_id(text: str) -> str | None:
    """Read an IMDb title id from an id, a URL or a bare number (``114709`` is tt0114709)."""
    if not text:
        return None
    if text[:2] == "tt" and 9 <= len(text) <= 12 and text.isascii() and text[2:].isdigit():
        return text
    found = _IMDB.search(text) or _DIGITS.match(text.strip().lstrip('="').rstrip('"'))
    number = int(found[1]) if found else 0
    return f"tt{number:07d}" if number else None


def tmdb_id(text: str) -> int | None:
    """Read a TMDB id from a number (``949``, ``949.0``) or from the URL of a film on TMDB."""
    if not text:
        return None
    found = _DIGITS.match(text.strip().lstrip('="').rstrip('"'))
    if found is None:
        link = _TMDB.search(text)
        return int(link[2]) if link and (link[1] or "movie").lower() == "movie" else None
    number = int(found[1])
    return number if is_id(number) else None


def letterboxd_uri(text: str) -> str | None:
    """Read a film's Letterboxd link (boxd.it or letterboxd.com/film/…)."""
    text = text.strip()
    return text if text and _LETTERBOXD_FILM.fullmatch(text) else None


def linked_imdb_id(text: str) -> str | None:
    """Read an IMDb id from a link to IMDb."""
    found = _IMDB.search(text) if "imdb." in text else None
    return f"tt{int(found[1]):07d}" if found else None


def linked_tmdb_id(text: str) -> int | None:
    """Read a TMDB id from a link to a film on TMDB."""
    return tmdb_id(text) if "themoviedb." in text else None


def number(text: str) -> float | None:
    """Read a rating as a number on its own scale: ``4,5``, ``4½``, ``★★★½``."""
    text = text.strip()
    if len(text) > _SHORT:
        return None
    if "★" in text or "⭐" in text:
        return text.count("★") + text.count("⭐") + (0.5 if "½" in text else 0.0)
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        return None
    return float((found[1] or "0").replace(",", ".")) + (0.5 if found[2] else 0.0)


def carries_scale(text: str) -> bool:
    """Whether a rating states its own scale: ``8/10``, ``80%``, stars."""
    return any(sign in text for sign in "/%★⭐") or _FRACTION.match(text.strip()) is not None


def rating(text: str, scale: float) -> float | None:
    """Convert a rating to the scale of 0.5 to 5.

    Args:
        text: The cell; ``8/10`` states its own scale, stars are out of five.
        scale: The best possible rating of this column.

    Returns:
        rating / scale * 5, rounded to hundredths, at least 0.5; None if it is not a number, not
        positive, or above the scale.
    """
    text = text.strip()
    if len(text) > _SHORT:
        return None
    if fraction := _FRACTION.match(text):
        value, scale = float(fraction[1].replace(",", ".")), float(fraction[2])
    elif "★" in text or "⭐" in text or text == "½":
        value, scale = number(text) or 0.0, 5.0
    else:
        value = number(text) or 0.0
        if "%" in text:
            scale = 100.0
    if not 0 < value <= scale:
        return None
    return max(0.5, round(value / scale * 5, 2))


def minutes(text: str, unit: float = 1) -> int | None:
    """Read a runtime in minutes: ``142``, ``142.0``, ``142 min``, ``2h 22m``, ``2:22:00``.

    Args:
        text: The cell.
        unit: How many of the units of a bare number are a minute: 60 for seconds.
    """
    text = text.strip()[:_SHORT]
    if text.isdecimal() and unit != 1:
        total = round(int(text) / unit)
    elif found := _DIGITS.match(text):
        total = int(found[1])
    elif found := _CLOCK.match(text):
        total = int(found[1]) * 60 + int(found[2])
    elif (found := _HOURS.match(text)) and text:
        total = int(found[1] or 0) * 60 + int(found[2] or 0)
    else:
        return None
    return total if 0 < total < 10_000 else None


def several(text: str) -> list[str]:
    """Split a cell that holds several days, at semicolons, bars, lines or (in ISO) commas."""
    return [part for part in _SEVERAL.split(text) if part.strip()]


def names(text: str) -> tuple[str, ...] | None:
    """Split names or tags at commas, semicolons or bars, without empty and repeated ones."""
    found = tuple(dict.fromkeys(name for part in _NAMES.split(text) if (name := clean(part))))
    return found or None
