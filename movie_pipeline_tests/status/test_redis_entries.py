"""Entries in a Redis: what it says when it can't be used, and what it leaves behind."""

import pytest
import redis
from pydantic import SecretStr

from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.redis_entries import RedisEntries, entries_in
from movie_pipeline.status.store import Progress
from movie_pipeline_tests.tmdb import redis_server


@pytest.fixture
def admin(redis_address):
    with redis.Redis.from_url(redis_address.get_secret_value()) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        (redis_server.address(1), "start it, or check MOVIE_PIPELINE_STATE"),
        (SecretStr("redis://:s3cret@localhost:1/0?bogus=1"), "remove them"),
        (None, "check the user and the password in MOVIE_PIPELINE_STATE"),
    ],
)
def test_one_that_cannot_be_used_says_what_to_do_and_no_password(redis_address, address, advice):
    port = redis_address.get_secret_value().rpartition(":")[2].partition("/")[0]
    address = address or redis_server.address(int(port), password="an-0ld-s3cret")
    with pytest.raises(ProgressError, match=advice) as failure:
        RedisEntries(address, wait_seconds=0.2)
    assert "s3cret" not in str(failure.value)


def test_one_that_stops_is_waited_for_and_then_reported(tmp_path):
    with redis_server.running(tmp_path) as port:
        entries = RedisEntries(redis_server.address(port), wait_seconds=0.5)
        entries.change(["a.csv"], lambda *_: "{}")
    with pytest.raises(ProgressError, match=r"The status of uploads in redis://127\.0\.0\.1"):
        entries.get("a.csv")
    with redis_server.running(tmp_path, port):
        assert entries.all() == {}


def test_processes_that_always_are_too_late_give_up(redis_address):
    entries, other = RedisEntries(redis_address, wait_seconds=0.1), entries_in(redis_address)
    number = iter(range(10**9))

    def late(upload, _):
        other.change([upload], lambda *_: str(next(number)))
        return "mine"

    with pytest.raises(ProgressError, match="too many processes"):
        entries.change(["a.csv"], late)


def test_a_forgotten_upload_is_gone_from_the_log_on_disk_too(tmp_path):
    with redis_server.running(tmp_path, None, "--appendonly", "yes") as port:
        progress = Progress(redis_server.address(port), tmp_path)
        progress.begin("secret-list.csv", run_id="1", plan=["one"])
        remains = lambda: [  # noqa: E731
            one
            for one in tmp_path.rglob("*")
            if one.is_file() and b"secret-list" in one.read_bytes()
        ]
        assert remains()
        progress.forget("secret-list.csv")
        with redis.Redis(port=port, password=redis_server.PASSWORD) as admin:
            while admin.info("persistence")["aof_rewrite_in_progress"] or remains():
                pass  # pytest's timeout ends it
        assert progress.all() == []


def test_a_store_that_was_lost_has_another_identity(redis_address, admin):
    entries = entries_in(redis_address)
    before = entries.identity()
    assert entries.identity() == before
    admin.flushall()
    assert entries.identity() != before


def test_no_entry_is_evicted_as_long_as_only_keys_that_expire_are(redis_address, admin):
    """With maxmemory-policy volatile-lru, cached answers make room, and entries stay."""
    entries_in(redis_address).change(["a.csv"], lambda *_: "{}")
    assert admin.ttl("movie_pipeline:uploads") == -1
