"""One question over real HTTP: faults, limits, timeouts, and when to stop retrying."""

import json
import threading

import pytest

from movie_pipeline.tmdb import Budget, FatalError, KeyRefused, NoAnswer
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, Time, asking

HTML = b"<html><h1>502 Bad Gateway</h1></html>"
FAULTS = {
    "500": {"status": 500},
    "502 in HTML": {"status": 502, "body": HTML},
    "503": {"status": 503},
    "408": {"status": 408},
    "204": {"status": 204, "body": b""},
    "206": {"status": 206},
    "304": {"status": 304, "body": b""},
    "another film": {"body": b'{"id": 1002, "title": "Film 2"}'},
    "an id of 0": {"body": b'{"id": 0}'},
    "a negative id": {"body": b'{"id": -1001}'},
    "an id that is a string": {"body": b'{"id": "1001"}'},
    "an id that is true": {"body": b'{"id": true}'},
    "an id with a decimal point": {"body": b'{"id": 1001.0}'},
    "an id of more than 63 bits": {"body": b'{"id": 9223372036854775808}'},
    "a number of 5,000 digits": {"body": b'{"id": ' + b"9" * 5000 + b"}"},
    "an empty body": {"body": b""},
    "truncated JSON": {"body": b'{"page": 1, "results": [{"id": 6'},
    "JSON, but not an object": {"body": b"[1, 2]"},
    "another object": {"body": b'{"success": false, "status_code": 21}'},
    "not UTF-8": {"body": b'{"id": "\xff"}'},
    "deeply nested": {"body": b"[" * 100_000},
    "deeply nested within": {"body": b'{"id": 1001, "x": ' + b"[" * 9999 + b"]" * 9999 + b"}"},
    "cut": {"cut": True},
    "cut within the body": {"cut": "body"},
}


@pytest.fixture
def server():
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_after_a_temporary_fault_the_question_is_asked_again(server, tmp_path, fault):
    server.fault("/movie/1001", times=3, **fault)
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"
        assert tmdb.asked == {"requests": 4, "retries": 3}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_permanent_fault_costs_that_question_only(server, tmp_path, fault):
    server.fault("/movie/1001", times=None, **fault)
    with asking(server, tmp_path, attempts=3) as tmdb:
        with pytest.raises(NoAnswer, match=r"TMDB.*\(asked 3 times\)"):
            tmdb.movie(1001)
        assert tmdb.movie(1002)["title"] == "Film 2"
    assert server.count("/movie/1001") == 3


def test_a_faulty_answer_is_not_cached(server, tmp_path):
    server.fault("/movie/1001", times=1, body=b'{"half": ')
    with asking(server, tmp_path, attempts=1) as tmdb:
        with pytest.raises(NoAnswer, match="invalid"):
            tmdb.movie(1001)
        assert tmdb.movie(1001)["title"] == "Film 1"


def test_a_hanging_answer_times_out_and_is_requested_again(server, tmp_path):
    server.fault("/movie/1001", hang=30.0)
    with asking(server, tmp_path, timeout=0.1) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"


def test_an_answer_that_always_hangs_is_reported_as_such(server, tmp_path):
    server.fault("/movie/1001", hang=30.0, times=None)
    with (
        asking(server, tmp_path, timeout=0.05, attempts=2) as tmdb,
        pytest.raises(NoAnswer, match="did not answer in time"),
    ):
        tmdb.movie(1001)


def test_attempts_outlast_an_outage_of_ten_seconds(server, tmp_path):
    """The waits are random, but even the shortest ones (half of each bound) are long enough."""
    for _ in range(20):
        time = Time()

        def sleep(seconds, time=time):
            time.sleep(seconds)
            server.down = time() < 1_800_000_010.0

        server.down = True
        with asking(server, tmp_path, sleep=sleep, time=time, refresh="all") as tmdb:
            assert tmdb.movie(1001) is not None


def test_waits_between_attempts_grow_to_eight_seconds(server, tmp_path):
    time = Time()
    server.fault(status=500, times=None)
    with asking(server, tmp_path, time=time) as tmdb, pytest.raises(NoAnswer):
        tmdb.movie(1001)
    bounds = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert len(time.slept) == len(bounds)
    assert all(b / 2 <= w <= b for w, b in zip(time.slept, bounds, strict=True))


