"""The tests' Redis: an installed redis-server, started on a free port without persistence."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

PASSWORD = "s3cret-pass"


def require() -> None:
    """Skip the test if no Redis is installed; in CI, fail."""
    if shutil.which("redis-server") is None:
        reason = "no redis-server is installed (Debian: apt-get install redis-server)"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI is set")
        pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def address(port: int, *, user: str = "", password: str = PASSWORD) -> SecretStr:
    return SecretStr(f"redis://{user}:{password}@127.0.0.1:{port}/0")


@contextmanager
def running(folder: Path, port: int | None = None, *options: str) -> Iterator[int]:
    """A server on the given port or a free one, ready to answer; yields the port.

    It is started again if another process takes the free port first.
    """
    require()
    for _ in range(5):
        chosen = port or free_port()
        settings = f"--port {chosen} --bind 127.0.0.1 --save --appendonly no --dir {folder}"
        server = subprocess.Popen(
            ["redis-server", *settings.split(), "--requirepass", PASSWORD, *options],
            stdout=subprocess.DEVNULL,
        )
        if _answers(server, chosen):
            break
    else:
        pytest.fail("redis-server does not start")
    try:
        yield chosen
    finally:
        server.kill()
        server.wait()


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Whether this server came up, and not another one on the same port."""
    with redis.Redis(port=port, password=PASSWORD, socket_timeout=5.0) as client:
        while server.poll() is None:
            try:
                return bool(client.info("server")["process_id"] == server.pid)
            except (redis.ConnectionError, redis.TimeoutError):
                continue
    return False
