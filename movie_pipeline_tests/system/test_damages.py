"""Damaged files: an error names the file and says what to do; no file is thrown away.

Every file that we store is damaged in some forty ways. An operation on it either works or raises
the one error of its store. What can be rebuilt without loss is rebuilt.
"""

import contextlib
import gzip
import io
import json
import logging
import os
import shutil
import time
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from click.testing import CliRunner

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.charts.build_cache import cached
from movie_pipeline.commands.cli import main
from movie_pipeline.definitions import defs
from movie_pipeline.defs.schedules import refresh_stale_weekly
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.instance import storage as dagster_instance
from movie_pipeline.instance.storage import InstanceError
from movie_pipeline.overrides.file import Overrides, OverridesError
from movie_pipeline.people import club
from movie_pipeline.people.club import ClubError
from movie_pipeline.status.arrivals import Memory
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import Answers, Budget
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.store import Kept, StoreError
from movie_pipeline.warehouse.database import Warehouse, WarehouseError
from movie_pipeline.warehouse.tables import RAW_MOVIES, TABLES
from movie_pipeline_tests import damages
from movie_pipeline_tests.conftest import ROOT

UPLOAD = "mine.csv"
LIST = "Title,Year\nAlien,1979\n"


def attempt(operation, error):
    """The message of the store's own error if the operation raises it; None if it succeeds.

    Any other exception is raised.
    """
    try:
        operation()
    except error as said:
        return str(said)
    return None


def unclear(said, path):
    """The messages that don't name the file, or don't say what to do with it."""
    advice = ("move it", "move the file", "written to", "Check MOVIE_PIPELINE", "free some space")
    return {
        name: one
        for name, one in said.items()
        if one is not None
        and not (str(path) in one and any(word.lower() in one.lower() for word in advice))
    }


# The warehouse ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good_warehouse(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "warehouse.duckdb"
    rows = range(30_000)
    films = pd.DataFrame(
        {"row_number": rows, "title": [f"Film {row * row}" for row in rows], "year": 1999}
    )
    for upload in (UPLOAD, "other.csv"):
        Warehouse(str(path)).write(upload, {RAW_MOVIES: films})
    return path.read_bytes()


def read_all(warehouse):
    for table in TABLES:
        warehouse.read(table, UPLOAD)


