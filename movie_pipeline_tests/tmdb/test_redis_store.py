"""A store in Redis: a real one, and everything that can go wrong with it."""

import logging
import socket
import sys
import threading
import time as real_time
from contextlib import closing

import pytest
import redis
from pydantic import SecretStr

from movie_pipeline import redis_client
from movie_pipeline.defs.resources import TMDBResource
from movie_pipeline.settings import LONGEST_DAYS
from movie_pipeline.tmdb import Answers, Budget
from movie_pipeline.tmdb import redis_store as module
from movie_pipeline.tmdb.answers import digest
from movie_pipeline.tmdb.opening import open_store
from movie_pipeline.tmdb.redis_store import RedisStore
from movie_pipeline.tmdb.store import DAY, Kept, StoreError
from movie_pipeline_tests.tmdb import Time, redis_server
from movie_pipeline_tests.tmdb.redis_server import PASSWORD


@pytest.fixture
def store(redis_address):
    with closing(RedisStore(redis_address, wait_seconds=0.2)) as store:
        yield store


@pytest.fixture
def admin(redis_address):
    with redis.Redis.from_url(redis_address.get_secret_value()) as client:
        yield client


def test_an_address_opens_a_redis_store(redis_address):
    with closing(open_store(redis_address)) as store:
        assert isinstance(store, RedisStore)


def test_the_resource_caches_answers_where_the_setting_says(redis_address, monkeypatch, admin):
    monkeypatch.setenv("MOVIE_PIPELINE_CACHE", redis_address.get_secret_value())
    monkeypatch.setenv("MOVIE_PIPELINE_SAMPLE", "1")
    for asked in ({"requests": 1}, {"kept": 1}):
        with closing(TMDBResource().client()) as tmdb:
            tmdb.search("Alien")
            assert tmdb.asked == asked
    (key,) = admin.keys()
    assert key.startswith(b"movie_pipeline:answer:")
    assert b"Alien" not in key, "titles are private"


def test_answers_expire_automatically_when_the_terms_say_so(store, admin):
    Answers(store).put("question", 200, b"{}")
    assert admin.ttl(f"movie_pipeline:answer:{digest('question')}") == pytest.approx(
        LONGEST_DAYS * DAY, abs=60
    )


def test_every_key_expires_and_has_our_prefix(store, admin):
    answers = Answers(store)
    answers.put("question", 200, b"{}")
    answers.claim("other")
    Budget(store, 40).acquire()
    keys = admin.keys()
    assert len(keys) == 3
    assert all(key.startswith(b"movie_pipeline:") and admin.ttl(key) > 0 for key in keys)


def test_a_body_may_contain_any_bytes(store):
    kept = Kept(200, 1.5, "", bytes(range(256)) + b"\n200 1.5 \n")
    store.put("question", kept, "me")
    assert store.get("question") == kept


def test_the_budget_uses_redis_clock(store, monkeypatch):
    """Machines' clocks differ; a machine a second ahead would find every slot free."""
    monkeypatch.setattr(module.time, "time", lambda: 0.0)
    now = store.change(lambda now, _: ("{}", now))
    assert now > 1_700_000_000


def test_a_simultaneous_change_by_another_process_is_not_lost(store, redis_address):
    seen = []

    def change(_, state):
        seen.append(state)
        if len(seen) == 1:
            with closing(RedisStore(redis_address)) as other:
                other.change(lambda _, __: ("theirs", None))
        return f"{state} and mine", None

    store.change(change)
    assert seen == [None, "theirs"]
    assert store.change(lambda _, state: (state, state)) == "theirs and mine"


# Failures -------------------------------------------------------------------------------------


def failure(address: SecretStr | str, **given) -> str:
    address = SecretStr(address) if isinstance(address, str) else address
    with pytest.raises(StoreError) as raised:
        RedisStore(address, wait_seconds=0.2, **given)
    return str(raised.value)


def test_a_redis_that_is_down_is_reported_with_advice():
    port = redis_server.free_port()
    said = failure(redis_server.address(port))
    assert f"redis://127.0.0.1:{port}/0" in said
    assert "refused" in said and "start it, or check MOVIE_PIPELINE_CACHE" in said


def test_an_unknown_host_is_reported():
    assert "redis://there-is.invalid:6379 " in failure("redis://there-is.invalid")


def test_a_missing_socket_is_reported(tmp_path):
    said = failure(f"unix://:{PASSWORD}@{tmp_path / 'redis.sock'}?db=1")
    assert f"unix://{tmp_path / 'redis.sock'} " in said and PASSWORD not in said


