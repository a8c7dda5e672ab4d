"""The warehouse: whole transactions, patient locks, values kept as they are, shapes brought up.

Real DuckDB files; a lock is held and a process killed in a process of its own.
"""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movie_pipeline.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_VIEWINGS, SHAPE, TABLES, Table
from movie_pipeline.warehouse import Warehouse, WarehouseBusy, WarehouseError, replace, select
from movie_pipeline_tests.warehouses.release import FRAMES, HERE, UPLOAD, build

ROOT = Path(__file__).parents[1]

OPEN = """
import sys
from movie_pipeline.warehouse import Warehouse
with getattr(Warehouse(sys.argv[1]), sys.argv[2])() as connection:
    connection.execute(sys.argv[3])
    print("open", flush=True)
    sys.stdin.readline()
"""
FILL_THE_DISK = """
import resource, sys
import pandas as pd
from movie_pipeline.tables import RAW_MOVIES
from movie_pipeline.warehouse import Warehouse, WarehouseError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, -1))
rows = pd.DataFrame({"row_number": range(50_000), "title": [str(n) * 9 for n in range(50_000)]})
try:
    Warehouse(sys.argv[1]).write("a.csv", {RAW_MOVIES: rows})
except WarehouseError as error:
    print(error)
"""


def films(*titles: str | None) -> pd.DataFrame:
    return pd.DataFrame({"row_number": range(1, len(titles) + 1), "title": titles})


