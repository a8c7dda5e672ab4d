"""How much of TMDB's rate limit is used: whole processes against a server that counts.

    python -m movie_pipeline_tests.benchmarks.bench_limit [PART …]

The server answers after 100 ± 50 ms, and with 429 above 40 requests in any sliding second. Parts:
`titles`, `tmdb-ids`, `imdb-ids`, `again`, `four`, `small`, `same`; all unless some are named.
Films are real ones, so without the shared catalogue there is nothing to measure.
"""

import csv
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from movie_pipeline_tests.benchmarks.bench_job import BIN, SHARED, clone, job
from movie_pipeline_tests.benchmarks.bench_matching import truth_rows
from movie_pipeline_tests.catalogues import load_catalogue_parquet, records_from_parquet
from movie_pipeline_tests.fake_tmdb import FakeTMDB

RATE = 40
CATALOGUE = SHARED / "tmdb_catalogue.parquet"
TRUTH = SHARED / "matching_truth.csv"
COLUMNS = ("title", "year", "imdb_id", "tmdb_id")
_STEP = re.compile(r"(\w+) - STEP_START")
_TOOK = re.compile(r'STEP_SUCCESS - Finished execution of step "(\w+)" in (?:(\d+)m)?([\d.]+)(m?s)')

Film = Mapping[str, Any]


# The server ---------------------------------------------------------------------------------


@dataclass
class Seen:
    """What a server saw since it was last asked."""

    at: list[float]
    status: list[int]
    asked: list[str]

    @property
    def span(self) -> float:
        """Seconds from the first request to the last."""
        return max(self.at[-1] - self.at[0], 1e-9)

    @property
    def limited(self) -> int:
        """How many were answered with 429."""
        return self.status.count(429)

    @property
    def worst_second(self) -> int:
        """The most that arrived within a sliding second."""
        worst = first = 0
        for last, at in enumerate(self.at):
            while self.at[first] <= at - 1:
                first += 1
            worst = max(worst, last - first + 1)
        return worst


