"""The warehouse: whole transactions, waiting for locks, and unusable files.

Uses real DuckDB files; locks are held by, and kills are aimed at, a separate process.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from movie_pipeline.warehouse.database import Warehouse, WarehouseBusy, WarehouseError
from movie_pipeline.warehouse.tables import RAW_MOVIES, RAW_VIEWINGS, TABLES
from movie_pipeline_tests.warehouse.rows import films, titles

ROOT = Path(__file__).parents[2]

OPEN = """
import sys
from movie_pipeline.warehouse.database import Warehouse
with getattr(Warehouse(sys.argv[1]), sys.argv[2])() as connection:
    connection.execute(sys.argv[3])
    print("open", flush=True)
    sys.stdin.readline()
"""
FILL_THE_DISK = """
import resource, sys
import pandas as pd
from movie_pipeline.warehouse.tables import RAW_MOVIES
from movie_pipeline.warehouse.database import Warehouse, WarehouseError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, -1))
rows = pd.DataFrame({"row_number": range(50_000), "title": [str(n) * 9 for n in range(50_000)]})
try:
    Warehouse(sys.argv[1]).write("a.csv", {RAW_MOVIES: rows})
except WarehouseError as error:
    print(error)
"""


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@contextmanager
def opened_elsewhere(
    warehouse: Warehouse, how: str, sql: str = "SELECT 1"
) -> Iterator[subprocess.Popen[str]]:
    """Another process that has run a statement and still has the warehouse open."""
    process = python(OPEN, warehouse.database, how, sql)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n", process.communicate()
        yield process
    finally:
        with suppress(BrokenPipeError):
            process.communicate("\n", timeout=120)


def break_with_an_unknown_column(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("new").assign(bogus=1)})


def break_with_a_value_that_does_not_fit(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("new").assign(year=2**40)})


def break_with_a_missing_required_value(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: pd.DataFrame({"title": ["new"]})})


def break_in_the_second_table(warehouse: Warehouse) -> None:
    viewings = pd.DataFrame({"row_number": [1], "watched_on": ["not a day"]})
    warehouse.write("a.csv", {RAW_MOVIES: films("new"), RAW_VIEWINGS: viewings})


def break_in_the_block(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        connection.execute("DELETE FROM raw.movies")
        raise ZeroDivisionError


def break_by_interrupting(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        connection.execute("DELETE FROM raw.movies")
        raise KeyboardInterrupt


BREAKS = [
    break_with_an_unknown_column,
    break_with_a_value_that_does_not_fit,
    break_with_a_missing_required_value,
    break_in_the_second_table,
    break_in_the_block,
    break_by_interrupting,
]


@pytest.mark.parametrize("break_it", BREAKS)
def test_a_failing_write_leaves_every_table_as_it_was(
    warehouse: Warehouse, break_it: Callable[[Warehouse], None]
) -> None:
    """And leaks no connection: the same process can reopen it at once to read and to write.

    The error is kept alive meanwhile, as Dagster does, with everything its frames refer to.
    """
    viewings = pd.DataFrame({"row_number": [1], "watched_on": [date(2024, 1, 1)]})
    warehouse.write("a.csv", {RAW_MOVIES: films("old"), RAW_VIEWINGS: viewings})
    with pytest.raises((WarehouseError, ZeroDivisionError, KeyboardInterrupt)) as kept:
        break_it(warehouse)
    at_once = Warehouse(warehouse.database, wait_seconds=0)
    assert titles(at_once) == ["old"]
    assert len(at_once.read(RAW_VIEWINGS, "a.csv")) == 1
    at_once.write("b.csv", {RAW_MOVIES: films("other")})
    assert kept


def test_a_failing_read_leaks_no_connection(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with pytest.raises(duckdb.Error) as kept, warehouse.reading() as connection:
        connection.execute("SELECT nonsense")
    Warehouse(warehouse.database, wait_seconds=0).write("a.csv", {RAW_MOVIES: films("new")})
    assert kept


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_rows(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with opened_elsewhere(warehouse, "writing", "DELETE FROM raw.movies") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert titles(warehouse) == ["old"]
    warehouse.write("a.csv", {RAW_MOVIES: films("new")})


@pytest.mark.slow
def test_a_writer_killed_during_the_very_first_write_does_no_harm(warehouse: Warehouse) -> None:
    with opened_elsewhere(warehouse, "writing") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert titles(warehouse) == []
    warehouse.write("a.csv", {RAW_MOVIES: films("new")})
    assert titles(warehouse) == ["new"]


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_rows_and_says_what_to_do(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    said, _ = python(FILL_THE_DISK, warehouse.database).communicate(timeout=200)
    assert "can't be written" in said
    assert "Free some space" in said
    assert titles(warehouse) == ["old"]


def test_two_uploads_do_not_affect_each_other(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("a")})
    warehouse.write("b.csv", {RAW_MOVIES: films("b")})
    warehouse.write("a.csv", {RAW_MOVIES: films("a2")})
    assert (titles(warehouse), titles(warehouse, "b.csv")) == (["a2"], ["b"])


def test_an_upload_column_in_the_frame_is_ignored(warehouse: Warehouse) -> None:
    warehouse.write("b.csv", {RAW_MOVIES: films("b")})
    warehouse.write("a.csv", {RAW_MOVIES: films("a").assign(upload="b.csv")})
    assert (titles(warehouse), titles(warehouse, "b.csv")) == (["a"], ["b"])


KEYS = [
    "o'brien.csv",
    'say "hi".csv',
    "a[1], (2) {3}.csv",
    "x'; DROP TABLE raw.movies; --.csv",
    "new%0Aline.csv",
    "日本語/映画.csv",
    "$upload ? ?1.csv",
    "\\ back.csv",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_with_any_characters_is_only_a_value(warehouse: Warehouse, key: str) -> None:
    warehouse.write("other.csv", {RAW_MOVIES: films("other")})
    warehouse.write(key, {RAW_MOVIES: films("old")})
    warehouse.write(key, {RAW_MOVIES: films("new")})
    assert titles(warehouse, key) == ["new"]
    assert titles(warehouse, "other.csv") == ["other"]


def test_an_empty_upload_has_no_rows_but_every_column(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    warehouse.write("a.csv", {RAW_MOVIES: pd.DataFrame()})
    rows = warehouse.read(RAW_MOVIES, "a.csv")
    assert rows.empty
    assert list(rows.columns) == [column.name for column in RAW_MOVIES]


def test_rows_without_a_column_are_not_an_empty_upload(warehouse: Warehouse) -> None:
    """`DataFrame.empty` is true for them, and the rows would disappear silently."""
    with pytest.raises(WarehouseError):
        warehouse.write("a.csv", {RAW_MOVIES: pd.DataFrame(index=[0, 1])})


def test_a_column_that_occurs_twice_is_refused(warehouse: Warehouse) -> None:
    twice = pd.DataFrame([[1, "x", "y"]], columns=["row_number", "title", "title"])
    with pytest.raises(WarehouseError, match="twice"):
        warehouse.write("a.csv", {RAW_MOVIES: twice})


def test_columns_are_matched_by_name(warehouse: Warehouse) -> None:
    reordered = pd.DataFrame({"version": ["v"], "title": ["t"], "row_number": [1]})
    warehouse.write("a.csv", {RAW_MOVIES: reordered})
    row = warehouse.read(RAW_MOVIES, "a.csv").iloc[0]
    assert (row["title"], row["version"], row["row_number"]) == ("t", "v", 1)


def test_an_all_null_column_does_not_change_its_type(warehouse: Warehouse) -> None:
    nothing = pd.DataFrame([dict.fromkeys(column.name for column in RAW_MOVIES)])
    warehouse.write("a.csv", {RAW_MOVIES: nothing.assign(row_number=1)})
    warehouse.write("b.csv", {RAW_MOVIES: films("text").assign(tags=[["x"]], seen=True)})
    assert titles(warehouse, "b.csv") == ["text"]


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_in_the_order_written(warehouse: Warehouse) -> None:
    many = pd.DataFrame(
        {
            "row_number": range(100_000),
            "title": [f"Film {number}" for number in range(100_000)],
            "tags": [["a", "b"]] * 100_000,
        }
    )
    warehouse.write("other.csv", {RAW_MOVIES: films("other")})
    warehouse.write("a.csv", {RAW_MOVIES: many})
    rows = warehouse.read(RAW_MOVIES, "a.csv")
    assert rows["row_number"].tolist() == list(range(100_000))


def test_before_the_first_write_every_table_exists_and_is_empty(warehouse: Warehouse) -> None:
    for table in TABLES:
        assert warehouse.read(table, "a.csv").empty
    assert not Path(warehouse.database).exists()


def test_reading_can_not_write(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with warehouse.reading() as connection, pytest.raises(duckdb.InvalidInputException):
        connection.execute("DELETE FROM raw.movies")


@pytest.mark.slow
def test_readers_do_not_block_each_other(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with opened_elsewhere(warehouse, "reading"):
        assert titles(Warehouse(warehouse.database, wait_seconds=0)) == ["old"]


@pytest.mark.slow
@pytest.mark.parametrize("held", ["reading", "writing"])
def test_we_wait_for_a_lock_and_name_its_holder(
    warehouse: Warehouse, held: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The other process releases the lock when we log that we wait, so the test needs no sleep."""
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with opened_elsewhere(warehouse, held) as process:

        class LetGo(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                assert f"process {process.pid}" in record.getMessage()
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()

        logger, handler = logging.getLogger("movie_pipeline.warehouse.database"), LetGo()
        logger.addHandler(handler)
        try:
            warehouse.write("a.csv", {RAW_MOVIES: films("new")})
        finally:
            logger.removeHandler(handler)
    assert titles(warehouse) == ["new"]
    assert len([one for one in caplog.records if "waiting for the warehouse" in one.message]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("attempt", ["reading", "writing"])
def test_a_lasting_lock_is_reported_and_nothing_is_lost(warehouse: Warehouse, attempt: str) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    impatient = Warehouse(warehouse.database, wait_seconds=0.2)
    with opened_elsewhere(warehouse, "writing") as process:
        named = rf"process {process.pid}.*Close that program"
        with pytest.raises(WarehouseBusy, match=named), getattr(impatient, attempt)():
            pass
    assert titles(impatient) == ["old"]


def test_a_writer_waits_for_a_reader_in_the_same_process_too(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with warehouse.reading(), pytest.raises(WarehouseBusy, match="another connection"):
        Warehouse(warehouse.database, wait_seconds=0).write("a.csv", {RAW_MOVIES: films("new")})


def test_threads_that_write_different_uploads_lose_nothing(warehouse: Warehouse) -> None:
    warehouse.write("first.csv", {RAW_MOVIES: films("first")})
    failed: list[BaseException] = []

    def write(upload: str) -> None:
        try:
            warehouse.write(upload, {RAW_MOVIES: films(upload)})
        except BaseException as error:
            failed.append(error)

    uploads = [f"{number}.csv" for number in range(4)]
    threads = [threading.Thread(target=write, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [titles(warehouse, upload) for upload in uploads] == [[upload] for upload in uploads]


@pytest.mark.parametrize("attempt", ["reading", "writing"])
@pytest.mark.parametrize(
    ("in_place", "advice"),
    [("a folder", "MOVIE_PIPELINE_WAREHOUSE"), ("garbage", "move it away")],
)
def test_a_path_that_is_not_a_warehouse_is_left_alone_and_explained(
    tmp_path: Path, attempt: str, in_place: str, advice: str
) -> None:
    path = tmp_path / "warehouse.duckdb"
    if in_place == "a folder":
        path.mkdir()
    else:
        path.write_text("garbage\n" * 1000)
    with pytest.raises(WarehouseError, match=advice), getattr(Warehouse(str(path)), attempt)():
        pass
    assert path.exists()


def test_a_folder_that_can_not_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WarehouseError, match="can't be created"):
        Warehouse(str(tmp_path / "file" / "warehouse.duckdb")).write("a", {RAW_MOVIES: films("x")})


@pytest.mark.parametrize("database", ["md:films", "ducklake:postgres:dbname=x", "MD:films"])
def test_a_database_string_is_not_mistaken_for_a_file(database: str, tmp_path: Path) -> None:
    """No folder is created for it, and an error does not ask to move a file away."""
    warehouse = Warehouse(database, wait_seconds=0)
    explained = pytest.raises(WarehouseError, match="MOVIE_PIPELINE_WAREHOUSE")
    with duckdb_without_downloads(), explained, warehouse.writing():
        pass
    assert list(tmp_path.iterdir()) == []


@contextmanager
def duckdb_without_downloads() -> Iterator[None]:
    """Extensions are not downloaded: all traffic goes to a proxy that does not exist."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        yield


@pytest.mark.parametrize("database", [":memory:", ":memory:films"])
def test_a_database_in_memory_creates_no_file(database: str, tmp_path: Path) -> None:
    warehouse = Warehouse(database)
    warehouse.write("a.csv", {RAW_MOVIES: films("gone with its connection")})
    assert titles(warehouse) == []
    assert list(tmp_path.iterdir()) == []


# Forgetting ---------------------------------------------------------------------------------

_WRITER = """
import sys
import pandas as pd
from movie_pipeline.warehouse.tables import RAW_MOVIES
from movie_pipeline.warehouse.database import Warehouse
warehouse = Warehouse(sys.argv[1], 60)
for number in range(int(sys.argv[2])):
    warehouse.write(f"mine {number}", {RAW_MOVIES: pd.DataFrame({"row_number": [number]})})
"""


@pytest.mark.slow
def test_no_write_of_another_process_is_lost_while_uploads_are_forgotten(warehouse):
    """Forgetting replaces the file, which the other process may be opening."""
    frame = {RAW_MOVIES: pd.DataFrame({"row_number": [1], "title": ["Qwyjibo"]})}
    warehouse.write("yours", frame)
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, warehouse.database, "15"], cwd=ROOT)
    times = 0
    while writer.poll() is None:
        assert warehouse.forget("yours") == (1 if times % 2 == 0 else 0)
        times += 1
        if times % 2 == 0:
            warehouse.write("yours", frame)
    assert writer.returncode == 0
    assert times > 1
    with warehouse.reading() as connection:
        found = connection.execute("SELECT row_number FROM raw.movies WHERE upload LIKE 'mine%'")
        assert sorted(found.fetchall()) == [(number,) for number in range(15)]


def test_a_file_that_was_replaced_while_it_was_opened_is_opened_again(warehouse, monkeypatch):
    """Writes to the old file, which no longer has a path, would be lost."""
    file = Path(warehouse.database)
    warehouse.write("a.csv", {RAW_MOVIES: pd.DataFrame({"row_number": [1]})})
    real = duckdb.connect

    def connect(*arguments, **options):
        monkeypatch.setattr(duckdb, "connect", real)
        connection = real(*arguments, **options)
        draft = file.with_name("draft")
        shutil.copy(file, draft)
        draft.replace(file)
        return connection

    monkeypatch.setattr(duckdb, "connect", connect)
    warehouse.write("b.csv", {RAW_MOVIES: pd.DataFrame({"row_number": [2]})})
    assert len(warehouse.read(RAW_MOVIES, "b.csv")) == 1


def test_a_users_own_view_in_the_warehouse_survives_forgetting_an_upload(warehouse):
    frame = {RAW_MOVIES: pd.DataFrame({"row_number": [1], "title": ["Qwyjibo"]})}
    warehouse.write("a.csv", frame)
    warehouse.write("b.csv", frame)
    with warehouse.writing() as connection:
        connection.execute("CREATE VIEW mine AS SELECT upload FROM raw.movies")
    assert warehouse.forget("a.csv") == 1
    with warehouse.reading() as connection:
        assert connection.execute("FROM mine").fetchall() == [("b.csv",)]
    assert warehouse.forget("b.csv") == 1
    assert b"Qwyjibo" not in Path(warehouse.database).read_bytes()
    assert [path.name for path in Path(warehouse.database).parent.glob("*warehouse*")] == [
        Path(warehouse.database).name
    ]
