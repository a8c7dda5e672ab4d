"""How often the right film is found, and what that costs, beside simpler strategies.

`python -m movie_pipeline_tests.benchmarks.bench_matching [FOLDER]` decides labelled rows against a
catalogue of real films and prints one line for each set of rows and strategy. FOLDER holds
`tmdb_catalogue.parquet` and `matching_truth.csv`, and in `exports/` real exports; without it the
folder `shared/data` beside the checkout is taken; without that one there is nothing to measure.

Precision is the share of right ones among the films that were matched, recall the share of the
rows whose film is in the catalogue that were matched with it. Requests are counted in process,
milliseconds are those of the strategy without the answers.

The rows by service and by cause are no export's: films drawn from the catalogue, the known ones more
often, are written in the ways of exporters (`matching/spellings.py`), and decided against a
catalogue that lacks each sixth film and has other titles and dates made up by rules
(`other_titles.py`). Those by service have that service's years, and a tenth of their films has
namesakes; those by cause all have that cause, and take the services in turn. Where the film is
missing from TMDB (the controls), whatever is found is wrong. No likelihood is fitted to these rows,
but rows drawn in the same ways have shown where the rule erred; another SEED gives rows that nobody
has looked at. They hold more films that hardly anybody knows than real exports do, and are harder.
"""

import csv
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from movie_pipeline.matching import Decision, Wanted, find
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.catalogues import add_adversaries, records_from_parquet
from movie_pipeline_tests.matching import spellings
from movie_pipeline_tests.matching.asking import Asking
from movie_pipeline_tests.other_titles import add_other_titles

SEED = 20261122
BY_SERVICE, BY_CAUSE = 2000, 400  # rows of each
ABSENT = 6  # TMDB lacks each sixth film: exports hold as many that the catalogue lacks
UNDATED = 300  # each so manieth line of a service that always gives years has none
NOBODY = -1  # the id of a film that TMDB lacks

FOLDER = Path(__file__).parents[3] / "shared" / "data"

Row = tuple[Wanted, int | None]
"""A line of an export and its film's TMDB id, None where nobody knows."""
Strategy = Callable[[Wanted, Asking], Decision]


class TimedAsking(Asking):
    """Knows how long the answers took."""

    seconds = 0.0

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        began = time.perf_counter()
        try:
            return super()._answer(path, query)
        finally:
            self.seconds += time.perf_counter() - began


def first_hit(wanted: Wanted, asks: Asking) -> Decision:
    """Take the first hit of a search with the year; without a hit, of one without it."""
    hits = asks.search(wanted.title or "", year=wanted.year) or asks.search(wanted.title or "")
    return _taken(hits, asks)


def first_hit_of_the_year(wanted: Wanted, asks: Asking) -> Decision:
    """Take the first hit with exactly the year."""
    return _taken(asks.search(wanted.title or "", primary_release_year=wanted.year), asks)


def _taken(hits: Sequence[dict[str, Any]], asks: Asking) -> Decision:
    if not hits:
        return Decision("not_found", "none")
    return Decision("matched", "first", 1.0, hits[0]["id"], (), asks.movie(hits[0]["id"]))


STRATEGIES: dict[str, Strategy] = {
    "ours": find,
    "first hit": first_hit,
    "first hit, exact year": first_hit_of_the_year,
}


def measure(rows: Sequence[Row], catalogue: Catalogue, strategy: Strategy) -> dict[str, Any]:
    """Decide all rows, and tell how well."""
    asks = TimedAsking(catalogue)
    present = {film["id"] for film in catalogue.movies}
    began = time.perf_counter()
    decided = [(strategy(wanted, asks), truth) for wanted, truth in rows]
    seconds = time.perf_counter() - began - asks.seconds
    matched = [(decision.tmdb_id, truth) for decision, truth in decided if decision.tmdb_id]
    right = sum(found == truth for found, truth in matched)
    possible = sum(truth in present for _, truth in rows)
    return {
        "rows": len(rows),
        "wrong": len(matched) - right,
        "precision": right / len(matched) if matched else None,
        "recall": right / possible if possible else None,
        "states": Counter(decision.status for decision, _ in decided),
        "requests": len(asks.asked) / len(rows),
        "ms": 1000 * seconds / len(rows),
    }


