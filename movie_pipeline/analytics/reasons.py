"""Reasons to watch a film: what each weighs, and its words.

What belongs here: turning what SQL has found true of a film into a sentence. What does not: finding
it, and choosing among a film's reasons (`next`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from movie_pipeline.analytics.codes import COUNTRIES, in_a_sentence
from movie_pipeline.analytics.words import counted, in_words
from movie_pipeline.outside.untrusted import normalized

#: What a film can share with films that you have rated, besides people: dimensions of
#: ``analytics.breakdowns``.
SHARED = ("genre", "decade", "country", "franchise")
#: The weight of a reason that is a fact without a mean; means weigh by how much they are above
#: yours, in stars.
WEIGHTS = {
    "loved": 0.2,
    "franchise": 0.15,
    "new_country": 0.12,
    "lists": 0.1,
    "short": 0.08,
    "waiting": 0.06,
    "known_director": 0.03,
    "new_director": 0.02,
    "public_mean": 0.01,
}
#: How much of its weight a reason keeps, where others say more about a film: many share a genre, a
#: decade or a country, and few people know who edits.
_KEPT = {
    **dict.fromkeys(("genre", "decade", "country"), 0.5),
    **dict.fromkeys(("writer", "composer", "cinematographer", "editor"), 0.7),
}


@dataclass(frozen=True)
class Reason:
    """A true reason to watch a film.

    Attributes:
        kind: What it rests on: a role of ``analytics.people``, a dimension, or a fact.
        weight: By how many stars it is above your overall mean, or a part of that (`_KEPT`); of
            facts, `WEIGHTS`.
        parts: Its words; every second part, from the second on, is what it is about.
    """

    kind: str
    weight: float
    parts: tuple[str, ...]


_CREDIT = {
    "director": "By ",
    "actor": "With ",
    "writer": "Written by ",
    "composer": "Music by ",
    "cinematographer": "Shot by ",
    "editor": "Edited by ",
}


def _films(number: int) -> str:
    return counted(number, "film")


def _mean(mean: float) -> str:
    """A mean with one decimal, halves up, as `_printed` compares it."""
    return f"{int(mean * 10 + 0.5) / 10:.1f}"


def _stars(rating: float) -> str:
    return f"{int(rating)}½ stars" if rating % 1 else f"{in_words(int(rating))} stars"


def series(collection: str) -> str:
    """The name of a series, from that of TMDB's collection."""
    return normalized(collection).removesuffix(" Collection")


def worded(found: Mapping[str, Any]) -> Reason:
    """The reason of a row that `next` has found, with its words."""
    kind, films = found["kind"], int(found["films"] or 0)
    weight = found["weight"] if found["weight"] is not None else WEIGHTS[kind]
    name, mean = normalized(found["name"] or "") or "unknown", found["mean"]
    weight = float(weight) * _KEPT.get(kind, 1.0)
    return Reason(kind, weight, _parts(found, kind, name, films, mean))


def _parts(
    found: Mapping[str, Any], kind: str, name: str, films: int, mean: float | None
) -> tuple[str, ...]:
    """The words of a reason, plain and emphasized in turn."""
    if kind in _CREDIT:
        rated = int(found["rated"])
        whose = f"whose {_films(rated)}" if rated == films else f"{in_words(rated)} of whose films"
        return (_CREDIT[kind], name, f", {whose} you rate {_mean(mean or 0)}")
    if kind in SHARED and kind != "franchise":
        place = in_a_sentence(name) if kind == "country" else name
        place = f"the {place}" if kind == "decade" else place
        begins = "" if kind == "genre" else "From "
        return (begins, place, f", which you rate {_mean(mean or 0)} over {_films(found['rated'])}")
    if kind == "loved":
        director, _, loved = (found["name"] or "").partition("\t")
        example = f", to whose {normalized(loved)} you gave {_stars(mean or 0)}"
        return ("By ", normalized(director), example)
    if kind == "lists" and films > 1:
        return ("On ", f"{in_words(films)} of your lists", "")
    return {
        "franchise": lambda: (
            "From the series ",
            series(name),
            f", of which you have seen {_films(films)}",
        ),
        "public": lambda: (
            "A favourite of the public: ",
            _mean(mean or 0),
            f" of 10 in {films:,} votes",
        ),
        "new_country": lambda: (
            "Your first film from ",
            in_a_sentence(COUNTRIES.get(name, name)),
            "",
        ),
        "lists": lambda: ("Also on your list ", name[:60], ""),
        "short": lambda: ("", f"{films} minutes", " long, for a short evening"),
        "waiting": lambda: ("On your watchlist since ", name, ""),
        "known_director": lambda: ("By ", name, f", of whom you have seen {_films(films)}"),
        "new_director": lambda: ("Your first film by ", name, ""),
        "public_mean": lambda: ("The public gives it ", _mean(mean or 0), " of 10"),
    }[kind]()
