"""The library: each person's films over all their current uploads, as one history.

What belongs here: which uploads are counted together, and a portrait of each person with numbers
but no film titles. What does not: how they are counted (`analytics`), the owner of an upload and
which uploads are current (`uploads.persons`, `warehouse.current`), comparing people (`club`),
anything that depends on Dagster.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from movie_pipeline.analytics import films
from movie_pipeline.analytics.numbers import Numbers, count
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar, summary
from movie_pipeline.uploads import persons
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import RAW_UPLOADS

if TYPE_CHECKING:
    import duckdb

MOST_PERSONS = 100
"""The maximum number of persons with a section in the UI, which stores every text for good."""

_NAME_CHARS = 80
_UPLOADS_NAMED = 5

_CURRENT = f"""
SELECT person, list(upload ORDER BY upload) FROM {RAW_UPLOADS.sql_name}
WHERE "current" GROUP BY person ORDER BY person
"""


def current_uploads(warehouse: Warehouse) -> dict[str, list[str]]:
    """Every person with the keys of their current uploads, both sorted, without the sample's.

    Raises:
        WarehouseError: the warehouse can't be opened.
    """
    with warehouse.reading() as connection:
        found = dict(connection.execute(_CURRENT).fetchall())
    theirs = {
        person: [one for one in uploads if not persons.is_sample(one)]
        for person, uploads in found.items()
    }
    return {person: uploads for person, uploads in theirs.items() if uploads}


def count_together(connection: "duckdb.DuckDBPyConnection", uploads: Iterable[str]) -> Numbers:
    """The numbers of these uploads' films, each film once; no other rows are read.

    Raises:
        duckdb.Error: the warehouse can't be read.
    """
    films.prepare(connection, uploads)
    return count(connection)


@dataclass(frozen=True)
class Portrait:
    """What the library shows about one person.

    Attributes:
        person: Their name (`uploads.persons.person_of`).
        uploads: The keys of their current uploads.
        films: ``812 films watched``, or ``12 films on this list``.
        number: The number of these films.
        hours: The sum of their known runtimes.
        mean_rating: 0.5 to 5; None if no film is rated.
        rated: The number of films with a rating.
        viewings: The number of dated viewings; several of a film on one day count once.
        top_genre: The most frequent genre and its number of films; None if no genre is known.
        top_director: The director at the top of the ranking and the number of films; None if no
            director has two.
    """

    person: str
    uploads: Sequence[str]
    films: str
    number: int
    hours: float
    mean_rating: float | None
    rated: int
    viewings: int
    top_genre: tuple[str, int] | None
    top_director: tuple[str, int] | None

    @classmethod
    def of(cls, person: str, uploads: Sequence[str], numbers: Numbers) -> "Portrait":
        """Make it from the numbers of these uploads."""
        summary = numbers.summary
        return cls(
            person,
            uploads,
            films=numbers.phrase(numbers.watched),
            number=numbers.watched,
            hours=summary["hours"],
            mean_rating=summary["mean_rating"],
            rated=int(summary["rated"]),
            viewings=int(summary["viewings"]),
            top_genre=_top(numbers.of("genre"), "label"),
            top_director=_top(numbers.role("director"), "name"),
        )

    def section(self) -> Markdown:
        """This person's section of the markdown."""
        facts = [md("**{}**", self.films), md("**{:,.0f} hours**", self.hours)]
        if self.mean_rating is not None:
            facts.append(md("average rating **★ {:.2f}** of {:,}", self.mean_rating, self.rated))
        if self.viewings:
            facts.append(md("{:,} dated viewings", self.viewings))
        parts = [md("### {}", text(self.person, _NAME_CHARS)), md(" · ").join(facts)]
        most = [
            md("{} **{}** ({})", word, text(top[0], _NAME_CHARS), _films(top[1]))
            for word, top in (("Genre", self.top_genre), ("Director", self.top_director))
            if top
        ]
        if most:
            parts.append(md("Most often: {}", md(", ").join(most)))
        named = md(", ").join(text(one, _NAME_CHARS) for one in self.uploads[:_UPLOADS_NAMED])
        more = len(self.uploads) - _UPLOADS_NAMED
        parts.append(md("*From {}{}*", named, md(" and {:,} more", more) if more > 0 else ""))
        return md("\n\n").join(parts)


@dataclass(frozen=True)
class Library:
    """The portraits of all persons, and all their films together, each once.

    Attributes:
        portraits: Sorted by the persons' names.
        films: The number of distinct films that anyone has seen or, if no film was seen, of those
            on their lists.
        hours: The sum of their known runtimes.
        from_sample: The number of persons with films that the sample catalogue answered.
    """

    portraits: Sequence[Portrait]
    films: int
    hours: float
    from_sample: int

    @classmethod
    def of(
        cls, histories: Iterable[tuple[str, Sequence[str], Numbers]], everyone: Numbers
    ) -> "Library":
        """Build it from persons, their current uploads and their numbers, and those of all."""
        portraits: list[Portrait] = []
        from_sample = 0
        for person, uploads, numbers in histories:
            portraits.append(Portrait.of(person, uploads, numbers))
            from_sample += numbers.summary["answered_by"] == "sample"
        return cls(portraits, everyone.watched, everyone.summary["hours"], from_sample)

    def numbers(self) -> dict[str, int | float]:
        """Totals, to plot over time."""
        return {
            "persons": len(self.portraits),
            "uploads": sum(len(one.uploads) for one in self.portraits),
            "films": self.films,
            "hours": round(self.hours, 1),
        }

    def summary(self) -> Markdown:
        """Summarize it in fewer than 1,000 characters of markdown, which the UI shows inline."""
        most_first = sorted(self.portraits, key=lambda one: (-one.number, one.person))
        bars = [
            Bar(one.person, one.number, md("{} · {:,.0f} h", one.films, one.hours))
            for one in most_first
        ]
        notice = self._notice()
        lead = md("**{}**\n\n", notice) if notice else Markdown()
        basis = "Each film once, from the newest upload of each person and format"
        return summary(lead + self._sentence(), bars, basis)

    def markdown(self) -> Markdown:
        """All persons, each in a short section."""
        notice = self._notice()
        parts = [md("> ⚠️ **{}**", notice)] if notice else []
        parts.append(self._sentence())
        parts += [one.section() for one in self.portraits[:MOST_PERSONS]]
        more = len(self.portraits) - MOST_PERSONS
        if more > 0:
            parts.append(md("*{:,} more persons have uploads in the warehouse.*", more))
        return md("\n\n").join(parts)

    def _sentence(self) -> Markdown:
        if not self.portraits:
            return md("No upload has been read yet.")
        people = len(self.portraits)
        persons = md("1 person") if people == 1 else md("{:,} persons", people)
        return md(
            "**{}, {}**, {:,.0f} hours if each is watched once.",
            persons,
            _films(self.films),
            self.hours,
        )

    def _notice(self) -> str | None:
        if not self.from_sample:
            return None
        whose = f"{self.from_sample:,} of {len(self.portraits):,} persons"
        return (
            f"Only the sample catalogue was searched for {whose}: set TMDB_API_TOKEN to search TMDB"
        )


def _top(ranking: pd.DataFrame, name: str) -> tuple[str, int] | None:
    """The first of a ranking and its number of films; None if it is empty."""
    first = ranking.head(1)
    return None if first.empty else (str(first[name].iloc[0]), int(first["films"].iloc[0]))


def _films(number: int) -> Markdown:
    return md("1 film") if number == 1 else md("{:,} films", number)