def titles(warehouse: Warehouse, upload: str = "a.csv") -> list[str | None]:
    return warehouse.read(RAW_MOVIES, upload)["title"].tolist()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(str(tmp_path / "warehouse.duckdb"), wait_seconds=30)


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
            process.communicate("\n", timeout=30)


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
    """And leaks no connection: the same process opens it again at once, to read and to write.

    The error is kept meanwhile, as Dagster does, and with it all that its frames refer to.
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


def test_a_killed_writer_leaves_the_old_rows(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with opened_elsewhere(warehouse, "writing", "DELETE FROM raw.movies") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert titles(warehouse) == ["old"]
    warehouse.write("a.csv", {RAW_MOVIES: films("new")})


def test_a_writer_killed_before_anything_was_ever_stored_is_survived(warehouse: Warehouse) -> None:
    with opened_elsewhere(warehouse, "writing") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert titles(warehouse) == []
    warehouse.write("a.csv", {RAW_MOVIES: films("new")})
    assert titles(warehouse) == ["new"]


def test_a_full_disk_leaves_the_old_rows_and_says_what_to_do(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    said, _ = python(FILL_THE_DISK, warehouse.database).communicate(timeout=60)
    assert "can't be written" in said
    assert "Free some space" in said
    assert titles(warehouse) == ["old"]


def test_two_uploads_do_not_touch_each_other(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("a")})
    warehouse.write("b.csv", {RAW_MOVIES: films("b")})
    warehouse.write("a.csv", {RAW_MOVIES: films("a2")})
    assert (titles(warehouse), titles(warehouse, "b.csv")) == (["a2"], ["b"])


def test_an_upload_in_the_frame_is_not_believed(warehouse: Warehouse) -> None:
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
def test_a_key_of_any_letters_is_only_a_value(warehouse: Warehouse, key: str) -> None:
    warehouse.write("other.csv", {RAW_MOVIES: films("other")})
    warehouse.write(key, {RAW_MOVIES: films("old")})
    warehouse.write(key, {RAW_MOVIES: films("new")})
    assert titles(warehouse, key) == ["new"]
    assert titles(warehouse, "other.csv") == ["other"]


def test_an_empty_upload_empties_its_rows_and_keeps_every_column(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    warehouse.write("a.csv", {RAW_MOVIES: pd.DataFrame()})
    rows = warehouse.read(RAW_MOVIES, "a.csv")
    assert rows.empty
    assert list(rows.columns) == [column.name for column in RAW_MOVIES]


def test_rows_without_a_column_are_not_an_empty_upload(warehouse: Warehouse) -> None:
    """`DataFrame.empty` is true for them, and the rows would vanish in silence."""
    with pytest.raises(WarehouseError):
        warehouse.write("a.csv", {RAW_MOVIES: pd.DataFrame(index=[0, 1])})


def test_a_column_that_stands_twice_is_refused(warehouse: Warehouse) -> None:
    twice = pd.DataFrame([[1, "x", "y"]], columns=["row_number", "title", "title"])
    with pytest.raises(WarehouseError, match="twice"):
        warehouse.write("a.csv", {RAW_MOVIES: twice})


def test_columns_go_in_by_name(warehouse: Warehouse) -> None:
    reordered = pd.DataFrame({"version": ["v"], "title": ["t"], "row_number": [1]})
    warehouse.write("a.csv", {RAW_MOVIES: reordered})
    row = warehouse.read(RAW_MOVIES, "a.csv").iloc[0]
    assert (row["title"], row["version"], row["row_number"]) == ("t", "v", 1)


def test_an_all_null_column_does_not_decide_its_type(warehouse: Warehouse) -> None:
    nothing = pd.DataFrame([dict.fromkeys(column.name for column in RAW_MOVIES)])
    warehouse.write("a.csv", {RAW_MOVIES: nothing.assign(row_number=1)})
    warehouse.write("b.csv", {RAW_MOVIES: films("text").assign(tags=[["x"]], seen=True)})
    assert titles(warehouse, "b.csv") == ["text"]


MISSING = [None, np.nan, pd.NA, pd.NaT]
VALUES = [
    ("title", pd.Series(["x", *MISSING], dtype=object), ["x"]),
    ("title", pd.array(["x", None], dtype="string"), ["x"]),
    ("title", pd.array(["x", None], dtype="string[pyarrow]"), ["x"]),
    ("title", pd.Categorical(["x", None, "x"]), ["x", "x"]),
    ("title", ["nul \0 in it", "\U0001f3ac"], ["nul \0 in it", "\U0001f3ac"]),
    ("year", [1979.0, np.nan], [1979]),
    ("year", pd.array([1979, None], dtype="Int64"), [1979]),
    ("year", pd.Series([1979, None, "1980"], dtype=object), [1979, 1980]),
    ("seen", pd.Series([None, True, 0, False], dtype=object), [True, False, False]),
    ("seen", pd.array([None, True, False], dtype="boolean"), [True, False]),
    ("rating", [np.nan, 0.5], [0.5]),
    ("rating", pd.array([None, 5], dtype="Float64"), [5.0]),
    ("watched_on", pd.Series([date(1895, 12, 28), *MISSING], dtype=object), [date(1895, 12, 28)]),
    ("watched_on", pd.to_datetime(pd.Series(["2024-02-29", None])), [date(2024, 2, 29)]),
    ("tags", pd.Series([["a", "b'"], np.array(["c"]), ("d",)]), [["a", "b'"], ["c"], ["d"]]),
    ("tags", pd.Series([[], np.nan, None, pd.NA, ["\0", "\ud800!"]]), [[], ["\0", "\ufffd!"]]),
    ("tags", pd.Series([[None, np.nan, "x"]]), [[None, None, "x"]]),
]


@pytest.mark.parametrize(("column", "values", "stored"), VALUES)
def test_a_value_is_stored_as_it_is_and_every_missing_one_as_null(
    warehouse: Warehouse, column: str, values: object, stored: list[object]
) -> None:
    frame = pd.DataFrame({column: values})
    frame["row_number"] = range(len(frame))
    warehouse.write("a.csv", {RAW_MOVIES: frame})
    with warehouse.reading() as connection:
        rows = connection.execute(f"SELECT {column} FROM raw.movies ORDER BY row_number").fetchall()
    assert len(rows) == len(frame)
    assert [value for (value,) in rows if value is not None] == stored


def test_half_a_surrogate_pair_costs_one_letter_and_not_the_upload(warehouse: Warehouse) -> None:
    r"""A JSON export may hold ``"\ud83d"``, which UTF-8 can't; DuckDB would refuse every row."""
    warehouse.write("a.csv", {RAW_MOVIES: films("half \ud83d here", "whole")})
    assert titles(warehouse) == ["half \ufffd here", "whole"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("year", [1999.7]),
        ("year", pd.array([1999.7], dtype="Float64")),
        ("year", [np.inf]),
        ("year", ["MCMXCIX"]),
        ("seen", ["perhaps"]),
        ("tags", ["not a list"]),
        ("tags", [{"a", "set"}]),
        ("watched_on", ["29 February"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_one_line(
    warehouse: Warehouse, column: str, values: list[object]
) -> None:
    """Not bent to fit: DuckDB alone would make 1999.7 the year 2000."""
    frame = pd.DataFrame({"row_number": [1], column: values})
    with pytest.raises(WarehouseError, match=r"^raw.movies could not take .* a\.csv: .*[^.]$"):
        warehouse.write("a.csv", {RAW_MOVIES: frame})


def enriched(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"row_number": [1], "match_status": "matched", "tmdb_enriched": True, **columns}
    )


@pytest.mark.parametrize(
    "moment",
    [
        pd.Series([datetime(2026, 1, 1, 7, tzinfo=UTC)], dtype=object),
        pd.Series([datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))], dtype=object),
        pd.to_datetime(pd.Series(["2026-01-01T12:00:00+05:00"])),
        pd.Series([datetime(2026, 1, 1, 7)], dtype=object),  # noqa: DTZ001  # is UTC
    ],
)
def test_a_time_is_stored_in_utc(
    warehouse: Warehouse, moment: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whatever zone the machine is: DuckDB would drop or use it, depending on the dtype."""
    monkeypatch.setenv("TZ", "America/New_York")
    warehouse.write("a.csv", {ENRICHED_MOVIES: enriched(enriched_at=moment)})
    stored = warehouse.read(ENRICHED_MOVIES, "a.csv")["enriched_at"].tolist()
    assert stored == [pd.Timestamp("2026-01-01 07:00:00")]


def test_structs_keep_their_values_and_their_order(warehouse: Warehouse) -> None:
    candidates = [
        {"tmdb_id": np.int64(348), "title": 'A "film"', "year": None, "score": np.float64(0.5)},
        {"tmdb_id": 2, "title": None, "year": 1979, "score": np.nan},
    ]
    warehouse.write("a.csv", {ENRICHED_MOVIES: enriched(match_candidates=[candidates])})
    (stored,) = warehouse.read(ENRICHED_MOVIES, "a.csv")["match_candidates"]
    assert list(stored) == [
        {"tmdb_id": 348, "title": 'A "film"', "year": None, "score": 0.5},
        {"tmdb_id": 2, "title": None, "year": 1979, "score": None},
    ]


def test_what_was_read_can_be_written_again(warehouse: Warehouse) -> None:
    """Reading gives extension dtypes and arrays in cells; enrichment hands such columns on."""
    for table, frame in FRAMES.items():
        warehouse.write("a.csv", {table: frame})
        first = warehouse.read(table, "a.csv")
        warehouse.write("a.csv", {table: first})
        again = warehouse.read(table, "a.csv")
        assert again.astype(str).equals(first.astype(str))


@given(st.lists(st.text(st.characters(codec=None), max_size=20), max_size=20))
@settings(max_examples=20)
def test_any_text_goes_in(texts: list[str]) -> None:
    """Also the surrogates that a JSON file may hold."""
    warehouse = Warehouse(":memory:")
    with warehouse.writing() as connection:
        frame = films(*texts).assign(tags=[[text] for text in texts])
        replace(connection, RAW_MOVIES, "a.csv", frame)
        stored = select(connection, RAW_MOVIES, ["a.csv"])
    expected = [re.sub("[\ud800-\udfff]", "\ufffd", text) for text in texts]
    assert stored["title"].tolist() == expected
    assert [list(tags) for tags in stored["tags"]] == [[text] for text in expected]


def test_a_hundred_thousand_rows_come_back_in_their_order(warehouse: Warehouse) -> None:
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


def test_before_the_first_write_every_table_is_there_and_empty(warehouse: Warehouse) -> None:
    for table in TABLES:
        assert warehouse.read(table, "a.csv").empty
    assert not Path(warehouse.database).exists()


def test_reading_can_not_write(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with warehouse.reading() as connection, pytest.raises(duckdb.InvalidInputException):
        connection.execute("DELETE FROM raw.movies")


def test_readers_do_not_block_each_other(warehouse: Warehouse) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with opened_elsewhere(warehouse, "reading"):
        assert titles(Warehouse(warehouse.database, wait_seconds=0)) == ["old"]


@pytest.mark.parametrize("held", ["reading", "writing"])
def test_a_lock_is_waited_for_and_its_holder_named(
    warehouse: Warehouse, held: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The other process lets go when we have said that we wait: no sleeping for luck."""
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with opened_elsewhere(warehouse, held) as process:

        class LetGo(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                assert f"process {process.pid}" in record.getMessage()
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()

        logger, handler = logging.getLogger("movie_pipeline.warehouse"), LetGo()
        logger.addHandler(handler)
        try:
            warehouse.write("a.csv", {RAW_MOVIES: films("new")})
        finally:
            logger.removeHandler(handler)
    assert titles(warehouse) == ["new"]
    assert len([one for one in caplog.records if "waiting for the warehouse" in one.message]) == 1


@pytest.mark.parametrize("attempt", ["reading", "writing"])
def test_a_lock_that_stays_is_named_and_nothing_is_lost(warehouse: Warehouse, attempt: str) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    impatient = Warehouse(warehouse.database, wait_seconds=0.2)
    with opened_elsewhere(warehouse, "writing") as process:
        named = rf"process {process.pid}.*Close that program"
        with pytest.raises(WarehouseBusy, match=named), getattr(impatient, attempt)():
            pass
    assert titles(impatient) == ["old"]


def test_a_reader_in_the_same_process_is_waited_for_too(warehouse: Warehouse) -> None:
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
def test_what_is_no_warehouse_is_left_alone_and_explained(
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


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WarehouseError, match="can't be made"):
        Warehouse(str(tmp_path / "file" / "warehouse.duckdb")).write("a", {RAW_MOVIES: films("x")})


@pytest.mark.parametrize("database", ["md:films", "ducklake:postgres:dbname=x", "MD:films"])
def test_a_database_string_is_not_taken_for_a_file(database: str, tmp_path: Path) -> None:
    """No folder is made for it, and an error does not ask to move a file away."""
    warehouse = Warehouse(database, wait_seconds=0)
    explained = pytest.raises(WarehouseError, match="MOVIE_PIPELINE_WAREHOUSE")
    with duckdb_without_downloads(), explained, warehouse.writing():
        pass
    assert list(tmp_path.iterdir()) == []


@contextmanager
def duckdb_without_downloads() -> Iterator[None]:
    """Extensions are not fetched: a proxy that is not there stands before the network."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        yield


@pytest.mark.parametrize("database", [":memory:", ":memory:films"])
def test_a_database_in_memory_makes_no_file(database: str, tmp_path: Path) -> None:
    warehouse = Warehouse(database)
    warehouse.write("a.csv", {RAW_MOVIES: films("gone with its connection")})
    assert titles(warehouse) == []
    assert list(tmp_path.iterdir()) == []


SHAPES = sorted(HERE.glob("shape-*.sql"), key=lambda path: int(path.stem.removeprefix("shape-")))


def shape_of(warehouse: Warehouse) -> object:
    with duckdb.connect(warehouse.database, read_only=True) as connection:
        return connection.execute("SELECT shape FROM warehouse_shape").fetchall()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
@pytest.mark.parametrize("first", ["read", "write"])
def test_a_warehouse_of_an_earlier_shape_is_brought_up(
    warehouse: Warehouse, shape: Path, first: str
) -> None:
    """On the first write and on the first read; every row of it stays."""
    build(shape, Path(warehouse.database))
    if first == "write":
        warehouse.write("new.csv", FRAMES)
        assert len(warehouse.read(RAW_MOVIES, "new.csv")) == 2
    old = warehouse.read(RAW_MOVIES, UPLOAD)
    assert old["title"].tolist() == ["Alien", "A Film That Nobody Made"]
    assert list(old["tags"][0]) == ["space", "it's dark"]
    assert [list(warehouse.read(table, UPLOAD).columns) for table in TABLES] == [
        [column.name for column in table] for table in TABLES
    ]
    assert warehouse.read(ENRICHED_MOVIES, UPLOAD)["tmdb_id"].tolist() == [348, pd.NA]
    warehouse.write(UPLOAD, FRAMES)
    for table, frame in FRAMES.items():
        assert len(warehouse.read(table, UPLOAD)) == len(frame)
    assert shape_of(warehouse) == [(SHAPE,)]


def test_a_failing_first_write_does_not_bring_it_up_by_half(warehouse: Warehouse) -> None:
    build(HERE / "shape-0.sql", Path(warehouse.database))
    with pytest.raises(WarehouseError):
        warehouse.write(UPLOAD, {RAW_MOVIES: films("new").assign(bogus=1)})
    with duckdb.connect(warehouse.database, read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("rejected_rows",) not in tables
    assert titles(warehouse, UPLOAD) == ["Alien", "A Film That Nobody Made"]


@pytest.mark.parametrize("attempt", ["reading", "writing"])
def test_a_warehouse_of_a_newer_version_is_refused_and_left_alone(
    warehouse: Warehouse, attempt: str
) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("theirs")})
    with duckdb.connect(warehouse.database) as connection:
        connection.execute("UPDATE warehouse_shape SET shape = ?", [SHAPE + 1])
    sentence = r"newer movie_pipeline.*Update movie_pipeline"
    with pytest.raises(WarehouseError, match=sentence), getattr(warehouse, attempt)():
        pass
    assert shape_of(warehouse) == [(SHAPE + 1,)]


def test_a_table_is_not_changed_without_raising_the_shape(tmp_path: Path) -> None:
    """If this fails: raise `tables.SHAPE`, then see `warehouses.release`."""
    assert SHAPES[-1].stem == f"shape-{SHAPE}"
    build(SHAPES[-1], tmp_path / "released.duckdb")
    with duckdb.connect(str(tmp_path / "released.duckdb")) as connection:
        released = columns_of(connection)
    with Warehouse(":memory:").reading() as connection:
        declared = columns_of(connection)
    assert released == declared


def columns_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, is_nullable FROM duckdb_columns()"
        " WHERE NOT internal ORDER BY ALL"
    ).fetchall()


def test_every_table_is_told_from_every_other() -> None:
    assert len({str(table) for table in TABLES}) == len(TABLES)
    for table in TABLES:
        assert isinstance(table, Table)
        assert table.columns[0].name == "upload"
