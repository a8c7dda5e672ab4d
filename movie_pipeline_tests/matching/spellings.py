"""How exporters write a film's title and year differently from TMDB.

What belongs here: the ways of writing. Each is a function of a catalogue record and a random
generator that returns a title, or a title and a year, or None if that way does not apply to the
film; and how often each service's year differs. What does not: how matching handles them, so
nothing is imported from `movie_pipeline.matching`.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from movie_pipeline_tests.other_titles import national as translated

Film = dict[str, Any]
"""A record of a catalogue, with `title`, `original_title` and `release_date`."""
Written = tuple[str, int | None]
"""A title and a year as an export has them."""
Way = Callable[[Film, random.Random], str | Written | None]

YEARS: Mapping[str, Mapping[int, float]] = {
    "letterboxd": {1: 0.041, -1: 0.001},
    "trakt": {1: 0.002, -1: 0.003},
    "imdb": {1: 0.036, -1: 0.005},
    "movielens": {1: 0.029, -1: 0.015, 2: 0.002, -2: 0.001, 3: 0.001, 5: 0.001},
}
"""The share of a service's lines with each difference of TMDB's year from theirs, as measured on
real exports whose films are known by their ids (MovieLens: 2 to 5 off in 0.5 %, shared out here)."""

_ARTICLE = re.compile(r"(The|An?|L[ae]s?|L'|Une?|El|Los|Il|I|Gli|De[rn]|Die|Das|Het)\b ?(?=\S)(.+)")
_NUMBERS = [
    ("II", "2", "Two"), ("III", "3", "Three"), ("IV", "4", "Four"), ("V", "5", "Five"),
    ("VI", "6", "Six"), ("VII", "7", "Seven"), ("VIII", "8", "Eight"),
]  # fmt: skip
_NUMBER = {word: numbers for numbers in _NUMBERS for word in numbers}
_ORDINALS = {"First": "1st", "Second": "2nd", "Third": "3rd", "Fourth": "4th", "Fifth": "5th",
             "Sixth": "6th", "Seventh": "7th", "Tenth": "10th", "13th": "Thirteenth"}  # fmt: skip
_PART = re.compile(r"[:,]? (?:Part|Vol\.|Volume|Chapter) (\w+)\b(.*)")


def written(way: Way, film: Film, chance: random.Random, service: str) -> Written | None:
    """A line of a service's export about a film, None if the way does not apply to it."""
    line = way(film, chance)
    return (line, year(film, chance, service)) if isinstance(line, str) else line


def year(film: Film, chance: random.Random, service: str) -> int:
    """The year that a service gives a film."""
    shares = YEARS.get(service, {})
    kinds = [0, *shares]
    (off,) = chance.choices(kinds, [1 - sum(shares.values()), *shares.values()])
    return int(film["release_date"][:4]) - off


def verbatim(film: Film, _: random.Random) -> str:
    """TMDB's title."""
    title: str = film["title"]
    return title


def movielens(film: Film, _: random.Random) -> str:
    """The article at the end, and the original title in brackets: "Postman, The (Postino, Il)"."""
    title, original = film["title"], film.get("original_title") or film["title"]
    written = _inverted(title)
    if original.casefold() != title.casefold() and _plain(original).isascii():
        written += f" ({_inverted(original)})"
    return written


def unaccented(film: Film, _: random.Random) -> str | None:
    """Without accents."""
    return _other(film, _plain(film["title"]))


def conjunction(film: Film, _: random.Random) -> str | None:
    """ "and" for "&", or the other way round."""
    swapped = re.sub(
        r" (&|and) ", lambda found: " and " if found[1] == "&" else " & ", film["title"]
    )
    return _other(film, swapped)


def numeral(film: Film, chance: random.Random) -> str | None:
    """Another spelling of a numeral: "Part Two", "Part 2" and "Part II"."""
    first, *rest = film["title"].split(" ")
    swapped = [re.sub(r"\w+", lambda found: _swapped(found[0], chance), word) for word in rest]
    return None if swapped == rest else " ".join([first, *swapped])


def ordinal(film: Film, _: random.Random) -> str | None:
    """ "Fourth" as "4th", and the other way round."""
    swaps = _ORDINALS | {short: long for long, short in _ORDINALS.items()}
    return _other(film, re.sub(r"\w+", lambda w: swaps.get(w[0], w[0]), film["title"]))


def part_word(film: Film, chance: random.Random) -> str | None:
    """The number of a part alone, sometimes without what follows: "Kill Bill 2"."""
    found = _PART.search(film["title"])
    if found is None or not (found[1].isdigit() or found[1] in _NUMBER):
        return None
    number = _NUMBER.get(found[1], ("", found[1]))[1]
    rest = found[2] if chance.random() < 0.5 else ""
    return f"{film['title'][: found.start()]} {number}{rest}"


def dash(film: Film, _: random.Random) -> str | None:
    """A dash before the subtitle."""
    return _other(film, film["title"].replace(": ", " - "))


def no_subtitle(film: Film, _: random.Random) -> str | None:
    """Without the subtitle."""
    title, colon, _rest = film["title"].partition(": ")
    return title if colon else None


