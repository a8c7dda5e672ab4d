"""The warehouse on a real PostgreSQL: the same rows as in a file, whatever happens meanwhile."""

import inspect
import json
import logging
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import types

import duckdb
import pandas as pd
import pytest
import redis
from click.testing import CliRunner
from psycopg2.extensions import parse_dsn
from pydantic import SecretStr

from movie_pipeline import settings as environment
from movie_pipeline.commands.cli import main
from movie_pipeline.warehouse import postgres
from movie_pipeline.warehouse.database import Warehouse, WarehouseError, WarehouseUndone
from movie_pipeline.warehouse.tables import (
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_UPLOADS,
    RAW_VIEWINGS,
    SHAPE,
    TABLES,
)
from movie_pipeline_tests.cluster.postgres_server import PASSWORD, needs_postgres
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.uploads import test_persons
from movie_pipeline_tests.warehouse import test_database, test_frames, test_lines
from movie_pipeline_tests.warehouse.release import FRAMES
from movie_pipeline_tests.warehouse.rows import films, titles

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.xdist_group("warehouse on postgres"),
    needs_postgres,
]

OF_THE_RUN = {"enriched_at", "received_at"}
SAMPLE = "letterboxd-sample-2026-11-01-09-00-utc.zip"


def all_rows(warehouse: Warehouse, upload: str) -> dict[str, list[str]]:
    """All rows of all tables, without what differs between two runs."""
    return {
        str(table): sorted(
            warehouse.read(table, upload)
            .drop(columns=OF_THE_RUN, errors="ignore")
            .to_json(orient="records", lines=True, date_format="iso")
            .splitlines()
        )
        for table in TABLES
    }


def test_a_run_stores_the_same_rows_and_draws_the_same_page(
    in_postgres, data, run_job, tmdb, monkeypatch
):
    shutil.copy(ROOT / "data" / "samples" / SAMPLE, data / "uploads" / "a.zip")
    found, pages = [], []
    for database in (in_postgres, str(data / "warehouse.duckdb")):
        monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", database)
        assert run_job("a.zip").success
        found.append(all_rows(Warehouse.of(environment.load()), "a.zip"))
        page = (data / "dashboard" / "a.zip.html").read_text()
        pages.append(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "now", page))
    assert found[0] == found[1]
    assert [*found[0]] == [str(table) for table in TABLES]
    assert all(found[0][name] for name in found[0] if name != "raw.rejected_rows")
    assert pages[0] == pages[1]


@pytest.fixture
def warehouse(in_postgres) -> Warehouse:
    return Warehouse(in_postgres, wait_seconds=30)


# The suite of the file's warehouse, as far as it is not about a file ----------------------------


def _unmarked(test: types.FunctionType) -> types.FunctionType:
    """The same test without its parameters."""
    return types.FunctionType(test.__code__, test.__globals__, test.__name__)


_NOT_OF_A_FILE = (
    test_database.test_two_uploads_do_not_affect_each_other,
    test_database.test_an_upload_column_in_the_frame_is_ignored,
    test_database.test_a_key_with_any_characters_is_only_a_value,
    test_database.test_an_empty_upload_has_no_rows_but_every_column,
    test_database.test_rows_without_a_column_are_not_an_empty_upload,
    test_database.test_a_column_that_occurs_twice_is_refused,
    test_database.test_columns_are_matched_by_name,
    test_database.test_an_all_null_column_does_not_change_its_type,
    test_database.test_a_hundred_thousand_rows_are_read_in_the_order_written,
    test_database.test_threads_that_write_different_uploads_lose_nothing,
    *(
        test
        for module in (test_frames, test_lines, test_persons)
        for name, test in vars(module).items()
        if name.startswith("test_") and "warehouse" in inspect.signature(test).parameters
    ),
)
globals().update({test.__name__: test for test in _NOT_OF_A_FILE})
test_a_value_is_stored_unchanged_and_every_missing_one_as_null = pytest.mark.parametrize(
    ("column", "values", "stored"),
    [one for one in test_frames.VALUES if "\\x00" not in repr(one)],  # see the test on NUL below
)(_unmarked(test_frames.test_a_value_is_stored_unchanged_and_every_missing_one_as_null))
rows = test_lines.rows  # their fixture


