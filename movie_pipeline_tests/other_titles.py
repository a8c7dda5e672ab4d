"""Titles and dates that TMDB has beside a film's main ones, made up by rules for any catalogue.

What belongs here: the rules. Real catalogues of this size come without alternative titles,
translations and release dates, so that whole kinds of lines could not be measured with them. What
does not: how an export writes a film (`matching/spellings.py`), and reading a catalogue
(`catalogues.py`).

Everything depends only on the records: a film has the same other titles in every run.
"""

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

Record = dict[str, Any]

_LANGUAGES = {
    "de": ("DE", "Der", str.maketrans("aeioubdgklmnprstw", "eaouiprkbnmsltdgv")),
    "fr": ("FR", "Le", str.maketrans("aeioubdgklmnprst", "iouaetlpdsrgmbnk")),
    "es": ("ES", "El", str.maketrans("aeioubdgklmnprst", "oieuanglrtpbskmd")),
}
"""Languages with their country, article, and a permutation of letters that stands for the words."""

NATIONAL = 0.5
"""The share of films that have a title of their own in a language; the others keep theirs."""
BORROWED = 0.01
"""Of these, the share with a title that is another film's: "Der Pate" is not only one film's."""
SHORTENED = 0.15
"""The share of films with an alternative title within their title ("Furious 6")."""
SUBTITLED = 0.1
"""The share of films with an alternative title that adds a subtitle ("X2: X-Men United")."""
PREMIERE = 0.06
"""The share of films with a premiere in the year before."""
ABROAD = 0.03
"""The share of films that came to another country's cinemas in the year after."""
REVIVED = 0.02
"""The share of films that came to cinemas again after twenty years."""

_CYRILLIC = dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)) | {
    "ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "",
    "ю": "yu", "я": "ya",
}  # fmt: skip


def add_other_titles(records: Sequence[Record]) -> list[Record]:
    """Copies of the records with alternative titles, translations and release dates added."""
    films = [record for record in records if record.get("media_type", "movie") == "movie"]
    names = sorted({film["title"] for film in films})
    return [
        _with_others(record, names) if record.get("media_type", "movie") == "movie" else record
        for record in records
    ]


def _with_others(film: Record, names: Sequence[str]) -> Record:
    chance = random.Random(film["id"])
    alternative = [
        {"iso_3166_1": country, "title": title} for country, title in _alternative(film, chance)
    ]
    translations = []
    for language, (country, _, _) in _LANGUAGES.items():
        title = film["title"]
        if chance.random() < NATIONAL:
            title = national(title, language)
            if chance.random() < BORROWED:
                title = chance.choice(names)
        translations.append({"iso_639_1": language, "iso_3166_1": country, "title": title})
    return film | {
        "alternative_titles": [*(film.get("alternative_titles") or ()), *alternative],
        "translations": [*(film.get("translations") or ()), *translations],
        "release_dates": [*(film.get("release_dates") or ()), *_releases(film, chance)],
    }


def _alternative(film: Record, chance: random.Random) -> Iterator[tuple[str, str]]:
    if title := romanised(film.get("original_title") or ""):
        yield "XX", title
    if chance.random() < SHORTENED and (title := shortened(film["title"])):
        yield "GB", title
    if chance.random() < SUBTITLED:
        yield "IT", f"{film['title']} - {national(film['title'], 'es')}"


def _releases(film: Record, chance: random.Random) -> Iterator[dict[str, Any]]:
    released = film["release_date"]
    if not released:
        return
    year = int(released[:4])
    yield {"iso_3166_1": "US", "date": released, "type": 3}
    if chance.random() < PREMIERE:
        yield {"iso_3166_1": "FR", "date": f"{year - 1}-10-01", "type": 1}
    if chance.random() < ABROAD:
        yield {"iso_3166_1": "JP", "date": f"{year + 1}-02-01", "type": 3}
    if chance.random() < REVIVED:
        yield {"iso_3166_1": "US", "date": f"{year + 20}-06-01", "type": 3}
    yield {"iso_3166_1": "US", "date": f"{year + 1}-06-01", "type": 5}


def national(title: str, language: str) -> str:
    """A title that stands for that in a language: other words, and its numbers as they are.

    >>> national("The Wild Bunch 2", "fr")
    'Le Wasl Teneh 2'
    """
    _, article, letters = _LANGUAGES[language]
    rest = re.sub(r"^(The|An?) ", "", title)
    words = re.sub(r"[^\W\d_]+", lambda w: w[0].lower().translate(letters).capitalize(), rest)
    return words if rest == title else f"{article} {words}"


def shortened(title: str) -> str | None:
    """A title without its first word, if it has at least three words and no subtitle."""
    words = re.sub(r"^(The|An?) ", "", title).split(" ")
    rest = words[2:] if words[1:2] in (["&"], ["and"]) else words[1:]
    return " ".join(rest) if len(words) > 2 and len(rest) > 1 and ":" not in title else None


def romanised(title: str) -> str | None:
    """A title in kana, Hangul or Cyrillic in Latin letters; None for all others.

    >>> romanised("Брат 2"), romanised("となりのトトロ"), romanised("Brat")
    ('Brat 2', 'tonarinototoro', None)
    """
    letters = [_latin(letter) for letter in title]
    if None in letters or title.isascii():
        return None
    return "".join(filter(None, letters))


def _latin(letter: str) -> str | None:
    if letter.isascii():
        return letter
    if (small := _CYRILLIC.get(letter.lower())) is not None:
        return small if letter.islower() else small.capitalize()
    script, _, name = unicodedata.name(letter, "").partition(" ")
    if script in {"HIRAGANA", "KATAKANA", "HANGUL"}:
        return name.split(" ")[-1].lower()
    return None
