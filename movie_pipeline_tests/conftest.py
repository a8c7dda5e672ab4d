"""Fixtures shared by all tests: a temporary data folder, and the job.

Nothing here touches a network or the user's own data: each test has its own folder, no key, and a
Dagster instance in memory unless it starts processes.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
import redis
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import SecretStr

from movie_pipeline.sample import sample_catalogue
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline_tests import profiles
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import redis_server
from movie_pipeline_tests.world import World

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
TOKEN = "a-token-that-must-not-leak"
WHOLE = {"run_job", "project"}
"""Fixtures of tests that run whole jobs, or processes as a user does."""

# Background jobs of a script ignore SIGINT, and the processes that tests start and interrupt would
# inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Containers often tell Python to keep no compiled modules. Every worker, and every process that a test
# starts, would compile all of ours.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

profiles.load()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two more workers than cores if whole systems run, since a test mostly waits for them."""
    return (os.cpu_count() or 1) + (0 if config.option.markexpr == "not slow" else 2)


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs whole jobs as slow, and run what is slow first, the slowest before all.

    While slow tests wait, the cores are free for the many short ones. xdist begins with groups.
    """
    for item in items:
        if "system" in item.path.parts or WHOLE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    items.sort(key=lambda item: [not item.get_closest_marker(one) for one in ("timeout", "slow")])


@pytest.fixture(scope="session", autouse=True)
def _migrations_are_read_once() -> Iterator[None]:
    """Each new storage of Dagster would read its ninety migrations, to note that it needs none."""
    read: dict[str | None, ScriptDirectory] = {}
    from_config = ScriptDirectory.from_config

    def kept(config: Config) -> ScriptDirectory:
        location = config.get_main_option("script_location")
        if location not in read:
            read[location] = from_config(config)
        return read[location]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", kept)
        yield


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide keys, addresses, folders and the .env file of the user who runs the tests."""
    for name in os.environ:
        if name.startswith(("TMDB_", "MOVIE_PIPELINE_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _umask_of_a_new_account() -> Iterator[None]:
    """Use a common umask, so that only our code makes files private; restore it after the test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's JavaScript and the compiled charts, made once for all workers (it takes 6 s)."""
    from movie_pipeline.charts import CHARTS, compiled
    from movie_pipeline.page.bundle import bundle

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "bundle"
    bundle(folder)
    compiled(CHARTS, folder)
    return folder


@pytest.fixture
def data(tmp_path: Path, bundle: Path) -> Path:
    """A data folder with an empty uploads folder."""
    (tmp_path / "data" / "uploads").mkdir(parents=True)
    shutil.copytree(bundle, tmp_path / "data" / "bundle")
    return tmp_path / "data"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse that does not exist yet."""
    return Warehouse(str(tmp_path / "warehouse.duckdb"), wait_seconds=30)


@pytest.fixture(scope="session")
def _redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_server.running(tmp_path_factory.mktemp("redis")) as port:
        yield port


@pytest.fixture
def redis_address(_redis_port: int) -> SecretStr:
    """An empty Redis."""
    with redis.Redis(port=_redis_port, password=redis_server.PASSWORD) as client:
        client.flushall()
    return redis_server.address(_redis_port)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def run_job(instance: dg.DagsterInstance) -> Callable[..., dg.ExecuteInProcessResult]:
    """Runs enrich_upload for an upload, as every entry point does; returns Dagster's result.

    Drawing takes most of a small run, so a test of what is stored runs it with `drawn=False`.
    """
    from movie_pipeline.definitions import defs

    job = defs.resolve_job_def("enrich_upload")
    keys = job.asset_layer.selected_asset_keys
    stored = [key for key in keys if key.path[0] != "dashboard"]

    def run(upload: str, *, drawn: bool = True, **tags: str) -> dg.ExecuteInProcessResult:
        return job.execute_in_process(
            instance=instance,
            tags={"dagster/partition": upload, **tags},
            asset_selection=None if drawn else stored,
            raise_on_error=False,
        )

    return run


@pytest.fixture
def tmdb(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTMDB]:
    """A TMDB with the sample's films, over real HTTP, and a key for it."""
    with FakeTMDB(sample_catalogue(), token=TOKEN) as server:
        monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
        monkeypatch.setenv("TMDB_API_TOKEN", TOKEN)
        monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "1000")
        yield server


@pytest.fixture
def project(tmp_path: Path, bundle: Path) -> Path:
    """A folder to start processes in, like a fresh clone, but with the pages' bundle built."""
    folder = tmp_path / "project"
    (folder / "data" / "uploads").mkdir(parents=True)
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "data" / "samples", folder / "data" / "samples")
    shutil.copytree(bundle, folder / "data" / "bundle")
    return folder


@pytest.fixture
def world() -> World:
    """An empty watched folder, for `status.arrivals.plan`."""
    return World()


@pytest.fixture
def done(world: World) -> World:
    """A world in which a.csv was dropped, run and completed."""
    world.drop("a.csv", "A")
    assert world.settle() == ["a.csv"]
    world.run("a.csv")
    assert world.settle() == []
    return world
