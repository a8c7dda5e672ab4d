"""Many files: with ten thousand completed uploads, a tick is quick and reads no file."""

import os

from movie_pipeline import uploads
from movie_pipeline.settings import Settings
from movie_pipeline.status import looking
from movie_pipeline.status.arrivals import Memory, Seen
from movie_pipeline.status.store import Entry, Progress, Run
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import SHAPE
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import System, film_list, running

LONGEST_CURSOR = 64
LONGEST_TICK_SECONDS = looking.AT_MOST_SECONDS + 1.0
"""A tick goes on looking; the first look must not take longer than a second."""
_PATIENCE = 240.0
_LONG_AGO = 1.0


def prove(files: int = 10_000, ticks: int = 6) -> Proof:
    """Let the real daemon tick several times over many files with nothing new among them."""
    proof = Proof(f"{files} files that are done, {ticks} ticks of the sensor")
    with running() as system:
        for number in range(files):
            system.drop(f"{number % 100:02}/{number:05}.csv", "Title\nFilm 1\n")
        remember(system.read_settings())
        unread = {path: path.stat().st_atime for path in system.uploads.rglob("*.csv")}
        system.start()
        system.wait_until(lambda: len(_done(system)) >= ticks, _PATIENCE, "ticks")
        looks = _done(system)
        seconds = [one["endTimestamp"] - one["timestamp"] for one in looks]
        proof.figures["ticks (s)"] = ", ".join(f"{one:.2f}" for one in sorted(seconds))
        # The first one starts with a cold code server.
        proof.must(
            sorted(seconds)[len(seconds) // 2] < LONGEST_TICK_SECONDS, "a tick took too long"
        )
        proof.must({one["status"] for one in looks} == {"SKIPPED"}, "a run was requested")
        longest = max(len(one["cursor"] or "") for one in looks)
        proof.figures["cursor (characters)"] = longest
        proof.must(longest <= LONGEST_CURSOR, f"a cursor of {longest} characters")
        read = [path for path, atime in unread.items() if path.stat().st_atime != atime]
        proof.figures["files read"] = len(read)
        proof.must(not read, f"{len(read)} files were read")
        control = next(iter(unread))
        control.read_bytes()
        proof.must(control.stat().st_atime != _LONG_AGO, "this disk does not record access times")
        system.drop("new.csv", film_list(5))
        took = system.wait_until(lambda: system.all_completed(files + 1), _PATIENCE, "the new one")
        proof.figures["one more: completed after (s)"] = round(took, 1)
    return proof


def remember(settings: Settings) -> None:
    """Write the entries and the memory as if all files had arrived and every run was completed."""
    for path in settings.uploads.rglob("*.csv"):
        os.utime(path, (_LONG_AGO, path.stat().st_mtime))  # so that reading changes the first
    found, _ = uploads.scan(settings.uploads)
    done = {one.key: Entry(one.key, Run("1", version="done"), stage="completed") for one in found}
    Progress.of(settings).correct({}, done)
    with Warehouse.of(settings).writing() as connection:
        connection.execute(
            "INSERT INTO raw.uploads (upload, person, version, shape)"
            " SELECT unnest(?), 'me', 'done', ?",
            [[one.key for one in found], SHAPE],
        )
    seen = {one.key: Seen(one.stamp, settled=True, version="done") for one in found}
    Memory(seen, last_arrival=1).save(Memory.path(settings))


def _done(system: System) -> list[dict]:
    return [tick for tick in system.ui.ticks() if tick["endTimestamp"]]
