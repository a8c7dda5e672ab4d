"""The club: the persons who want to be compared, and what they have in common.

What belongs here: reading ``<data>/club.csv``, and comparing the films of the persons in it, two by
two. What does not: other people's films, which are not even read; the portrait of each person
(`library`); anything that depends on Dagster.

A comparison shows each person what the other has watched. So only people named in that file are in
the club.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from movie_pipeline.analytics import films
from movie_pipeline.analytics.thresholds import HIGH
from movie_pipeline.charts.markdown import Markdown, bullets, md, text
from movie_pipeline.exports.contents import read_text, repair
from movie_pipeline.exports.limits import UnreadableMember
from movie_pipeline.outside import files

if TYPE_CHECKING:
    import duckdb

HEADER = "person"

ENOUGH = 10
"""The number of films that both must have rated for their agreement to mean anything."""

FAVOURITE = HIGH
"""The minimum rating (0.5 to 5) of a favourite."""

_FAVOURITES = 10
_PAIRS = 100
_NAMES = 20
_NAME_CHARS = 80

FORMULA = md(
    "*Taste overlap is Pearson's correlation of the two ratings of each film that both have rated:"
    " 1 is the same taste, 0 nothing in common, −1 the opposite. It is the measure of GroupLens"
    " (Resnick et al., “GroupLens: An Open Architecture for Collaborative Filtering of Netnews”,"
    " 1994). With fewer than {} such films, there is none.*",
    ENOUGH,
)


class ClubError(Exception):
    """The club's file can't be used; the message names the file, the line, and what to do."""


def members(path: Path) -> list[str]:
    """The names in the club's file, each once, in order; an empty list if there is no file.

    Raises:
        ClubError: it can't be read, or a line contains more than a name.
    """
    try:
        if not path.exists():
            return []
        with read_text(lambda: files.open_plain(path, links=True)).open() as stream:
            content = repair(stream.read())
    except UnreadableMember as error:
        raise ClubError(f"{path} {error}") from error
    except OSError as error:
        raise ClubError(f"{path} can't be read ({error.strerror}): make it readable") from error
    reader = csv.reader(io.StringIO(content))
    names: dict[str, None] = {}
    header_may_come = True
    try:
        for cells in reader:
            name = name_of(cells)
            if name.startswith("#"):  # as in overrides.csv
                continue
            if any(cell.strip() for cell in cells[1:]):
                raise ClubError(
                    f"{path}, line {reader.line_num}: it has {len(cells)} cells. Give each person a"
                    " line of their own, and put names that contain a comma in quotes"
                )
            if name and not (header_may_come and name.casefold() == HEADER):
                names[name] = None
            header_may_come = header_may_come and not name
    except csv.Error as error:
        raise ClubError(f"{path}, line {reader.line_num}: {error}; correct that line") from error
    return list(names)


def name_of(cells: Sequence[str]) -> str:
    """The name on a line of the club's file, in Unicode NFC like the names of persons."""
    return unicodedata.normalize("NFC", cells[0].strip()) if cells else ""


@dataclass(frozen=True)
class Favourite:
    """A film that both rated highly."""

    title: str
    ratings: tuple[float, float]


@dataclass(frozen=True)
class Pair:
    """A comparison of two people's films.

    Attributes:
        people: Their names.
        seen: The number of films that both have seen.
        rated: The number of those that both have rated.
        overlap: See `FORMULA`; None if both have rated fewer than `ENOUGH` films, or if one of
            them gave all of these the same rating.
        favourites: Films that both rated `FAVOURITE` or more, the best first.
    """

    people: tuple[str, str]
    seen: int
    rated: int
    overlap: float | None
    favourites: Sequence[Favourite]

    @classmethod
    def of(cls, people: tuple[str, str], one: pd.DataFrame, other: pd.DataFrame) -> "Pair":
        """Compare two frames of `watched`."""
        both = one.merge(other, on="tmdb_id", suffixes=("", "_other"))
        rated = both.dropna(subset=["rating", "rating_other"])
        ratings, others = rated["rating"], rated["rating_other"]
        comparable = len(rated) >= ENOUGH and ratings.nunique() > 1 and others.nunique() > 1
        liked = rated[(ratings >= FAVOURITE) & (others >= FAVOURITE)]
        liked = liked.assign(both=liked["rating"] + liked["rating_other"]).sort_values(
            ["both", "title", "tmdb_id"], ascending=[False, True, True]
        )
        return cls(
            people,
            seen=len(both),
            rated=len(rated),
            overlap=float(ratings.corr(others)) if comparable else None,
            favourites=[
                Favourite(title, (rating, other))
                for title, rating, other in zip(
                    liked["title"], liked["rating"], liked["rating_other"], strict=True
                )
            ],
        )

    def section(self) -> Markdown:
        """What they have in common, as markdown."""
        names = md(" and ").join(text(name, _NAME_CHARS) for name in self.people)
        seen = _films(self.seen)
        lines = [
            md("### {}\n", names),
            md("**{}** seen by both, {:,} rated by both.", seen, self.rated),
        ]
        if self.overlap is not None:
            sign = md("−") if self.overlap < 0 else md("+")
            lines.append(md("Taste overlap **{}{:.2f}**.", sign, abs(self.overlap)))
        elif self.rated < ENOUGH:
            lines.append(md("No taste overlap: both need to have rated at least {} films.", ENOUGH))
        else:
            lines.append(md("No taste overlap: one of the two gave all of them the same rating."))
        if self.favourites:
            films = [
                md("{} (★ {:g} and ★ {:g})", film.title, *film.ratings) for film in self.favourites
            ]
            lines.append(md("\nShared favourites ({:,}):\n", len(films)))
            lines.append(bullets(films, _FAVOURITES))
        return md("\n").join(lines)


