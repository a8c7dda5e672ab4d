"""The job from outside, as whole processes: the demo, and a real export at the limit, then warm.

    python -m movie_pipeline_tests.benchmarks bench_job

The real export and catalogue are used when they are there; otherwise those rows are left out. What
a run costs beyond Dagster itself is `bench_dagster`'s.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from movie_pipeline_tests.catalogues import load_catalogue_parquet
from movie_pipeline_tests.fake_tmdb import FakeTMDB

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
BIN = Path(sys.executable).parent


@contextmanager
def clone():
    """A folder like a fresh clone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data" / "uploads").mkdir(parents=True)
        shutil.copytree(ROOT / "data" / "samples", folder / "data" / "samples")
        for one in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(ROOT / one, folder / one)
        yield folder


def seconds(folder: Path, *command: str, **environment: str) -> float:
    """Wall time of a command that must succeed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TMDB_", "MOVIE_PIPELINE_"))}
    began = time.monotonic()
    subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        env={**kept, **environment},
        check=True,
        capture_output=True,
    )
    return time.monotonic() - began


def job(upload: str) -> tuple[str, ...]:
    """The command for CI."""
    tags = json.dumps({"dagster/partition": upload})
    module = ("-m", "movie_pipeline.definitions", "-j", "enrich_upload")
    return ("dagster", "job", "execute", *module, "--tags", tags)


def main() -> None:
    """Print the table."""
    with clone() as folder:
        print(
            f"demo, installed, first time      {seconds(folder, 'movie-pipeline', 'demo'):7.1f} s"
        )
        print(
            f"demo, again                      {seconds(folder, 'movie-pipeline', 'demo'):7.1f} s"
        )
    if not SHARED.is_dir():
        print("(the real export and catalogue are not here)")
        return
    catalogue = load_catalogue_parquet(SHARED / "tmdb_catalogue.parquet")
    with (
        clone() as folder,
        FakeTMDB(catalogue, token="t", requests_per_second=40, latency=0.1) as server,
    ):
        shutil.copy(SHARED / "exports" / "letterboxd-watched.csv", folder / "data/uploads/real.csv")
        environment = {"TMDB_API_TOKEN": "t", "TMDB_BASE_URL": server.base_url}
        cold = seconds(folder, *job("real.csv"), **environment)
        times = [request.at for request in server.requests]
        films, asked = 1621, len(times)
        span = times[-1] - times[0]
        print(f"real export, cold                {cold:7.1f} s   (100 ms, 40 requests/s)")
        print(f"  films a second while asking    {films / span:7.2f}")
        print(f"  requests a film                {asked / films:7.2f}")
        print(f"  requests a second              {asked / span:7.2f}")
        print(f"  answered 429                   {server.count(status=429):7d}")
        server.clear()
        warm = seconds(folder, *job("real.csv"), **environment)
        print(f"real export, again               {warm:7.1f} s   ({len(server.requests)} requests)")


if __name__ == "__main__":
    main()
