"""Titles: how likely two spellings are the same title, and what to search for.

What belongs here: everything about how people and exporters write titles: case, accents, articles
("Matrix, The"), "&", numerals, subtitles, brackets ("(a.k.a. …)"). What does not: years, votes,
people, and which film is meant in the end (`odds.py`, `decide.py`).

The likelihoods say how often an export writes a film's title that way, relative to writing it as
TMDB does. They were estimated from labelled exports; only their order of magnitude matters. Those
without an example there (`PART_WORD`, `HEAD`, `ORDER`, `REWORDED`) are guesses, chosen so that no
combination of two of them is enough.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

SAME = 1.0
"""The same letters; case, accents, punctuation, spacing, "&" and the article's place may differ."""
BRACKETS = 0.5
"""Without the bracket at the end, or only what is in it: "Ring (Ringu)"."""
NUMERALS = 0.2
"""With a numeral or abbreviation written differently: "Rocky II", "Part Two", "Vol.", "Se7en"."""
PART_WORD = 0.5
"""Without the word before a part's number, which is written differently, too: "Kill Bill 2"."""
ARTICLE = 0.005
"""Without an article. Low, because "Beast" and "The Beast" are two films."""
LONG_ARTICLE = 0.02
"""The same if at least two other words remain, which make a namesake rarer."""
SMALL_WORDS = 0.05
"""With some small words more or fewer ("in the Year of"), if at least three other words remain."""
MIDDLE = 0.05
"""Without the number or the middle part before a subtitle: "Star Wars: The Last Jedi"."""
HEAD = 0.03
"""Without the subtitle after a number: "John Wick 3", "Terminator 2"."""
SUBTITLE = 0.003
"""Without a subtitle, a series' name or a possessive: "Life of Brian"."""
NO_SUBTITLE = 0.01
"""The same if the line lacks the film's subtitle, and that is not a number: "Birdman". More than
the other way round, because exporters shorten titles and hardly add to them. (At 0.02, a wrong
match more in 2,000 lines of MovieLens's kind.)"""
ORDER = 0.01
"""With the same words in another order, if at least three tell it apart."""
REWORDED = 0.01
"""With a subtitle that shares most of its words: "Ong Bak: Muay Thai Warrior"."""
LEAST = 0.0012
"""A title less likely than this is another title: another subtitle in the series, for instance."""

# Letters that Unicode does not decompose.
_UNDECOMPOSED = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_INVERTED = re.compile(
    r"^(.+?),\s+(the|an?|l[aeo]|les|l'|un[aeo]?|el|l[ao]s|il?|gli"
    r"|de[rnt]?|die|das|eine?|het|een|os?|as)$",
    re.IGNORECASE,
)
_ENGLISH_ARTICLES = frozenset({"the", "a", "an"})
_SMALL = _ENGLISH_ARTICLES | {"and", "at", "for", "from", "in", "of", "on", "to", "with"}
_ALSO_KNOWN_AS = re.compile(r"^a\.?k\.?a\.?:?\s+", re.IGNORECASE)
_OR = re.compile(r"[,:]?\s+or$", re.IGNORECASE)
_SEAM = re.compile(r"(?:,?\s+or)?\s*:\s+|\s+[-\u2013\u2014~|]+\s+|,?\s+or\s+\(", re.IGNORECASE)
_OR_SEAM = re.compile(r"\bor\s*[:(]", re.IGNORECASE)
_SLASH = re.compile(r"\s+/\s+")  # "Face/Off" is one title
_OWNER = re.compile(
    r"^(?!(?:let|it|that|who|what|where|when|there|here|he|she)['\u2019]s)"
    r"(?:[^\W_]+\W+)?[^\W_]+(?:['\u2019]s|s['\u2019])\s+(?=\S+\s+\S)",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_APOSTROPHES = re.compile("['\u2019\u2018\u02bc`\u00b4]")

_NUMBERS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen",
]  # fmt: skip
_ROMAN = [
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv",
]  # fmt: skip
_ENOUGH_WORDS = 3
_TOO_MANY_WORDS = 8  # a subtitle that long is often left out
_VALUE_OF_ROMAN = {word: str(value) for value, word in enumerate(_ROMAN, start=1)}
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth",
]  # fmt: skip
_SHORT = {word: str(value) for value, word in enumerate(_NUMBERS)} | {
    "volume": "vol", "doctor": "dr", "mister": "mr", "versus": "vs", "episode": "ep",
    "saint": "st", "number": "no", "boulevard": "blvd", "drive": "dr", "street": "st",
    "et": "and", "und": "and", "y": "and",
} | {
    word: f"{place}{({1: 'st', 2: 'nd', 3: 'rd'}).get(place, 'th')}"
    for place, word in enumerate(_ORDINALS, start=1)
}  # fmt: skip
_PART = frozenset({"chapter", "ep", "part", "parte", "partie", "teil", "vol"})
_THE_MOVIE = frozenset({"derfilm", "lapelicula", "lefilm", "movie", "thefilm", "themovie"})
_FOREIGN = frozenset({
    "da", "dei", "del", "della", "delle", "der", "des", "di", "ein", "el", "het", "il", "la", "las",
    "le", "les", "los", "och", "para", "pour", "sur", "un", "una", "und", "une", "von", "zum",
})  # fmt: skip
"""Words of other languages, which a subtitle in English hardly ever has."""
_ENDINGS = (
    "angel angels bird birds blood blue blues book boy boys cat city club cop country day days "
    "dog dogs dream dreams eyes fever fire fish flow force forest friend friends game games "
    "garden girl girls gold ground hand hands head heart hearts hill home hotel house hunt "
    "hunter island jack king kings kiss knight lady lake land life light line lives love "
    "machine magic man men money moon mountain movie night nights park people place planet "
    "point queen rain red ring river road room rose sea season shadow ship show side sky song "
    "star stars state stone stories story storm street summer sun tales time times town track "
    "train wars water way wedding week weekend wind winter wolf woman women work world yard "
    "zone"
)
_COMPOUND = re.compile(rf"(?<=[^\W\d_]{{3}})(?=(?:{_ENDINGS.replace(' ', '|')})\b)", re.IGNORECASE)
"""Where a word may be two: before a word with which many titles end ("Spiderman", "Ladybird"). A
sixth of all titles of two words ends so (17 % of 13,222)."""
_SHORTENED = frozenset({"blvd", "dr", "ep", "st", "vol", "vs"})  # not "no": it is a word, too
_LEET = str.maketrans("013457", "oieasv")