@pytest.mark.parametrize("password", ["", ":@", ":wrong@", "nobody:wrong@"])
def test_a_refused_password_is_reported_without_retries(redis_address, password):
    place = redis_address.get_secret_value().partition("@")[2]
    began = real_time.monotonic()
    said = failure(f"redis://{password}{place}", clock=None)
    assert "check the user and the password in MOVIE_PIPELINE_CACHE" in said
    assert real_time.monotonic() - began < redis_client.SOCKET_SECONDS
    assert "wrong" not in said.replace("WRONGPASS", "")


@pytest.mark.parametrize("option", ["nonsense=1", "socket_timeout=soon", "db=first"])
def test_an_unknown_option_in_the_address_is_reported(redis_address, option):
    said = failure(f"{redis_address.get_secret_value()}?{option}")
    assert "options after its ?" in said and PASSWORD not in said


def test_we_do_not_wait_forever_for_a_redis_that_hangs(monkeypatch):
    monkeypatch.setattr(redis_client, "SOCKET_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "start it, or check" in failure(redis_server.address(port))


def test_a_replica_is_reported(store, admin):
    admin.replicaof("127.0.0.1", redis_server.free_port())
    try:
        with pytest.raises(StoreError, match=r"read only replica.*primary's address"):
            Answers(store).put("question", 200, b"{}")
    finally:
        admin.replicaof("no", "one")


def test_a_full_memory_is_reported(store, admin):
    admin.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreError, match="maxmemory") as raised:
            Answers(store).put("question", 200, b"{}")
        assert "question" not in str(raised.value)  # it may include a private title
        with pytest.raises(StoreError, match="maxmemory"):
            Budget(store, 40).acquire()
        assert Answers(store).get("question") is None
    finally:
        admin.config_set("maxmemory", 0)


def test_a_user_without_permission_is_reported(admin, redis_address):
    admin.acl_setuser(
        "reader", enabled=True, passwords="+pass", keys="*", commands=["+getrange", "+ping"]
    )
    place = redis_address.get_secret_value().partition("@")[2]
    try:
        with closing(RedisStore(SecretStr(f"redis://reader:pass@{place}"))) as reader:
            assert reader.get("question") is None
            with pytest.raises(StoreError, match="allow that user to read, write and run scripts"):
                reader.put("question", Kept(200, 0.0, "", b""), "me")
    finally:
        admin.acl_deluser("reader")


def test_a_server_that_is_not_a_redis_is_reported():
    """For example, a web server on that port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        said = failure(redis_server.address(server.getsockname()[1]))
        thread.join()
    assert "can't be used" in said


def test_we_wait_for_a_redis_that_is_briefly_unreachable(tmp_path):
    """It is killed and restarted; its data is lost, which only costs new requests."""
    with redis_server.running(tmp_path) as port:
        store = RedisStore(redis_server.address(port))
        answers = Answers(store)
        answers.put("question", 200, b"{}")
    given = []
    thread = threading.Thread(target=lambda: given.append(answers.get("question")))
    thread.start()
    with redis_server.running(tmp_path, port):
        thread.join()
        Budget(store, 40).acquire()
        store.close()
    assert given == [None]


def test_every_method_reports_a_redis_that_stays_unreachable(tmp_path):
    with redis_server.running(tmp_path) as port:
        store = RedisStore(redis_server.address(port), wait_seconds=0.1)
    for method in (
        lambda: store.get("question"),
        lambda: store.put("question", Kept(200, 0.0, "", b""), "me"),
        lambda: store.claim("question", "me", 1.0),
        lambda: store.release("question", "me"),
        lambda: store.change(lambda _, __: ("", None)),
    ):
        with pytest.raises(StoreError, match=rf"redis://127\.0\.0\.1:{port}/0 can't be used"):
            method()
    store.close()


def test_without_the_redis_library_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "movie_pipeline.tmdb.redis_store")
    monkeypatch.delitem(sys.modules, "movie_pipeline.redis_client")
    with pytest.raises(StoreError, match=r"pip install 'movie-pipeline\[redis\]'") as raised:
        open_store(SecretStr(f"redis://:{PASSWORD}@host/0"))
    assert PASSWORD not in str(raised.value)


def test_the_password_is_never_shown(tmp_path, caplog):
    """Neither in an error message, nor in the chain of errors behind it."""
    caplog.set_level(logging.DEBUG)
    shown = []
    with redis_server.running(tmp_path) as port:
        store = RedisStore(redis_server.address(port), wait_seconds=0.1, clock=Time())
        store.put("question", Kept(200, 0.0, "", b""), "me")
        shown += [repr(store), repr(store._redis), repr(vars(store))]
    for use in (
        lambda: store.get("question"),
        lambda: RedisStore(redis_server.address(port), wait_seconds=0.1),
    ):
        with pytest.raises(StoreError) as raised:
            use()
        error: BaseException | None = raised.value
        while error is not None:
            shown += [repr(error), str(error)]
            error = error.__cause__ or error.__context__
    store.close()
    assert not any(PASSWORD in text for text in (*shown, caplog.text))
