"""Selections: an upload's films filtered by genre, director, actor, decade and rating.

What belongs here: the available filters, and finding the genres and people with a given name. What
does not: counting and drawing the films that remain (`analytics`, `charts`), Dagster's
configuration (`defs.assets.selection`), and the page's filters, which are written in JavaScript.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from movie_pipeline.analytics import films
from movie_pipeline.analytics.numbers import Numbers, count
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import summary
from movie_pipeline.matching.titles import key, words

if TYPE_CHECKING:
    import duckdb

LEAST, MOST = 0.5, 5.0
"""The lowest and the highest possible rating."""

_FIRST_YEAR, _LAST_YEAR = 1870, 2099
_NEAREST = 5
_SIMILAR = 0.75
_NAME_CHARS = 80


class SelectionError(Exception):
    """A filter matches no person or value; the message says which ones there are."""


@dataclass(frozen=True)
class Selected:
    """A selection.

    Attributes:
        films: The numbers of the selected films.
        words: One phrase for each filter: ``directed by Agnès Varda``.
        of: The numbers of all of the upload's films.
    """

    films: Numbers
    words: Sequence[str]
    of: Numbers

    def sentence(self) -> Markdown:
        """What is selected and how many films remain, as markdown."""
        everything = self.of.phrase(self.of.watched)
        if not self.words:
            return md("**Nothing is selected: all {}.**", everything)
        what = ", ".join(self.words)
        return md(
            "**{}: {:,} of {}.**",
            text(f"{what[:1].upper()}{what[1:]}", 400),
            self.films.watched,
            everything,
        )

    def summary(self, *, notice: str | None = None) -> Markdown:
        """Summarize it in fewer than 1,000 characters of markdown, which the UI shows inline.

        Args:
            notice: What must be read before anything else.
        """
        figures = self.films.summary
        facts = [f"{figures['hours']:,.0f} hours"]
        if figures["rated"]:
            facts.append(f"average rating ★ {figures['mean_rating']:.2f} of {figures['rated']:,}")
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

    def of(self, connection: "duckdb.DuckDBPyConnection") -> Selected:
        """Filter the films that `analytics.films.prepare` has made of an upload, and count them.

        A film that TMDB does not know has no genre and no people, but may have a year and a rating.

        Raises:
            SelectionError: no film of the upload has this genre or person, or the decade or rating
                is out of range.
        """
        filters, everything = [*self._filters(connection)], count(connection)
        for _, where, value in filters:
            films.narrow(connection, where, [value])
        selected = count(connection) if filters else everything
        return Selected(selected, [phrase for phrase, _, _ in filters], everything)

    def _filters(
        self, connection: "duckdb.DuckDBPyConnection"
    ) -> Iterator[tuple[str, str, object]]:
        """Yield each filter in words, with its condition in SQL and the value in that."""
        if self.genre.strip():
            genres = _genres(self.genre, connection)
            yield f"genre {' or '.join(genres)}", "list_has_any(genres, ?)", genres
        for wanted, role, phrase in (
            (self.director, _DIRECTORS, "directed by"),
            (self.actor, _ACTORS, "with"),
        ):
            if wanted.strip():
                people = _people(wanted, role, connection)
                condition = f"list_has_any({role.ids}, ?::INTEGER[])"
                yield f"{phrase} {_spelt(people)}", condition, list(people)
        if self.decade is not None:
            if not _FIRST_YEAR <= self.decade <= _LAST_YEAR:
                raise SelectionError(f"decade is {self.decade}: give a year of it, such as 1990.")
            first = self.decade // 10 * 10
            yield f"released {first} to {first + 9}", "released // 10 * 10 = ?", first
        if self.rating is not None:
            least = self.rating
            if not LEAST <= least <= MOST:
                raise SelectionError(f"rating is {least:g}: give one from {LEAST:g} to {MOST:g}.")
            yield f"rated {least:g} or more", "rating >= ?", least


@dataclass(frozen=True)
class _Role:
    name: str
    ids: str
    names: str


_DIRECTORS = _Role("director", "director_ids", "directors")
_ACTORS = _Role("actor", "cast_ids", '"cast"')


def _genres(wanted: str, connection: "duckdb.DuckDBPyConnection") -> list[str]:
    found = connection.execute("SELECT DISTINCT unnest(genres) FROM films").fetchall()
    there = sorted(name for (name,) in found if name)
    meant = [name for name in there if key(name) == key(wanted)]
    if not meant:
        listed = ", ".join(there) or "none"
        raise SelectionError(f"No film here has the genre {_short(wanted)!r}. There are: {listed}.")
    return meant


def _people(wanted: str, role: _Role, connection: "duckdb.DuckDBPyConnection") -> dict[object, str]:
    """The people with that name, or the one with that id, as ids and names."""
    people = connection.execute(
        f"SELECT person, min(name), count(*) FROM (SELECT unnest({role.ids}) AS person,"
        f" unnest({role.names}) AS name FROM films) WHERE person IS NOT NULL GROUP BY person"
    ).fetchall()
    asked = key(wanted)
    meant = {
        person: name
        for person, name, _ in people
        if key(name) == asked or str(person) == wanted.strip()
    }
    if not meant:
        nearest = _nearest(wanted, Counter({name: films for _, name, films in people}))
        raise SelectionError(f"No film here has the {role.name} {_short(wanted)!r}. {nearest}")
    return meant


def _short(wanted: str) -> str:
    """Shorten the input, so that a wrongly pasted text does not fill the log."""
    return wanted if len(wanted) <= _NAME_CHARS else f"{wanted[: _NAME_CHARS - 1]}…"


def _spelt(people: Mapping[object, str]) -> str:
    several = f" ({len(people)} people of this name)" if len(people) > 1 else ""
    return " or ".join(sorted(set(people.values()))) + several


def _nearest(wanted: str, often: Mapping[str, int]) -> str:
    """A sentence with the most similar names, by their words, then by number of films."""
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
