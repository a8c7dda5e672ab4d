"""Stamps of each machine's `.env`: the hub notices a change on any of them."""

import os
import time
from pathlib import Path

import pytest

from movie_pipeline import settings as environment
from movie_pipeline.status import env_stamps
from movie_pipeline.status.redis_entries import entries_in


@pytest.fixture
def settings(redis_address, monkeypatch):
    monkeypatch.setenv("MOVIE_PIPELINE_STATE", redis_address.get_secret_value())
    return environment.load()


def test_on_one_machine_the_files_own_time_counts():
    assert env_stamps.here(time.time()) == 0
    Path(".env").write_text("TMDB_API_KEY=x\n")
    own = env_stamps.here(time.time())
    assert own == Path(".env").stat().st_mtime_ns
    env_stamps.announce(environment.load())
    assert env_stamps.everywhere(environment.load(), own) == own


def test_a_time_in_the_future_is_unknown(settings):
    Path(".env").touch()
    os.utime(".env", (4e9, 4e9))
    assert env_stamps.here(time.time()) is None
    env_stamps.announce(settings)
    assert env_stamps.everywhere(settings, None) is None


def test_a_change_on_any_machine_changes_the_number(settings):
    seen = [env_stamps.everywhere(settings, 7)]
    for host, stamp in (("m1", "1"), ("m2", "1"), ("m1", "2")):
        entries_in(settings.state).announce(host, stamp)
        seen.append(env_stamps.everywhere(settings, 7))
        assert env_stamps.everywhere(settings, 7) == seen[-1]
    assert len({*seen, env_stamps.everywhere(settings, 8)}) == 5
