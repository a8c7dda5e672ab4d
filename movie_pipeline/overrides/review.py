"""Review: the films that need a person, with links, and lines for the overrides to copy.

What belongs here: which rows those are, and how they are shown in the UI and on the command line.
What does not: what a line of the overrides means (`rules`), reading the warehouse, Dagster.

Nothing that is copied unread may decide wrongly. So in the UI every line stands in a block of its
own below the film that it stands for, and on the command line every line begins with ``#`` and
counts only once somebody takes that away.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd

from movie_pipeline.charts.markdown import INLINE, LINKED, Markdown, block, link, md, text
from movie_pipeline.matching import Candidate
from movie_pipeline.overrides.rules import GUARD, GUARDED, IGNORE, identity, ignored

FEW = 100
"""Rows not found that are shown before the least sure; more would push these out."""

LEAST_SURE = 20
"""Matched films that are shown, those with the lowest scores."""

MOST_BYTES = 300_000

_CERTAIN = {"override", "tmdb_id", "imdb_id"}  # methods that leave nothing to doubt
_PLAIN = re.compile(r"\w[\w .!?&'/:…-]*")
_SEARCHED_CHARS = 200
_COLUMNS = ("title", "year", "tmdb_id", "letterboxd_uri", "imdb_id", "note")
_STATES = {
    "ambiguous": md("Several films fit. Copy the line below the right one."),
    "matched": md(
        "Matched, but less surely than all others (which may be quite sure). Where the first film"
        " is wrong, copy the line below the right one; the first line keeps it as it is."
    ),
    "not_found": md(
        "TMDB has no such film, or has it under another title or year (a slip in yours, perhaps)."
        " Look for it; if it is there, put the address of its page in the place of `{}`.",
        IGNORE,
    ),
}
_WORDS = {"ambiguous": "ambiguous", "matched": "least sure", "not_found": "not found"}


@dataclass(frozen=True)
class Doubt:
    """A row that needs a person.

    Attributes:
        state: its ``match_status``: ambiguous, matched or not_found.
        title: as the export has it.
        year: as the export has it.
        score: of the match, 0 to 1.
        candidates: the films that it may be, the most likely first.
        by: the id to tell it from another row with its title and year: ``letterboxd_uri`` or
            ``imdb_id``, and its value. None where it has no such namesake, or no id.
        problem: what is wrong with the override that it has, if so: a film that there isn't.
    """

    state: str
    title: str
    year: int | None
    score: float | None = None
    candidates: tuple[Candidate, ...] = ()
    by: tuple[str, str] | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """Title and year."""
        return _named(self.title, self.year)

    @property
    def search(self) -> str:
        """The address of TMDB's own search for it."""
        query = quote(self.title[:_SEARCHED_CHARS], safe="")
        return f"{LINKED}search/movie?query={query}"

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of its `line`."""
        return ("title", "year", "tmdb_id", *([self.by[0]] if self.by else []))

    def line(self, target: int | str) -> str:
        """The line of the overrides that says which film it is: an id, or ``ignore``."""
        year = "" if self.year is None else self.year
        return _csv([_guarded(self.title), year, target, *([self.by[1]] if self.by else [])])


@dataclass(frozen=True)
class Review:
    """All rows of an upload that need a person, by state: ambiguous, matched, not_found."""

    doubts: Mapping[str, Sequence[Doubt]]

    def numbers(self) -> dict[str, int]:
        """How many rows there are, to plot over time."""
        return {
            _WORDS[state].replace(" ", "_"): len(doubts) for state, doubts in self.doubts.items()
        }

    def summary(self, *, notice: str | None = None) -> Markdown:
        """What there is to do, in fewer than 1,000 characters of markdown, which shows inline.

        Args:
            notice: what must be read before anything else.
        """
        lines = [*([md("**{}**\n", notice)] if notice else []), self._sentence()]
        if self._open:
            end = md(
                "\n*The full text of `review` has links, and lines to copy into overrides.csv.*"
            )
            length = sum(len(line) + 1 for line in [*lines, "", end])
            lines.append(Markdown())
            for doubt in self._open:
                name, state = text(doubt.name, 60), _WORDS[doubt.state]
                row = md("- {}: {}{}", name, state, _inline(doubt.candidates))
                length += len(row) + 1
                if length >= INLINE:
                    break
                lines.append(row)
            lines.append(end)
        return md("\n").join(lines)

    def markdown(self, *, notice: str | None = None) -> Markdown:
        """Every row with links, and lines to copy; at most 300 kB, which a sentence tells.

        Args:
            notice: what must be read before anything else.
        """
        parts = [md("> ⚠️ **{}**", notice)] if notice else []
        parts.append(self._sentence())
        shown = sum(map(len, self.doubts.values()))
        if not shown:
            return md("\n\n").join(parts)
        parts.append(
            md(
                "Which film is it? Copy a line into `overrides.csv` in the data folder and save it:"
                " the upload is decided again within a minute. (The number behind a film says how"
                " sure it is, from 0 to 1.) That file begins with:"
            )
        )
        parts.append(block("title,year,tmdb_id", "csv"))
        left = MOST_BYTES - 500 - sum(len(part.encode()) + 2 for part in parts)
        for part, rows in self._sections():
            left -= len(part.encode()) + 2
            if left < 0:
                parts.append(md("**{:,} more rows** are listed by `movie-pipeline review`.", shown))
                break
            shown -= rows
            parts.append(part)
        return md("\n\n").join(parts)

    def csv(self) -> Iterator[str]:
        """The lines to append to a file: a header, then for each row a line that begins with ``#``.

        The most likely film, or ``ignore``, stands in it; the other ones in its ``note``.
        """
        yield ""  # the file that these are appended to may lack its last line's end
        yield ",".join(_COLUMNS)
        for doubts in self.doubts.values():
            for doubt in doubts:
                first = doubt.candidates[0].tmdb_id if doubt.candidates else IGNORE
                ids = dict([doubt.by] if doubt.by else [])
                films = _listed(doubt.candidates)
                note = f"{_WORDS[doubt.state]}: {doubt.problem or films or doubt.search}"
                cells = (ids.get("letterboxd_uri", ""), ids.get("imdb_id", ""), note)
                year = "" if doubt.year is None else doubt.year
                yield f"#{_csv([_guarded(doubt.title), year, first, *cells])}"

    @property
    def _open(self) -> list[Doubt]:
        return [*self.doubts["ambiguous"], *self.doubts["not_found"]]

    def _sentence(self) -> Markdown:
        if not self._open:
            return md("No film needs a person: none is ambiguous, and none was not found.")
        return md(
            "**{:,} {} a person**: {:,} ambiguous, {:,} not found.",
            len(self._open),
            "film needs" if len(self._open) == 1 else "films need",
            len(self.doubts["ambiguous"]),
            len(self.doubts["not_found"]),
        )

    def _sections(self) -> Iterator[tuple[Markdown, int]]:
        """The markdown of headings and rows, with the number of rows in each."""
        for state, doubts in self.doubts.items():
            if doubts:
                heading = _WORDS[state].capitalize()
                yield md("## {} ({:,})\n\n{}", heading, len(doubts), _STATES[state]), 0
            for doubt in doubts:
                yield _row(doubt), 1


def review(films: pd.DataFrame) -> Review:
    """Choose the rows that need a person.

    Ambiguous ones, those that were not found (but for those that an override says to ignore), and
    of the matched ones the `LEAST_SURE` with the lowest scores, those by id or override excepted.

    Args:
        films: all rows of one upload: ``title``, ``year``, ``match_status``, ``match_method``,
            ``match_score``, ``match_candidates``, ``tmdb_id``, ``tmdb_title`` and ``error`` of
            ``enriched.movies``, ``letterboxd_uri`` and ``imdb_id`` of ``raw.movies``.
    """
    doubtful = ~films["match_method"].isin(_CERTAIN)
    status = films["match_status"]
    matched = films[doubtful & (status == "matched")]
    chosen = {
        "ambiguous": films[status == "ambiguous"],
        "matched": matched.sort_values("match_score", kind="stable").head(LEAST_SURE),
        "not_found": films[(status == "not_found") & ~ignored(films)],
    }
    if len(chosen["not_found"]) <= FEW:
        chosen["matched"] = chosen.pop("matched")  # comes last
    names = _names(films) if any(map(len, chosen.values())) else Counter()
    return Review(
        {
            state: tuple(_doubt(row, names) for row in rows.to_dict("records"))
            for state, rows in chosen.items()
        }
    )


def _names(films: pd.DataFrame) -> "Counter[tuple[object, ...]]":
    """How many rows have a title and year, as the overrides compare them."""
    pairs = zip(films["title"], films["year"], strict=True)
    return Counter(_name({"title": title, "year": year}) for title, year in pairs)


def _name(row: Mapping[Any, Any]) -> tuple[object, ...]:
    return identity("", row)[-2:]


def _doubt(row: Mapping[Any, Any], names: "Counter[tuple[object, ...]]") -> Doubt:
    year, score = row["year"], row["match_score"]
    ids = ((name, row.get(name)) for name in ("letterboxd_uri", "imdb_id"))
    told = [(name, value) for name, value in ids if isinstance(value, str) and value]
    return Doubt(
        state=row["match_status"],
        title=" ".join(str(row["title"] or "").replace("\0", " ").split()),
        year=None if pd.isna(year) else int(year),
        score=None if pd.isna(score) else float(score),
        candidates=tuple(_candidates(row)),
        by=told[0] if told and names[_name(row)] > 1 else None,
        problem="" if pd.isna(row["error"]) else str(row["error"]),
    )


def _candidates(row: Mapping[Any, Any]) -> Iterator[Candidate]:
    """The row's candidates, its match first."""
    known = row["match_candidates"]
    found = [
        Candidate(
            int(one["tmdb_id"]),
            one["title"] or "",
            None if pd.isna(one["year"]) else int(one["year"]),
            float(one["score"] or 0.0),
        )
        for one in (known if isinstance(known, Iterable) else ())
    ]
    match = None if pd.isna(row["tmdb_id"]) else int(row["tmdb_id"])
    if match is not None and match not in {one.tmdb_id for one in found}:
        found.append(Candidate(match, row["tmdb_title"] or "", None, float(row["match_score"])))
    yield from sorted(found, key=lambda one: one.tmdb_id != match)


