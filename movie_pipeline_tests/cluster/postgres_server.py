"""The tests' PostgreSQL: the installed server, started on a free port, its files in a folder.

It refuses to run as root, so that root starts it as the user whom its package creates.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from movie_pipeline_tests.tmdb.redis_server import free_port

USER = "postgres"
PASSWORD = "s3cret-database"
_PATIENCE_SECONDS = 60.0


def programs() -> Path | None:
    """The folder of the newest installed server's programs; Debian keeps them off the PATH."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def running() -> Iterator[int]:
    """A server on all addresses, ready to answer; yields its port."""
    bin_ = programs()
    assert bin_ is not None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    port, log = free_port(), folder / "log"
    secret = folder / "password"
    secret.write_text(PASSWORD)
    for path in (folder, secret):
        shutil.chown(path, USER)
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    as_user = as_user if os.getuid() == 0 else []
    options = f"-U {USER} -A scram-sha-256 --pwfile={secret} --no-sync -E UTF8 --locale=C.UTF-8"
    subprocess.run(
        [*as_user, str(bin_ / "initdb"), "-D", str(folder / "data"), *options.split()],
        check=True,
        capture_output=True,
    )
    with (folder / "data" / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    options = f"-p {port} -c listen_addresses=* -c unix_socket_directories={folder} -c fsync=off"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*as_user, str(bin_ / "postgres"), "-D", str(folder / "data"), *options.split()],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while subprocess.run(
            [bin_ / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        ).returncode:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL does not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