def words(text: str) -> list[str]:
    """The words of a title for comparison: without case, accents, punctuation and apostrophes.

    Letters and digits of every script are kept.

    >>> words("Amélie & l'Été, 8½")
    ['amelie', 'and', 'lete', '8', '1', '2']
    """
    text = _FRACTION.sub(" ", text)
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M"
        )
    text = text.casefold().translate(_UNDECOMPOSED)
    text = re.sub(r"\s\+\s|&", " and ", text)
    return re.findall(r"[^\W_]+", _APOSTROPHES.sub("", text))


def telling(text: str) -> set[str]:
    """The words of a title without the small ones, unless it has no others."""
    plain = set(words(text))
    return (plain - _SMALL) or plain


def key(text: str) -> str:
    """A key that is equal for two spellings of a title: its words, joined without spaces.

    A title that consists only of punctuation ("$", "…") is its own key.

    >>> key("Spider-Man") == key("Spiderman")
    True
    """
    return "".join(words(text)) or text.strip()


def upright(title: str) -> str:
    """The title with its article in front: "Matrix, The" becomes "The Matrix"."""
    inverted = _INVERTED.match(title)
    if inverted is None:
        return title
    article = inverted[2]
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{inverted[1]}"


@lru_cache(maxsize=2_000)
def forms(title: str, line: bool = False) -> dict[str, float]:
    """Every key under which a title may be written, with its likelihood.

    Args:
        title: a film's, or a line's.
        line: it is a line's. What a line has more than a film is rarely a subtitle that TMDB lacks:
            "X-Men: The Mutant Watch" is not "X-Men".
    """
    found: dict[str, float] = {}
    for name, likelihood in _names(title):
        for text, kept in _cuts(name, line):
            for spelt, same in _spellings(text):
                for k, factor in _without_small_words(spelt):
                    value = likelihood * kept * same * factor
                    if value >= LEAST and value > found.get(k, 0.0):
                        found[k] = value
    return found


def likelihood(wanted: str, title: str) -> float:
    """How likely `wanted` is a way to write `title`, 0 to 1; 0 means another title.

    >>> likelihood("Matrix, The", "The Matrix")
    1.0
    >>> likelihood("The Beast", "The Beast Within")
    0.0
    """
    a, b = forms(wanted, line=True), forms(title)
    best = max((a[k] * b[k] for k in a.keys() & b.keys()), default=0.0)
    return best if best >= LEAST else REWORDED * _is_reworded(wanted, title)


def _is_reworded(one: str, other: str) -> bool:
    """Whether two titles differ in less than half of the words of a subtitle, and in no number."""
    (a, ours), (b, theirs) = _subtitled(one), _subtitled(other)
    shared = len(ours & theirs)
    if a != b or shared < 2 or 2 * shared <= max(len(ours), len(theirs)):
        return False
    return not any(_respelt(word)[:1].isdigit() for word in ours ^ theirs)


