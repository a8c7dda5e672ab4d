"""The tests' RabbitMQ: an installed rabbitmq-server, started on free ports, its files in a folder.

It runs in a process namespace of its own, so that the port mapper of Erlang (epmd), which detaches
itself, ends with it.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from movie_pipeline_tests.tmdb.redis_server import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PASSWORD = "s3cret-broker"
_READY = "Server startup complete"
_PATIENCE_SECONDS = 120.0


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """A server on all addresses, ready to answer; yields its port. The user is ``mp``."""
    folder.mkdir(parents=True)
    port, log = free_port(), folder / "rabbitmq.log"
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 0.0.0.0:{port}\nloopback_users = none\n"
        f"default_user = mp\ndefault_pass = {PASSWORD}\n"
    )
    settings = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(free_port()),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_NODENAME": "films@localhost",
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", str(SERVER)],
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(server, log)
        yield port
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _READY not in log.read_text(errors="replace"):
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"rabbitmq-server does not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
