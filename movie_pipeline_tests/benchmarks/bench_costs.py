"""What many users cost: measured costs of one upload, multiplied.

    python -m movie_pipeline_tests.benchmarks bench_costs

An upload of 500 films is run as a whole process, then three more with the same films, as of other
users: these cost no requests. What each of the three takes of the processor and leaves on disk is
the first line. The table is arithmetic: each user drops such a list once a month, of which 1 % are
films that nobody had before. Cores are those that are busy all day. A worker that has the libraries
imported (docs/many-machines.md) takes less.

Not here: how long the user waits (`bench_latency`), what PostgreSQL costs (`bench_cluster`).
"""

import statistics

from movie_pipeline.settings import Settings
from movie_pipeline.tmdb.budget import PACE
from movie_pipeline_tests.benchmarks.bench_growth import run, size
from movie_pipeline_tests.benchmarks.bench_job import clone
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.soak.system import TOKEN, catalogue

FILMS = 500
OTHERS = 3
NEW = 0.01
USERS = (1_000, 100_000, 1_000_000, 10_000_000)
DAY = 86_400
MONTH = 30


def main() -> None:
    """Measure one upload, and print the table."""
    lines = (f"Film {one},{1950 + one % 50}" for one in range(FILMS))
    text = "\n".join(["Title,Year", *lines, ""])
    with FakeTMDB(catalogue(FILMS), token=TOKEN) as server, clone() as folder:
        data = folder / "data"
        parts = [data / one for one in ("warehouse.duckdb", "dashboard", "dagster")]
        for name in ("mine.csv", *(others := [f"other-{one}.csv" for one in range(OTHERS)])):
            (data / "uploads" / name).write_text(text)
        cold = run(folder, server.base_url)
        requests = len(server.requests) / FILMS
        before = [size(one) for one in parts]
        warm = statistics.mean(run(folder, server.base_url, one).seconds for one in others)
        tables, pages, events = (
            (size(one) - was) / OTHERS for one, was in zip(parts, before, strict=True)
        )
    print(
        f"{FILMS} films: {cold.seconds:.1f} s of the processor and {requests:.2f} requests a film"
        f" the first time, {warm:.1f} s for others; {tables:.1f} MB of tables, {pages:.1f} MB of"
        f" pages and pictures, {events:.1f} MB of Dagster's events"
    )
    most = Settings.requests_per_second * PACE * DAY
    titles = (
        "users",
        "runs a day",
        "cores",
        "tables GB",
        "pages GB",
        "events GB",
        "requests",
        "of the limit",
    )
    print("".join(f"{title:>14}" for title in titles))
    for users in USERS:
        runs = users / MONTH
        asked = runs * FILMS * NEW * requests
        disk = (users * one / 1000 for one in (tables, pages, events))
        print(
            f"{users:14,}{runs:14,.0f}{runs * warm / DAY:14,.2f}"
            + "".join(f"{one:14,.0f}" for one in disk)
            + f"{asked:14,.0f}{asked / most:14.1%}"
        )


if __name__ == "__main__":
    main()
