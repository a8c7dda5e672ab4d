"""What a heading says, whatever its case, its accents and what stands before or after its name.

What belongs here: comparing one heading with known names, and telling headings from data. What does
not: the names themselves (``formats``), and finding the row of headings (``tables``).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

_NAME_CHARS = 80
_READ_CHARS = 40  # of a heading with more than a name; a longer text is data
_SCALED = re.compile(
    r"(.+?)[ _]*[(\[]?\s*(?:out of|sur|von|/|[01](?:[.,]5)?\s*(?:[-\u2013]|to)|max\.?)\s*"
    r"(5|10|20|100)\s*[)\]]?\s*",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
_AND_YEAR = re.compile(
    r"(.+?)\s*[(\[](?:release )?(?:year|jahr|année|annee|año|ano|anno|jaar|rok|år|yıl|год|"
    r"年)[)\]]\s*",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")


def words(text: str) -> frozenset[str]:
    """The words that blanks divide."""
    return frozenset(text.split())


_BEFORE = words("movie film media item video content metadata details info entry tbl")
_OWN = words("my user own personal data is iso utc")
_AFTER = words("text value field movie film utc iso raw")
_LANGUAGES = words(
    "en eng english de ger deu german deutsch fr fra fre french es spa spanish it ita italian "
    "pt por ru rus russian pl pol polish cs cz sk uk ukr tr hu ro nl sv da fi no ja jp jpn "
    "japanese ko kr zh cn chs chinese local localized localised"
)
_AN_ID = words(
    "movie film media item show id ids no nr num number code const url uri link key the db "
    "external provider providers my text value series data"
)
_OTHERS = {("content", "rating"), ("movie", "date"), ("film", "date"), ("item", "date")}
_SERVICES = {"imdb": "imdbid", "tmdb": "tmdbid", "themoviedb": "tmdbid"}
_FOREIGN = words(
    "imdb tmdb community critic critics average avg vote votes global rotten tomatoes metacritic "
    "official parental age trakt public mean network episode season"
)
_DATA = re.compile(
    r"-?\d+(?:[.,]\d+)?|tt\d{5,}|\w+://.*|(?:\d{1,4}[-/.]){2}\d{1,4}(?:[T ].*)?|"
    r".*[(\[](?:18|19|20)\d\d[)\]]"
)


def header_name(text: str) -> str:
    """Reduce a header cell to its letters and digits, without case and accents, for comparison.

    ``Title (Year)`` is a title, from which its year will be split.
    """
    return _header_name(text[:_NAME_CHARS])


@lru_cache(maxsize=4096)
def _header_name(text: str) -> str:
    if found := _AND_YEAR.fullmatch(text):
        text = found[1]
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in text if letter.isalnum())


def split_scale(text: str) -> tuple[str, float | None]:
    """Split ``Score (1-10)`` into the column's name and its best rating, None if it has none."""
    found = _SCALED.fullmatch(text[:_NAME_CHARS])
    return (found[1], float(found[2])) if found else (text, None)


@lru_cache(maxsize=4096)
def readings(text: str) -> tuple[str, ...]:
    """The names that a heading may mean beside its own, as `header_name` gives them.

    ``movie_tmdb_id`` may mean ``tmdb_id``, ``content.title`` (of JSON) ``title``, ``nameEng``
    ``title``. A rating by others (``imdb.rating``) is no rating, and the
    name of something else (``user.name``) no title.
    """
    return tuple(_readings(text)) if len(text) <= _READ_CHARS else ()


def _readings(text: str) -> Iterator[str]:
    tokens = [token.casefold() for token in _TOKEN.findall(text)]
    for service, name in _SERVICES.items():
        if service in tokens and set(tokens) - {service} <= _AN_ID:
            yield name
    bare = _IN_BRACKETS.sub("", text)
    if bare != text and "orig" not in text.casefold():
        yield header_name(bare)
    *above, last = text.split(".")
    if above and not _FOREIGN & set(tokens):
        if header_name(last) not in {"name", "title"} or {*map(header_name, above)} <= _BEFORE:
            yield header_name(last)
        yield header_name(above[-1] + last)
    kept = tokens
    while len(kept) > 1 and kept[0] in _BEFORE | _OWN:
        first, *kept = kept
        name = "".join(kept)
        if (first, name) not in _OTHERS and not (first in _OWN and name in {"name", "title"}):
            yield header_name(name)
    if kept and kept[-1] in _AFTER:
        yield header_name("".join(kept[:-1]))
    local = [token for token in kept if token not in _LANGUAGES]
    if len(local) < len(kept) and "".join(local) in {"title", "name", "titles", "names"}:
        yield "title"


def is_data(cell: str) -> bool:
    """Whether a cell looks like a value rather than a heading: a number, a day, an id, a link."""
    return _DATA.fullmatch(cell.strip()) is not None


def are_headings(cells: Sequence[str], mapping: Mapping[str, int]) -> bool:
    """Whether a row in which known names were found is a row of headings, and not a line of data.

    A line of data may happen to hold one known name: a film called Title, the type Movie.
    """
    filled = [cell for cell in cells if cell.strip()]
    known = len(mapping)
    if not any(map(is_data, filled)):
        return known > 1 or len(filled) == known or not filled or len(cells) > 1
    return known > 1 and known * 2 >= len(filled)
