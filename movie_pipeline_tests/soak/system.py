"""The whole system as a user has it: a folder like a fresh clone, `movie-pipeline dev`, and TMDB.

What belongs here: starting and killing it, dropping film lists, and observing it from outside,
through its status and its warehouse. What does not: the UI (`ui`), and what is done to the system
and must hold afterwards (one module per scenario).

    with running() as system:
        system.drop("mine.csv", film_list(20))
        system.start()
        system.wait_until(lambda: system.all_completed(1))
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import psutil

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands import run_job as execute
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.settings import Settings
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.soak.ui import UI

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
TOKEN = "a-token-of-the-soak"
FILMS = 6_000
_MARK = "SOAK_SYSTEM"
_LOOKS_A_SECOND = 4.0
_ROWS = """
SELECT upload, raw.films, enriched.films, enriched.found, summary.films,
       raw.versions = 1 AND enriched.versions = 1 AND raw.version = enriched.version
FROM (SELECT upload, count(*) AS films, count(DISTINCT version) AS versions, min(version) AS version
      FROM raw.movies GROUP BY upload) AS raw
FULL JOIN
     (SELECT upload, count(*) AS films, count(DISTINCT tmdb_id) AS found,
             count(DISTINCT version) AS versions, min(version) AS version
      FROM enriched.movies GROUP BY upload) AS enriched USING (upload)
FULL JOIN
     (SELECT upload, films FROM analytics.summary) AS summary USING (upload)
