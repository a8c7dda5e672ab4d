"""How the cost grows: with the films of an upload, and with the uploads in the folder.

    python -m movie_pipeline_tests.benchmarks.bench_growth [LARGEST]

The first table is of `dagster job execute` as a whole process: cold (every film is asked for, by
its TMDB id) and warm. The second is of the code in this process, with uploads of one film that are
all completed: a look of the sensor that finds nothing new, the status, and forgetting one upload.
Seconds are of the processor. The exponent is that of the last step: 1 is proportional.

100 to 50,000 films and 10 to 10,000 uploads, or up to LARGEST. Not here: how the memory is spread
over the steps (`bench_memory`), and speed at TMDB's limit (`bench_limit`).
"""

import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import dagster as dg

from movie_pipeline import names, status
from movie_pipeline import settings as environment
from movie_pipeline.commands import run_job
from movie_pipeline.forgetting.forget import forget
from movie_pipeline.settings import Settings
from movie_pipeline.status import looking
from movie_pipeline.status.store import Entry, Progress, Run, Stored
from movie_pipeline.uploads import content_hash
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_UPLOADS, SHAPE
from movie_pipeline_tests.benchmarks.bench_job import clone
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.soak.system import TOKEN, catalogue

FILMS = (100, 1_000, 10_000, 50_000)
UPLOADS = (10, 100, 1_000, 10_000)
MEGABYTE = 1e6
_VALUES = {
    "VARCHAR": "'matched'",
    "INTEGER": "1",
    "BOOLEAN": "true",
    "TIMESTAMP": "now()::TIMESTAMP",
}
"""A value for a column of a type that must have one."""


class Cost(NamedTuple):
    """What a process took: seconds of the processor, and its memory at the peak (MB)."""

    seconds: float
    memory: float


def run(folder: Path, root: str, upload: str = "mine.csv") -> Cost:
    """Run the job for an upload."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TMDB_", "MOVIE_PIPELINE_"))}
    given = {"TMDB_API_TOKEN": TOKEN, "TMDB_BASE_URL": root, "TMDB_REQUESTS_PER_SECOND": "1000"}
    command, log = run_job.command(upload), folder / "run.log"
    child = os.fork()
    if not child:
        os.chdir(folder)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.execvpe(command[0], command, {**kept, **given, "PYTHONWARNINGS": "ignore"})
    _, code, usage = os.wait4(child, 0)
    if code:
        raise RuntimeError(log.read_text()[-3000:])
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MEGABYTE)


def size(path: Path) -> float:
    """The megabytes of a file, or of all files below a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(one.stat().st_size for one in files if one.is_file()) / MEGABYTE


def exponent(numbers: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent by which a cost grew over the last step."""
    if len(costs) < 2 or not costs[-2]:
        return math.nan
    return math.log(costs[-1] / costs[-2]) / math.log(numbers[-1] / numbers[-2])


def show(names: Sequence[str], numbers: Sequence[int], rows: Sequence[Sequence[float]]) -> None:
    """Print a table, and the exponent of each column."""
    print("".join(f"{name:>13}" for name in names))
    for number, row in zip(numbers, rows, strict=True):
        print(f"{number:13,}" + "".join(f"{one:13.2f}" for one in row))
    columns = list(zip(*rows, strict=True))
    print(f"{'exponent':>13}" + "".join(f"{exponent(numbers, one):13.2f}" for one in columns))


def of_films(numbers: Sequence[int]) -> None:
    """The table of uploads by number of films."""
    rows = []
    with FakeTMDB(catalogue(max(numbers)), token=TOKEN) as server:
        for number in numbers:
            lines = (f"Film {one},{1950 + one % 50},{1000 + one}" for one in range(number))
            with clone() as folder:
                upload = folder / "data/uploads/mine.csv"
                upload.write_text("\n".join(["Title,Year,TMDB_ID", *lines, ""]))
                server.clear()
                cold = run(folder, server.base_url)
                requests = len(server.requests)
                warm = run(folder, server.base_url)
                data = folder / "data"
                page = size(data / "dashboard/mine.csv.html")
                stored = (size(data / one) for one in ("tmdb.sqlite", "warehouse.duckdb"))
                rows.append([*cold, *warm, requests, *stored, size(data / "dagster"), page])
                print(f"  ({number:,} films)", file=sys.stderr, flush=True)
    titles = ("cold s", "MB", "warm s", "MB", "requests", "answers MB", "tables MB", "runs MB")
    show(("films", *titles, "page MB"), numbers, rows)


@contextmanager
def folder_of(number: int) -> Iterator[tuple[Settings, dg.DagsterInstance]]:
    """A data folder with so many completed uploads of one film, and its Dagster instance."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["MOVIE_PIPELINE_DATA"] = name
        settings = environment.load()
        keys = [f"{one % 100:02}/{one:05}.csv" for one in range(number)]
        for key in keys:
            path = settings.uploads / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("Title\nFilm 1\n")
        version = content_hash(path)
        stored = Stored(counts={"matched": 1}, answered_by="tmdb", shape=SHAPE)
        done = {
            key: Entry(key, Run("1", version=version), stored, stage="completed") for key in keys
        }
        Progress.of(settings).correct({}, done)
        warehouse = Warehouse.of(settings)
        with warehouse.writing() as connection:
            for table in (RAW_MOVIES, ENRICHED_MOVIES, RAW_UPLOADS):
                required = (one for one in table if one.required and one.name != "upload")
                values = ", ".join(f"{_VALUES[one.type]} AS {one.name}" for one in required)
                connection.execute(
                    f"INSERT INTO {table.sql_name} BY NAME"
                    f" SELECT unnest(?) AS upload, ? AS version, {values}",
                    [keys, version],
                )
            connection.execute(f"UPDATE {RAW_UPLOADS.sql_name} SET shape = ?", [SHAPE])
        (Path(name) / "home").mkdir()
        with dg.DagsterInstance.local_temp(
            str(Path(name) / "home"),
            overrides={
                "storage": {
                    "custom": {
                        "module": "movie_pipeline.instance.storage",
                        "class": "InstanceStorage",
                        "config": {"base_dir": f"{name}/dagster"},
                    }
                }
            },
        ) as instance:
            instance.add_dynamic_partitions(names.UPLOADS, keys)
            yield settings, instance


def of_uploads(numbers: Sequence[int]) -> None:
    """The table of folders by number of uploads."""
    from movie_pipeline.defs.sensors import uploads_sensor  # imports everything

    looking.AT_MOST_SECONDS = 0.0  # one look
    rows = []
    for number in numbers:
        with folder_of(number) as (settings, instance):
            cursor = None
            for _ in range(3):
                tick = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
                cursor = tick.cursor
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            rows.append(
                [
                    took(lambda context=context: uploads_sensor(context)),
                    took(lambda settings=settings: status.read(settings)),
                    took(
                        lambda settings=settings, of=instance: forget("00/00000.csv", settings, of)
                    ),
                    size(settings.data / "arrivals.json"),
                    size(settings.data / "progress.sqlite"),
                ]
            )
            print(f"  ({number:,} uploads)", file=sys.stderr, flush=True)
    show(("uploads", "look s", "status s", "forget s", "memory MB", "status MB"), numbers, rows)


def took(work: Callable[[], object]) -> float:
    """Seconds of the processor that something takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main(largest: int = 50_000) -> None:
    """Print the tables."""
    of_uploads([one for one in UPLOADS if one <= largest])
    of_films([one for one in FILMS if one <= largest])


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
