"""A lifeline in a Redis: held as long as the process lives, and by one process only."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import redis

from movie_pipeline.liveness import RedisLifeline, redis_lifeline
from movie_pipeline.liveness.worker import Worker
from movie_pipeline_tests.tmdb import redis_server

ROOT = Path(__file__).parents[2]
HOLD = """
import os, sys
from pydantic import SecretStr
from movie_pipeline.liveness import RedisLifeline, redis_lifeline
redis_lifeline.RENEWED_SECONDS, redis_lifeline.EXPIRES_SECONDS = 0.1, 1.0
lifeline = RedisLifeline(SecretStr(sys.argv[1]), "a-run")
print(lifeline.hold(), flush=True)
lifeline.end_if(lambda: sys.argv[2] == "ended" or os.path.exists(sys.argv[2]))
if sys.argv[2] == "fork":
    child = os.fork()
    if child:
        print(child, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lifeline(redis_address, monkeypatch) -> RedisLifeline:
    """That of a run, in a Redis that is taken to have been there for long."""
    monkeypatch.setattr(redis_lifeline, "EXPIRES_SECONDS", -redis_lifeline.RENEWED_SECONDS)
    return RedisLifeline(redis_address, "a-run")


@pytest.fixture
def admin(redis_address):
    with redis.Redis.from_url(redis_address.get_secret_value()) as client:
        yield client


@pytest.fixture
def hold(redis_address):
    """Starts a process that holds it, and says whether it could."""
    started = []

    def hold(what: str = "") -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, redis_address.get_secret_value(), what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def until(met) -> None:
    """Poll; pytest's timeout ends it."""
    while not met():
        time.sleep(0.02)


@pytest.mark.slow
def test_it_is_held_until_the_process_dies(lifeline, hold):
    assert lifeline.is_held() is False
    process, held = hold()
    assert held == "True"
    assert lifeline.is_held() is True
    process.send_signal(signal.SIGKILL)
    until(lambda: lifeline.is_held() is False)


@pytest.mark.slow
def test_of_two_processes_one_holds_it_and_the_other_once_that_one_is_dead(lifeline, hold):
    first, held = hold()
    _, also = hold()
    assert (held, also) == ("True", "False")
    first.kill()
    _, held = hold()  # at once: it waits until the key of the dead one has expired
    assert held == "True"


@pytest.mark.slow
def test_a_process_that_was_suspended_ends_if_its_run_was_ended_meanwhile(lifeline, hold):
    process, _ = hold("ended")
    process.send_signal(signal.SIGSTOP)
    until(lambda: lifeline.is_held() is False)
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 1
    assert "a-run was taken for dead" in process.stderr.read()


@pytest.mark.slow
def test_a_process_that_was_suspended_goes_on_if_nobody_has_ended_its_run(lifeline, hold):
    """So does one whose Redis was away, or has lost the key."""
    process, _ = hold("going on")
    process.send_signal(signal.SIGSTOP)
    until(lambda: lifeline.is_held() is False)
    process.send_signal(signal.SIGCONT)
    until(lifeline.is_held)
    assert process.poll() is None


@pytest.mark.slow
def test_a_process_that_was_suspended_ends_if_another_holds_its_lifeline(lifeline, hold):
    process, _ = hold("going on")
    process.send_signal(signal.SIGSTOP)
    _, held = hold()
    assert held == "True"
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 1


@pytest.mark.slow
def test_a_run_that_is_ended_after_its_process_came_back_ends_it_too(lifeline, hold, tmp_path):
    """Who saw that the key had expired may say so a moment after the process has renewed it."""
    process, _ = hold(str(tmp_path / "ended"))
    process.send_signal(signal.SIGSTOP)
    until(lambda: lifeline.is_held() is False)
    process.send_signal(signal.SIGCONT)
    until(lifeline.is_held)
    (tmp_path / "ended").touch()
    assert process.wait(60) == 1


@pytest.mark.slow
def test_a_fork_of_the_process_does_not_hold_it(lifeline, hold):
    process, _ = hold("fork")
    child = int(process.stdout.readline())
    try:
        process.kill()
        until(lambda: lifeline.is_held() is False)
        assert psutil.pid_exists(child)
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.slow
def test_its_process_is_known_and_no_other_is_taken_for_it(lifeline, hold):
    process, _ = hold()
    assert lifeline.holder(process.pid).pid == process.pid
    assert lifeline.holder(os.getpid()) is None
    assert lifeline.holder(2**22) is None


def test_a_redis_that_was_started_a_moment_ago_may_have_lost_it(redis_address, tmp_path):
    with redis_server.running(tmp_path) as port:
        assert RedisLifeline(redis_server.address(port), "a-run").is_held() is None


def test_an_unreachable_redis_says_nothing(tmp_path):
    gone = RedisLifeline(redis_server.address(redis_server.free_port()), "a-run")
    assert gone.is_held() is None
    assert gone.holder(os.getpid()) is None
    here = Worker.current()
    assert Worker("another", 1, 1.0, gone).alive
    assert Worker(here.host, here.pid, here.started, gone).alive
    assert "s3cret" not in repr(gone)


def test_a_process_of_an_equal_hostname_and_pid_is_judged_by_its_lifeline(lifeline, admin):
    """Two containers may have both in common."""
    worker = Worker(Worker.current().host, os.getpid(), 1.0, lifeline)
    admin.set(lifeline.key, "another/1/1.00/x")
    assert worker.alive
    admin.delete(lifeline.key)
    assert not worker.alive
