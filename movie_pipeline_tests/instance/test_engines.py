"""Engines of Dagster's SQLite files: one for each file, in each process."""

import os
import threading
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log import InMemoryEventLogStorage
from sqlalchemy.pool import NullPool, StaticPool

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
    engines.forget()
    yield urls
    engines.forget()


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


def test_engines_keep_no_connection(made, stored, tmp_path):
    """So no file of SQLite is open when a process forks, and any file can be removed."""
    run(stored)
    opened = {os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()}
    assert not [one for one in opened if one.startswith(str(tmp_path / "store"))]


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
    (tmp_path / "store").rename(tmp_path / "empty")
    (tmp_path / "away").rename(tmp_path / "store")
    assert {one.run_id for one in stored.get_runs()} > {first}


def test_a_forked_process_makes_its_own_engines(made, stored):
    """A lock in an engine may be held by a thread that the fork does not have."""
    run(stored)
    assert engines.kept()
    child = os.fork()
    if not child:
        os._exit(engines.kept())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


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
