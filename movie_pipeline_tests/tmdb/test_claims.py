"""Only one process asks for a missing answer; here each client is one, with a file and with Redis.

The waits between checks of the store are real. The clock stands still, so no claim expires unless a
test wants it to.
"""

import os
import signal
import subprocess
import sys
import threading
import time as real_time
from pathlib import Path

import pytest

from movie_pipeline.tmdb import Answers, FatalError, NoAnswer
from movie_pipeline.tmdb.answers import CLAIM_SECONDS
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, Time, asking


@pytest.fixture
def server():
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


class Asking(threading.Thread):
    """A client that asks for one film; shows when it waits, and the result."""

    def __init__(self, server, store, **given):
        super().__init__()
        self.waits = threading.Event()
        self.failure = None
        self._ended = threading.Event()
        self._client = asking(server, Path(), store=store, sleep=self._sleep, **given)

    def _sleep(self, seconds):
        self.waits.set()
        self._ended.wait(seconds)

    def run(self):
        with self._client as self.tmdb:
            try:
                self.film = self.tmdb.movie(1001)
            except (NoAnswer, FatalError) as error:
                self.failure = error


@pytest.fixture
def two(server, opened):
    """Two clients: the first has asked and gets no answer before `go`; the second waits for it."""
    go = threading.Event()

    def held_back(status=None, **options):
        server.fault(
            lambda _: go.wait(60.0) and status is not None,
            **({"status": status} if status else {}),
        )
        one, other = Asking(server, opened()), Asking(server, opened(), **options)
        one.start()
        while not server.requests:
            pass
        other.start()
        assert other.waits.wait(60.0)
        go.set()
        one.join()
        other.join()
        return one, other

    return held_back


def test_processes_with_the_same_question_ask_it_once(server, two):
    one, other = two()
    assert one.film == other.film
    assert (one.tmdb.asked, other.tmdb.asked) == ({"requests": 1}, {"kept": 1})
    assert server.count() == 1


def test_a_waiting_process_asks_if_the_other_one_fails(server, two):
    one, other = two(status=422)
    assert "422" in str(one.failure)
    assert other.film["title"] == "Film 1"
    assert (one.tmdb.asked, other.tmdb.asked) == ({"requests": 1}, {"requests": 1})


def test_a_waiting_process_accepts_an_answer_in_another_language(two):
    """As a run that starts later would."""
    _, other = two(language="de-DE")
    assert other.tmdb.asked == {"kept": 1, "other_language": 1}


def test_with_refresh_all_a_waiting_process_asks_again_in_its_own_language(server, two):
    two(language="de", refresh="all")
    assert [request.query["language"] for request in server.requests] == ["en-US", "de"]


def test_an_answer_stored_just_before_the_claim_is_not_requested_again(server, opened, tmp_path):
    """The test forces that moment: another process stores it and releases just before the claim."""

    class Late(Answers):
        def claim(self, key):
            Answers(opened()).put(key, 200, b'{"id": 1001}')
            return super().claim(key)

    with asking(server, tmp_path, store=opened()) as tmdb:
        tmdb._answers = Late(opened())
        assert tmdb.movie(1001)["id"] == 1001
    assert server.count() == 0


def test_no_claim_is_left_behind(server, opened, tmp_path):
    server.fault("/movie/1002", status=422)
    with asking(server, tmp_path, store=opened()) as tmdb:
        tmdb.movie(1001)
        with pytest.raises(NoAnswer):
            tmdb.movie(1002)
        keys = [
            f"{server.base_url}/movie/{number}?append_to_response=credits%2Calternative_titles"
            "%2Crelease_dates%2Ctranslations"
            for number in (1001, 1002)
        ]
        assert Answers(opened()).get(keys[0])
        assert all(Answers(opened()).claim(key) for key in keys)


def test_stop_ends_the_wait_for_another_process_at_once(server, opened, tmp_path):
    store, failures = opened(), []
    store.claim = lambda *_: False  # held by another process forever
    with asking(server, tmp_path, store=store, sleep=None) as tmdb:

        def work():
            try:
                tmdb.movie(1001)
            except FatalError as error:
                failures.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        tmdb.stop()
        thread.join(timeout=60.0)
        assert not thread.is_alive()
    assert "stopped" in failures[0]
    assert server.count() == 0


@pytest.mark.slow
def test_the_question_of_a_killed_process_is_asked_by_the_next(server, tmp_path):
    """It is killed while TMDB works; the clock of the next one is moved only by its waits."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from movie_pipeline.tmdb import TMDB, Answers, open_store\n"
        "store = open_store(Path(sys.argv[1]))\n"
        "TMDB(sys.argv[2], None, Answers(store), None).movie(1001)\n"
    )
    file = tmp_path / "tmdb.sqlite"
    server.fault("/movie/1001", hang=60.0)
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(file), server.base_url], cwd=Path(__file__).parents[2]
    )
    while not server.requests:
        assert child.poll() is None
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    began = real_time.time()
    time = Time(began)
    with asking(server, tmp_path, time=time, store=FileStore(file, clock=time)) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"
    assert 0.0 < time() - began <= CLAIM_SECONDS + 1.0
    assert server.count() == 2