@dataclass(frozen=True)
class Club:
    """The comparison of all club members.

    Attributes:
        persons: The members, by the names of their uploads.
        unknown: Names in the file that match no person with uploads.
        known: The names of all persons with uploads.
        pairs: Every pair of members.
        problem: Why the file can't be used, if it can't.
    """

    persons: Sequence[str] = ()
    unknown: Sequence[str] = ()
    known: Sequence[str] = ()
    pairs: Sequence[Pair] = ()
    problem: str = ""

    def markdown(self) -> Markdown:
        """The comparison, or why there is none."""
        parts = [md("## The club")]
        if self.problem:
            return md("\n\n").join([*parts, md("> ⚠️ **{}**", text(self.problem, 500))])
        parts += [self._unknown(name) for name in self.unknown[:_NAMES]]
        if len(self.persons) < 2:
            parts.append(
                md(
                    "Nothing to compare yet: list at least two persons in `club.csv` in the data"
                    " folder (one column, `person`, with a line for each person who agrees to be"
                    " compared), then materialize `dashboard/library`."
                )
            )
            return md("\n\n").join(parts)
        parts += [pair.section() for pair in self.pairs[:_PAIRS]]
        if len(self.pairs) > _PAIRS:
            parts.append(md("*{:,} more pairs are not shown.*", len(self.pairs) - _PAIRS))
        return md("\n\n").join([*parts, FORMULA])

    def _unknown(self, name: str) -> Markdown:
        named = [text(one, _NAME_CHARS) for one in _nearest(name, self.known)]
        there = md("known names: {}", md(", ").join(named)) if named else md("there are none yet")
        asked = text(name, _NAME_CHARS)
        return md("`club.csv` names **{}**, who has no upload here; {}.", asked, there)


def watched(connection: "duckdb.DuckDBPyConnection", uploads: Iterable[str]) -> pd.DataFrame:
    """`tmdb_id`, `title` and `rating` of the films seen in these uploads, without watchlists.

    Raises:
        duckdb.Error: the warehouse can't be read.
    """
    films.prepare(connection, uploads)
    return connection.execute(
        "SELECT tmdb_id, coalesce(nullif(tmdb_title, ''), title) AS title, rating"
        " FROM films WHERE seen AND tmdb_id IS NOT NULL"
    ).df()


def compare(path: Path, known: Sequence[str], read: Callable[[str], pd.DataFrame]) -> Club:
    """Compare the persons named in the club's file, two by two.

    Args:
        path: The file; case is ignored unless that makes a name ambiguous.
        known: The names of all persons with uploads.
        read: Returns a person's films, as `watched`. Called only for persons in the file, and only
            if there are at least two.
    """
    try:
        found, unknown = _found(members(path), known)
    except ClubError as error:
        return Club(problem=str(error))
    histories = {name: read(name) for name in found} if len(found) > 1 else {}
    pairs = [
        Pair.of(two, histories[two[0]], histories[two[1]]) for two in combinations(histories, 2)
    ]
    return Club(found, unknown, known, pairs)


def _found(names: Iterable[str], known: Sequence[str]) -> tuple[list[str], list[str]]:
    found: dict[str, None] = {}
    unknown = []
    for name in names:
        same = [one for one in known if one.casefold() == name.casefold()]
        if name in known:
            found[name] = None
        elif len(same) == 1:
            found[same[0]] = None
        else:  # if names differ only in case, it is unclear who agreed
            unknown.append(name)
    return list(found), unknown


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    """The known names, the most similar first, limited to `_NAMES`."""
    near = get_close_matches(name, known, n=3, cutoff=0.4)
    return [*near, *(one for one in known if one not in near)][:_NAMES]


def _films(number: int) -> Markdown:
    return md("1 film") if number == 1 else md("{:,} films", number)