def _row(doubt: Doubt) -> Markdown:
    """A row in markdown: its name, and each film that it may be above the line that says so."""
    parts, search = [md("### {}", doubt.name)], link("Search TMDB", doubt.search)
    if doubt.problem:  # its line is there already, and is to be corrected
        return md("\n\n").join([*parts, text(doubt.problem), search])
    for one in doubt.candidates:
        film = link(_named(one.title, one.year), f"{LINKED}movie/{one.tmdb_id}")
        parts += [md("{} · {:.2f}", film, one.score), _lines(doubt, one.tmdb_id)]
    if doubt.state == "not_found":
        parts += [search, _lines(doubt, IGNORE)]
    return md("\n\n").join(parts)


def _lines(doubt: Doubt, target: int | str) -> Markdown:
    """A block to copy; with a header of its own where it has a column more than others."""
    header = [",".join(doubt.header)] if doubt.by else []
    return block("\n".join([*header, doubt.line(target)]), "csv")


def _inline(candidates: Sequence[Candidate]) -> Markdown:
    return Markdown().join(
        md(", {} {:.2f}", text(_named(one.title, one.year), 40), one.score) for one in candidates
    )


def _listed(candidates: Sequence[Candidate]) -> str:
    return "; ".join(
        f"{one.tmdb_id} {_named(one.title, one.year)} {one.score:.2f}" for one in candidates
    )


def _named(title: str, year: int | None) -> str:
    return f"{title} ({year})" if year is not None else title


def _guarded(title: str) -> str:
    """The title so that its line is read as one, also after Excel has written it anew."""
    return f"{GUARD}{title}" if title.startswith(tuple(GUARDED)) else title


def _csv(cells: Sequence[object]) -> str:
    return ",".join(_cell(str(cell)) for cell in cells)


def _cell(cell: str) -> str:
    """The cell, in quotes unless it is plain."""
    if not cell or _PLAIN.fullmatch(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'
