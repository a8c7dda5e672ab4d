"""What a run costs beyond Dagster itself: whole processes, in pairs that take turns.

    python -m movie_pipeline_tests.benchmarks bench_dagster

A warm upload of 300 films against a job with one empty asset, and against the same assets with
empty bodies; importing the definitions against importing Dagster. Seconds are of the processor,
user and system: those of the wall depend on what else the machine does. The figure is the median
of the pairs' ratios.

Not here: how long the user waits for something (`bench_job`).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from movie_pipeline.commands import run_job
from movie_pipeline_tests.benchmarks.bench_job import clone
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.soak.system import TOKEN, catalogue, film_list

FILMS = 300
PAIRS = 7
MOST = {"empty asset": 2.0, "empty bodies": 1.75, "imports": 1.5}
"""The most that each ratio may be."""

EMPTY_ASSET = """
import dagster as dg

@dg.asset
def nothing() -> None:
    pass

defs = dg.Definitions(
    assets=[nothing],
    jobs=[dg.define_asset_job("empty", selection="*")],
    executor=dg.in_process_executor,
)
"""

# Same steps, assets, checks, partitions and imports; nothing is computed, stored or noted.
EMPTY_BODIES = """
import dagster as dg
from movie_pipeline import definitions
from movie_pipeline.defs.assets import ASSETS
from movie_pipeline.defs.partitions import SELECTION, UPLOADS

def hollow(ours):
    @dg.multi_asset(name=ours.op.name, specs=[*ours.specs], check_specs=[*ours.check_specs])
    def assets(context):
        context.instance.add_dynamic_partitions(UPLOADS.name, [context.partition_key])
        for key in ours.keys:
            checks = [
                dg.AssetCheckResult(check_name=one.name, passed=True)
                for one in ours.check_specs
                if one.asset_key == key
            ]
            yield dg.MaterializeResult(asset_key=key, check_results=checks)
    return assets

defs = dg.Definitions(
    assets=[hollow(one) for one in ASSETS if one.partitions_def and SELECTION not in one.keys],
    jobs=[dg.define_asset_job("empty", selection="*")],
    executor=dg.in_process_executor,
)
"""


def processor_seconds(folder: Path, command: list[str], **environment: str) -> float:
    """What a command that must succeed, and all that it started, took of the processor."""
    # Without bytecode, each run compiles our code: `make` lets Python keep it, containers may not.
    left_out = ("TMDB_", "MOVIE_PIPELINE_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "PYTHONWARNINGS": "ignore", **environment},
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{command} failed:\n{output.read()[-3000:]}")
    return usage.ru_utime + usage.ru_stime


def empty(module: str) -> list[str]:
    """The command that runs one of the empty jobs."""
    tags = json.dumps({"dagster/partition": "empty"}) if module == "empty_bodies" else "{}"
    dagster = [sys.executable, "-m", "dagster", "job", "execute"]
    return [*dagster, "-f", f"{module}.py", "-j", "empty", "--tags", tags]


def compare(name: str, first: list[float], second: list[float]) -> None:
    """Print the medians of both, and of their ratios."""
    ratio = statistics.median(a / b for a, b in zip(first, second, strict=True))
    a, b = statistics.median(first), statistics.median(second)
    print(f"{name:24} {a:6.2f} s / {b:5.2f} s = {ratio:5.2f}   (at most {MOST[name]})", flush=True)


def main() -> None:
    """Print the table."""
    with clone() as folder, FakeTMDB(catalogue(), token=TOKEN) as server:
        (folder / "empty_asset.py").write_text(EMPTY_ASSET)
        (folder / "empty_bodies.py").write_text(EMPTY_BODIES)
        (folder / "data" / "uploads" / "warm.csv").write_text(film_list(FILMS))
        environment = {
            "TMDB_API_TOKEN": TOKEN,
            "TMDB_BASE_URL": server.base_url,
            "TMDB_REQUESTS_PER_SECOND": "1000",
        }
        commands = {
            "ours": run_job.command("warm.csv"),
            "empty asset": empty("empty_asset"),
            "empty bodies": empty("empty_bodies"),
            "import ours": [sys.executable, "-c", "import movie_pipeline.definitions"],
            "import dagster": [sys.executable, "-c", "import dagster, dagster_duckdb_pandas"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(PAIRS + 1):
            for name, command in commands.items():
                took = processor_seconds(folder, command, **environment)
                if turn:  # in the first one, answers are fetched and bytecode is written
                    seconds[name].append(took)
            asked = len(server.requests)
            server.clear()
        print(f"an upload of {FILMS} films, warm: {asked} requests; seconds of the processor")
        for name in ("empty asset", "empty bodies"):
            compare(name, seconds["ours"], seconds[name])
        compare("imports", seconds["import ours"], seconds["import dagster"])


if __name__ == "__main__":
    main()