def truth_rows(path: Path) -> list[dict[str, str]]:
    """Rows of title, year, imdb_id, tmdb_id."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def imdb_rows(path: Path, id_of: dict[str, int]) -> Iterator[Row]:
    """Films of an IMDb list, with all columns that help; those that TMDB has under their id."""
    for line in truth_rows(path):
        if line["Const"] in id_of:
            yield (
                Wanted(
                    line["Title"],
                    int(line["Year"]) if line["Year"] else None,
                    imdb_id=line["Const"],
                    title_type=line["Title Type"],
                    directors=tuple(filter(None, line["Directors"].split(", "))),
                    runtime_minutes=int(line["Runtime (mins)"] or 0) or None,
                    service="imdb",
                ),
                id_of[line["Const"]],
            )


def trakt_rows(path: Path) -> Iterator[Row]:
    """Films of Trakt's ratings."""
    for line in json.loads(path.read_text(encoding="utf-8")):
        film = line["movie"]
        number = film["ids"]["tmdb"]
        yield Wanted(film["title"], film["year"], tmdb_id=number, service="trakt"), number


def letterboxd_rows(path: Path) -> Iterator[Row]:
    """Films of a Letterboxd list, whose truth nobody knows."""
    for line in truth_rows(path):
        year = int(line["Year"]) if line["Year"] else None
        yield Wanted(line["Name"], year, service="letterboxd"), None


def drawn(records: Sequence[spellings.Film], seed: str) -> Iterator[spellings.Film]:
    """Films with a date, each once, drawn by the square root of their votes."""
    chance = random.Random(f"{SEED} {seed}")
    dated = [film for film in records if film.get("release_date")]
    dated.sort(key=lambda film: chance.expovariate(1 + (film.get("vote_count") or 0) ** 0.5))
    return iter(dated)


def rows_of_service(records: Sequence[spellings.Film], service: str) -> list[Row]:
    """Lines as a service writes them."""
    chance = random.Random(f"{SEED} {service}")
    usual = spellings.movielens if service == "movielens" else spellings.verbatim
    rows: list[Row] = []
    for place, film in enumerate(islice(drawn(records, service), BY_SERVICE)):
        undated = service in {"letterboxd", "trakt"} and place % UNDATED == UNDATED - 1
        line = spellings.written(spellings.undated if undated else usual, film, chance, service)
        assert line is not None
        kind = "movie" if service in {"trakt", "imdb"} else None  # these say so
        wanted = Wanted(*line, title_type=kind, service=service)
        rows.append((wanted, NOBODY if undated else film["id"]))
    return rows


def rows_of_cause(records: Sequence[spellings.Film], way: spellings.Way) -> list[Row]:
    """Lines that are all written in one way, by each service in turn."""
    chance = random.Random(f"{SEED} {way.__name__}")
    control = way in spellings.CONTROLS
    titles = {film["title"] for film in records} if control and way != spellings.undated else ()
    dated, others = ("letterboxd", "trakt"), ("imdb", "movielens", "generic")
    without_year = {spellings.no_year, spellings.translation_no_year}
    services = (
        others if way in without_year else dated if way == spellings.undated else dated + others
    )
    turn = cycle(services)
    rows: list[Row] = []
    for film in drawn(records, way.__name__):
        line = spellings.written(way, film, chance, service := next(turn))
        if line and line[0] not in titles:
            rows.append((Wanted(*line, service=service), NOBODY if control else film["id"]))
        if len(rows) == BY_CAUSE:
            break
    return rows