@lru_cache(maxsize=2_000)
def _subtitled(title: str) -> tuple[str, set[str]]:
    """The key of a title's first part, and the telling words of the others."""
    first, *later = _parts(upright(title)) or [title]
    return key(first), telling(" ".join(later))


@lru_cache(maxsize=1_000)
def queries(title: str) -> tuple[str, ...]:
    """What to search for, the most promising text first.

    A search requires all words to be in one title, so fewer words find more: brackets are left out
    first, then words with other spellings ("and", numerals), then parts of the title.

    >>> queries("City of Lost Children, The (Cité des enfants perdus, La)")[:2]
    ('The City of Lost Children', 'La Cité des enfants perdus')
    """
    whole, *others = names(title)
    first, *held = others or [whole]
    part, *later = _parts(first) or [first]
    last = next((p for p in later[-1:] if len(_certain(p)) > 1 and not _is_number(p)), first)
    unowned = [first[owner.end() :]] if (owner := _OWNER.match(first)) else []
    alone = later and _may_be_added(first)
    slash = [whole] * bool(_SLASH.search(whole))
    texts = [*slash, first, " ".join(_certain(last)), *held, *unowned, *[part] * bool(alone), whole]
    return _distinct(texts)


def guesses(title: str) -> tuple[str, ...]:
    """What to search for if `queries` found nothing: the same letters or most of the words.

    Args:
        title: a line's.

    >>> guesses("Beetle Juice"), guesses("Ong Bak: Muay Thai Warrior")
    (('BeetleJuice',), ('Ong Bak warrior',))
    >>> guesses("Spiderman 2"), guesses("Oldboy")
    (('Spider man 2',), ('Old boy',))
    """
    first = queries(title)[0]
    part, *later = _parts(first) or [first]
    reworded = [f"{part} {words(p)[-1]}" for p in later[-1:] if len(words(p)) > 1]
    reworded = [text for text in reworded if words(text)[-1] not in _SMALL]
    return _distinct([*reworded, *_respaced(first), *_without_article(first)])


def _without_article(text: str) -> list[str]:
    first, *others = _WORD.findall(text) or [""]
    return [" ".join(others)] if others and first.casefold() in _ENGLISH_ARTICLES else []


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts that a search can tell apart."""
    asked: dict[tuple[str, ...], str] = {}
    for text in texts:
        if text.strip():
            # A fraction has the same words as "1/2" only for us.
            plain = () if _FRACTION.search(text) else tuple(words(text.replace("&", " ")))
            asked.setdefault(plain or (text,), text)
    return tuple(asked.values())


def _may_be_added(name: str) -> bool:
    """Whether TMDB's title may be the first part of the name alone.

    That part is a word with a number ("X2"), or another is only a number, a sentence, an "or", "The
    Movie", or in another language.
    """
    first, *later = _parts(name)
    return bool(
        re.fullmatch(r"[a-z]+\d", " ".join(words(first)))
        or _OR_SEAM.search(name)
        or any(_is_number(part) or len(words(part)) >= _TOO_MANY_WORDS for part in later)
        or any(key(part) in _THE_MOVIE for part in later)
        or not _FOREIGN.isdisjoint(words(later[-1]))
    )


def _respaced(text: str) -> Iterator[str]:
    """The same letters with other words: "Old Boy" and "Oldboy", "Ladybird" and "Lady bird"."""
    plain = _WORD.findall(text)
    if (
        len(plain) == 2
        and plain[0].casefold() not in _ENGLISH_ARTICLES
        and not _is_number(plain[1])
    ):
        yield "".join(plain)
        return
    for seam, between in ((r"(?<=\w)-(?=\w)", ""), (r"(?<=[a-z])(?=[A-Z])", " "), (_COMPOUND, " ")):
        if (respaced := re.sub(seam, between, text)) != text:
            yield respaced
            return


def _certain(text: str) -> list[str]:
    """The words of a title that its other spellings also have."""
    plain = _WORD.findall(text)
    unjoined = [w for w in plain if w.casefold() != "and"]
    certain = [w for w in unjoined if not _may_be_spelt_differently(w)]
    telling = [w for w in certain if w.casefold() not in _SMALL]
    if len(certain) < len(plain) and len(telling) >= _ENOUGH_WORDS:
        return telling
    return certain if len(certain) > 1 or unjoined == plain else unjoined


@lru_cache(maxsize=1_000)
def names(title: str) -> tuple[str, ...]:
    """The names in a title: the whole and, if it ends in brackets, what is before and in them.

    >>> names("Postman, The (Postino, Il)")
    ('Postman, The (Postino, Il)', 'The Postman', 'Il Postino')
    """
    return tuple(name for name, _ in _names(title))


def _names(title: str) -> Iterator[tuple[str, float]]:
    """The whole title, then the part before its trailing brackets, then the content of each.

    Or the two titles on the sides of a slash.
    """
    yield upright(title), SAME
    if len(sides := [side for side in _SLASH.split(title) if words(side)]) > 1:
        yield from ((upright(side), BRACKETS) for side in sides)
        return
    held = []
    rest = title
    while split := _bracket(rest):
        rest, inside = split
        if not inside.isdigit():  # a year is not a title
            held.append(upright(_ALSO_KNOWN_AS.sub("", inside)))
    if rest != title:
        yield upright(rest), BRACKETS
        yield from ((name, BRACKETS) for name in reversed(held))


def _bracket(title: str) -> tuple[str, str] | None:
    """A title without the bracket at its end, and the bracket's content; None if it has none."""
    closing = title[-1:]
    opening = {")": "(", "]": "["}.get(closing)
    if opening is None:
        return None
    depth = 0
    for place in range(len(title) - 1, 0, -1):
        depth += (title[place] == closing) - (title[place] == opening)
        if depth == 0:
            rest = _OR.sub("", title[:place].strip())
            inside = title[place + 1 : -1].strip()
            # In "Maggie Moore(s)" the bracket is part of the word.
            apart = title[place - 1].isspace()
            return (rest, inside) if apart and words(rest) and words(inside) else None
    return None


