"""Review: the films that need the user's decision, with links and lines to copy into the overrides.

What belongs here: selecting those rows, and showing them in the UI and on the command line. What
does not: the meaning of an overrides line (`rules`), reading the warehouse, Dagster.

Copying lines without reading them must not lead to wrong decisions. So the UI shows every line in a
block of its own below the film that it selects, and on the command line every line begins with
``#`` and takes effect only once the user removes that.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any
from urllib.parse import quote

import pandas as pd

from movie_pipeline.charts.markdown import INLINE, LINKED, Markdown, block, link, md, text
from movie_pipeline.matching import Candidate
from movie_pipeline.overrides.rules import GUARD, GUARDED, IGNORE, identity, ignored

FEW = 100
"""If more rows than this were not found, the least certain matches come before them: after them
they might be cut off."""

LEAST_SURE = 20
"""How many matched films are shown: those with the lowest scores."""

MOST_BYTES = 300_000

_CERTAIN = {"override", "tmdb_id", "imdb_id"}  # methods that leave no doubt
_PLAIN = re.compile(r"\w[\w .!?&'/:…-]*")
_SEARCHED_CHARS = 200
_COLUMNS = ("title", "year", "tmdb_id", "letterboxd_uri", "imdb_id", "note")
_STATES = {
    "ambiguous": md("Several films fit. Copy the line below the right one."),
    "matched": md(
        "These matches are the least certain of all (but may still be quite certain). If the first"
        " film is wrong, copy the line below the right one; the first line confirms the match."
    ),
    "not_found": md(
        "TMDB does not have this film, or has it under another title or year (perhaps yours has a"
        " typo). Search for it; if you find it, replace `{}` with the address of its page.",
        IGNORE,
    ),
}
_SEARCH_TMDB = "To search TMDB for them, set TMDB_API_TOKEN and run the upload again."
_WORDS = {"ambiguous": "ambiguous", "matched": "least sure", "not_found": "not found"}


@dataclass(frozen=True)
class Doubt:
    """A row that needs the user's decision.

    Attributes:
        state: its ``match_status``: ambiguous, matched or not_found.
        title: as in the export.
        year: as in the export.
        score: of the match, 0 to 1.
        candidates: the films that it may be, the most likely first.
        by: the id that distinguishes it from another row with the same title and year:
            ``letterboxd_uri`` or ``imdb_id``, and its value. None if there is no such row, or no
            id.
        problem: what is wrong with its override, if anything: it names a film that does not exist.
        unsearched: it was not found, but only the sample catalogue was searched: there is nothing
            to decide before TMDB was.
    """

    state: str
    title: str
    year: int | None
    score: float | None = None
    candidates: tuple[Candidate, ...] = ()
    by: tuple[str, str] | None = None
    problem: str = ""
    unsearched: bool = False

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
        """The overrides line that assigns it a target: a TMDB id, or ``ignore``."""
        year = "" if self.year is None else self.year
        return _csv([_guarded(self.title), year, target, *([self.by[1]] if self.by else [])])


@dataclass(frozen=True)
class Review:
    """All rows of an upload that need a decision, by state: ambiguous, matched, not_found."""

    doubts: Mapping[str, Sequence[Doubt]]
    surer: int = 0
    """How many matches by title are left out, because they are more certain."""

    def numbers(self) -> dict[str, int]:
        """The number of rows by state, to plot over time."""
        return {
            _WORDS[state].replace(" ", "_"): len(doubts) for state, doubts in self.doubts.items()
        }

    def summary(self, *, notice: str | None = None) -> Markdown:
        """What is left to do, in fewer than 1,000 characters of markdown, which show inline.

        Args:
            notice: a text to put before everything else.
        """
        lines = [*([md("**{}**\n", notice)] if notice else []), self._sentence()]
        if self._open:
            end = md(
                "\n*The full text of `review` has links and lines to copy into overrides.csv.*"
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
        """Every row with links and lines to copy; if cut at 300 kB, a sentence says so.

        Args:
            notice: a text to put before everything else.
        """
        parts = [md("> ⚠️ **{}**", notice)] if notice else []
        parts.append(self._sentence())
        shown = sum(map(len, self.doubts.values()))
        if not shown:
            return md("\n\n").join(parts)
        parts.append(
            md(
                "Which film is it? Copy a line into `overrides.csv` in the data folder and save it:"
                " the upload is processed again within a minute. (The percentage after a film is"
                " the certainty that it is the one.) The file begins with:"
            )
        )
        parts.append(block("title,year,tmdb_id", "csv"))
        left = MOST_BYTES - 500 - sum(len(part.encode()) + 2 for part in parts)
        for part, rows in self._sections():
            left -= len(part.encode()) + 2
            if left < 0:
                parts.append(md("`movie-pipeline review` lists **{:,} more rows**.", shown))
                break
            shown -= rows
            parts.append(part)
        return md("\n\n").join(parts)

    def csv(self) -> Iterator[str]:
        """The lines to append to a file: a header, then for each row a line that begins with ``#``.

        It has the most likely film, or ``ignore``; its ``note`` lists all candidates.
        """
        yield ""  # the file that these are appended to may lack a newline at its end
        yield ",".join(_COLUMNS)
        for doubts in self.doubts.values():
            for doubt in doubts:
                if doubt.unsearched:
                    continue
                first = doubt.candidates[0].tmdb_id if doubt.candidates else IGNORE
                ids = dict([doubt.by] if doubt.by else [])
                films = _listed(doubt.candidates)
                note = f"{_WORDS[doubt.state]}: {doubt.problem or films or doubt.search}"
                cells = (ids.get("letterboxd_uri", ""), ids.get("imdb_id", ""), note)
                year = "" if doubt.year is None else doubt.year
                yield f"#{_csv([_guarded(doubt.title), year, first, *cells])}"
        if self.unsearched:
            counted = (
                "1 more film is" if self.unsearched == 1 else f"{self.unsearched:,} more films are"
            )
            yield f"# {counted} not in the sample catalogue. {_SEARCH_TMDB}"

    @property
    def unsearched(self) -> int:
        """How many rows were not found because only the sample catalogue was searched."""
        return sum(doubt.unsearched for doubt in self.doubts["not_found"])

    @property
    def _open(self) -> list[Doubt]:
        return [*self.doubts["ambiguous"], *self.doubts["not_found"]]

    def _sentence(self) -> Markdown:
        unsearched = md(" Not in the sample catalogue: {:,}.", self.unsearched)
        ambiguous = len(self.doubts["ambiguous"])
        not_found = len(self.doubts["not_found"]) - self.unsearched
        number = ambiguous + not_found
        said = md("No film needs your decision: none is ambiguous, and none is missing.")
        if number:
            said = md(
                "**{:,} {} your decision**: {:,} ambiguous, {:,} not found.",
                number,
                "film needs" if number == 1 else "films need",
                ambiguous,
                not_found,
            )
        elif self.unsearched:
            said = md("No film needs your decision yet.")
        return md("{}{}", said, unsearched) if self.unsearched else said

    def _sections(self) -> Iterator[tuple[Markdown, int]]:
        """The markdown of headings and rows, with the number of rows in each."""
        for state, doubts in self.doubts.items():
            if doubts:
                heading = _WORDS[state].capitalize()
                advice = _STATES[state]
                if state == "not_found" and self.unsearched:
                    advice = md("The sample catalogue does not have these. {}", _SEARCH_TMDB)
                yield md("## {} ({:,})\n\n{}", heading, len(doubts), advice), 0
            if state == "matched" and self.surer:
                left_out = md(
                    "Left out: {:,} more matches by title, which are more certain, and all by an id"
                    " or an override.",
                    self.surer,
                )
                yield left_out, 0
            for doubt in doubts:
                yield _row(doubt), 1


def review(films: pd.DataFrame) -> Review:
    """Select the rows that need the user's decision.

    These are the ambiguous rows, the rows not found (except those ignored by an override), and the
    `LEAST_SURE` matched rows with the lowest scores (except those matched by id or override).

    Args:
        films: all rows of one upload: ``title``, ``year``, ``match_status``, ``match_method``,
            ``match_score``, ``match_candidates``, ``tmdb_id``, ``tmdb_title``, ``answered_by`` and
            ``error`` of ``enriched.movies``, ``letterboxd_uri`` and ``imdb_id`` of ``raw.movies``.
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
        },
        len(matched) - len(chosen["matched"]),
    )