@pytest.mark.parametrize("break_it", test_database.BREAKS)
def test_a_failing_write_leaves_every_table_as_it_was(warehouse, break_it):
    viewings = pd.DataFrame({"row_number": [1], "watched_on": [pd.Timestamp("2024-01-01")]})
    warehouse.write("a.csv", {RAW_MOVIES: films("old"), RAW_VIEWINGS: viewings})
    with pytest.raises((WarehouseError, ZeroDivisionError, KeyboardInterrupt)) as kept:
        break_it(warehouse)
    assert titles(warehouse) == ["old"]
    assert len(warehouse.read(RAW_VIEWINGS, "a.csv")) == 1
    warehouse.write("b.csv", {RAW_MOVIES: films("other")})
    assert kept


def test_reading_can_not_write(warehouse):
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with pytest.raises(WarehouseError), warehouse.reading() as connection:
        connection.execute("DELETE FROM raw.movies")
    assert titles(warehouse) == ["old"]


def test_every_type_of_every_table_is_read_as_from_a_file(warehouse, tmp_path):
    """Texts that PostgreSQL, its arrays or JSON could misread, and values of every type."""
    odd = [
        "",
        "NULL",
        "{}",
        'a"b',
        "o'b",
        "\\",
        "a,b",
        "日本\U0001f3ac",
        "[1]",
        " x ",
        "line\nbreak",
    ]
    frames = {}
    for table in TABLES:
        columns = {}
        for column in table:
            examples = {
                "VARCHAR": odd,
                "VARCHAR[]": [odd, [], None, [None, "x"], *([[one] for one in odd[4:]])],
                "INTEGER": [-(2**31), 2**31 - 1, 0, *range(8)],
                "INTEGER[]": [[1, None, -1], [], None, *([[n] for n in range(8)])],
                "BIGINT": [-(2**63), 2**63 - 1, *range(9)],
                "DOUBLE": [0.1, 1e300, -1e-300, *[n / 3 for n in range(8)]],
                "DOUBLE[]": [[0.1, None], [], None, *([[n / 3] for n in range(8)])],
                "BOOLEAN": [True, False, *[n % 2 == 0 for n in range(9)]],
                "DATE": [pd.Timestamp(1900 + n * 9, 1, 31) for n in range(11)],
                "TIMESTAMP": [pd.Timestamp(2020, 1, 1, 1, 2, 3, 456_789 + n) for n in range(11)],
            }.get(column.type) or [
                [{"tmdb_id": n, "title": one, "year": None, "score": n / 7}]
                for n, one in enumerate(odd)
            ]
            if not column.required and not column.type.endswith("[]"):
                examples = [None, *examples[1:]]
            whole = column.type in ("INTEGER", "BIGINT")
            columns[column.name] = pd.Series(examples, dtype="Int64" if whole else "object")
        frames[table] = (
            pd.DataFrame(columns)
            .assign(row_number=range(11))
            .filter([column.name for column in table])
        )
    in_file = Warehouse(str(tmp_path / "warehouse.duckdb"))
    for one in (warehouse, in_file):
        one.write("a.csv", frames)
    for table in TABLES:
        ours, theirs = warehouse.read(table, "a.csv"), in_file.read(table, "a.csv")
        assert len(ours) == 11
        assert ours.dtypes.tolist() == theirs.dtypes.tolist(), table
        assert _lines(ours) == _lines(theirs), table


def _lines(frame: pd.DataFrame) -> list[str]:
    return sorted(frame.to_json(orient="records", lines=True, double_precision=15).splitlines())


def test_a_nul_character_which_postgres_can_not_store_is_replaced(warehouse):
    warehouse.write("a.csv", {RAW_MOVIES: films("a\0b").assign(tags=[["c\0d"]])})
    assert titles(warehouse) == ["a\ufffdb"]


# Migration --------------------------------------------------------------------------------------