"""
_OURS = ("TMDB_", "MOVIE_PIPELINE_", "DAGSTER_")


class Unmet(AssertionError):
    """A condition was not met in time; the message shows the state of the system."""


@cache
def catalogue(number: int = FILMS) -> Catalogue:
    """Films with distinct titles, so that every line of `film_list` is matched."""
    return Catalogue(
        {
            "id": 1000 + one,
            "title": f"Film {one}",
            "original_title": f"Film {one}",
            "release_date": str(date(1950 + one % 50, 1, 1) + timedelta(days=one % 300)),
            "runtime": 80 + one % 60,
            "genres": [18, 35, 27][one % 3 :],
            "vote_count": 500,
            "directors": [{"id": 9_000_000 + one % 70, "name": f"Director {one % 70}"}],
        }
        for one in range(number)
    )


def film_list(films: int, first: int = 0) -> str:
    """A CSV with `films` films of the catalogue, starting at `first`."""
    numbers = [(first + one) % FILMS for one in range(films)]
    return "\n".join(["Title,Year", *(f"Film {n},{1950 + n % 50}" for n in numbers), ""])


@contextmanager
def running(
    *, latency: float = 0.0, bundle: Path | None = None, **settings: str
) -> Iterator["System"]:
    """A system in a temporary folder, with its own TMDB; all of it is removed at the end.

    Args:
        latency: TMDB's response time (seconds); `System.tmdb` can be changed at any time.
        bundle: what the first run would compile for all later ones (the folder `data/bundle`).
        settings: environment variables for all processes.
    """
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as name,
        FakeTMDB(catalogue(), token=TOKEN, latency=latency) as tmdb,
    ):
        system = System(Path(name) / "project", tmdb, settings)
        if bundle:
            shutil.copytree(bundle, system.data / "bundle")
        try:
            yield system
        finally:
            system.kill()


@dataclass
class System:
    """A folder, the processes started in it, and the TMDB that they query."""

    folder: Path
    tmdb: FakeTMDB
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Create the folder as in a clone of the repository."""
        self.data = self.folder / "data"
        self.uploads = self.data / "uploads"
        self.uploads.mkdir(parents=True)
        self.log = self.folder.parent / "dev.log"
        self.said = self.folder.parent / "execute.log"
        for one in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(ROOT / one, self.folder / one)
        (self.folder / ".env").write_text(f"TMDB_API_TOKEN={TOKEN}\n")
        self.port = _free_port()
        self.ui = UI(self.port)
        self._mark = uuid.uuid4().hex

    # Processes --------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes: no settings of the user, and a mark to find them by."""
        kept = {name: one for name, one in os.environ.items() if not name.startswith(_OURS)}
        return {
            **kept,
            "HOME": str(self.folder.parent),
            "PYTHONWARNINGS": "ignore",
            "TMDB_BASE_URL": self.tmdb.base_url,
            "TMDB_REQUESTS_PER_SECOND": "1000",
            **self.settings,
            _MARK: self._mark,
        }

    def start(self, patience: float = 120.0) -> None:
        """`make dev`; returns when the UI responds and has loaded the assets."""
        command = (str(BIN / "movie-pipeline"), "dev", "--port", str(self.port))
        self._dev = self.spawn(*command, log=self.log)
        self.wait_until(self.ui.answers, patience, "the UI responds")

    def stop(self) -> None:
        """End it as a user does, with Ctrl-C."""
        self._dev.send_signal(signal.SIGINT)
        self._dev.wait(60)
        self.kill()

    def kill(self) -> int:
        """A power cut: SIGKILL every process of this system at once; returns how many."""
        killed: set[int] = set()
        while alive := self.processes():  # one may have started while the others were killed
            for process in alive:
                killed.add(process.pid)
                _kill(process)
            psutil.wait_procs(alive, timeout=10)
        return len(killed)

    def processes(self) -> list[psutil.Process]:
        """Every living process of this system, in any session."""
        return [one for one in psutil.process_iter() if _marked(one, self._mark)]

    def spawn(
        self, *command: str, log: Path | None = None, **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a process of this system; its output goes to the log, if one is given."""
        with (log or Path(os.devnull)).open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def execute(self, upload: str) -> "subprocess.Popen[bytes]":
        """`dagster job execute` for an upload, as in CI, without any daemon."""
        return self.spawn(*execute.command(upload), log=self.said)

    # What a user does and sees ----------------------------------------------------------------

    def drop(self, name: str, content: str | bytes) -> Path:
        """Drop a file atomically: written elsewhere, then moved."""
        path = self.uploads / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.data / f"draft-{uuid.uuid4().hex}"
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
        return path

    def read_settings(self) -> Settings:
        """The settings as its processes read them."""
        values = {k: v for k, v in self.environment.items() if k.startswith(_OURS)}
        values["MOVIE_PIPELINE_DATA"] = str(self.data)
        return environment.load(values, self.folder / ".env")

    def statuses(self) -> dict[str, status.Status]:
        """What `movie-pipeline status` shows, by upload."""
        return {one.upload: one for one in status.read(self.read_settings())}

    def counted(self) -> Counter[str]:
        """How many uploads are in each status."""
        return Counter(one.status for one in self.statuses().values())

    def all_completed(self, number: int) -> bool:
        """Whether at least `number` uploads are completed."""
        return self.counted()["completed"] >= number

    def have_completed(self, *uploads: str) -> bool:
        """Whether these uploads are completed."""
        states = self.statuses()
        return all(one in states and states[one].status == "completed" for one in uploads)

    def all_ended(self, number: int) -> bool:
        """Whether at least `number` uploads have ended, and none is pending."""
        counted = self.counted()
        ended = counted["completed"] + counted["cancelled"] + counted["failed"]
        return ended >= number and ended + counted["removed"] == counted.total()

    def wait_until(
        self, met: Callable[[], object], patience: float = 120.0, what: str = "it"
    ) -> float:
        """Poll until the condition is met; returns the seconds that it took.

        It polls less often if checking is slow itself, as querying the UI for 200 runs is.

        Raises:
            Unmet: the condition was not met within `patience` seconds.
        """
        began = time.monotonic()
        while True:
            looked = time.monotonic()
            if met():
                return time.monotonic() - began
            if looked - began > patience:
                raise Unmet(f"not within {patience:g} s: {what}\n{self.describe()}")
            time.sleep(max(1 / _LOOKS_A_SECOND, 4 * (time.monotonic() - looked)))

    def describe(self) -> str:
        """The state of the system, for debugging."""
        states = [f"{one.upload}: {one.status} {one.message}" for one in self.statuses().values()]
        log = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([*states[:20], "...", *log[-30:]])

    def incomplete(self, films: Mapping[str, int]) -> list[str]:
        """What the warehouse lacks of these uploads; `films` is their number of (found) films."""
        stored = {upload: row for upload, *row in self.sql(_ROWS)}
        return [
            f"{upload}: {stored.get(upload)} instead of {number} rows, found, counted, one version"
            for upload, number in films.items()
            if stored.get(upload) != [number, number, number, number, True]
        ]

    def questions(self) -> tuple[int, int]:
        """How many distinct requests TMDB received, and how many were repetitions."""
        asked = [(one.path, *sorted(one.query.items())) for one in self.tmdb.requests]
        return len(set(asked)), len(asked) - len(set(asked))

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Query the warehouse as another program does; waits while a run is writing."""
        while True:
            try:
                with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as reader:
                    return reader.execute(query, list(values)).fetchall()
            except duckdb.IOException as error:
                if "Could not set lock" not in str(error):
                    raise
                time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _marked(process: psutil.Process, mark: str) -> bool:
    try:
        return (
            process.pid != os.getpid()
            and process.status() != psutil.STATUS_ZOMBIE
            and process.environ().get(_MARK) == mark
        )
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