def _names(films: pd.DataFrame) -> "Counter[tuple[object, ...]]":
    """The number of rows with each title and year, compared as the overrides do."""
    pairs = zip(films["title"], films["year"], strict=True)
    return Counter(_name({"title": title, "year": year}) for title, year in pairs)


def _name(row: Mapping[Any, Any]) -> tuple[object, ...]:
    return identity("", row)[-2:]


def _doubt(row: Mapping[Any, Any], names: "Counter[tuple[object, ...]]") -> Doubt:
    year, score = row["year"], row["match_score"]
    ids = ((name, row.get(name)) for name in ("letterboxd_uri", "imdb_id"))
    known = [(name, value) for name, value in ids if isinstance(value, str) and value]
    return Doubt(
        state=row["match_status"],
        title=" ".join(str(row["title"] or "").replace("\0", " ").split()),
        year=None if pd.isna(year) else int(year),
        score=None if pd.isna(score) else float(score),
        candidates=tuple(_candidates(row)),
        by=known[0] if known and names[_name(row)] > 1 else None,
        problem="" if pd.isna(row["error"]) else str(row["error"]),
        unsearched=row["match_status"] == "not_found" and row["answered_by"] == "sample",
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
    """A row in markdown: its name, then each candidate followed by the line that selects it."""
    parts, search = [md("### {}", doubt.name)], link("Search TMDB", doubt.search)
    if doubt.problem:  # it has a line already, which has to be corrected
        return md("\n\n").join([*parts, text(doubt.problem), search])
    for one in doubt.candidates:
        film = link(_named(one.title, one.year), f"{LINKED}movie/{one.tmdb_id}")
        parts += [md("{} · {}", film, _certainty(one.score)), _lines(doubt, one.tmdb_id)]
    if doubt.state == "not_found":
        parts += [search] if doubt.unsearched else [search, _lines(doubt, IGNORE)]
    return md("\n\n").join(parts)


def _lines(doubt: Doubt, target: int | str) -> Markdown:
    """A block to copy, with its own header if it has an extra column."""
    header = [",".join(doubt.header)] if doubt.by else []
    return block("\n".join([*header, doubt.line(target)]), "csv")


def _inline(candidates: Sequence[Candidate]) -> Markdown:
    return Markdown().join(
        md(", {} {}", text(_named(one.title, one.year), 40), _certainty(one.score))
        for one in candidates
    )


def _listed(candidates: Sequence[Candidate]) -> str:
    return "; ".join(
        f"{one.tmdb_id} {_named(one.title, one.year)} {_certainty(one.score)}" for one in candidates
    )


def _certainty(score: float) -> str:
    """In percent; no match by title is certain, and no candidate impossible."""
    if isnan(score):  # a decision of an earlier version
        return "not scored"
    percent = round(100 * score)
    if percent > 99:
        return "over 99 %"
    return f"{percent} %" if percent else "under 1 %"


def _named(title: str, year: int | None) -> str:
    return f"{title} ({year})" if year is not None else title


def _guarded(title: str) -> str:
    """The title guarded so that its line is read correctly, even after Excel has saved it."""
    return f"{GUARD}{title}" if title.startswith(tuple(GUARDED)) else title


def _csv(cells: Sequence[object]) -> str:
    return ",".join(_cell(str(cell)) for cell in cells)


def _cell(cell: str) -> str:
    """The cell, quoted unless it is plain."""
    if not cell or _PLAIN.fullmatch(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'