def subtitle_added(film: Film, _: random.Random) -> str | None:
    """With the subtitle of another country, which TMDB may have or not."""
    title = film["title"]
    return None if ":" in title else f"{title} - La {translated(title, 'es')}"


def article(film: Film, _: random.Random) -> str:
    """Without its article, or with one that TMDB's title lacks."""
    title: str = film["title"]
    bare = re.sub(r"^(The|An?) ", "", title)
    return bare if bare != title else f"The {title}"


def joined(film: Film, _: random.Random) -> str | None:
    """Two words as one ("Oldboy"), one as two ("Beetle Juice"), or without a hyphen."""
    title: str = film["title"]
    if re.fullmatch(r"[a-zA-Z]{3,} [a-zA-Z]{3,}", title) and not title.startswith("The "):
        return title.replace(" ", "").capitalize()
    if re.fullmatch(r"[a-zA-Z]{8,}", title):
        return f"{title[: len(title) // 2]} {title[len(title) // 2 :]}"
    return _other(film, re.sub(r"\b(\w{3,})-(\w{3,})\b", r"\1\2", title))


def word_order(film: Film, _: random.Random) -> str | None:
    """The two sides of "and" exchanged."""
    swapped = re.sub(r"(\w+ \w+|\w+) (and|&) (\w+ \w+|\w+)$", r"\3 \2 \1", film["title"])
    return _other(film, swapped) if len(film["title"].split(" ")) > 3 else None


def original(film: Film, _: random.Random) -> str | None:
    """The title in the film's language."""
    return _other(film, film.get("original_title") or film["title"])


def alternative(film: Film, chance: random.Random) -> str | None:
    """One of TMDB's alternative titles."""
    return _one_of(film, "alternative_titles", chance)


def translation(film: Film, chance: random.Random) -> str | None:
    """One of TMDB's translations."""
    return _one_of(film, "translations", chance)


def slash(film: Film, chance: random.Random) -> str | None:
    """The title and a translation, with a slash in between."""
    other = translation(film, chance)
    return other and f"{film['title']} / {other}"


def year_off(film: Film, chance: random.Random) -> Written:
    """The year is always one off, mostly the year before."""
    return film["title"], int(film["release_date"][:4]) - chance.choice([1, 1, 1, 1, -1])


def premiere(film: Film, _: random.Random) -> Written | None:
    """The year before or after, in which there was another premiere or release in cinemas."""
    released = int(film["release_date"][:4])
    for release in film.get("release_dates") or ():
        year = int(release["date"][:4])
        if release["type"] < 4 and abs(year - released) == 1:
            return film["title"], year
    return None


def no_year(film: Film, _: random.Random) -> Written:
    """The title without a year."""
    return film["title"], None


def translation_no_year(film: Film, chance: random.Random) -> Written | None:
    """One of TMDB's translations without a year, as streaming services write it."""
    title = translation(film, chance)
    return (title, None) if title else None


WAYS: list[Way] = [
    verbatim, unaccented, conjunction, numeral, ordinal, part_word, dash, no_subtitle,
    subtitle_added, article, joined, word_order, original, alternative, translation, slash,
    year_off, premiere, no_year, translation_no_year,
]  # fmt: skip
"""Each a cause of misses."""


def sequel(film: Film, chance: random.Random) -> Written:
    """A sequel that TMDB lacks."""
    later = int(film["release_date"][:4]) + chance.choice([0, 1, 2, 10])
    return f"{film['title']} {chance.choice(['II', '2', 'Part Two', '3'])}", later


def contained(film: Film, _: random.Random) -> str | None:
    """Words of a title that are not a title of the film."""
    words = film["title"].split(" ")
    titles = {each["title"] for each in film.get("alternative_titles") or ()}
    rest = " ".join(words[1:])
    possible = len(words) > 3 and ":" not in film["title"] and rest not in titles
    return None if not possible or re.match(r"(The|An?) |\S+['’]", film["title"]) else rest


def companion(film: Film, chance: random.Random) -> str:
    """A film about a film, which TMDB lacks: "X-Men: The Mutant Watch"."""
    return f"{film['title']}: {chance.choice(['The Mutant Watch', 'The Making Of', 'Prologue'])}"


def undated(film: Film, _: random.Random) -> Written:
    """A film that is not out yet, from a service that always gives a year where there is one."""
    return film["title"], None


CONTROLS: list[Way] = [sequel, contained, companion, undated]
"""Lines about films that TMDB lacks; whatever is found is wrong."""


def _other(film: Film, title: str) -> str | None:
    return None if title == film["title"] else title


def _one_of(film: Film, part: str, chance: random.Random) -> str | None:
    titles = [each["title"] for each in film.get(part) or () if each["title"] != film["title"]]
    return chance.choice(titles) if titles else None


def _inverted(title: str) -> str:
    found = _ARTICLE.fullmatch(title)
    return f"{found[2]}, {found[1]}" if found else title


def _plain(title: str) -> str:
    parts = unicodedata.normalize("NFKD", title)
    return "".join(c for c in parts if not unicodedata.combining(c))


def _swapped(word: str, chance: random.Random) -> str:
    numbers = _NUMBER.get(word)
    return chance.choice([n for n in numbers if n != word]) if numbers else word
