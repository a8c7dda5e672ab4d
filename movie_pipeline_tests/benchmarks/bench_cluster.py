"""The warehouse in a file and in PostgreSQL: what an upload of 100 films costs.

    python -m movie_pipeline_tests.benchmarks bench_cluster

Processor seconds of our process (not of the server) for writing and for reading one upload, with 50
others stored, the mean of 10; and how many uploads a second several processes write, the wall of a
machine that should do nothing else. A write is what a run does: raw tables, then the enriched one.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import pandas as pd

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import (
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_UPLOADS,
    RAW_VIEWINGS,
)
from movie_pipeline_tests.cluster.postgres_server import PROGRAMS, postgres_server

FILMS = 100
OTHERS = 50
TIMES = 10
PROCESSES = (1, 4)
_CAST = [f"Somebody Somewhere {number}" for number in range(20)]


def store(warehouse: Warehouse, upload: str) -> None:
    """Write an upload as a run does."""
    numbers = range(FILMS)
    day = pd.Timestamp(2024, 1, 1)
    films = pd.DataFrame({"row_number": numbers, "title": [f"Film {n}" for n in numbers]})
    about = pd.DataFrame([{"person": upload, "source_format": "letterboxd", "exported_at": day}])
    viewings = pd.DataFrame({"row_number": numbers, "watched_on": day})
    warehouse.write(
        upload,
        {RAW_MOVIES: films.assign(seen=True), RAW_UPLOADS: about, RAW_VIEWINGS: viewings},
    )
    enriched = films.assign(
        match_status="matched",
        tmdb_enriched=True,
        tmdb_id=numbers,
        cast=[_CAST] * FILMS,
        cast_ids=[list(range(20))] * FILMS,
        genres=[["Drama", "Horror"]] * FILMS,
        match_candidates=[[{"tmdb_id": 1, "title": "Film", "year": 1999, "score": 0.9}]] * FILMS,
    )
    warehouse.write(upload, {ENRICHED_MOVIES: enriched})


def read(warehouse: Warehouse, upload: str) -> None:
    """Read the two large tables of an upload."""
    for table in (RAW_MOVIES, ENRICHED_MOVIES):
        assert len(warehouse.read(table, upload)) == FILMS


def per_upload(work: Callable[[Warehouse, str], None], warehouse: Warehouse) -> float:
    """Processor seconds of this process for one upload."""
    began = time.process_time()
    for number in range(TIMES):
        work(warehouse, f"{number}.csv")
    return (time.process_time() - began) / TIMES


def written_per_second(database: str, processes: int) -> float:
    """Uploads that several processes write in a second, without the time that they start in."""
    code = (
        "import sys; from movie_pipeline_tests.benchmarks.bench_cluster import *;"
        "one = Warehouse(sys.argv[1], 300); store(one, sys.argv[2]); print('ready', flush=True);"
        "sys.stdin.readline(); [store(one, f'{sys.argv[2]}-{n}') for n in range(TIMES)]"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, database, f"process {number}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for number in range(processes)
    ]  # fmt: skip
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    assert [one.wait() for one in started] == [0] * processes
    return processes * TIMES / (time.perf_counter() - began)


def main() -> None:
    """Print the table; without PostgreSQL's programs, say so."""
    if PROGRAMS is None:
        print("skipped: PostgreSQL's programs are not installed (apt-get install postgresql)")
        return
    with postgres_server() as server, tempfile.TemporaryDirectory() as folder:
        places = {"file": f"{folder}/warehouse.duckdb", "PostgreSQL": server.warehouse()}
        columns = "".join(f"{f'{n} writing, /s':>16}" for n in PROCESSES)
        print(f"{'':12}{'write, CPU s':>14}{'read, CPU s':>14}{columns}")
        for name, database in places.items():
            warehouse = Warehouse(database, wait_seconds=300)
            for number in range(OTHERS):
                store(warehouse, f"other {number}.csv")
            seconds = [per_upload(work, warehouse) for work in (store, read)]
            rates = [written_per_second(database, number) for number in PROCESSES]
            print(f"{name:12}{seconds[0]:14.3f}{seconds[1]:14.3f}", end="")
            print("".join(f"{rate:16.1f}" for rate in rates), flush=True)


if __name__ == "__main__":
    main()
