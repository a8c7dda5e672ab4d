"""Engines of Dagster's SQLite files: one for each file and process, and what each keeps open."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from dagster._core.storage import sql
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from sqlalchemy.pool import NullPool, StaticPool

from movie_pipeline import sqlite
from movie_pipeline.instance import engines
from movie_pipeline.instance.dagster_runs import remove_shard
from movie_pipeline.instance.storage import InstanceStorage


@dg.op
def nothing():
    pass


@dg.job(executor_def=dg.in_process_executor)
def empty():
    nothing()


@pytest.fixture
def made(monkeypatch):
    """The URLs of all engines that SQLAlchemy makes in this test, by any of Dagster's storages."""
    urls = []
    make = sa.create_engine

    def counted(url, **options):
        urls.append(url)
        return make(url, **options)

    monkeypatch.setattr(sa, "create_engine", counted)
    engines.close()
    yield urls
    engines.close()


@pytest.fixture
def stored(tmp_path):
    """An instance with the storage that `dagster.yaml` names."""
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(
        str(tmp_path / "home"),
        overrides={
            "storage": {
                "custom": {
                    "module": "movie_pipeline.instance.storage",
                    "class": "InstanceStorage",
                    "config": {"base_dir": str(tmp_path / "store")},
                }
            }
        },
    ) as instance:
        yield instance


def run(instance: dg.DagsterInstance) -> str:
    result = empty.execute_in_process(instance=instance)
    assert instance.get_run_by_id(result.run_id).is_success
    return result.run_id


def test_runs_make_one_engine_for_each_file(made, stored, tmp_path):
    ids = [run(stored) for _ in range(2)]
    stored.add_dynamic_partitions("uploads", ["a.csv"])
    list(stored.all_instigator_state())
    names = ["history/runs", "history/runs/index", *(f"history/runs/{one}" for one in ids)]
    files = [*names, "schedules/schedules"]
    assert sorted(made) == sorted(f"sqlite:///{tmp_path}/store/{one}.db" for one in files)


@pytest.mark.parametrize("storage", engines.STORAGES, ids=lambda one: one.__name__)
def test_dagster_still_makes_engines_by_the_name_that_is_replaced(storage):
    """If a module no longer does, it makes its engines without us, and this says which."""
    assert callable(storage.create_engine)
    source = Path(storage.__file__).read_text(encoding="utf-8")
    assert source.count("create_engine(") > 0
    assert source.count("poolclass=NullPool") == source.count("create_engine(")


def test_the_versions_of_tables_are_read_once(made, stored, monkeypatch):
    """Under the name that Dagster uses; if that is gone, they are read for each file, slowly."""
    run(stored)
    monkeypatch.setattr(ScriptDirectory, "_load_revisions", None)
    assert run(stored)
    for storage in (stored.run_storage, stored.event_log_storage, stored.schedule_storage):
        now, newest = storage.alembic_version()
        assert now == newest
    assert sql.ScriptDirectory is not ScriptDirectory


def opened(folder: Path) -> set[str]:
    """The files below a folder that this process has open, by name."""
    files = (os.path.realpath(one) for one in Path("/proc/self/fd").iterdir())
    return {Path(one).name for one in files if one.startswith(str(folder))}


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")


@needs_proc
def test_only_files_with_records_of_all_runs_stay_open(made, stored, tmp_path):
    """A run's own file does while it is executed; others may be removed with all they contain."""
    run(stored)
    list(stored.all_instigator_state())
    stored.get_runs()
    names = {"index.db", "runs.db", "schedules.db"}
    assert {one for one in opened(tmp_path / "store") if one.endswith(".db")} == names
    with engines.executing("mine"):
        for shard in ("mine", "other", INDEX_SHARD_NAME):
            with stored.event_log_storage.run_connection(shard):
                pass
        now = opened(tmp_path / "store")
    assert {"mine.db", "index.db"} <= now
    assert "other.db" not in now
    assert opened(tmp_path / "store") == set()


def test_a_process_that_ends_leaves_nothing_beside_the_files(tmp_path):
    code = """if True:
        import sys
        from movie_pipeline.instance.storage import InstanceStorage
        storage = InstanceStorage(sys.argv[1])
        storage.event_log_storage.add_dynamic_partitions("uploads", ["a.csv"])
        storage.run_storage.get_runs()
        """
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert {one.suffix for one in tmp_path.rglob("*") if one.is_file()} == {".db", ".lock"}


def test_open_files_can_be_scrubbed(made, stored, tmp_path):
    """As forgetting does, in another process; a query that is left unfinished would prevent it."""
    run(stored)
    with engines.executing("mine"):
        run(stored)
        stored.all_instigator_state()
        for file in (tmp_path / "store").rglob("*.db"):
            with closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as connection:
                sqlite.scrub(connection)


def test_commits_do_not_wait_for_the_disk(made, stored):
    with stored.run_storage.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1  # NORMAL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize(
    "options", [{"poolclass": StaticPool}, {}, {"poolclass": NullPool, "echo": False}], ids=str
)
def test_an_engine_that_is_made_in_another_way_is_not_shared(options):
    """Such as those of Dagster's storages in memory, whose connection is the database."""
    assert engines.engine("sqlite://", **options) is not engines.engine("sqlite://", **options)


def test_instances_in_memory_are_not_shared():
    with dg.DagsterInstance.ephemeral() as one, dg.DagsterInstance.ephemeral() as other:
        assert isinstance(one.event_log_storage, InMemoryEventLogStorage)
        run_id = run(one)
        assert other.get_run_by_id(run_id) is None


def test_only_the_latest_engines_are_kept(made, tmp_path):
    """The daemon lives for weeks, and each run has a file of its own."""
    for number in range(3 * engines.AT_MOST):
        engines.engine(f"sqlite:///{tmp_path}/{number}.db", poolclass=NullPool)
    assert engines.kept() == engines.AT_MOST


def test_a_file_that_was_removed_or_replaced_is_opened_as_it_is_now(stored, tmp_path):
    """Old runs are removed, uploads forgotten, and a user may move the whole folder away."""
    first = run(stored)
    remove_shard(stored.event_log_storage, first)
    assert run(stored) != first
    (tmp_path / "store").rename(tmp_path / "away")
    other = InstanceStorage(str(tmp_path / "store"))
    assert other.run_storage.get_runs() == []
    assert stored.get_runs() == []
    (tmp_path / "store").rename(tmp_path / "empty")
    (tmp_path / "away").rename(tmp_path / "store")
    assert {one.run_id for one in stored.get_runs()} > {first}


def test_a_forked_process_opens_the_files_itself(made, stored):
    """SQLite's connections can't be shared, and another thread may hold a lock in an engine."""
    first = run(stored)
    child = os.fork()
    if not child:
        inherited = engines.kept()
        run(stored)
        os._exit(inherited)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert {first, run(stored)} < {one.run_id for one in stored.get_runs()}
    assert len(stored.get_runs()) == 3


def test_threads_share_engines(made, stored):
    """As in the daemon, which submits and starts runs in threads."""
    failed = []

    def work() -> None:
        try:
            run(stored)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    assert len(stored.get_runs()) == len(threads)
