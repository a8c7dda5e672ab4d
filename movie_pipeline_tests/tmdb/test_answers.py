"""Kept answers: a real SQLite file, its age, and what becomes of a file that can't be used."""

import random
import sqlite3
import threading

import pytest

from movie_pipeline.tmdb import Answers
from movie_pipeline.tmdb.answers import DAY
from movie_pipeline.tmdb.store import StoreError
from movie_pipeline_tests.tmdb import Time


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "tmdb.sqlite"


def test_an_answer_comes_back_as_it_was_given(file):
    time = Time()
    body = '{"title": "七人の侍"}'.encode()
    Answers(file, clock=time).put("question", 200, body)
    answer = Answers(file).get("question")
    assert answer is not None
    assert (answer.status, answer.body, answer.fetched_at) == (200, body, time())


def test_a_question_never_asked_has_no_answer(file):
    assert Answers(file).get("question") is None


def test_a_new_answer_replaces_the_old_one(file):
    answers = Answers(file)
    answers.put("question", 404, b"{}")
    answers.put("question", 200, b'{"id": 1}')
    answer = answers.get("question")
    assert answer is not None
    assert (answer.status, answer.body) == (200, b'{"id": 1}')


def test_answers_take_less_room_than_they_have_bytes(file):
    answers = Answers(file)
    for number in range(50):
        answers.put(str(number), 200, b'{"name": "somebody"}' * 3000)
    answers.close()
    assert file.stat().st_size < 50 * 3000


def test_answers_older_than_the_terms_allow_are_deleted_on_opening(file):
    time = Time()
    answers = Answers(file, clock=time)
    answers.put("old", 200, b"{}")
    time.sleep(100 * DAY)
    answers.put("young", 200, b"{}")
    time.sleep(81 * DAY)
    answers.close()
    again = Answers(file, clock=time)
    assert again.get("old") is None
    assert again.get("young") is not None


def test_a_torn_answer_counts_as_never_given(file):
    answers = Answers(file)
    answers.put("question", 200, b"{}")
    with sqlite3.connect(file) as other:
        other.execute("UPDATE answers SET body = x'00ff'")
    other.close()
    assert answers.get("question") is None


def test_threads_share_one_file(file):
    answers = Answers(file)

    def work(name):
        for number in range(20):
            answers.put(f"{name}/{number}", 200, b"{}")
            assert answers.get(f"{name}/{number}") is not None

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers.get(f"{name}/19") for name in range(8))


def test_a_full_disk_is_an_error_and_not_silence(file):
    answers = Answers(file)
    answers.put("kept", 200, b"{}")
    with answers._store.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    answers._store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*full.*free some space"):
        answers.put("large", 200, random.Random(7).randbytes(100_000))
    assert answers.get("kept") is not None


def test_a_file_that_is_not_ours_is_named_with_what_to_do(file):
    file.parent.mkdir()
    file.write_text("This is a diary and not a database, however long it may be. " * 50)
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*not a database.*move the file away"):
        Answers(file)


def test_a_folder_in_the_files_place_is_named_with_what_to_do(file):
    file.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*unable to open.*written to"):
        Answers(file)


def test_a_file_in_the_folders_place_is_named_with_what_to_do(file):
    file.parent.write_text("")
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*written to"):
        Answers(file)


def test_a_file_that_can_only_be_read_is_named_with_what_to_do(file):
    answers = Answers(file)
    answers._store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match=r"tmdb\.sqlite.*readonly.*written to"):
        answers.put("question", 200, b"{}")


def test_many_threads_wait_for_a_lock_side_by_side(file):
    """One after the other, sixteen threads would keep a run from ending for eight minutes."""
    answers = Answers(file, wait_seconds=0.2)
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


def test_a_lock_that_passes_is_waited_for(file):
    answers = Answers(file)
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, lambda: holder.execute("COMMIT"))
    release.start()
    answers.put("question", 200, b"{}")
    assert answers.get("question") is not None
    release.join()
    holder.close()
