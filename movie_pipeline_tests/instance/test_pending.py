"""Pending: what Dagster's store says about requested runs."""

import datetime as dt
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import (
    MAX_RETRIES_TAG,
    RUN_FAILURE_REASON_TAG,
    RUN_KEY_TAG,
    WILL_RETRY_TAG,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.instance import pending
from movie_pipeline.instance.pending import Pending
from movie_pipeline.liveness import Worker
from movie_pipeline.names import PARTITION_TAG
from movie_pipeline.status.arrivals import Memory, Seen
from movie_pipeline.status.store import Progress

STATUS = dg.DagsterRunStatus
CODE = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="movie_pipeline.definitions"))
ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(CODE, "__repository__"), pending.JOB)
MEMORY = Memory({"a.csv": Seen("s", settled=True, version="A", arrival=7)})
KEY = "a.csv:A:7"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """A store as the daemon has it; an ephemeral one is not queried."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance:
        yield instance


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, store: dg.DagsterInstance) -> Path:
    """A separate data folder, and no run in the store."""
    for run in store.get_runs():
        store.delete_run(run.run_id)
    folder = tmp_path / "data" / "uploads"
    folder.mkdir(parents=True)
    return folder


def made(store: dg.DagsterInstance, key: str | None, state: STATUS, **more: object) -> str:
    tags = {PARTITION_TAG: "a.csv"} | ({RUN_KEY_TAG: key} if key else {})
    run = dg.DagsterRun(
        pending.JOB, str(uuid.uuid4()), status=state, tags=tags, remote_job_origin=ORIGIN, **more
    )
    return store.run_storage.add_run(run).run_id


def looked(store: dg.DagsterInstance, memory: Memory = MEMORY) -> Pending:
    notes = Progress.of(environment.load())
    return pending.look(store, notes, memory, {"a.csv"}, taken=True)[0]


@pytest.mark.parametrize("state", [STATUS.QUEUED, STATUS.STARTING, STATUS.STARTED])
@pytest.mark.parametrize("key", [KEY, None])
def test_a_run_that_has_not_begun_is_coming(
    store: dg.DagsterInstance, state: STATUS, key: str | None
) -> None:
    """However it was started; a run with a process begins once its progress entry says so."""
    run = made(store, key, state)
    assert looked(store).coming == {"a.csv": run}
    assert looked(store, Memory()).coming == {"a.csv": run}
    Progress.of(environment.load()).begin("a.csv", run_id=run, plan=["raw"], version="A")
    assert looked(store).coming == {}


@pytest.mark.parametrize("state", [STATUS.NOT_STARTED, None])
def test_a_request_that_dagster_did_not_queue_is_lost(
    store: dg.DagsterInstance, state: STATUS | None
) -> None:
    """Dagster stores the tick as done all the same, and also if a queued run is deleted."""
    if state:
        made(store, KEY, state)
    assert looked(store) == Pending(lost=frozenset({"a.csv"}))


@pytest.mark.parametrize(
    ("chosen", "what"),
    [
        ({"asset_selection": frozenset({dg.AssetKey(["dashboard", "overview"])})}, "lost"),
        ({"step_keys_to_execute": ["analytics", "dashboard"]}, "lost"),
        ({"step_keys_to_execute": ["raw", "enriched__movies", "analytics"]}, "coming"),
    ],
)
def test_a_run_of_some_steps_counts_if_it_reads_the_file_and_the_overrides(
    store: dg.DagsterInstance, chosen: dict[str, object], what: str
) -> None:
    made(store, None, STATUS.QUEUED, **chosen)
    assert "a.csv" in getattr(looked(store), what)


@pytest.mark.parametrize("state", [STATUS.FAILURE, STATUS.CANCELED])
def test_a_run_that_ended_before_it_began_shows_as_failed(
    store: dg.DagsterInstance, uploads: Path, state: STATUS
) -> None:
    """Otherwise its upload would show as queued forever: no process existed to record why."""
    (uploads / "a.csv").write_text("Title\nAlien\n")
    made(store, KEY, state)
    assert looked(store).lost == frozenset()
    (shown,) = status.read(environment.load())
    assert (shown.status, "before it could begin" in shown.message) == ("failed", True)
    again = made(store, "of the one that repeats it", STATUS.QUEUED)
    assert looked(store).coming == {"a.csv": again}


def test_a_run_that_dagster_retries_has_not_ended(store: dg.DagsterInstance) -> None:
    made(store, KEY, STATUS.FAILURE)
    again = made(store, KEY, STATUS.QUEUED)
    assert looked(store) == Pending(coming={"a.csv": again})


def test_a_completed_run_without_an_entry_is_neither_coming_nor_failed(
    store: dg.DagsterInstance,
) -> None:
    made(store, KEY, STATUS.SUCCESS)
    assert looked(store) == Pending(closed=frozenset({"a.csv"}))


def test_every_request_is_lost_with_an_emptied_store(store: dg.DagsterInstance) -> None:
    """More requests than fit into one query."""
    names = [f"{number}.csv" for number in range(1200)]
    memory = Memory({name: Seen("s", settled=True, version="A", arrival=7) for name in names})
    assert looked(store, memory).lost == set(names)


def test_a_killed_run_that_is_not_in_the_store_is_lost(store: dg.DagsterInstance) -> None:
    """Dagster retries the runs that it knows; its store may be gone after a power cut."""
    progress = Progress.of(environment.load())
    run = made(store, None, STATUS.STARTED)
    progress.begin("a.csv", run_id=run, plan=["raw"], version="A")
    progress.note("a.csv", worker=Worker(socket.gethostname(), 2**22 + 1, 1.0))
    assert looked(store, Memory()) == Pending()
    store.delete_run(run)
    assert looked(store, Memory()) == Pending(lost=frozenset({"a.csv"}))
    progress.note("a.csv", alone=True)
    assert looked(store, Memory()) == Pending(), "`arrivals` takes care of command-line runs"


@pytest.mark.parametrize(
    ("noted", "seconds_ago", "lost"),
    [
        ({}, 0, False),
        ({WILL_RETRY_TAG: "true"}, 0, False),
        ({WILL_RETRY_TAG: "false"}, 0, True),
        ({WILL_RETRY_TAG: "true"}, 600, True),
        ({WILL_RETRY_TAG: "false", RUN_FAILURE_REASON_TAG: "STEP_FAILURE"}, 600, False),
        ({WILL_RETRY_TAG: "false", MAX_RETRIES_TAG: "0"}, 600, False),
    ],
    ids=["just ended", "about to be", "given up", "overlooked", "for a reason", "the last time"],
)
def test_a_killed_run_that_dagster_fails_to_retry_is_lost(
    tmp_path: Path, noted: dict[str, str], seconds_ago: float, *, lost: bool
) -> None:
    retries = {"enabled": True, "max_retries": 3, "retry_on_asset_or_op_failure": False}
    (folder := tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(folder), overrides={"run_retries": retries}) as store:
        progress = Progress.of(environment.load())
        run = made(store, None, STATUS.STARTED)
        progress.begin("a.csv", run_id=run, plan=["raw"], version="A")
        progress.note("a.csv", worker=Worker(socket.gethostname(), 2**22 + 1, 1.0))
        failed = DagsterEvent(DagsterEventType.RUN_FAILURE.value, pending.JOB)
        when = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds_ago)
        store.run_storage.handle_run_event(run, failed, when)
        store.add_run_tags(run, noted)
        assert looked(store, Memory()).lost == ({"a.csv"} if lost else set())


def test_an_awaited_run_started_in_another_way_is_lost_with_the_store(
    store: dg.DagsterInstance,
) -> None:
    run = made(store, None, STATUS.QUEUED)
    memory = Memory({"a.csv": Seen("s", settled=True, version="A", awaited=run)})
    assert looked(store, memory) == Pending(coming={"a.csv": run})
    store.delete_run(run)
    assert looked(store, memory) == Pending(lost=frozenset({"a.csv"}))
    Progress.of(environment.load()).begin("a.csv", run_id=run, plan=["raw"], version="A")
    assert looked(store, memory) == Pending()