OPERATIONS = {
    "read": read_all,
    "write": lambda one: one.write(UPLOAD, {RAW_MOVIES: pd.DataFrame({"row_number": [1]})}),
    "forget": lambda one: one.forget(UPLOAD),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_damaged_warehouse_is_named_even_if_it_can_be_opened(tmp_path, good_warehouse, operation):
    """DuckDB checks a block only when it reads it."""
    path = tmp_path / "warehouse.duckdb"
    said = {}
    for name, damage in damages.of_bytes(len(good_warehouse)).items():
        damaged = damage(good_warehouse)
        damages.put(path, damaged)
        said[name] = attempt(lambda: OPERATIONS[operation](Warehouse(str(path), 0)), WarehouseError)
        if said[name] is not None and operation == "read":
            assert path.read_bytes() == damaged, "the file is left unchanged"
    assert unclear(said, path) == {}
    assert sum(one is not None for one in said.values()) > len(said) // 2
    misled = {name: one for name, one in said.items() if one and "Free some space" in one}
    assert misled == {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_is_in_place_of_the_warehouse_is_named(tmp_path, good_warehouse, operation):
    path = tmp_path / "warehouse.duckdb"
    said = {}
    damages.folder_in_its_place(path)
    said["a folder"] = attempt(
        lambda: OPERATIONS[operation](Warehouse(str(path), 0)), WarehouseError
    )
    damages.put(path, damages.of_a_newer_duckdb(good_warehouse))
    newer = attempt(lambda: OPERATIONS[operation](Warehouse(str(path), 0)), WarehouseError)
    assert "Another version of DuckDB wrote it" in newer
    damages.another_duckdb(path)
    said["another"] = attempt(
        lambda: OPERATIONS[operation](Warehouse(str(path), 0)), WarehouseError
    )
    assert None not in said.values()
    assert unclear(said, path) == {}
    path.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)
    damages.put(path, good_warehouse)
    path.with_name("warehouse.duckdb.wal").write_bytes(b"no log of DuckDB's" * 100)
    log = attempt(lambda: OPERATIONS[operation](Warehouse(str(path), 0)), WarehouseError)
    assert log is None or "warehouse.duckdb.wal" in log


def test_a_warehouse_without_read_permission_is_named(good_warehouse):
    with damages.folder_for_everybody() as folder:
        path = folder / "warehouse.duckdb"
        path.write_bytes(good_warehouse)
        path.chmod(0)
        with damages.somebody_else():
            said = attempt(lambda: read_all(Warehouse(str(path), 0)), WarehouseError)
    assert str(path) in said
    assert "Make the file and its folder readable" in said


# Our own stores -----------------------------------------------------------------------------


@pytest.fixture
def progress(tmp_path) -> Progress:
    progress = Progress(tmp_path / "progress.sqlite")
    for number in range(40):
        upload = f"{number} é.csv"
        progress.begin(upload, run_id=str(number), plan=["one"], version="v")
        progress.note(upload, counts={"matched": number}, page="page.html")
        if number % 2:
            progress.step_done(upload, str(number), "one")
    return progress


def work(progress):
    entries = {entry.upload: entry for entry in progress.all()}
    for row in status.of([], [], entries, {}):
        row.as_json()
    progress.begin("1 é.csv", run_id="again", plan=["one"])
    progress.note("1 é.csv", eta_seconds=1.0)
    progress.step_done("1 é.csv", "again", "one")
    progress.fail("3 é.csv", "x", "it failed")
    progress.forget("5 é.csv")


def test_a_damaged_status_store_is_named(progress, caplog):
    caplog.set_level(logging.CRITICAL)
    path, said = progress.place, {}
    good = path.read_bytes()
    for name, damage in damages.of_bytes(len(good), flips=150).items():
        damages.put(path, damage(good))
        said[name] = attempt(lambda: work(progress), ProgressError)
    damages.folder_in_its_place(path)
    said["a folder"] = attempt(lambda: work(progress), ProgressError)
    damages.another_sqlite(path, "uploads")
    said["another"] = attempt(lambda: work(progress), ProgressError)
    damages.put(path, good)
    path.with_name(f"{path.name}-wal").write_bytes(b"no log of SQLite's" * 1000)
    said["a damaged log"] = attempt(lambda: work(progress), ProgressError)
    assert unclear(said, path) == {}
    assert said["a folder"]
    assert said["another"]
    assert said["a diary in its place"]


def _executed_by(pid, entry):
    worker = {"host": entry["run"]["worker"]["host"], "pid": pid, "started": 1.0}
    return {**entry, "stage": "enriching", "run": {**entry["run"], "worker": worker}}


def test_malformed_rows_of_the_status_store_do_not_hide_the_others(progress):
    """A flipped byte may turn a text into a number."""
    from movie_pipeline import sqlite

    good = json.loads(
        sqlite.connect(progress.place, "", wait_seconds=1)
        .execute("SELECT entry FROM uploads WHERE upload = '1 é.csv'")
        .fetchone()[0]
    )
    odd = [
        ("number", 7),
        ("blob", b"\xff\xfe"),
        ("stage", json.dumps(good | {"stage": "complfted"})),
        ("pid", json.dumps(_executed_by(-7, good))),
        ("large", json.dumps(_executed_by(2**70, good))),
    ]
    connection = sqlite.connect(progress.place, "", wait_seconds=1)
    connection.executemany("INSERT INTO uploads VALUES (?, ?)", odd)
    connection.close()
    work(progress)
    assert len([one for one in progress.all() if one.upload.endswith("é.csv")]) == 39


def ask(path):
    store = FileStore(path, wait_seconds=0.2)
    try:
        answers = Answers(store)
        for number in range(40):
            answer = answers.get(f"question {number}")
            assert answer is None or isinstance(answer.fetched_at, float)
        answers.claim("another question")
        answers.put("another question", 200, b"{}")
        Budget(store, 40).acquire(lambda _: None)
    finally:
        store.close()


def test_a_damaged_cache_is_named_or_its_answers_are_requested_again(tmp_path):
    path, said = tmp_path / "tmdb.sqlite", {}
    store = FileStore(path)
    for number in range(40):
        Answers(store).put(f"question {number}", 200, b"{}" * 500)
    Budget(store, 40).acquire(lambda _: None)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    good = path.read_bytes()
    for name, damage in damages.of_bytes(len(good), flips=100).items():
        damages.put(path, damage(good))
        said[name] = attempt(lambda: ask(path), StoreError)
    damages.folder_in_its_place(path)
    said["a folder"] = attempt(lambda: ask(path), StoreError)
    damages.another_sqlite(path, "answers")
    said["another"] = attempt(lambda: ask(path), StoreError)
    assert unclear(said, path) == {}
    assert said["a folder"]
    assert said["another"]


@pytest.mark.parametrize(
    "row",
    [
        Kept("200", "yesterday", "", b"x"),
        Kept(200, b"\xff", "en-US", b"x"),
        Kept(200, 1.0, "", "text"),
    ],
)
def test_a_malformed_row_of_the_cache_is_requested_again(tmp_path, row):
    store = FileStore(tmp_path / "tmdb.sqlite")
    store.put("key", row, "me")
    assert store.get("key") is None
    store.close()


@pytest.mark.parametrize(
    "state",
    [
        "[]",
        "7",
        "{}",
        '{"seen_at": "now"}',
        '{"rate": 0}',
        '{"rate": -3.0}',
        '{"rate": null}',
        '{"sent": 5}',
        '{"sent": ["now"]}',
        '{"next_at": NaN}',
        '{"next_at": 1e300, "next_first_at": 1e300}',
        '{"paused_until": Infinity}',
    ],
)
def test_a_malformed_budget_is_reset(tmp_path, state):
    store = FileStore(tmp_path / "tmdb.sqlite")
    store.change(lambda _now, _state: (state, None))
    waits = []
    Budget(store, 40).acquire(waits.append)
    assert sum(waits) < 1000
    store.close()


# Dagster's own store ------------------------------------------------------------------------

FILES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


@pytest.fixture(scope="module")
def good_store(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "dagster.yaml", folder)
    with contextlib.chdir(folder), dg.DagsterInstance.from_config(".") as instance:
        for _ in range(30):
            instance.create_run_for_job(defs.resolve_job_def("explore"))
    return folder


def use_dagster():
    with dagster_instance.here() as instance:
        instance.get_runs()
        instance.add_dynamic_partitions("uploads", ["a.csv"])
        instance.get_dynamic_partitions("uploads")
        instance.all_instigator_state()
        instance.get_daemon_heartbeats()
        dagster_instance.store_of(instance)


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_dagster_file_is_named(good_store, tmp_path, monkeypatch, file):
    """Otherwise it would be SQLAlchemy's stack trace, with neither the file nor any advice."""
    project = tmp_path / "project"
    shutil.copytree(good_store, project)
    monkeypatch.chdir(project)
    path = project / "data/dagster" / file
    good = path.read_bytes()
    some = {
        "cut to 100 bytes",
        "its second half zeroed",
        "a diary in its place",
        "a flipped byte at 100",
    }
    cut = f"cut to {len(good) // 2} bytes"
    said = {}
    for name, damage in damages.of_bytes(len(good)).items():
        if name in {*some, cut}:
            damages.put(path, damage(good))
            said[name] = attempt(use_dagster, InstanceError)
    damages.folder_in_its_place(path)
    said["a folder"] = attempt(use_dagster, InstanceError)
    assert unclear(said, path) == {}
    assert said["a folder"]
    assert said["a diary in its place"]


# Commands -----------------------------------------------------------------------------------


def invoke(*command):
    """The exit code and output of a command, which may fail but not crash."""
    result = CliRunner().invoke(main, command)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def home(project, monkeypatch) -> Path:
    """A clone with one upload that has had a run."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", "data")
    monkeypatch.setattr("movie_pipeline.commands.cli.webbrowser.open", lambda _: None)
    (project / "data/uploads" / UPLOAD).write_text(LIST)
    settings = environment.load()
    Warehouse.of(settings).write(UPLOAD, {RAW_MOVIES: pd.DataFrame({"row_number": [1]})})
    note(settings)
    Memory().save(Memory.path(settings))
    return project


def note(settings):
    """Record that the upload has had a run, and has a page."""
    settings.pages.mkdir(exist_ok=True)
    (settings.pages / "page.html").touch()
    Progress.of(settings).begin(UPLOAD, run_id="1", plan=["one"])
    Progress.of(settings).note(UPLOAD, page=str(settings.pages / "page.html"))
    Progress.of(settings).step_done(UPLOAD, "1", "one")


DIARY = b"Dear diary, today I saw a film. " * 300
READERS = {
    "warehouse.duckdb": [("review", UPLOAD), ("forget", UPLOAD)],
    "progress.sqlite": [("status",), ("status", "--json"), ("open",), ("forget", UPLOAD)],
    "arrivals.json": [("status",), ("open",), ("forget", UPLOAD)],
    "dagster/history/runs.db": [("forget", UPLOAD)],
    "overrides.csv": [("status",), ("forget", UPLOAD)],
    "club.csv": [("forget", UPLOAD)],
}


@pytest.mark.parametrize("file", READERS)
def test_every_command_names_a_file_that_it_cannot_use(home, file):
    """With a diary or a folder in its place, which stays unchanged."""
    if file.startswith("dagster"):
        with dagster_instance.here():
            pass
    path = home / "data" / file
    for in_place in ("a diary", "a folder"):
        if in_place == "a folder":
            damages.folder_in_its_place(path)
        else:
            damages.put(path, DIARY)
        for command in READERS[file]:
            if file != "progress.sqlite":
                note(environment.load())
            code, said = invoke(*command)
            harmless = in_place == "a diary" and path.suffix in {".json", ".csv"}
            named = path.name in said
            assert named or (code == 0 and harmless), (command, in_place, code, said)
            assert "Traceback" not in said
        if in_place == "a diary" and path.suffix != ".json":
            assert path.read_bytes() == DIARY


@pytest.mark.parametrize("file", ["warehouse.duckdb", "progress.sqlite", "arrivals.json"])
def test_the_sensor_and_the_schedule_name_a_file_that_they_cannot_use(home, file):
    path = home / "data" / file
    damages.folder_in_its_place(path)
    (home / "data/overrides.csv").write_text("title,year,tmdb_id\nAlien,1979,348\n")
    past = time.time() - 60
    os.utime(home / "data/overrides.csv", (past, past))
    with dg.DagsterInstance.ephemeral() as instance:
        ticked = uploads_sensor(dg.build_sensor_context(instance=instance))
        reason = (
            ticked.skip_message
            if isinstance(ticked, dg.SkipReason)
            else (ticked.skip_reason.skip_message if ticked.skip_reason else "")
        )
        if file != "warehouse.duckdb":
            assert path.name in reason
            assert "move" in reason or "written to" in reason
        else:
            context = dg.build_schedule_context(
                instance=instance, scheduled_execution_time=pd.Timestamp.now("UTC").to_pydatetime()
            )
            skipped = refresh_stale_weekly(context)
            assert path.name in str(skipped.skip_message)


@pytest.mark.parametrize("file", ["warehouse.duckdb", "progress.sqlite", "tmdb.sqlite"])
def test_a_run_names_a_file_that_it_cannot_use(home, run_job, monkeypatch, file):
    monkeypatch.setenv("MOVIE_PIPELINE_SAMPLE", "1")
    path = home / "data" / file
    damages.put(path, DIARY)
    result = run_job(UPLOAD)
    (failed, *_) = [one for one in result.all_events if one.is_step_failure]
    failure = failed.step_failure_data.user_failure_data
    assert failure is not None, failed
    assert path.name in failure.description
    assert "move" in failure.description
    assert path.read_bytes() == DIARY
    if file != "progress.sqlite":
        (row,) = status.read(environment.load())
        assert row.status == "failed"
        assert path.name in row.message


# Text files and rebuilt files ---------------------------------------------------------------

TEXTS = {
    "nothing": b"",
    "zeros": bytes(5000),
    "noise": bytes(range(256)) * 50,
    "UTF-16": "title,year,tmdb_id\nHeat,1995,949\n".encode("utf-16"),
    "cut inside a character": "title\né".encode()[:-1],
    "a quote that never ends": b'title,year,tmdb_id\n"Heat,1995,949\n' + b"x" * 200_000,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a ZIP": b"PK\x03\x04" + bytes(100),
    "a number": b"7",
    "half of it": b'{"seen": {"a.csv": {"stamp": "1',
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_text_files_with_any_content_are_read_or_named(tmp_path, content):
    overrides, members, memory = (
        tmp_path / name for name in ("overrides.csv", "club.csv", "a.json")
    )
    for path, error, read in (
        (overrides, OverridesError, Overrides.load),
        (members, ClubError, club.members),
    ):
        path.write_bytes(content)
        said = attempt(lambda read=read, path=path: read(path), error)
        assert said is None or str(path) in said
        assert path.read_bytes() == content
    memory.write_bytes(content)
    assert Memory.load(memory).seen == {}


def test_a_damaged_build_cache_is_rebuilt(tmp_path):
    path, text = tmp_path / "bundle.js.gz", "const films = [];\n" * 500
    cached(path, lambda: text)
    good = path.read_bytes()
    for name, damage in damages.of_bytes(len(good), flips=30).items():
        damages.put(path, damage(good))
        made = cached(path, lambda: text)
        assert gzip.GzipFile(fileobj=io.BytesIO(made)).read().decode() == text, name
        assert cached(path, lambda: "never made twice") == made, name
