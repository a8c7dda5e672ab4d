"""`make dev`: a dropped file becomes a page automatically, with the real daemon."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from rich.console import Console

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands import dev
from movie_pipeline.commands.dev import CodeServer, _Announcer, _relay, _same
from movie_pipeline.sample import sample_catalogue
from movie_pipeline.status import Status
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.modes import open_to_others

BIN = Path(sys.executable).parent
PAGE = "data/dashboard/mine.csv.html"
LIST = "Title,Year\nAlien,1979\nParasite,2019\nNo Such Film Anywhere,1999\n"
DEADLINE_SECONDS = 150
DAGSTERS = {"api grpc", "dagster._daemon", "webserver", "multiprocessing.forkserver"}
"""Dagster's code server, daemon, web server, and the server that runs are forked from
(`instance.workers`)."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A running `movie-pipeline dev` and what it prints."""

    def __init__(self, project, port, log, process):
        self.project, self.port, self.log, self.process = project, port, log, process

    def status(self, upload):
        """What `movie-pipeline status --json` shows; a process per look would use a whole core."""
        settings = environment.load({"MOVIE_PIPELINE_DATA": str(self.project / "data")})
        return next((r.as_json() for r in status.read(settings) if r.upload == upload), None)

    def wait(self, what):
        """Wait until `what()` is true."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not what():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.5)

    def announced(self, page):
        """How often the terminal has said that the page is finished."""
        return self.log.read_text().count(f"→ {page}")

    def environments_with(self, word):
        """Processes of the project, by command line, whose environment contains the word."""
        found, looked = {}, set()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if Path(process.cwd()) == self.project:
                    command = " ".join(process.cmdline())
                    looked |= {one for one in DAGSTERS if one in command}
                    found[command] = [n for n, one in process.environ().items() if word in one]
        assert looked == DAGSTERS
        return {command: names for command, names in found.items() if names}

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/server_info", timeout=5):
                return True
        except OSError:
            return False


@contextmanager
def serving(project, port, **environment):
    log = project.parent / "dev.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            [str(BIN / "movie-pipeline"), "dev", "--port", str(port)],
            cwd=project,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        served = Served(project, port, log, process)
        try:
            served.wait(served.answers)
            yield served
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(120)


@pytest.fixture(autouse=True)
def _as_a_user(monkeypatch, tmp_path):
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")


@pytest.mark.timeout(600)
def test_a_dropped_file_becomes_a_page_a_new_key_reruns_it_and_a_kill_harms_nothing(
    project, tmp_path
):
    """The newcomer's path: no key, then a key in .env, then a restart, all without a click.

    A second one from another clone on another port is refused, since it would run each upload twice.
    After a kill no process has to be ended by hand.
    """
    uploads, port = project / "data" / "uploads", free_port()
    before = open_to_others(project / "data") | {"uploads/mine.csv", "uploads/more.csv"}
    before.add("uploads/films.xlsx")
    with FakeTMDB(sample_catalogue(), token="right") as server:
        with serving(project, port, TMDB_BASE_URL=server.base_url) as served:
            second = without_a_key_and_with_one(served, server)
            (uploads / "films.xlsx").write_bytes(b"PK")
            assert served.status("films.xlsx")["status"] == "failed"

            refused = another_make_dev(tmp_path, project)
            killed = served.process
            killed.kill()
            killed.wait()
            assert served.answers(), "Dagster continues without it"
        assert refused.returncode == 1
        assert f"process {killed.pid}, http://127.0.0.1:{port}" in refused.stdout
        asked = len(server.requests)
        with serving(project, port, TMDB_BASE_URL=server.base_url) as served:
            served.wait(lambda: served.log.read_text().count("The UI:") == 2)
            served.wait(served.answers)
            (uploads / "more.csv").write_text("Title\nJaws\n")
            served.wait(lambda: (served.status("more.csv") or {}).get("status") == "completed")
            assert served.status("mine.csv")["finished_at"] == second["finished_at"]
            home = project / "data" / "dashboard" / "index.html"
            served.wait(lambda: 'href="./more.csv.html"' in home.read_text())
            assert "save it as CSV" in home.read_text()
            assert not any("mine" in str(request.query) for request in server.requests[asked:])
            assert served.environments_with("right") == {}
    assert served.process.returncode == 0
    assert not served.answers()
    assert open_to_others(project / "data") - before == set()
    said = served.log.read_text()
    assert said.count("Your pages: data/dashboard/index.html") == 2
    assert f"An earlier make dev (process {killed.pid}) was killed" in said
    assert "Warning" not in said
    assert "Traceback" not in said
    assert not list(project.glob(".tmp_dagster_home_*"))


def without_a_key_and_with_one(served, server):
    """Drop mine.csv, mistype a key, correct it; returns the last status."""
    project, completed = served.project, "completed"
    (project / "data" / "uploads" / "mine.csv").write_text(LIST)
    served.wait(lambda: (served.status("mine.csv") or {}).get("status") == completed)
    first = served.status("mine.csv")
    served.wait(lambda: served.announced(PAGE) == 1)
    assert first["message"] == (
        "Only the sample catalogue was searched, and it lacks 1 of these films:"
        " set TMDB_API_TOKEN to search TMDB"
    )
    assert first["message"] in (project / first["page"]).read_text()
    assert server.requests == []
    (project / ".env").write_text("TMDB_API_TOKEN=mistyped\n")
    served.wait(lambda: served.status("mine.csv")["status"] == "failed")
    assert "refused the key" in served.status("mine.csv")["message"]
    (project / ".env").write_text("TMDB_API_TOKEN='Bearer right'\n")
    served.wait(
        lambda: (
            served.status("mine.csv")["status"] == completed
            and served.status("mine.csv")["finished_at"] != first["finished_at"]
        )
    )
    second = served.status("mine.csv")
    assert second["message"] == ""
    assert len(server.requests) >= 4
    served.wait(lambda: served.announced(PAGE) == 2)
    return second


def another_make_dev(folder, project):
    """A finished `make dev` in another clone, with the project's data."""
    clone = folder / "clone"
    clone.mkdir()
    for name in ("dagster.yaml", "workspace.yaml"):
        (clone / name).write_text((project / name).read_text())
    return subprocess.run(
        [str(BIN / "movie-pipeline"), "dev", "--port", str(free_port())],
        cwd=clone,
        env={**os.environ, "MOVIE_PIPELINE_DATA": str(project / "data")},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_damaged_dagster_store_is_reported_before_anything_starts(project):
    runs = project / "data/dagster/history/runs.db"
    runs.parent.mkdir(parents=True)
    runs.write_bytes(b"Dear diary, today I saw a film. " * 300)
    done = subprocess.run(
        [str(BIN / "movie-pipeline"), "dev", "--port", str(free_port())],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert str(runs) in done.stdout
    assert "move it" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_invalid_overrides_are_reported_once_each_time_they_are_saved(project, monkeypatch):
    monkeypatch.chdir(project)
    said = io.StringIO()
    announcer = _Announcer(environment.load(), Console(file=said))
    overrides = project / "data" / "overrides.csv"
    for number, target in enumerate(("12x", "949", "13x"), start=1):
        overrides.write_text(f"title,year,tmdb_id\nHeat,1995,{target}\n")
        os.utime(overrides, (number, number))
        for _ in range(3):
            announcer.look()
    assert [line.split("'")[1] for line in said.getvalue().splitlines()] == ["12x", "13x"]


def test_an_upload_that_was_only_touched_is_not_announced_again():
    """It is queued until it has settled, and then completed as before without a run."""
    done = Status("a.csv", "completed", finished_at=datetime(2026, 11, 23, tzinfo=UTC))
    again = replace(done, finished_at=datetime(2026, 11, 24, tzinfo=UTC))
    queued = replace(done, status="queued")
    assert _same(done, done)
    assert _same(queued, done)
    assert not _same(queued, again)
    assert not _same(None, done)
    bad = Status("a.xlsx", "failed")
    assert not _same(replace(bad, status="queued"), bad)


def test_an_invalid_setting_is_reported_and_so_is_its_correction(project, monkeypatch):
    """Nothing else would report it: no run can start, so none fails."""
    monkeypatch.chdir(project)
    said = io.StringIO()
    announcer = _Announcer(environment.load(), Console(file=said, width=200))
    for env in ("", "TMDB_BASE_URL=garbage\n", "TMDB_BASE_URL=garbage\n", "TMDB_LANGUAGE=de\n"):
        (project / ".env").write_text(env)
        announcer.look()
    first, second = said.getvalue().splitlines()
    assert first.startswith("TMDB_BASE_URL=garbage: it must be an address")
    assert second == "The settings are usable again."


def test_the_terminal_shows_dagsters_complaints_but_no_routine_lines(tmp_path):
    """Its daemon colours its lines even without a terminal."""
    lines = [
        "\x1b[32m2026-11-23 03:38:42 +0000\x1b[0m - {} - \x1b[34m{}\x1b[0m - {}\n".format(*one)
        for one in (
            ("dagster.daemon.EventLogConsumerDaemon", "WARNING", "No cursor for event type"),
            ("dagster.daemon.SensorDaemon", "ERROR", "the sensor has stopped"),
            ("dagster", "ERROR", "a run failed"),
            ("dagster.daemon", "INFO", "a tick"),
        )
    ]
    said = io.StringIO()
    _relay(SimpleNamespace(stdout=lines), tmp_path / "dev.log", Console(file=said))
    assert said.getvalue().strip().endswith("SensorDaemon - ERROR - the sensor has stopped")
    assert len(said.getvalue().splitlines()) == 1
    assert "\x1b" not in (tmp_path / "dev.log").read_text()


def test_a_killed_code_server_is_noticed():
    """Dagster does not restart it; every tick would fail forever."""
    waits = [sys.executable, "-c", "input()", "api", "grpc"]
    script = (
        "import subprocess; input();"
        f"one = subprocess.Popen({waits!r}, stdin=subprocess.PIPE); print(one.pid, flush=True);"
        "one.wait(); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as dagster:
        code_server = CodeServer(dagster.pid, look_every_seconds=0.0)
        assert not any(code_server.gone() for _ in range(5))  # it has not started yet
        dagster.stdin.write("\n")
        dagster.stdin.flush()
        process = psutil.Process(int(dagster.stdout.readline()))
        while "grpc" not in process.cmdline():  # the kernel shows it a moment after the start
            pass
        assert not code_server.gone()
        process.kill()
        dagster.stdout.readline()
        assert [code_server.gone(), code_server.gone()] == [False, True]


def test_a_busy_port_is_reported_with_its_holder(project):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [str(BIN / "movie-pipeline"), "dev", "--port", str(port)],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"Port {port} is in use by" in done.stdout
    assert f"process {os.getpid()}" in done.stdout
    assert f"make dev PORT={port + 1}" in done.stdout


def test_code_that_is_replaced_ends_make_dev_with_a_sentence(project, monkeypatch):
    """As an upgrade does that moves modules; what is loaded later would be missing."""
    monkeypatch.chdir(project)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True)
    monkeypatch.setattr(dev, "_start", lambda *_: child)
    monkeypatch.setattr(dev.guarded, "is_guarding", lambda *_: True)
    moved = SimpleNamespace(__file__=str(project / "moved.py"))
    monkeypatch.setitem(sys.modules, "movie_pipeline.moved", moved)
    said = io.StringIO()
    assert dev.dev(environment.load(), free_port(), Console(file=said)) == 1
    assert said.getvalue().endswith("Nothing is lost: start it again.\n")
    assert child.poll() is not None, "Dagster is stopped"


def test_a_long_make_dev_keeps_the_latest_lines_in_two_files(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "_LOG_BYTES", 100)
    path = tmp_path / "logs" / "dev.log"
    path.parent.mkdir()
    with closing(dev._Log(path)) as log:
        for number in range(50):
            log.write(f"line {number}\n")
    assert {one.name for one in path.parent.iterdir()} == {"dev.log", "dev.log.1"}
    kept = path.with_name("dev.log.1").read_text() + path.read_text()
    assert kept
    assert "".join(f"line {number}\n" for number in range(50)).endswith(kept)
    assert len(kept) < 250