def _cuts(name: str, line: bool) -> Iterator[tuple[str, float]]:
    """The name as it is, then without its number or middle, its end, or its beginning."""
    yield name, SAME
    if owner := _OWNER.match(name):
        yield name[owner.end() :], SUBTITLE
    parts = _parts(name)
    if len(parts) < 2:
        return
    first, *between, last = parts
    if between:
        yield f"{first} {last}", MIDDLE
        if _is_numbered(between[0]):
            yield f"{first} {between[0]}", HEAD
    *start, number = words(first)
    if start and _respelt(number).isdigit():
        yield f"{' '.join(start)} {last}", MIDDLE
    if not line or _may_be_added(name):
        bare = SUBTITLE if line or any(map(_is_numbered, [*between, last])) else NO_SUBTITLE
        yield first, HEAD if _is_numbered(first) else bare
    if len(words(last)) > 1:
        yield last, SUBTITLE


def _parts(name: str) -> list[str]:
    return [part for part in _SEAM.split(name) if words(part)]


def _is_number(part: str) -> bool:
    """Whether a part is only a number: "Part One", "Episode IV"."""
    return len(words(part)) <= 2 and _is_numbered(part)


def _is_numbered(part: str) -> bool:
    """Whether a part ends with a number that is not a year."""
    *_, last = words(part)
    return _respelt(last).isdigit() and len(_respelt(last)) < 3


def _spellings(text: str) -> Iterator[tuple[list[str], float]]:
    plain = words(text) or [text.strip()]
    yield plain, SAME
    respelt = [_respelt(word, alone=len(plain) == 1) for word in plain]
    if respelt != plain:
        yield respelt, NUMERALS
    bare = [
        word
        for word, after in zip(respelt, [*respelt[1:], ""], strict=True)
        if word not in _PART or not after.isdigit()
    ]
    if bare != respelt:
        yield bare, NUMERALS * PART_WORD


def _respelt(word: str, alone: bool = False) -> str:
    """One spelling for all those of a numeral or abbreviation: "ii", "two" and "2" become "2"."""
    if word.isalpha() or word.isdigit():
        # "V", "I" and "X" alone are letters.
        return _SHORT.get(word) or (not alone and _VALUE_OF_ROMAN.get(word)) or word
    return re.sub(r"(?<=[a-z])\d(?=[a-z])", lambda d: d[0].translate(_LEET), word)


def _may_be_spelt_differently(word: str) -> bool:
    if word == "I":
        return False  # too many titles begin with the pronoun
    return any(w[0].isdigit() or w in _SHORTENED or _respelt(w) != w for w in words(word))


def _without_small_words(spelt: list[str]) -> Iterator[tuple[str, float]]:
    yield "".join(spelt), SAME
    if len(spelt) > 1 and spelt[0] in _ENGLISH_ARTICLES:
        yield "".join(spelt[1:]), ARTICLE if len(spelt) < 3 else LONG_ARTICLE
    telling = [word for word in spelt if word not in _SMALL]
    if len(telling) >= _ENOUGH_WORDS:
        # Separate kinds of keys that two titles share whichever of them has more small words.
        yield f"~{''.join(telling)}", SMALL_WORDS**0.5
        yield f"^{''.join(sorted(telling))}", ORDER**0.5
