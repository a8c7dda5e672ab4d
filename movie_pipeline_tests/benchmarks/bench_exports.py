"""What it costs to read an export, beside DuckDB's own ``read_csv`` into a table.

``python -m movie_pipeline_tests.benchmarks.bench_exports`` writes invented lists into a temporary
folder, reads each in both ways in the same run, and prints one line per list. The bound of the
project is 15 times DuckDB's time for 100,000 rows. Each list is read in a process of its own, so
that peak memory is that list's.
"""

import csv
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from movie_pipeline.exports import read_export

LETTERBOXD = ["Date", "Name", "Year", "Letterboxd URI"]
DIARY = [*LETTERBOXD, "Rating", "Rewatch", "Tags", "Watched Date"]
IMDB = [
    "Const",
    "Your Rating",
    "Date Rated",
    "Title",
    "Original Title",
    "URL",
    "Title Type",
    "IMDb Rating",
    "Runtime (mins)",
    "Year",
    "Genres",
    "Num Votes",
    "Release Date",
    "Directors",
]
GENERIC = ["Film", "Year", "My Rating", "Director", "Date Watched", "Comment"]


def rows(kind: str, count: int, distinct: int) -> Iterator[list[object]]:
    """Yield a header and invented rows about ``distinct`` films."""
    chance = random.Random(1)
    header = {"watched": LETTERBOXD, "diary": DIARY, "imdb": IMDB, "generic": GENERIC}[kind]
    yield list(header)
    first = date(2015, 1, 1)
    for number in range(count):
        film = number % distinct
        title = (
            f"The {film} Nights, Part {film % 7}" if film % 5 == 0 else f"A Film of {film} Words"
        )
        year = 1920 + film % 105
        day = first + timedelta(days=chance.randrange(3650))
        rating = chance.randrange(1, 11)
        uri = f"https://boxd.it/{film:x}"
        if kind == "watched":
            yield [day, title, year, uri]
        elif kind == "diary":
            entry = f"https://boxd.it/e{number:x}"
            yield [
                day,
                title,
                year,
                entry,
                rating / 2,
                "",
                "cinema, home" if film % 9 == 0 else "",
                day,
            ]
        elif kind == "imdb":
            const = f"tt{film + 100_000:07d}"
            link = f"https://www.imdb.com/title/{const}/"
            yield [const, rating, day, title, title, link, "Movie", 7.1, 90 + film % 60, year,
                   "Drama, Comedy", 1234, day, "Ann Lee, Bo Ek"]  # fmt: skip
        else:
            yield [title, year, rating, "Ann Lee", f"{day:%d/%m/%Y}", "it was good, really"]


def peak_megabytes() -> float:
    """Highest memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def measure(kind: str, count: int, distinct: int) -> tuple[float, float, float, int]:
    """Read one list both ways: seconds of ours, of DuckDB's, peak MB of ours, films found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows(kind, count, distinct))
        repeats = 3 if count <= 100_000 else 1
        ours, films = [], 0
        for _ in range(repeats):
            begin = time.perf_counter()
            films = len(read_export(path, path.name).films)
            ours.append(time.perf_counter() - begin)
        peak = peak_megabytes()
        theirs = []
        for _ in range(max(3, repeats)):
            with duckdb.connect(str(Path(folder) / f"{len(theirs)}.duckdb")) as connection:
                begin = time.perf_counter()
                connection.execute("CREATE TABLE films AS SELECT * FROM read_csv(?)", [str(path)])
                theirs.append(time.perf_counter() - begin)
        return min(ours), min(theirs), peak, films


def main() -> None:
    """Print one line per list."""
    print(
        f"{'list':10}{'rows':>10}{'films':>10}{'ours s':>9}{'µs/row':>8}{'DuckDB s':>10}{'times':>7}{'peak MB':>9}"
    )
    context = multiprocessing.get_context("spawn")
    for kind, count, distinct in (
        ("watched", 100_000, 100_000),
        ("diary", 100_000, 20_000),
        ("imdb", 100_000, 100_000),
        ("generic", 100_000, 20_000),
        ("watched", 1_000_000, 20_000),
        ("diary", 1_000_000, 20_000),
        ("watched", 1_000_000, 1_000_000),
    ):
        with context.Pool(1) as pool:
            ours, theirs, peak, films = pool.apply(measure, (kind, count, distinct))
        print(
            f"{kind:10}{count:>10,}{films:>10,}{ours:>9.2f}{ours / count * 1e6:>8.1f}{theirs:>10.3f}"
            f"{ours / theirs:>7.1f}{peak:>9.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