def test_questions_to_a_server_that_is_down_end_after_a_minute(server, tmp_path):
    """Otherwise 1,600 films would each be asked about seven times, for an hour."""
    time = Time()
    server.down = True
    with asking(server, tmp_path, time=time) as tmdb:
        reasons = []
        for number in range(1000, 1060):
            with pytest.raises(NoAnswer) as failure:
                tmdb.movie(number)
            reasons.append(str(failure.value))
        asked = server.count()
    assert "no connection to TMDB" in reasons[0]
    assert "stopped after" in reasons[-1]
    assert asked < 7 * 8
    assert 60.0 <= sum(time.slept) <= 70.0


def test_answers_from_before_the_server_went_down_stay_cached(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        tmdb.movie(1001)
        server.down = True
        for number in range(1002, 1030):
            with pytest.raises(NoAnswer):
                tmdb.movie(number)
        assert tmdb.movie(1001) is not None


def test_an_occasional_answer_is_enough_to_continue(server, tmp_path):
    """Half of the films fail permanently, over far more than a minute; the others are answered."""
    time = Time()
    server.fault(lambda request: int(request.path[7:]) % 2 == 1, status=500, times=None)
    with asking(server, tmp_path, time=time) as tmdb:
        for number in range(1000, 1040, 2):
            assert tmdb.movie(number) is not None
            with pytest.raises(NoAnswer, match="asked 7 times"):
                tmdb.movie(number + 1)
    assert sum(time.slept) > 200.0


# The limit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [40.0, None], ids=["with a budget", "without"])
@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7.0, 7.0), ("0", 1.0, 1.0), (None, 1.0, 1.0), ("date", 1.0, 2.0)],
)
def test_a_429_is_waited_out_as_long_as_it_says(server, tmp_path, *, budget, header, least, most):
    time = Time()
    server.retry_after = header
    said = {} if header is None else {"retry_after": server._shown_retry_after()["Retry-After"]}
    server.fault(status=429, **said)
    with asking(server, tmp_path, time=time, per_second=budget) as tmdb:
        assert tmdb.movie(1001) is not None
        assert tmdb.asked == {"requests": 2, "retries": 1, "limited": 1}
    assert least - 1.0 * (header == "date") <= sum(time.slept) <= most + 0.1


def test_a_429_does_not_count_as_an_attempt(server, tmp_path):
    server.fault(status=429, times=10)
    with asking(server, tmp_path, attempts=1) as tmdb:
        assert tmdb.movie(1001) is not None


def test_a_429_pauses_the_other_process_too(server, tmp_path):
    time = Time()
    server.fault(status=429, retry_after="20")
    with (
        asking(server, tmp_path, time=time, per_second=40) as one,
        asking(server, tmp_path, time=time, per_second=40) as two,
    ):
        began = time()
        one.movie(1001)
        assert time() - began == pytest.approx(20.0, abs=0.1)
        two.movie(1002)
        assert time() - began == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize("header", ["1", "60", "3600"])
def test_an_hour_of_429s_ends_cleanly(server, tmp_path, header):
    time = Time()
    with asking(server, tmp_path, time=time, per_second=40) as tmdb:
        tmdb.movie(1000)
        server.fault(status=429, retry_after=header, times=None)
        began = time()
        for number in range(1001, 1060):
            with pytest.raises(NoAnswer, match=r"rate limit.*stopped after"):
                tmdb.movie(number)
        assert 300.0 <= time() - began <= 600.0
        assert tmdb.movie(1000) is not None
    assert server.count(status=429) < 320


def test_429s_between_faults_are_not_taken_for_silence(server, tmp_path):
    """A server that says "later" is up: only faults count as being down."""
    time = Time()
    server.fault("/movie/1001", status=429, retry_after="100")
    server.fault("/movie/1001", status=500)
    server.fault("/movie/1001", status=429, retry_after="100")
    server.fault("/movie/1001", status=500)
    with asking(server, tmp_path, time=time, per_second=40) as tmdb:
        assert tmdb.movie(1001) is not None


def test_the_server_never_sees_more_than_its_limit(tmp_path):
    """Client and server both use the test's clock."""
    time = Time()
    with (
        FakeTMDB(CATALOGUE, requests_per_second=40, clock=time) as server,
        asking(server, tmp_path, time=time, per_second=40) as one,
        asking(server, tmp_path, time=time, per_second=40, language="de-DE") as two,
    ):
        for number in range(1000, 1060):
            one.movie(number)
            two.movie(number)
        assert 38 <= server.worst_second <= 40
        assert server.count(status=429) == 0