def test_tables_of_an_earlier_shape_get_the_missing_columns_and_indexes(warehouse, server):
    """Also in a process that has been using the older tables."""
    warehouse.write("a.csv", FRAMES)
    server.run(
        "ALTER TABLE raw.movies DROP COLUMN watchlisted; DROP TABLE analytics.pairs;"
        "DROP INDEX raw.movies_upload; UPDATE raw.warehouse_shape SET shape = 1",
        "warehouse",
    )
    postgres.close()
    assert len(warehouse.read(RAW_MOVIES, "a.csv")) == 2
    warehouse.write("a.csv", FRAMES)
    for table, frame in FRAMES.items():
        assert len(warehouse.read(table, "a.csv")) == len(frame)
    assert server.run("SELECT shape FROM raw.warehouse_shape", "warehouse") == [(SHAPE,)]
    indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname IN ('raw', 'enriched', 'analytics')"
    assert server.run(indexes, "warehouse") == [(len(TABLES) + 1,)]


def test_processes_that_are_the_first_at_once_create_the_tables_together(in_postgres, server):
    server.create("warehouse")
    code = (
        "import sys; from movie_pipeline.warehouse.database import Warehouse;"
        "Warehouse(sys.argv[1]).holds('a')"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, in_postgres], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [(one.communicate()[1], one.returncode) for one in started] == [("", 0)] * 4


def test_a_newer_shape_is_refused_and_left_alone(warehouse, server):
    warehouse.write("a.csv", {RAW_MOVIES: films("theirs")})
    server.run(f"UPDATE raw.warehouse_shape SET shape = {SHAPE + 1}", "warehouse")
    postgres.close()
    with pytest.raises(WarehouseError, match="newer movie_pipeline"):
        warehouse.holds("a.csv")
    assert server.run("SELECT shape FROM raw.warehouse_shape", "warehouse") == [(SHAPE + 1,)]


def test_rows_of_an_upload_are_found_by_an_index(warehouse, server):
    """In the form in which DuckDB asks for them: with a collation of its own, or without."""
    many = pd.DataFrame({"row_number": range(200)})
    for number in range(40):
        warehouse.write(
            f"{number}.csv",
            {ENRICHED_MOVIES: many.assign(match_status="error", tmdb_enriched=False)},
        )
    server.run("ANALYZE", "warehouse")
    for condition in ("""upload = '7.csv' COLLATE "C" """, "upload IN ('7.csv', '8.csv')"):
        plan = server.run(f"EXPLAIN SELECT * FROM enriched.movies WHERE {condition}", "warehouse")
        assert any("Index Scan" in line for (line,) in plan), plan


def test_a_database_that_was_created_again_gets_its_tables_again(warehouse, server):
    """Also while this process lives, which has seen them."""
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    server.create("warehouse")
    assert titles(warehouse) == []
    server.create("warehouse")
    warehouse.write("a.csv", {RAW_MOVIES: films("new")})
    assert titles(warehouse) == ["new"]


# Several processes and threads ------------------------------------------------------------------

_WRITER = """
import sys
import pandas as pd
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import RAW_MOVIES, RAW_UPLOADS, RAW_VIEWINGS
warehouse = Warehouse(sys.argv[1], 60)
number, times = int(sys.argv[2]), int(sys.argv[3])
day = pd.Timestamp(2024, 1, 1 + number)
for time in range(times):
    films = pd.DataFrame({"row_number": range(50), "title": f"{number}.{time}", "seen": True})
    about = pd.DataFrame([{"person": "ada", "source_format": "x", "exported_at": day}])
    viewings = pd.DataFrame({"row_number": range(20), "watched_on": day})
    warehouse.write(f"ada/{number}", {RAW_MOVIES: films, RAW_UPLOADS: about, RAW_VIEWINGS: viewings})
"""


def test_processes_that_write_uploads_of_one_person_lose_nothing_and_agree_on_the_newest(
    in_postgres, warehouse
):
    times = 6
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, in_postgres, str(number), str(times)],
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )
        for number in range(4)
    ]  # fmt: skip
    for one in writers:
        _, said = one.communicate()
        assert one.returncode == 0, said
    for number in range(4):
        stored = warehouse.read(RAW_MOVIES, f"ada/{number}")
        assert stored["title"].tolist() == [f"{number}.{times - 1}"] * 50
        assert len(warehouse.read(RAW_VIEWINGS, f"ada/{number}")) == 20
    current = [bool(warehouse.read(RAW_UPLOADS, f"ada/{n}")["current"][0]) for n in range(4)]
    assert current == [False, False, False, True]


