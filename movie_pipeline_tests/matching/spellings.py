"""How exporters write a film's title and year differently from TMDB.

What belongs here: the ways of writing. Each is a function of a catalogue record and a random
generator that returns a title and a year, or None if that way does not apply to the film. What does
not: how matching handles them, so nothing is imported from `movie_pipeline.matching`.
"""

import random
import re
import unicodedata
from collections.abc import Callable
from typing import Any

Film = dict[str, Any]
"""A record of a catalogue, with `title`, `original_title` and `release_date`."""
Written = tuple[str, int | None]
"""A title and a year as an export has them."""
Way = Callable[[Film, random.Random], Written | None]

YEAR_OFF = 0.03
"""The share of lines whose year is one off TMDB's (80 of 2,600 lines of Letterboxd's and IMDb's
exports; 1 of 200 of Trakt's)."""
YEAR_OFF_MOVIELENS = 0.1
"""The same in MovieLens: a guess on the high side."""
YEAR_BEFORE = 0.8
"""Of these, the share with the year before TMDB's, that of a festival (78 of the 80; other exports
may use the cinema release of one country)."""

_ARTICLE = re.compile(r"(The|An?|L[ae]s?|L'|Une?|El|Los|Il|I|Gli|De[rn]|Die|Das|Het)\b ?(?=\S)(.+)")
_NUMBERS = [
    ("II", "2", "Two"), ("III", "3", "Three"), ("IV", "4", "Four"), ("V", "5", "Five"),
    ("VI", "6", "Six"), ("VII", "7", "Seven"), ("VIII", "8", "Eight"),
]  # fmt: skip
_NUMBER = {word: numbers for numbers in _NUMBERS for word in numbers}


def verbatim(film: Film, chance: random.Random) -> Written:
    """TMDB's title."""
    return film["title"], year(film, chance)


def movielens(film: Film, chance: random.Random) -> Written:
    """The article at the end, and the original title in brackets: "Postman, The (Postino, Il)"."""
    title, original = film["title"], film.get("original_title") or film["title"]
    written = _inverted(title)
    if original.casefold() != title.casefold() and _plain(original).isascii():
        written += f" ({_inverted(original)})"
    return written, year(film, chance, YEAR_OFF_MOVIELENS)


def unaccented(film: Film, chance: random.Random) -> Written | None:
    """Without accents."""
    plain = _plain(film["title"])
    return None if plain == film["title"] else (plain, year(film, chance))


def conjunction(film: Film, chance: random.Random) -> Written | None:
    """ "and" for "&", or the other way round."""
    swapped = re.sub(
        r" (&|and) ", lambda found: " and " if found[1] == "&" else " & ", film["title"]
    )
    return None if swapped == film["title"] else (swapped, year(film, chance))


def numeral(film: Film, chance: random.Random) -> Written | None:
    """Another spelling of a numeral: "Part Two", "Part 2" and "Part II"."""
    first, *rest = film["title"].split(" ")
    swapped = [re.sub(r"\w+", lambda found: _swapped(found[0], chance), word) for word in rest]
    return None if swapped == rest else (" ".join([first, *swapped]), year(film, chance))


def dash(film: Film, chance: random.Random) -> Written | None:
    """A dash before the subtitle."""
    title = film["title"].replace(": ", " - ")
    return None if title == film["title"] else (title, year(film, chance))


def no_subtitle(film: Film, chance: random.Random) -> Written | None:
    """Without the subtitle."""
    title, colon, _ = film["title"].partition(": ")
    return (title, year(film, chance)) if colon else None


def original(film: Film, chance: random.Random) -> Written | None:
    """The title in the film's language."""
    title = film.get("original_title") or film["title"]
    return None if title == film["title"] else (title, year(film, chance))


def year_off(film: Film, chance: random.Random) -> Written:
    """The year is always one off."""
    return film["title"], year(film, chance, 1.0)


def no_year(film: Film, _: random.Random) -> Written:
    """The title without a year."""
    return film["title"], None


WAYS: list[Way] = [
    verbatim, movielens, unaccented, conjunction, numeral, dash, no_subtitle, original, year_off,
    no_year,
]  # fmt: skip


def year(film: Film, chance: random.Random, off: float = YEAR_OFF) -> int:
    """The year of the release; in a share `off` of cases, one year off."""
    released = int(film["release_date"][:4])
    if chance.random() >= off:
        return released
    return released - 1 if chance.random() < YEAR_BEFORE else released + 1


def _inverted(title: str) -> str:
    found = _ARTICLE.fullmatch(title)
    return f"{found[2]}, {found[1]}" if found else title


def _plain(title: str) -> str:
    parts = unicodedata.normalize("NFKD", title)
    return "".join(c for c in parts if not unicodedata.combining(c))


def _swapped(word: str, chance: random.Random) -> str:
    numbers = _NUMBER.get(word)
    return chance.choice([n for n in numbers if n != word]) if numbers else word
