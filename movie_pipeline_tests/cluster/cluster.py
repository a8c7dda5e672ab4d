"""A cluster: services and the hub on this machine, two workers on machines of their own.

What belongs here: starting the parts with the files of `deploy/cluster`, as an operator does. What
does not: what is done to it and must hold afterwards (the tests), and what every system of ours has
(`movie_pipeline_tests.soak.system`).
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline_tests.cluster import rabbitmq_server, units
from movie_pipeline_tests.cluster.machines import Machine, forbidden, network
from movie_pipeline_tests.cluster.postgres_server import PROGRAMS, PostgresServer, postgres_server
from movie_pipeline_tests.cluster.units import DEPLOY
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.soak.system import BIN, TOKEN, System, catalogue
from movie_pipeline_tests.tmdb import redis_server
from movie_pipeline_tests.tmdb.redis_server import free_port

SLOTS = 2
"""Runs that a worker executes at once."""


def require() -> None:
    """Skip the test if the cluster can't be started here.

    In CI a program that is not installed is a failure: there, root installs them (`.ci/run`).
    """
    installed = {
        "redis-server": shutil.which("redis-server"),
        "rabbitmq-server": rabbitmq_server.SERVER.exists(),
        "postgresql": PROGRAMS,
        "iproute2": shutil.which("ip"),
        "util-linux": shutil.which("unshare"),
    }
    if lacks := [package for package, found in installed.items() if not found]:
        reason = f"not installed: {', '.join(lacks)}"
        if os.environ.get("CI") and os.getuid() == 0:  # GitHub's runners are not root
            pytest.fail(f"{reason}, and CI is set")
        pytest.skip(reason)
    if reason := forbidden():
        pytest.skip(reason)


@dataclass
class Cluster(System):
    """The hub is this machine; every machine has a folder of its own for its `.env` and its log."""

    machines: Mapping[str, Machine] = field(default_factory=dict)
    database: PostgresServer | None = None

    def __post_init__(self) -> None:
        """Create the shared data folder and the machines' own folders."""
        super().__post_init__()
        self.home = self.data / "dagster"
        self.home.mkdir()
        (self.folder / "dagster.yaml").unlink()
        shutil.copy(DEPLOY / "dagster.yaml", self.home / "dagster.yaml")
        self.code_port = free_port()
        workspace = (DEPLOY / "workspace.yaml").read_text()
        (self.folder / "workspace.yaml").write_text(workspace.replace("4000", str(self.code_port)))
        for name in self.machines:
            self.of(name).mkdir()
            shutil.copy(self.folder / ".env", self.of(name) / ".env")

    @property
    def environment(self) -> dict[str, str]:
        """The same on every machine."""
        return {
            **super().environment,
            "DAGSTER_HOME": str(self.home),
            "MOVIE_PIPELINE_DATA": str(self.data),
        }

    def of(self, name: str) -> Path:
        """A machine's own folder."""
        return self.folder.parent / name

    def start_worker(self, name: str) -> None:
        """Start a machine with its worker."""
        self.machines[name].start(
            *self._unit("worker", name), "--loglevel", "INFO",
            folder=self.of(name),
            log=self.log_of(name),
            environment=self.environment,
        )  # fmt: skip

    def log_of(self, name: str) -> Path:
        """What Celery says on a machine."""
        return self.of(name) / "celery.log"

    def start_hub(self) -> None:
        """Start the code server, the UI and the daemon."""
        self.spawn(*self._unit("code"), log=self.log)
        self.spawn(*self._unit("web"), "--port", str(self.port), log=self.log)
        self.start_daemon()

    def start_daemon(self) -> None:
        """Start the daemon."""
        self.daemon = self.spawn(*self._unit("daemon"), log=self.log)

    def kill_daemon(self) -> None:
        """SIGKILL the daemon; the code server and the UI go on."""
        self.daemon.kill()
        self.daemon.wait()

    def _unit(self, name: str, host: str = "") -> list[str]:
        """What a unit starts, with the paths, the code server's port and the host of this test."""
        ours = {
            "/opt/movie-pipeline/bin": str(BIN),
            "/etc/movie-pipeline": str(self.folder),
            "4000": str(self.code_port),
            "%H": host,
        }
        words = units.command(name)
        for installed, here in ours.items():
            words = [word.replace(installed, here) for word in words]
        return words

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Query the warehouse in PostgreSQL."""
        with Warehouse.of(self.read_settings()).reading() as connection:
            return connection.execute(query, list(values)).fetchall()

    def describe(self) -> str:
        """The state of the system, with what the workers said last."""
        said = [self.log_of(name).read_text(errors="replace")[-3_000:] for name in self.machines]
        return "\n".join([super().describe(), *said])


@contextmanager
def running(folder: Path, bundle: Path | None, **settings: str) -> Iterator[Cluster]:
    """A cluster whose services run; start the workers and the hub yourself."""
    require()
    with ExitStack() as stack:
        hub, machines = stack.enter_context(network("m1", "m2"))
        database = stack.enter_context(postgres_server(hub))
        database.create("dagster")
        broker = stack.enter_context(rabbitmq_server.running(folder / "rabbitmq"))
        cache = stack.enter_context(redis_server.running(folder, None, "--bind", "0.0.0.0"))
        tmdb = stack.enter_context(FakeTMDB(catalogue(), token=TOKEN, host=hub))
        of_redis = f"redis://:{redis_server.PASSWORD}@{hub}:{cache}/0"
        shared = {
            "CELERY_BROKER_URL": f"pyamqp://mp:{rabbitmq_server.PASSWORD}@{hub}:{broker}//",
            "DAGSTER_POSTGRES_URL": database.dagster(),
            "MOVIE_PIPELINE_CACHE": of_redis,
            "MOVIE_PIPELINE_STATE": of_redis,
            "MOVIE_PIPELINE_WAREHOUSE": database.warehouse(),
            **settings,
        }
        cluster = Cluster(
            folder / "hub", tmdb, shared, {one.name: one for one in machines}, database
        )
        if bundle:
            shutil.copytree(bundle, cluster.data / "bundle")
        try:
            yield cluster
        finally:
            cluster.kill()