def test_two_first_uploads_of_one_person_at_once_are_not_both_current(warehouse):
    """Neither transaction sees the other's row, unless one waits for the other."""
    both = threading.Barrier(2, timeout=60)
    real, errors = postgres.Postgres.writer, []

    def together(self, *, exclusive):
        both.wait()
        return real(self, exclusive=exclusive)

    def write(name: str, day: int) -> None:
        about = {"person": "ada", "source_format": "x", "exported_at": pd.Timestamp(2024, 1, day)}
        try:
            warehouse.write(name, {RAW_UPLOADS: pd.DataFrame([about]), RAW_MOVIES: films(name)})
        except Exception as error:
            errors.append(error)

    warehouse.holds("a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres.Postgres, "writer", together)
        threads = [threading.Thread(target=write, args=(f"ada/{n}", n)) for n in (1, 2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert errors == []
    assert [bool(warehouse.read(RAW_UPLOADS, f"ada/{n}")["current"][0]) for n in (1, 2)] == [
        False,
        True,
    ]


def test_a_transaction_that_others_undo_is_run_again(warehouse, caplog):
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    times = []

    def rename(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("SELECT title FROM raw.movies").fetchall()
        if not times:
            warehouse.write("a.csv", {RAW_MOVIES: films("theirs")})
        times.append(1)
        connection.execute("UPDATE raw.movies SET title = title || '!' WHERE upload = 'a.csv'")

    warehouse.transact(rename)
    assert (titles(warehouse), len(times)) == (["theirs!"], 2)


def test_a_reader_sees_one_state_while_others_write(warehouse):
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    with warehouse.reading() as connection:
        seen = "SELECT title FROM raw.movies WHERE upload = 'a.csv'"
        before = connection.execute(seen).fetchall()
        warehouse.write("a.csv", {RAW_MOVIES: films("new")})
        assert connection.execute(seen).fetchall() == before
    assert titles(warehouse) == ["new"]


def _in_a_fork(address: str, results) -> None:
    results.put([*postgres._held])
    results.put([titles(Warehouse(address, 30)) for _ in range(30)])


def test_a_forked_process_connects_by_itself_and_leaves_its_parents_connection_alone(
    in_postgres, warehouse
):
    """Both would write to one socket, and could read each other's answers."""
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    child = fork.Process(target=_in_a_fork, args=(in_postgres, results), daemon=True)
    child.start()
    assert results.get() == [], "what the parent holds is not used"
    assert [titles(warehouse) for _ in range(30)] == [["old"]] * 30
    child.join(60)
    assert child.exitcode == 0
    assert results.get() == [["old"]] * 30
    assert titles(warehouse) == ["old"]


def test_a_process_that_has_just_connected_keeps_no_transaction_open(warehouse, server):
    """It would keep forgotten rows from being scrubbed."""
    warehouse.holds("a.csv")  # the tables are migrated
    postgres.close()
    warehouse.holds("a.csv")
    held = "SELECT query FROM pg_stat_activity WHERE state = 'idle in transaction'"
    assert server.run(held) == []


def test_a_process_loads_the_extension_once(warehouse, monkeypatch):
    warehouse.holds("a.csv")
    monkeypatch.setattr(postgres.Postgres, "_open", None)
    warehouse.write("a.csv", {RAW_MOVIES: films("x")})
    assert titles(warehouse) == ["x"]


# A process that is suspended --------------------------------------------------------------------

SUSPENDED = """
import sys, time
from pydantic import SecretStr
from movie_pipeline import liveness
from movie_pipeline.liveness import RedisLifeline, redis_lifeline
from movie_pipeline.warehouse.database import Warehouse

redis_lifeline.RENEWED_SECONDS, redis_lifeline.EXPIRES_SECONDS = 1_000.0, 1.0
redis_lifeline.COMMITS_SECONDS = liveness.COMMITS_SECONDS = 0.5
address, warehouse, moment = sys.argv[1:]
lifeline = RedisLifeline(SecretStr(address), "a-run")
assert lifeline.hold()
lifeline.end_if(lambda: Warehouse(warehouse).holds("repeated.csv"))

def here(*_):
    print("here", flush=True)
    sys.stdin.readline()

if moment == "after it was confirmed":
    confirm = liveness.confirm
    liveness.confirm = lambda: (confirm(), here())

def work(connection):
    connection.execute("DELETE FROM raw.movies WHERE upload = 'a.csv'")
    connection.execute("INSERT INTO raw.movies (upload, row_number) VALUES ('a.csv', 99)")
    if moment == "in its transaction":
        here()

if moment == "before its transaction":
    here()
Warehouse(warehouse).transact(work)
print("written", flush=True)
"""


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize(
    "moment", ["before its transaction", "in its transaction", "after it was confirmed"]
)
def test_a_process_that_was_taken_for_dead_writes_only_if_its_run_was_not_repeated(
    warehouse, server, redis_address, moment, repeated
):
    """It stands still until its lifeline has expired, and the server has undone what is idle."""
    warehouse.write("a.csv", {RAW_MOVIES: films("of the repeat")})
    given = redis_address.get_secret_value(), server.warehouse(), moment
    process = subprocess.Popen(
        [sys.executable, "-c", SUSPENDED, *given],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "here\n", process.stderr.read()
        admin = redis.Redis.from_url(redis_address.get_secret_value())
        while admin.exists("movie_pipeline:alive:a-run"):
            time.sleep(0.05)
        if moment == "after it was confirmed":
            idle = "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"
            while server.run(idle):
                time.sleep(0.05)
        if repeated:
            warehouse.write("repeated.csv", {RAW_MOVIES: films("x")})
            if moment != "in its transaction":  # that would wait until the server has undone it
                warehouse.write("a.csv", {RAW_MOVIES: films("of the repeat")})
        said, errors = process.communicate("\n" * 50, timeout=120)
    finally:
        process.kill()
    assert ("written" in said, process.returncode) == ((False, 1) if repeated else (True, 0)), (
        errors
    )
    assert len(warehouse.read(RAW_MOVIES, "a.csv")) == 1
    assert (titles(warehouse) == ["of the repeat"]) == repeated


# A server that fails ----------------------------------------------------------------------------


def test_a_server_that_restarts_between_two_uses_is_waited_for(warehouse, server, caplog):
    """It is started when we log that we wait, so the test needs no sleep."""
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    server.stop("immediate")

    class Start(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert "does not answer" in record.getMessage()
            server.start()

    logger, handler = logging.getLogger("movie_pipeline.warehouse.database"), Start()
    logger.addHandler(handler)
    try:
        warehouse.write("a.csv", {RAW_MOVIES: films("new")})
    finally:
        logger.removeHandler(handler)
    assert titles(warehouse) == ["new"]
    assert PASSWORD not in caplog.text


def test_a_transaction_whose_server_restarts_in_its_middle_is_run_again(warehouse, server):
    warehouse.write("a.csv", {RAW_MOVIES: films("old")})
    times = []

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("DELETE FROM raw.movies WHERE upload = 'a.csv'")
        if not times:
            server.stop("immediate")
            server.start()
        times.append(1)
        connection.execute("INSERT INTO raw.movies (upload, row_number) VALUES ('a.csv', 1)")

    warehouse.transact(work)
    assert len(times) == 2
    assert len(warehouse.read(RAW_MOVIES, "a.csv")) == 1
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'warehouse'"

    def lose_the_connection() -> None:
        with warehouse.writing() as one:
            server.run(ended)
            one.execute("DELETE FROM raw.movies")

    with pytest.raises(WarehouseUndone, match="Run this upload again"):
        lose_the_connection()
    assert len(warehouse.read(RAW_MOVIES, "a.csv")) == 1


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"port": "1"}, "has not answered.*Start that PostgreSQL"),
        ({"dbname": "nowhere"}, "Create that database"),
        ({"user": "nobody"}, "Correct the user"),
        ({"password": "wr'ong \\"}, "Correct the user"),
        ({"host": "no.such.host.invalid"}, "Correct the host"),
        ({"bogus": PASSWORD}, "can't be read"),
    ],
)
def test_a_server_that_can_not_be_had_is_named_without_the_password(
    in_postgres, wrong, advice, caplog
):
    options = parse_dsn(in_postgres.partition(":")[2]) | wrong
    address = "postgres:" + " ".join(
        "{}='{}'".format(key, value.replace("\\", "\\\\").replace("'", "\\'"))
        for key, value in options.items()
    )
    with pytest.raises(WarehouseError, match=advice) as raised:
        Warehouse(SecretStr(address), wait_seconds=0.1).holds("a.csv")
    chain, error = "", raised.value
    while error is not None:
        chain, error = f"{chain} {error!r} {error}", error.__cause__ or error.__context__
    assert options["password"] not in chain + caplog.text
    assert PASSWORD not in chain
    assert "that disk" not in chain


def test_a_database_whose_text_others_would_misread_is_refused(server):
    server.run("DROP DATABASE IF EXISTS latin")
    server.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(WarehouseError, match="createdb --encoding UTF8"):
        Warehouse(server.warehouse("latin")).holds("a.csv")
    assert server.run("SELECT to_regclass('raw.movies')", "latin") == [(None,)]


# Secrets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["words", "uri", "bare uri"])
def test_the_password_is_hidden_in_every_form_of_the_address(
    in_postgres, server, form, monkeypatch
):
    address = {
        "words": server.warehouse(),
        "uri": "postgres:" + server.address(uri=True),
        "bare uri": server.address(uri=True),
    }[form]
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", address)
    settings = environment.load()
    warehouse = Warehouse.of(settings)
    warehouse.write("a.csv", {RAW_MOVIES: films("x")})
    assert titles(warehouse) == ["x"]
    shown = f"{settings!r} {settings} {warehouse.database} {warehouse!r}"
    assert "s3" not in shown
    assert "dbname=warehouse" in warehouse.database
    with warehouse.reading() as connection:
        held = connection.execute("FROM duckdb_databases()").fetchall()
        held += connection.execute("FROM duckdb_secrets()").fetchall()
    assert "s3" not in str(held)


def test_the_password_may_be_in_the_environment_or_in_pgpass(
    in_postgres, server, monkeypatch, tmp_path
):
    address = f"postgres:dbname=warehouse host=127.0.0.1 port={server.port} user=films"
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert not Warehouse(address).holds("a.csv")
    monkeypatch.delenv("PGPASSWORD")
    postgres.close()
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"127.0.0.1:*:*:films:{escaped}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    assert not Warehouse(address).holds("a.csv")


def test_no_command_and_no_failed_run_shows_the_password(
    in_postgres, data, run_job, monkeypatch, capfd
):
    (data / "uploads" / "a.csv").write_text("Title\nAlien\n")
    monkeypatch.setenv("MOVIE_PIPELINE_LOCK_WAIT", "0")
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", in_postgres.replace("warehouse ", "nowhere "))
    result = run_job("a.csv", drawn=False)
    assert not result.success
    said = CliRunner().invoke(main, ["status", "--json"])
    (status,) = json.loads(said.output)
    assert "dbname=nowhere" in status["message"]
    events = "".join(str(event) for event in result.all_events)
    for text in (said.output, events, *capfd.readouterr()):
        assert PASSWORD not in text
        assert "s3" not in text.replace("s3://", "")


def test_the_extension_works_without_a_home_and_is_missed_by_name(
    in_postgres, monkeypatch, tmp_path
):
    code = (
        "import sys; from movie_pipeline.warehouse.database import Warehouse;"
        "print(Warehouse(sys.argv[1]).holds('a'))"
    )
    environ = {**os.environ, "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        environ[name] = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-c", code, in_postgres], env=environ, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")
    postgres.close()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(WarehouseError, match=r"pip install 'movie-pipeline\[cluster\]'"):
        Warehouse(in_postgres).holds("a")


def test_a_backup_says_that_the_warehouse_is_not_in_it(in_postgres, data, tmp_path):
    (data / "uploads" / "a.csv").write_text("Title\nAlien\n")
    said = CliRunner().invoke(main, ["backup", str(tmp_path / "copy")])
    assert said.exit_code == 0, said.output
    assert "pg_dump" in said.output
    assert (tmp_path / "copy" / "uploads" / "a.csv").exists()
