"""Selections: an upload's films filtered by genre, director, actor, decade and rating.

What belongs here: the available filters, finding the people with a given name, and the films that
remain. What does not: drawing them (`charts`), reading them and Dagster's configuration
(`defs.assets.selection`), and the page's filters, which are written in JavaScript.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain

import pandas as pd

from movie_pipeline.charts import Counted, numbers
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import summary
from movie_pipeline.matching.titles import key, words

LEAST, MOST = 0.5, 5.0
"""The lowest and the highest possible rating."""

Fits = Callable[[pd.DataFrame], "pd.Series[bool]"]

_FIRST_YEAR, _LAST_YEAR = 1870, 2099
_NEAREST = 5
_SIMILAR = 0.75
_NAME_CHARS = 80


class SelectionError(Exception):
    """A filter matches no person or value; the message says which ones there are."""


@dataclass(frozen=True)
class Selected:
    """The films of a selection.

    Attributes:
        films: The selected films, as charts count them.
        words: One phrase for each filter: ``directed by Agnès Varda``.
        of: All of the upload's films.
    """

    films: Counted
    words: Sequence[str]
    of: Counted

    def sentence(self) -> Markdown:
        """What is selected and how many films remain, as markdown."""
        if not self.words:
            return md("**Nothing is selected: all {}.**", self.of.phrase(self.of.total))
        what = ", ".join(self.words)
        return md(
            "**{}: {:,} of {}.**",
            text(f"{what[:1].upper()}{what[1:]}", 400),
            self.films.total,
            self.of.phrase(self.of.total),
        )

    def summary(self, *, notice: str | None = None) -> Markdown:
        """Summarize it in fewer than 1,000 characters of markdown, which the UI shows inline.

        Args:
            notice: What must be read before anything else.
        """
        figures = numbers(self.films)
        facts = [f"{figures.hours:,.0f} hours"]
        if figures.mean_rating is not None:
            facts.append(f"mean rating ★ {figures.mean_rating:.2f} of {figures.rated:,}")
        lead = md("**{}**\n\n", notice) if notice else Markdown()
        return summary(lead + self.sentence(), [], ", ".join(facts))


@dataclass(frozen=True)
class Selection:
    """Filters; a film must match all that are given.

    Attributes:
        genre: A genre's name in TMDB_LANGUAGE.
        director: A director's name or TMDB id.
        actor: The name or TMDB id of one of the first 20 of the cast.
        decade: Any year of the decade of release.
        rating: Your minimum rating, 0.5 to 5.

    Case, accents and punctuation of names do not matter.
    """

    genre: str = ""
    director: str = ""
    actor: str = ""
    decade: int | None = None
    rating: float | None = None

    def of(self, counted: Counted) -> Selected:
        """Filter the films of an upload.

        An unmatched line has no genre and no people, but may have a year and a rating.

        Raises:
            SelectionError: no film of the upload has this genre or person, or the decade or rating
                is out of range.
        """
        filters = [*self._filters(counted.films)]
        films, unmatched = counted.films, counted.unmatched
        for _, fits in filters:
            films, unmatched = films[fits(films)], unmatched[fits(unmatched)]
        narrowed = replace(
            counted,
            films=films.reset_index(drop=True),
            unmatched=unmatched.reset_index(drop=True),
            repeated=0,  # counts lines, including those of other films
            unseen=0,
        )
        return Selected(narrowed, [phrase for phrase, _ in filters], counted)

    def _filters(self, films: pd.DataFrame) -> Iterator[tuple[str, Fits]]:
        """Yield each filter in words, with a function that says which films match."""
        if self.genre.strip():
            genres = _genres(self.genre, films)
            yield f"genre {' or '.join(sorted(genres))}", _holding("genres", genres)
        for wanted, role, phrase in (
            (self.director, _DIRECTORS, "directed by"),
            (self.actor, _ACTORS, "with"),
        ):
            if wanted.strip():
                people = _people(wanted, role, films)
                yield f"{phrase} {_spelt(people)}", _holding(role.ids, set(people))
        if self.decade is not None:
            if not _FIRST_YEAR <= self.decade <= _LAST_YEAR:
                raise SelectionError(f"decade is {self.decade}: give a year of it, such as 1990.")
            first = self.decade // 10 * 10
            yield (
                f"released {first} to {first + 9}",
                lambda films: films["released"].between(first, first + 9),
            )
        if self.rating is not None:
            least = self.rating
            if not LEAST <= least <= MOST:
                raise SelectionError(f"rating is {least:g}: give one from {LEAST:g} to {MOST:g}.")
            yield f"rated {least:g} or more", lambda films: films["rating"] >= least


@dataclass(frozen=True)
class _Role:
    name: str
    ids: str
    names: str


_DIRECTORS = _Role("director", "director_ids", "directors")
_ACTORS = _Role("actor", "cast_ids", "cast")


def _holding(column: str, any_of: Collection[object]) -> Fits:
    """Return a function that says which films have any of these values in a list column."""
    wanted = frozenset(any_of)
    return lambda films: films[column].map(lambda one: not wanted.isdisjoint(one)).astype(bool)


def _genres(wanted: str, films: pd.DataFrame) -> set[str]:
    there = set(chain(*films["genres"]))
    meant = {name for name in there if key(name) == key(wanted)}
    if not meant:
        listed = ", ".join(sorted(there)) or "none"
        raise SelectionError(f"No film here has the genre {_short(wanted)!r}. There are: {listed}.")
    return meant


def _people(wanted: str, role: _Role, films: pd.DataFrame) -> dict[object, str]:
    """The people with that name, or the one with that id, as ids and names."""
    names = dict(zip(chain(*films[role.ids]), chain(*films[role.names]), strict=True))
    asked = key(wanted)
    meant = {
        one: name for one, name in names.items() if key(name) == asked or str(one) == wanted.strip()
    }
    if not meant:
        raise SelectionError(
            f"No film here has the {role.name} {_short(wanted)!r}."
            f" {_nearest(wanted, films[role.names])}"
        )
    return meant


def _short(wanted: str) -> str:
    """Shorten the input, so that a wrongly pasted text does not fill the log."""
    return wanted if len(wanted) <= _NAME_CHARS else f"{wanted[: _NAME_CHARS - 1]}…"


def _spelt(people: Mapping[object, str]) -> str:
    several = f" ({len(people)} people of this name)" if len(people) > 1 else ""
    return " or ".join(sorted(set(people.values()))) + several


def _nearest(wanted: str, lists: pd.Series) -> str:
    """A sentence with the most similar names, by their words, then by number of films."""
    often = Counter(chain(*lists))
    by_word: dict[str, set[str]] = {}
    for name in often:
        for word in words(name):
            by_word.setdefault(word, set()).add(name)
    near: Counter[str] = Counter()
    for asked in set(words(wanted)):
        for word in get_close_matches(asked, by_word, n=_NEAREST, cutoff=_SIMILAR):
            for name in by_word[word]:
                near[name] += 2 if word == asked else 1
    ranked = sorted(near, key=lambda name: (-near[name], -often[name], name))[:_NEAREST]
    shown = ", ".join(name[:_NAME_CHARS] for name in ranked)
    return f"The nearest names are: {shown}." if shown else "No name here is similar."