def with_film(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows whose film TMDB has, as `add_adversaries` needs them."""
    return [
        {"title": wanted.title, "year": wanted.year, "tmdb_id": truth}
        for wanted, truth in rows
        if wanted.year and truth % ABSENT and truth != NOBODY
    ]


def bare(rows: Sequence[Row]) -> list[Row]:
    """The rows with nothing but title and year."""
    return [
        (Wanted(wanted.title, wanted.year, service=wanted.service), truth) for wanted, truth in rows
    ]


def without_ids(rows: Sequence[Row]) -> list[Row]:
    """The rows with all but their ids."""
    return [(replace(wanted, imdb_id=None, tmdb_id=None), truth) for wanted, truth in rows]


def show(name: str, rows: Sequence[Row], catalogue: Catalogue, *strategies: str) -> None:
    """Print a line for each strategy."""
    for strategy in strategies or ("ours",):
        found = measure(rows, catalogue, STRATEGIES[strategy])
        shares = [
            "     –" if found[key] is None or all(truth is None for _, truth in rows)
            else f"{found[key]:6.4f}"
            for key in ("precision", "recall")
        ]  # fmt: skip
        states = ", ".join(f"{count} {state}" for state, count in found["states"].most_common())
        print(
            f"{name:32} {strategy:22} {found['rows']:5} {shares[0]:>9} {shares[1]:>7}"
            f" {found['requests']:8.3f} {found['ms']:6.2f}  {states}"
        )


def main(folder: Path = FOLDER) -> None:
    """Measure and print."""
    catalogue_file, truth_file = folder / "tmdb_catalogue.parquet", folder / "matching_truth.csv"
    if not (catalogue_file.exists() and truth_file.exists()):
        print(f"Matching: nothing to measure with; {catalogue_file} or {truth_file} is missing.")
        return
    records = records_from_parquet(catalogue_file)
    lines = truth_rows(truth_file)
    plain = Catalogue(records)
    hard = Catalogue(add_adversaries(records, lines))
    id_of = {film["imdb_id"]: film["id"] for film in records if film.get("imdb_id")}
    truth: list[Row] = [
        (Wanted(row["title"], int(row["year"]), imdb_id=row["imdb_id"]), int(row["tmdb_id"]))
        for row in lines
    ]
    by_tmdb_id = [(replace(w, imdb_id=None, tmdb_id=tmdb_id), tmdb_id) for w, tmdb_id in truth]
    print(
        f"{'rows':32} {'strategy':22} {'count':>5} {'precision':>9} {'recall':>7}"
        f" {'requests':>8} {'ms':>6}  states"
    )
    show("truth, title and year", bare(truth), plain, *STRATEGIES)
    show("truth, with adversaries", bare(truth), hard, *STRATEGIES)
    show("truth, with IMDb ids", truth, plain)
    show("truth, IMDb ids, adversaries", truth, hard)
    show("truth, with TMDB ids", by_tmdb_id, plain)
    exports = folder / "exports"
    if (path := exports / "imdb-watchlist.csv").exists():
        imdb = list(imdb_rows(path, id_of))
        show("IMDb, title and year", bare(imdb), plain, *STRATEGIES)
        show("IMDb, all but ids", without_ids(imdb), plain)
        show("IMDb, with ids", imdb, plain)
    if (path := exports / "trakt-ratings-movies.json").exists():
        trakt = list(trakt_rows(path))
        show("Trakt, title and year", bare(trakt), plain, *STRATEGIES)
        show("Trakt, with ids", trakt, plain)
    if (path := exports / "letterboxd-watched.csv").exists():
        show("Letterboxd (truth unknown)", list(letterboxd_rows(path)), plain, *STRATEGIES)
    complete = add_other_titles(records)
    others = [film for film in complete if film["id"] % ABSENT]
    for service in spellings.YEARS:
        rows = rows_of_service(records, service)
        catalogue = Catalogue(add_adversaries(others, with_film(rows)))
        show(f"service: {service}", rows, catalogue, "ours", "first hit")
    incomplete = Catalogue(others)
    for way in (*spellings.WAYS, *spellings.CONTROLS):
        kind = "control" if way in spellings.CONTROLS else "cause"
        rows = rows_of_cause(complete, way)
        show(f"{kind}: {way.__name__.replace('_', ' ')}", rows, incomplete)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