@dataclass
class Server:
    """A fake TMDB in a process of its own, so that it is slowed down by nobody's threads."""

    process: "subprocess.Popen[str]"
    base_url: str

    def seen(self) -> Seen:
        """Everything since the last call."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Seen(**json.loads(self.process.stdout.readline()))


@contextmanager
def serving(rate: int | None, latency: float, jitter: float) -> Iterator[Server]:
    """A server over the whole catalogue."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--serve"]
    process = subprocess.Popen(
        [*command, json.dumps([rate, latency, jitter])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Server(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()


def serve(rate: int | None, latency: float, jitter: float) -> None:
    """Be that process: tell the address, then, for each line read, what was seen."""
    with FakeTMDB(
        load_catalogue_parquet(CATALOGUE),
        requests_per_second=rate,
        latency=latency,
        jitter=jitter,
    ) as tmdb:
        print(tmdb.base_url, flush=True)
        for _ in sys.stdin:
            seen = sorted(tmdb.requests.copy(), key=lambda one: one.at)
            tmdb.clear()
            asked = [one.query.get("query") or one.path for one in seen]
            told = {"at": [one.at for one in seen], "status": [one.status for one in seen]}
            print(json.dumps({**told, "asked": asked}), flush=True)


# Runs ---------------------------------------------------------------------------------------


@dataclass
class Run:
    """The job of one upload in a process of its own, and what its log tells of its steps."""

    process: "subprocess.Popen[str]"
    began: float = field(default_factory=time.monotonic)
    step: str = "start"
    took: dict[str, float] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the log as it comes."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if found := _STEP.search(line):
                self.step = found[1]
            if found := _TOOK.search(line):
                step, minutes, number, unit = found.groups()
                seconds = float(number) / (1000 if unit == "ms" else 1)
                self.took[step] = 60 * int(minutes or 0) + seconds

    def wait(self) -> float:
        """Wait until it has succeeded; its seconds."""
        self.process.wait()
        seconds = time.monotonic() - self.began
        self._reader.join()
        if self.process.returncode:
            raise RuntimeError("".join(self.log[-40:]))
        return seconds

    def kill(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def start(folder: Path, upload: str, server: Server, **settings: str) -> Run:
    """Start the job of an upload, with a log that tells its steps."""
    configuration = folder / "dagster.yaml"
    said = configuration.read_text(encoding="utf-8")
    configuration.write_text(said.replace("python_log_level: INFO", "python_log_level: DEBUG"))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TMDB_", "MOVIE_PIPELINE_"))}
    kept |= {"TMDB_API_TOKEN": "token", "TMDB_BASE_URL": server.base_url, **settings}
    program, *arguments = job(upload)
    return Run(
        subprocess.Popen(
            [str(BIN / program), *arguments],
            cwd=folder,
            env=kept,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def drop(folder: Path, upload: str, films: Iterable[Film], *columns: str) -> None:
    """Write an upload with these columns."""
    path = folder / "data" / "uploads" / upload
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(films)


def real_films(number: int) -> list[dict[str, Any]]:
    """Films of the catalogue, well-known ones more often, no two with the same title."""
    by_title = {
        record["title"].casefold(): {
            "title": record["title"],
            "year": record["release_date"][:4],
            "imdb_id": record.get("imdb_id"),
            "tmdb_id": record["id"],
            "votes": record.get("vote_count") or 0,
        }
        for record in records_from_parquet(CATALOGUE)
        if record["release_date"]
    }
    films = list(by_title.values())
    chance = random.Random(4)
    # The largest keys of u ** (1 / weight) are a sample with these weights, none twice.
    films.sort(key=lambda one: chance.random() ** (1 / (1 + one["votes"])), reverse=True)
    return films[:number]


def settle(folder: Path, server: Server) -> None:
    """Run once without films: processes that make Dagster's databases at once trip each other."""
    drop(folder, "nothing.csv", [], *COLUMNS[:2])
    start(folder, "nothing.csv", server).wait()


# Parts --------------------------------------------------------------------------------------


def row(what: str, value: float, unit: str, goal: str = "") -> None:
    """Print a line of the table."""
    shown = f"{value:10d}" if isinstance(value, int) else f"{value:10.2f}"
    print(f"  {what:44}{shown} {unit:24} {goal}", flush=True)


def cold(server: Server, title: str, columns: tuple[str, ...], goals: tuple[str, str]) -> None:
    """1,000 films that nobody has asked about."""
    print(title)
    films = truth_rows(TRUTH)
    with clone() as folder:
        drop(folder, "mine.csv", films, *columns)
        run = start(folder, "mine.csv", server)
        run.wait()
        seen = server.seen()
        again = start(folder, "mine.csv", server)
        again.wait()
        asked_again = len(server.seen().at)
    row("requests a film", len(seen.at) / len(films), "", goals[0])
    row("films a second while asking", len(films) / seen.span, "", goals[1])
    row("share of the budget", 100 * len(seen.at) / seen.span / RATE, "%", "≥ 95")
    row("worst sliding second", seen.worst_second, "requests", f"≤ {RATE}")
    row("answered 429", seen.limited, "")
    row("enrichment step", run.took["enriched__movies"], "s")
    row("a second run: requests", asked_again, "", "0")


def titles(server: Server) -> None:
    """By title and year."""
    cold(server, "1,000 films by title and year", ("title", "year"), ("≤ 2.05", "≥ 18.5"))


def tmdb_ids(server: Server) -> None:
    """By TMDB's ids."""
    cold(server, "1,000 films with TMDB ids", (*COLUMNS[:2], "tmdb_id"), ("≤ 1.02", "≥ 37"))


def imdb_ids(server: Server) -> None:
    """By IMDb's ids, of which the catalogue lacks some."""
    known = {one.get("imdb_id") for one in records_from_parquet(CATALOGUE)}
    absent = sum(one["imdb_id"] not in known for one in truth_rows(TRUTH))
    print(f"({absent} of the next films' ids are not in the catalogue)")
    cold(server, "1,000 films with IMDb ids", COLUMNS[:3], ("≤ 1.02", "≥ 37"))


def again(server: Server) -> None:
    """The work on a film that is known."""
    print("1,000 known films")
    films = truth_rows(TRUTH)
    with clone() as folder:
        drop(folder, "many.csv", films, *COLUMNS[:2])
        drop(folder, "one.csv", films[:1], *COLUMNS[:2])
        start(folder, "many.csv", server).wait()
        server.seen()
        many, one, steps = [], [], []
        for _ in range(3):
            run = start(folder, "many.csv", server)
            many.append(worked(run))
            steps.append(run.took["enriched__movies"])
            one.append(worked(start(folder, "one.csv", server)))
        requests = len(server.seen().at)
    (all_of, cpu_of_all), (one_of, cpu_of_one) = median(many), median(one)
    others = len(films) - 1
    row("requests of three runs", requests, "", "0")
    row("job, median", all_of, "s")
    row("  its enrichment step", statistics.median(steps), "s")
    row("job with one film, median", one_of, "s")
    row("time for each other film", 1000 * (all_of - one_of) / others, "ms")
    row("CPU for each other film", 1000 * (cpu_of_all - cpu_of_one) / others, "ms", "≤ 3")


def worked(run: Run) -> tuple[float, float]:
    """Wait for a run that is the only one: its seconds, and those of the CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = run.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median(pairs: Iterable[tuple[float, float]]) -> tuple[float, ...]:
    """The median of the first numbers, and that of the second ones."""
    return tuple(map(statistics.median, zip(*pairs, strict=True)))


def four(server: Server) -> None:
    """Four runs at once."""
    print("four runs at once, 250 films each")
    films, number = real_films(1000), 250
    owner: dict[str, int] = {}
    with clone() as folder:
        for one in range(4):
            share = films[one * number : (one + 1) * number]
            drop(folder, f"{one}.csv", share, *COLUMNS[:2])
            for film in share:
                owner |= {film["title"]: one, f"/movie/{film['tmdb_id']}": one}
        settle(folder, server)
        for run in [start(folder, f"{one}.csv", server) for one in range(4)]:
            run.wait()
    seen = server.seen()
    owned = [owner.get(asked, -1) for asked in seen.asked]
    times = [[at for at, who in zip(seen.at, owned, strict=True) if who == n] for n in range(4)]
    began, ended = max(one[0] for one in times), min(one[-1] for one in times)
    within = [at for at in seen.at if began <= at <= ended]
    each = [sum(began <= at <= ended for at in one) for one in times]
    row("worst sliding second", seen.worst_second, "requests", f"≤ {RATE}")
    row("answered 429", seen.limited, "")
    row("all four were asking for", ended - began, "s")
    row("  share of the budget then", 100 * len(within) / (ended - began) / RATE, "%", "≥ 90")
    row("  least and most that one of them had", min(each), f"to {max(each)} requests", "fair")
    row("requests a film", len(seen.at) / (4 * number), "", "≤ 2.05")


def small(server: Server) -> None:
    """A small upload beside a large one."""
    print("20 films, started while 5,000 are asked about")
    films = real_films(5020)
    with clone() as folder:
        drop(folder, "large.csv", films[20:], *COLUMNS[:2])
        drop(folder, "small.csv", films[:20], *COLUMNS[:2])
        large = start(folder, "large.csv", server)
        try:
            asked = 0
            while asked < 5 * RATE:
                time.sleep(0.5)
                asked += len(server.seen().at)
            run = start(folder, "small.csv", server)
            run.wait()
        finally:
            large.kill()
    seen = server.seen()
    row("enrichment of the small one", run.took["enriched__movies"], "s", "≤ 5")
    row("share of the budget", 100 * len(seen.at) / seen.span / RATE, "%")
    row("worst sliding second", seen.worst_second, "requests", f"≤ {RATE}")
    row("answered 429", seen.limited, "")


def same(server: Server) -> None:
    """The same films in four uploads at once."""
    print("the same 500 films in four uploads at once")
    films = real_films(500)
    with clone() as folder:
        for one in range(4):
            drop(folder, f"{one}.csv", films, *COLUMNS[:2])
        settle(folder, server)
        runs = [start(folder, f"{one}.csv", server) for one in range(4)]
        for run in runs:
            run.wait()
    seen = server.seen()
    row("requests", len(seen.at), f"{len(seen.at) / len(films):.2f} a film", "one set")
    row("share of the budget", 100 * len(seen.at) / seen.span / RATE, "%")
    row("answered 429", seen.limited, "")
    row("slowest enrichment", max(run.took["enriched__movies"] for run in runs), "s")


PARTS = {
    "titles": titles,
    "tmdb-ids": tmdb_ids,
    "imdb-ids": imdb_ids,
    "again": again,
    "four": four,
    "small": small,
    "same": same,
}


def main(chosen: Iterable[str] = ()) -> None:
    """Print the table."""
    if not (CATALOGUE.exists() and TRUTH.exists()):
        print(f"(nothing to measure with: {CATALOGUE} or {TRUTH} is not here)")
        return
    with serving(RATE, 0.1, 0.05) as server:
        for name in chosen or PARTS:
            PARTS[name](server)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*json.loads(sys.argv[2]))
    else:
        main(sys.argv[1:])
