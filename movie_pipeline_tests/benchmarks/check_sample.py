"""Compares the bundled sample catalogue with a larger catalogue of real films.

Here belongs the comparison of facts: IMDb id, year, runtime, directors and cast of every film, by
TMDB id. The reference is a parquet file that stands beside the checkout and is no part of the
project; without one there is nothing to check, and the module says so.

Not here: what can be told from the sample alone (`test_sample_catalogue.py`). Votes and popularity
are illustrative and not compared; nor are series, which the reference lacks.

Run `python -m movie_pipeline_tests.benchmarks.check_sample [REFERENCE.parquet]`.
"""

import json
import re
import sys
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

SAMPLE = Path(__file__).parents[2] / "movie_pipeline" / "sample" / "catalogue.jsonl"
REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "tmdb_catalogue.parquet"
RUNTIME_TOLERANCE = 2
"""Minutes by which two sources may disagree on a runtime."""
EXAMPLES_SHOWN = 3

Film = dict[str, Any]


@dataclass
class Field:
    """What the comparison of one fact came to; `known` counts the films whose fact is compared."""

    known: int = 0
    unknown: int = 0
    mismatches: list[str] = field(default_factory=list)

    def add(self, film: Film, problem: str | None, *, known: bool = True) -> None:
        """Count one film; `problem` says how it differs, None that it does not."""
        if not known:
            self.unknown += 1
            return
        self.known += 1
        if problem:
            self.mismatches.append(f"{film['title']} ({film['release_date'][:4]}): {problem}")


def sample_films(path: Path = SAMPLE) -> list[Film]:
    """Read the sample's films, without its series."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [film for film in map(json.loads, lines) if film.get("media_type") != "tv"]


def reference_films(path: Path, ids: list[int]) -> dict[int, Film]:
    """Read the films with these TMDB ids from the reference, by id."""
    query = """
        SELECT tmdb_id, imdb_id, release_date, runtime, directors, "cast"
        FROM read_parquet($path) WHERE list_contains($ids, tmdb_id)
    """
    with duckdb.connect() as connection:
        found = connection.execute(query, {"path": str(path), "ids": ids})
        columns = [column[0] for column in found.description or []]
        return {row[0]: dict(zip(columns, row, strict=True)) for row in found.fetchall()}


def compare(films: list[Film], reference: dict[int, Film]) -> dict[str, Field]:
    """Compare every film that the reference holds.

    Returns:
        The outcome by fact. A fact that the reference leaves empty is counted as unknown.
    """
    facts = {name: Field() for name in ("imdb_id", "year", "runtime", "directors", "cast")}
    for film in films:
        real = reference.get(film["id"])
        if real is None:
            continue
        differs = "{!r}, reference {!r}".format
        ours, theirs = film["imdb_id"], real["imdb_id"]
        problem = differs(ours, theirs) if ours != theirs else None
        facts["imdb_id"].add(film, problem, known=bool(theirs))

        ours, theirs = film["release_date"][:4], (real["release_date"] or "")[:4]
        problem = differs(ours, theirs) if ours != theirs else None
        facts["year"].add(film, problem, known=bool(theirs))

        ours, theirs = film["runtime"], real["runtime"]
        off = theirs and abs(ours - theirs) > RUNTIME_TOLERANCE
        problem = differs(ours, theirs) if off else None
        facts["runtime"].add(film, problem, known=bool(theirs))

        _compare_directors(facts["directors"], film, real["directors"] or [])
        _compare_cast(facts["cast"], film, real["cast"] or [])
    return facts


def _compare_directors(fact: Field, film: Film, theirs: list[Film]) -> None:
    """All directors, by id and name; where the reference knows only names, by name."""
    ids = {person["id"] for person in theirs}
    ours = film["directors"]
    same_names = {_plain(p["name"]) for p in ours} == {_plain(p["name"]) for p in theirs}
    same_ids = None in ids or ids == {p["id"] for p in ours}
    problem = None if same_names and same_ids else f"{_people(ours)}, reference {_people(theirs)}"
    fact.add(film, problem, known=bool(theirs))


def _compare_cast(fact: Field, film: Film, theirs: list[Film]) -> None:
    """Every person of ours is in the reference's cast, by id; names are spelt in many ways.

    The reference has some casts without ids: there the name counts, and where that is not found
    either the film is left out, for it may be another spelling.
    """
    ids = {person["id"] for person in theirs}
    named = {_plain(person["name"]) for person in theirs if person["id"] is None}
    strange = [p for p in film["cast"] if p["id"] not in ids and _plain(p["name"]) not in named]
    known = bool(theirs) and bool(film["cast"]) and not (strange and named)
    fact.add(film, f"not in it: {_people(strange)}" if strange else None, known=known)


def _plain(name: str) -> str:
    """A name without case, accents and punctuation: databases spell them differently."""
    plain = unicodedata.normalize("NFKD", name)
    marks_gone = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", marks_gone.casefold())


def _people(people: list[Film]) -> str:
    return ", ".join(f"{person['name']} {person['id']}" for person in people) or "nobody"


def report(films: list[Film], reference: dict[int, Film], facts: dict[str, Field]) -> str:
    """Draw the outcome as one table, with the first few mismatches of each fact."""
    absent = [film["title"] for film in films if film["id"] not in reference]
    lines = [
        f"{len(films)} films, {len(films) - len(absent)} checked, "
        f"{len(absent)} absent from the reference"
        + (f" ({', '.join(absent[:EXAMPLES_SHOWN])})" if absent else ""),
        "",
        f"{'fact':<10} {'checked':>8} {'not in reference':>17} {'mismatches':>11}",
    ]
    for name, fact in facts.items():
        lines.append(f"{name:<10} {fact.known:>8} {fact.unknown:>17} {len(fact.mismatches):>11}")
        lines += [f"    {example}" for example in fact.mismatches[:EXAMPLES_SHOWN]]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run the check and print its table.

    Args:
        arguments: the reference's path, or nothing for the usual place.

    Returns:
        1 if any fact differs, else 0; also 0 where the reference is not there.
    """
    path = Path(arguments[0]) if arguments else REFERENCE
    if not path.is_file():
        print(f"Nothing checked: there is no reference catalogue at {path}.")
        return 0
    films = sample_films()
    reference = reference_films(path, [film["id"] for film in films])
    facts = compare(films, reference)
    print(report(films, reference, facts))
    return int(any(fact.mismatches for fact in facts.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
