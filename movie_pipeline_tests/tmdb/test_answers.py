"""Cached answers and claims on missing ones, in a file and in Redis."""

import threading

from movie_pipeline.tmdb import Answers
from movie_pipeline.tmdb.answers import CLAIM_SECONDS, digest
from movie_pipeline.tmdb.store import Kept


def test_an_answer_is_returned_as_it_was_stored(opened, time):
    body = '{"title": "七人の侍"}'.encode()
    Answers(opened()).put("question", 200, body, "de-DE")
    answer = Answers(opened()).get("question")
    assert answer is not None
    assert (answer.status, answer.body, answer.fetched_at) == (200, body, time())
    assert answer.language == "de-DE"


def test_an_answer_may_depend_on_no_language(opened):
    Answers(opened()).put("question", 404, b"{}")
    answer = Answers(opened()).get("question")
    assert answer is not None
    assert (answer.status, answer.body, answer.language) == (404, b"{}", "")


def test_a_question_never_asked_has_no_answer(opened):
    assert Answers(opened()).get("question") is None


def test_a_new_answer_replaces_the_old_one(opened):
    answers = Answers(opened())
    answers.put("question", 404, b"{}")
    answers.put("question", 200, b'{"id": 1}')
    answer = answers.get("question")
    assert answer is not None
    assert (answer.status, answer.body) == (200, b'{"id": 1}')


def test_answers_are_stored_compressed(opened):
    store = opened()
    Answers(store).put("question", 200, b'{"name": "somebody"}' * 3000)
    kept = store.get(digest("question"))
    assert kept is not None
    assert len(kept.body) < 3000


def test_a_damaged_answer_counts_as_missing(opened):
    store = opened()
    store.put(digest("question"), Kept(200, 0.0, "", b"\x00\xff"), "me")
    assert Answers(store).get("question") is None


def test_threads_share_one_store(opened):
    answers = Answers(opened())

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


# Claims -------------------------------------------------------------------------------------


def test_only_one_of_many_can_claim_a_question(opened):
    askers = [Answers(opened()) for _ in range(8)]
    claimed = []

    def work(answers):
        claimed.append(answers.claim("question"))

    threads = [threading.Thread(target=work, args=(one,)) for one in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [False] * 7 + [True]


def test_a_released_claim_is_free_for_the_next(opened):
    one, two = Answers(opened()), Answers(opened())
    assert one.claim("question")
    two.release("question")  # not theirs
    assert not two.claim("question")
    one.release("question")
    assert two.claim("question")


def test_a_claim_covers_one_question_only(opened):
    one, two = Answers(opened()), Answers(opened())
    assert one.claim("question")
    assert two.claim("another")


def test_storing_an_answer_ends_only_ones_own_claim(opened):
    one, two, three = (Answers(opened()) for _ in range(3))
    assert one.claim("question")
    two.put("question", 200, b"{}")  # as if it had taken over because the first took too long
    assert not three.claim("question")
    one.put("question", 200, b"{}")
    assert three.claim("question")
    one.release("question")  # a claim that it no longer has
    assert not two.claim("question")


def test_the_claim_of_a_killed_process_expires(opened, time):
    """It is never released. Redis uses real time, so there the test checks the expiry time."""
    store = opened()
    assert Answers(store).claim("question")
    if not hasattr(store, "path"):
        claim = f"movie_pipeline:claim:{digest('question')}"
        milliseconds = store._redis.pttl(claim)
        assert 0 < milliseconds <= CLAIM_SECONDS * 1000
        store._redis.pexpire(claim, 1)
        while store._redis.exists(claim):
            pass
    time.sleep(CLAIM_SECONDS)
    assert Answers(opened()).claim("question")