# Fatal answers ------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), [(401, 7), (401, 3), (401, 10), (403, 45)])
def test_a_key_refused_from_the_start_costs_one_request(server, tmp_path, status, code):
    body = json.dumps({"success": False, "status_code": code, "status_message": "no"}).encode()
    server.fault(status=status, body=body, times=None)
    failures = []
    with asking(server, tmp_path) as tmdb:

        def work(number):
            try:
                tmdb.movie(number)
            except KeyRefused as error:
                failures.append(str(error))

        threads = [threading.Thread(target=work, args=(1000 + n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(failures) == 16
    assert server.count() == 1
    assert "https://www.themoviedb.org/settings/api" in failures[0]
    assert "TMDB_API_TOKEN" in failures[0]


def test_a_wrong_key_is_refused(server, tmp_path):
    with asking(server, tmp_path, key="wrong") as tmdb, pytest.raises(KeyRefused):
        tmdb.search("Film 1")


def test_after_a_key_is_revoked_nothing_is_requested_and_nothing_is_lost(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        tmdb.movie(1001)
        server.token = "another"
        for number in range(1002, 1010):
            with pytest.raises(KeyRefused):
                tmdb.movie(number)
        assert server.count() == 2
        assert tmdb.movie(1001) is not None
    server.token = "token"
    server.clear()
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001) is not None
        assert tmdb.movie(1002) is not None
    assert [request.path for request in server.requests] == ["/movie/1002"]


def test_a_403_of_a_firewall_costs_that_question_only(server, tmp_path):
    """TMDB explains errors in JSON; a firewall in front of it may block a single title."""
    server.fault("/search/movie", status=403, body=b"<html>Request blocked</html>")
    with asking(server, tmp_path) as tmdb:
        tmdb.movie(1001)
        with pytest.raises(NoAnswer, match="403"):
            tmdb.search("'; DROP TABLE films")
        assert tmdb.movie(1002) is not None


@pytest.mark.parametrize("status", [400, 405, 406, 414, 422])
def test_a_rejected_question_is_not_asked_again(server, tmp_path, status):
    server.fault("/movie/1001", status=status, times=None)
    with asking(server, tmp_path) as tmdb:
        with pytest.raises(NoAnswer, match=str(status)):
            tmdb.movie(1001)
        assert tmdb.movie(1002) is not None
    assert server.count("/movie/1001") == 1


def test_a_wrong_api_address_is_reported(server, tmp_path):
    server.fault(status=404, times=None)
    with asking(server, tmp_path) as tmdb, pytest.raises(FatalError, match="TMDB_BASE_URL"):
        tmdb.search("Film 1")


def test_a_missing_certificate_bundle_is_reported(server, tmp_path, monkeypatch):
    """As used behind a company's proxy; requests raises a plain OSError for it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    address = server.base_url.replace("http://", "https://")
    with (
        asking(server, tmp_path, base_url=address) as tmdb,
        pytest.raises(FatalError, match=r"gone\.pem"),
    ):
        tmdb.movie(1001)


def test_plain_http_instead_of_tls_is_handled_like_other_faults(server, tmp_path):
    """A broken handshake may be temporary; only an untrusted certificate is final."""
    address = server.base_url.replace("http://", "https://")
    with (
        asking(server, tmp_path, base_url=address, attempts=2) as tmdb,
        pytest.raises(NoAnswer, match="no connection"),
    ):
        tmdb.movie(1001)


def test_stop_ends_a_wait_at_once(server, tmp_path):
    """With real waits: the run is cancelled during a five-minute pause."""
    server.fault(status=429, retry_after="3600", times=None)
    failures = []
    with asking(server, tmp_path, per_second=40, sleep=None) as tmdb:
        thread = threading.Thread(target=lambda: failures.append(_failure(tmdb)))
        thread.start()
        while not server.count(status=429):
            pass
        tmdb.stop()
        thread.join(timeout=10.0)
        assert not thread.is_alive()
    assert isinstance(failures[0], FatalError)


def _failure(tmdb):
    try:
        tmdb.movie(1001)
    except FatalError as error:
        return error


# Connections and the budget -----------------------------------------------------------------


def test_connections_are_reused(server, tmp_path):
    server.latency = 0.005
    with asking(server, tmp_path, workers=4) as tmdb:
        threads = [
            threading.Thread(target=lambda n=n: [tmdb.movie(1000 + n * 15 + i) for i in range(15)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert server.count() == 60
    assert server.connections <= 4


def test_each_attempt_takes_a_slot_of_the_budget(server, tmp_path):
    """Retries outside the budget would exceed the limit when there are many faults."""
    time = Time()
    server.fault(status=500, times=3)
    with asking(server, tmp_path, time=time, per_second=2) as tmdb:
        tmdb.movie(1001)
    store = FileStore(tmp_path / "tmdb.sqlite", clock=time)
    Budget(store, 2).acquire(time.sleep)
    assert time() >= 1_800_000_000.0 + 4 / 2
    store.close()
