"""Faults of the machine and the folder: a full or read-only disk, uploads that vanish or change.

Each is a clear failure, and once it has been fixed the same upload is completed, with nothing lost
of another upload. A clock that was set back is covered by unit tests, which pass in clocks.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.store import Progress
from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import System, film_list, running

FILMS = 30
_LARGE = 2_000
_ROOM_BYTES = 2_000_000
_PATIENCE = 240.0


def prove() -> Proof:
    """One fault after the other, each in a separate system."""
    proof = Proof("disk full, folder read-only, upload replaced while read, deleted while queued")
    for fault in (full_disk, read_only, replaced_while_read, deleted_while_queued):
        with running() as system:
            fault(system, proof)
    return proof


def full_disk(system: System, proof: Proof, films: int = _LARGE) -> None:
    """The data folder's disk fills up while a run is querying TMDB."""
    _first(system, proof)
    with _small_disk(system) as grow:
        if grow is None:
            proof.figures["disk full"] = "left out: only root may mount a small disk"
            return
        system.drop("more.csv", film_list(films, first=500))
        proof.must(system.execute("more.csv").wait() == 1, "disk full: exit code 1")
        try:
            shown = system.statuses()["more.csv"]
            said = f"{shown.status}: {shown.message}"
        except ProgressError as error:
            said = str(error)
        proof.figures["disk full"] = said.replace(str(system.data), "data")
        proof.must("free" in said.lower() or "gone" in said, f"disk full, and said: {said}")
        proof.problems += system.incomplete({"first.csv": FILMS})
        grow()
        proof.must(system.execute("more.csv").wait() == 0, "disk freed: run again")
        proof.problems += system.incomplete({"first.csv": FILMS, "more.csv": films})
        _, again = system.questions()
        proof.figures["disk full: questions asked again"] = again


def read_only(system: System, proof: Proof) -> None:
    """First the folder of pages, then the whole data folder is read-only."""
    _first(system, proof)
    for name, folder in (("pages", system.data / "dashboard"), ("data", system.data)):
        upload = f"read-only {name}.csv"
        system.drop(upload, film_list(FILMS, first=100))
        system.said.write_text("")
        with _unwritable(folder) as done:
            if not done:
                proof.figures["read-only"] = "left out: root needs a mount for it"
                return
            code = system.execute(upload).wait(_PATIENCE)
        said = [one for one in system.said.read_text().splitlines() if _blames(one, folder)]
        proof.must(code == 1, f"{name} read-only: exit code {code}")
        proof.must(said, f"{name} read-only, but no message named it")
        proof.figures[f"{name} read-only"] = " ".join(said[:1]).strip()[-160:]
        code = system.execute(upload).wait(_PATIENCE)
        proof.must(code == 0, f"{name} writable again: exit code {code}")
        proof.problems += system.incomplete({"first.csv": FILMS, upload: FILMS})


def replaced_while_read(system: System, proof: Proof, films: int = 150_000) -> None:
    """Rows never come from two files: the run starts over with the new one."""
    system.drop("changing.csv", film_list(films))
    run = system.execute("changing.csv")

    progress = Progress.of(system.read_settings())

    def being_read() -> bool:
        entry = progress.get("changing.csv")
        return run.poll() is not None or bool(entry and entry.run.version)

    system.wait_until(being_read, _PATIENCE, "it is being read")
    system.drop("changing.csv", film_list(FILMS, first=300))
    proof.must(run.wait() == 0, "replaced while read: the run")
    said = system.said.read_text()
    proof.must("was replaced while it was being read" in said, "replaced while read: not reported")
    proof.problems += system.incomplete({"changing.csv": FILMS})


def deleted_while_queued(system: System, proof: Proof) -> None:
    """Its run reports that and writes nothing; dropped again, the upload is completed."""
    upload = "deleted.csv"
    system.start()
    system.tmdb.latency = 2.0
    for number in range(4):  # as many as there are slots
        system.drop(f"slow-{number}.csv", film_list(FILMS, first=100 * number))
    system.wait_until(lambda: system.counted()["enriching"] == 4, _PATIENCE, "all slots are taken")
    path = system.drop(upload, film_list(FILMS, first=900))
    system.wait_until(lambda: system.ui.runs_of(upload), _PATIENCE, "it is queued")
    path.unlink()
    system.tmdb.latency = 0.0
    system.wait_until(
        lambda: system.ui.runs_of(upload)[0]["status"] == "FAILURE", _PATIENCE, "its run has ended"
    )
    events = system.ui.events(system.ui.runs_of(upload)[0]["id"])
    said = " ".join(one["error"]["message"] for one in events if one.get("error"))
    proof.must(f"{upload} is not in" in said, f"deleted while queued: {said[:300]}")
    shown = system.statuses().get(upload)
    proof.must(shown is None or shown.status == "removed", f"deleted while queued: {shown}")
    system.drop(upload, film_list(FILMS, first=900))
    system.wait_until(lambda: system.all_completed(5), _PATIENCE, "dropped again")
    proof.problems += system.incomplete({upload: FILMS})


def _first(system: System, proof: Proof) -> None:
    """Complete an upload before anything goes wrong."""
    system.drop("first.csv", film_list(FILMS))
    proof.must(system.execute("first.csv").wait() == 0, "a run before anything went wrong")


@contextmanager
def _small_disk(system: System) -> Iterator[Callable[[], bool] | None]:
    """Put the data folder on a disk with little space.

    Yields a function that enlarges the disk, or None if no disk can be mounted.
    """
    aside = system.folder.parent / "aside"
    system.data.rename(aside)
    system.data.mkdir()
    size = sum(one.stat().st_blocks * 512 for one in aside.rglob("*")) + _ROOM_BYTES
    place = str(system.data)
    mounted = _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    shutil.copytree(aside, system.data, dirs_exist_ok=True)
    try:
        yield (lambda: _mount("-o", "remount,size=500m", place)) if mounted else None
    finally:
        if mounted:
            system.kill()
            subprocess.run(["umount", place], check=True)


def _mount(*arguments: str) -> bool:
    with suppress(OSError):
        return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0
    return False


@contextmanager
def _unwritable(folder: Path) -> Iterator[bool]:
    """Make the folder read-only; for root, whom file modes do not stop, by a mount."""
    if os.getuid():
        mode = folder.stat().st_mode
        folder.chmod(0o555)
        yield True
        folder.chmod(mode)
    elif _mount("--bind", str(folder), str(folder)):
        yield _mount("-o", "remount,ro,bind", str(folder))
        subprocess.run(["umount", str(folder)], check=True)
    else:
        yield False


def _blames(line: str, folder: Path) -> bool:
    return folder.name in line and ("read-only" in line.lower() or "denied" in line.lower())
