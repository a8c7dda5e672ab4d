"""A PostgreSQL server of its own for tests, with a password that is hard to write and to hide.

It needs PostgreSQL's programs (Debian: `apt-get install postgresql`). PostgreSQL refuses to run as
root; there it runs as the user `postgres`, which that package creates.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
import tenacity

PASSWORD = """s3 'cr"et\\:/@%?#ö"""
USER = "films"
_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "log_min_error_statement": "panic",  # as docs/settings.md advises: statements have titles
    "max_connections": "60",
}


def _programs() -> Path | None:
    """The folder with PostgreSQL's programs, the newest version."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parts[-3])).parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


PROGRAMS = _programs()
_AS_POSTGRES = (
    ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    if os.name == "posix" and os.geteuid() == 0
    else []
)
_DYING_WITH_US = (
    [*(_AS_POSTGRES or ["setpriv"]), "--pdeathsig=QUIT"] if shutil.which("setpriv") else []
)
needs_postgres = pytest.mark.skipif(
    PROGRAMS is None, reason="PostgreSQL's programs are not installed (apt-get install postgresql)"
)


@dataclass
class PostgresServer:
    """A running server.

    Attributes:
        folder: its data directory.
        port: its port.
        host: the address on which it listens.
    """

    folder: Path
    port: int
    host: str = "127.0.0.1"
    _process: "subprocess.Popen[bytes]" = field(init=False, repr=False)

    def address(self, database: str = "warehouse", *, uri: bool = False) -> str:
        """What libpq connects to, with the password in it."""
        if uri:
            return (
                f"postgresql://{USER}:{quote(PASSWORD, safe='')}@{self.host}:{self.port}/{database}"
            )
        escaped = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
        return (
            f"dbname={database} host={self.host} port={self.port} user={USER} password='{escaped}'"
        )

    def warehouse(self, database: str = "warehouse") -> str:
        """A value for MOVIE_PIPELINE_WAREHOUSE."""
        return f"postgres:{self.address(database)}"

    def dagster(self, database: str = "dagster") -> str:
        """An address for SQLAlchemy."""
        return self.address(database, uri=True).replace("postgresql:", "postgresql+psycopg2:")

    def connect(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        """A connection that commits each statement."""
        connection = psycopg2.connect(self.address(database))
        connection.autocommit = True
        return connection

    def run(self, sql: str, database: str = "postgres") -> list[tuple]:
        """Run statements; returns the last one's rows, if any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def create(self, database: str) -> None:
        """A new, empty database in place of any earlier one."""
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        self.run(f'CREATE DATABASE "{database}"')

    def start(self) -> None:
        """Start it, and wait until it answers. It ends when this process does, even if killed."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_DYING_WITH_US, PROGRAMS / "postgres", "-D", self.folder, "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(psycopg2.OperationalError),
            wait=tenacity.wait_fixed(0.05),
            stop=tenacity.stop_after_delay(120),
        )(self.run, "SELECT 1")

    def stop(self, mode: str = "fast") -> None:
        """End it; ``immediate`` is as if its machine had failed."""
        _run("pg_ctl", "-D", str(self.folder), "-w", "-t", "120", "stop", "-m", mode)
        self._process.wait()

    def dump(self, database: str) -> str:
        """The whole database as SQL."""
        return subprocess.run(
            [PROGRAMS / "pg_dump", "-d", self.address(database)],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    def holds(self, text: str) -> list[str]:
        """The server's data files, without its log of changes, that contain a text."""
        self.run("CHECKPOINT")  # files of tables that were replaced are removed by then
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and "pg_wal" not in path.parts and text.encode() in path.read_bytes()
        )


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [*_AS_POSTGRES, PROGRAMS / program, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


@contextmanager
def postgres_server(host: str = "127.0.0.1") -> Iterator[PostgresServer]:
    """A new server; its files are removed at the end."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder, password = Path(name) / "data", Path(name) / "password"
        password.write_text(PASSWORD)
        if _AS_POSTGRES:
            shutil.chown(name, "postgres")
            shutil.chown(password, "postgres")
        _run(
            "initdb", "-D", str(folder), "-U", USER, f"--pwfile={password}", "-A", "scram-sha-256",
            "--no-sync", "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        options = {**_OPTIONS, "listen_addresses": host, "unix_socket_directories": name}
        with (folder / "postgresql.conf").open("a") as file:
            file.writelines(f"{key} = '{value}'\n" for key, value in options.items())
        with (folder / "pg_hba.conf").open("a") as file:
            file.write("host all all all scram-sha-256\n")
        server = PostgresServer(folder, _free_port(), host)
        server.start()
        try:
            server.create("warehouse")
            yield server
        finally:
            with suppress(AssertionError):
                server.stop("immediate")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
