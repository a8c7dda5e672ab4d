"""A store in a file: old answers, locks, files of earlier versions, and unusable files."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from movie_pipeline.tmdb import Answers, Budget
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.opening import open_store
from movie_pipeline.tmdb.store import DAY, StoreError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(file):
    return file


def test_a_path_opens_a_file_store(file):
    with closing(open_store(file)) as store:
        assert isinstance(store, FileStore)
    assert file.is_file()


def test_answers_older_than_the_terms_allow_are_deleted_on_opening(opened, time):
    answers = Answers(opened())
    answers.put("old", 200, b"{}")
    time.sleep(100 * DAY)
    answers.put("young", 200, b"{}")
    time.sleep(81 * DAY)
    again = Answers(opened())
    assert again.get("old") is None
    assert again.get("young") is not None


def test_a_claim_from_before_the_clock_was_set_back_blocks_no_other(opened, time):
    assert Answers(opened()).claim("question")
    time.now -= 3600.0
    assert Answers(opened()).claim("question")


# An earlier version -------------------------------------------------------------------------

V01 = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY, status INTEGER NOT NULL, fetched_at REAL NOT NULL, body BLOB NOT NULL
);
CREATE INDEX answers_by_age ON answers (fetched_at);
CREATE TABLE pace (id INTEGER PRIMARY KEY, rate REAL NOT NULL);
"""
DETAILS = "https://api.themoviedb.org/3/movie/{}?append_to_response=credits%2Ctranslations"
SEARCH = (
    "https://api.themoviedb.org/3/search/movie?include_adult=false&language=en-US"
    "&query=%2Fmovie%2F1%3Fappend_to_response%3D1%26language%3Dxx"
)
V01_ANSWERS = [
    (f"{DETAILS.format(603)}&language=de-DE", 1.0),
    (f"{DETAILS.format(603)}&language=en-US", 3.0),
    (f"{DETAILS.format(603)}&language=fr-FR", 2.0),
    (f"{DETAILS.format('tt0133093')}&language=de", 1.0),
    (SEARCH, 1.0),
]


@pytest.fixture
def earlier(file, time):
    """A file of version 0.1, with answers a few seconds apart."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(V01)
        connection.executemany(
            "INSERT INTO answers VALUES (?, 200, ?, ?)",
            [(key, time() + at, zlib.compress(key.encode())) for key, at in V01_ANSWERS],
        )
        connection.commit()
    return file


def test_the_language_in_keys_of_an_earlier_version_moves_to_its_column(earlier, opened):
    answers = Answers(opened())
    matrix = answers.get(DETAILS.format(603))
    assert matrix is not None
    assert (matrix.language, matrix.body) == ("en-US", V01_ANSWERS[1][0].encode())  # the newest
    by_imdb_id = answers.get(DETAILS.format("tt0133093"))
    assert by_imdb_id is not None
    assert by_imdb_id.language == "de"
    search = answers.get(SEARCH)
    assert search is not None
    assert search.language == ""
    with closing(sqlite3.connect(earlier)) as connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (3,)


def test_no_question_of_an_earlier_version_stays_readable(earlier, opened, file):
    """A question contains the title, even of a film that only one user knows."""
    opened().close()
    left = [path.read_bytes() for path in file.parent.iterdir()]
    assert left
    assert not any(b"api.themoviedb.org" in content for content in left)


def test_an_active_run_of_the_earlier_version_can_continue(earlier, opened):
    opened()
    with closing(sqlite3.connect(earlier)) as connection:
        connection.execute("UPDATE pace SET rate = 1")
        connection.execute(
            "INSERT OR REPLACE INTO answers (key, status, fetched_at, body) VALUES ('k', 404, 2e9, ?)",
            (zlib.compress(b"{}"),),
        )
        connection.commit()
    answer = Answers(opened()).get("k")
    assert answer is not None
    assert (answer.status, answer.language) == (404, "")


@pytest.mark.slow
@pytest.mark.parametrize("there", [False, True], ids=["new", "of an earlier version"])
def test_several_processes_can_open_a_file_at_once(request, file, there):
    if there:
        request.getfixturevalue("earlier")
    script = (
        "import sys; from pathlib import Path\n"
        "from movie_pipeline.tmdb import Answers, Budget, open_store\n"
        "sys.stdin.readline()\n"
        "store = open_store(Path(sys.argv[1])); Budget(store, 40).acquire()\n"
        "Answers(store).put('k', 200, b'{}'); assert Answers(store).get('k')\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(file)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    for child in children:
        _, errors = child.communicate()
        assert (child.returncode, errors) == (0, b"")


# Locks --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_process_leaves_no_lock_behind(opened, time, file):
    """It is killed inside a transaction, at the worst possible moment."""
    began = time()
    opened()
    script = (
        "import sqlite3, sys, time\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "connection.execute('INSERT INTO budget VALUES (1, ?)', (sys.argv[2],))\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(file), '{"next_first_at": 9e9}']
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    Budget(opened(wait_seconds=5.0), 40).acquire(time.sleep)
    assert time() == began


def test_a_file_that_stays_locked_is_reported(opened, file):
    store = opened(wait_seconds=0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"tmdb\.sqlite.*locked.*another program holds it"):
            Budget(store, 40).acquire()
        holder.execute("ROLLBACK")
    Budget(store, 40).acquire()


def test_many_threads_wait_for_a_lock_at_the_same_time(opened, file):
    """One after the other, sixteen threads would delay the end of a run by eight minutes."""
    answers = Answers(opened(wait_seconds=0.2))
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    failures: list[StoreError] = []

    def work():
        try:
            answers.put("question", 200, b"{}")
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=2.0)
    assert len(failures) == 16
    assert all("locked" in str(error) for error in failures)
    holder.execute("ROLLBACK")
    holder.close()
    answers.put("question", 200, b"{}")


def test_a_thread_waits_for_a_temporary_lock(opened, file):
    answers = Answers(opened())
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, lambda: holder.execute("COMMIT"))
    release.start()
    answers.put("question", 200, b"{}")
    assert answers.get("question") is not None
    release.join()
    holder.close()


# Unusable files -----------------------------------------------------------------------------


def test_a_full_disk_is_reported_as_an_error(opened):
    store = opened()
    answers = Answers(store)
    answers.put("kept", 200, b"{}")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*full.*free some space"):
        answers.put("large", 200, random.Random(7).randbytes(100_000))
    assert answers.get("kept") is not None


def test_a_file_that_is_not_ours_is_reported_with_advice(file):
    file.parent.mkdir()
    file.write_text("This is a diary and not a database, however long it may be. " * 50)
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*not a database.*move the file away"):
        FileStore(file)


def test_a_folder_in_place_of_the_file_is_reported_with_advice(file):
    file.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*unable to open.*written to"):
        FileStore(file)


def test_a_file_in_place_of_the_folder_is_reported_with_advice(file):
    file.parent.write_text("")
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*written to"):
        FileStore(file)


def test_a_read_only_file_is_reported_with_advice(opened):
    store = opened()
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*readonly.*written to"):
        Answers(store).put("question", 200, b"{}")
