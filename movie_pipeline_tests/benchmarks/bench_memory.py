"""The memory that the job of one upload takes at its peak, by number of films and by step.

    python -m movie_pipeline_tests.benchmarks.bench_memory [FILMS …]

Whole processes against a server without limit or latency; real films by title and year, beyond
10,000 with their TMDB ids, because the server needs some milliseconds for each search. A cold run
asks for every film, a warm one for none. 1,000, 10,000 and 50,000 films unless others are given;
they take about 12 minutes. Without the shared catalogue there is nothing to measure.
"""

import contextlib
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from movie_pipeline_tests.benchmarks.bench_job import clone
from movie_pipeline_tests.benchmarks.bench_limit import (
    CATALOGUE,
    Run,
    Server,
    drop,
    real_films,
    serving,
    start,
)

STEPS = ("raw", "enriched__movies", "analytics", "dashboard")
MEGABYTE = 1e6
_LOOK_EVERY_SECONDS = 0.05


def peaks(run: Run) -> dict[str, float]:
    """Wait for the run: the most memory (RSS, MB) that it had in each of its steps."""
    most: dict[str, float] = {}
    ended = threading.Event()

    def watch() -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(run.process.pid)
            while not ended.wait(_LOOK_EVERY_SECONDS):
                used = process.memory_info().rss / MEGABYTE
                most[run.step] = max(used, most.get(run.step, 0.0))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run.wait()
    finally:
        ended.set()
        watcher.join()
    return most


def show(what: str, folder: Path, server: Server) -> None:
    """Run the job and print a line."""
    run = start(folder, "mine.csv", server, TMDB_REQUESTS_PER_SECOND="1000")
    most = peaks(run)
    each = "".join(f"{most.get(step, 0.0):10.0f}" for step in STEPS)
    size = (folder / "data" / "tmdb.sqlite").stat().st_size / MEGABYTE
    seconds = sum(run.took.values())
    print(f"  {what:24}{max(most.values()):8.0f}{each}{seconds:10.0f}{size:10.0f}", flush=True)


def main(numbers: Sequence[int] = (1_000, 10_000, 50_000)) -> None:
    """Print the table."""
    if not CATALOGUE.exists():
        print(f"(nothing to measure with: {CATALOGUE} is not here)")
        return
    names = "".join(f"{step.partition('__')[0]:>10}" for step in STEPS)
    print(f"  {'MB at the peak':24}{'all':>8}{names}{'seconds':>10}{'kept MB':>10}   (goal: < 500)")
    films = real_films(max(numbers))
    with serving(None, 0.0, 0.0) as server:
        for number in numbers:
            columns = ("title", "year") if number <= 10_000 else ("title", "year", "tmdb_id")
            with clone() as folder:
                drop(folder, "mine.csv", films[:number], *columns)
                shown = min(number, len(films))
                show(f"{shown:,} films, cold", folder, server)
                server.seen()
                show(f"{shown:,} films, warm", folder, server)


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or (1_000, 10_000, 50_000))
