"""`make dev`: Dagster's UI and daemon on this machine, and a line whenever a page is finished.

What belongs here: starting `dagster dev` so that a newcomer sees no noise, naming what holds a
busy port, and telling in the terminal what came of a dropped file.
"""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
from rich.console import Console

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands import dev_lock, guarded
from movie_pipeline.commands.dev_lock import DevLock, DevLockError
from movie_pipeline.instance.clock import Watch
from movie_pipeline.instance.storage import InstanceError, here, store_of
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.status.store import ProgressError
from movie_pipeline.uploads import adding

HOST = "127.0.0.1"
_LOOK_EVERY_SECONDS = 1.0
_END_WITHIN_SECONDS = 30.0
_LOG_BYTES = 10_000_000
"""A log above this is set aside as ``dev.log.1``, in place of the one before."""
_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ - (\S+) - ([A-Z]+) - ")
"""How a line of Dagster's log begins: time, logger (``dagster`` for runs), level."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What the daemon colours its log with, terminal or not."""

_UNGUARDED = (
    "Dagster's web server answers requests of foreign pages, so it was stopped: this version of"
    " Dagster is not supported. Install the pinned versions of constraints.txt."
)

_QUIET = {"dagster", "dagster.daemon.EventLogConsumerDaemon"}
"""Loggers whose records are for the file: runs', and one that says that its store is new."""


def dev(settings: Settings, port: int, console: Console) -> int:
    """Serve until interrupted; the exit code."""

    def tell(sentence: str) -> None:
        console.print(sentence, markup=False, soft_wrap=True, highlight=False)

    try:
        with ExitStack() as stack:
            instance = here()
            store = store_of(stack.enter_context(instance)) if instance else None
            address = f"http://{HOST}:{port}"
            lock = stack.enter_context(dev_lock.held(settings.data, store, address, tell))
            return _serve(settings, port, console, lock, Watch(instance, tell))
    except (DevLockError, InstanceError) as error:
        tell(str(error))
        return 1


def _serve(settings: Settings, port: int, console: Console, lock: DevLock, clock: Watch) -> int:
    holder = _holder(port)
    if holder is not None:
        console.print(f"Port {port} is in use by {holder}. Try: make dev PORT={port + 1}")
        return 1
    settings.uploads.mkdir(parents=True, exist_ok=True)
    adding.tidy(settings.uploads)
    console.print(f"The UI: http://{HOST}:{port}", soft_wrap=True)
    console.print(f"Drop a film list into {settings.uploads}; stop with Ctrl-C.", soft_wrap=True)
    if settings.from_sample:
        console.print("No TMDB_API_TOKEN is set: the bundled sample catalogue answers.")
    # Before Dagster is started: a shell script's background jobs ignore SIGINT, and so would it.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    announcer = _Announcer(settings, console)
    log = settings.data / "logs" / "dev.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    while True:
        clock.start()
        process = _start(port, settings.hosts)
        lock.started(process.pid)
        threading.Thread(target=_relay, args=(process, log, console), daemon=True).start()
        code_server = CodeServer(process.pid)
        safe: bool | None = None
        try:
            while process.poll() is None and not code_server.gone() and not clock.set_back():
                began = time.thread_time()
                safe = safe or guarded.stands(HOST, port)
                if safe is False:
                    console.print(_UNGUARDED, markup=False, soft_wrap=True)
                    return 1
                announcer.look()
                clock.look()
                # With 10,000 files a look takes half a second: then it is taken less often. Time
                # spent waiting (for a processor, for a locked file) is no work, and not counted.
                time.sleep(max(_LOOK_EVERY_SECONDS, 10 * (time.thread_time() - began)))
            ended = process.poll() is not None
        except KeyboardInterrupt:
            _stop(process)
            if at_work := announcer.at_work():
                console.print(
                    f"Runs at work ({at_work}) go on to their end; make status shows them."
                )
            return 0
        finally:
            _stop(process)
        if ended:
            break
        why = "Dagster's code server is gone (was it killed?)"
        if clock.set_back():
            why = "The clock was set back, and Dagster waits by it"
        console.print(f"{why}: Dagster is started again.")
    console.print(
        f"Dagster ended by itself (exit code {process.returncode}); {log} says why. Nothing is"
        " lost: run make dev again.",
        markup=False,
        soft_wrap=True,
    )
    return process.returncode or 1


def _start(port: int, hosts: Sequence[str]) -> "subprocess.Popen[str]":
    arguments = ("-w", "workspace.yaml", "-h", HOST, "-p", str(port), "--log-level", "warning")
    return subprocess.Popen(
        guarded.start_command(hosts, *arguments),
        # Beta and supersession notices are for developers of Dagster projects.
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C reaches us alone; we pass it on once, so that Dagster ends in order.
        start_new_session=True,
    )


class CodeServer:
    """Dagster's process that holds our definitions, and that Dagster does not start again.

    Whoever runs out of memory may lose it; then every tick fails, and nothing else tells.
    """

    def __init__(self, pid: int, look_every_seconds: float = 10.0) -> None:
        """Look below the process ``pid``, at most so often."""
        self._pid = pid
        self._every = look_every_seconds
        self._look_at = 0.0
        self._seen = False
        self._missed = 0

    def gone(self) -> bool:
        """Whether it was there, and twice in a row is no more ("Reload" replaces it)."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + self._every
            if self._lives():
                self._seen, self._missed = True, 0
            elif self._seen:
                self._missed += 1
        return self._missed > 1

    def _lives(self) -> bool:
        try:
            below = psutil.Process(self._pid).children(recursive=True)
        except psutil.Error:
            return True  # that it can't be seen does not mean that it is gone
        return any({"api", "grpc"} <= set(_words(one)) for one in below)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask Dagster to end; insist where it does not."""
    if process.poll() is not None:
        return
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process.send_signal(asked)
        try:
            process.wait(_END_WITHIN_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue
        return


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _relay(process: "subprocess.Popen[str]", log: Path, console: Console) -> None:
    """Keep what Dagster prints in a file, and show what is neither play-by-play nor a run's own.

    A run's failure is told in one line (`_Announcer`); its stack trace is on the run's page.
    """
    shown = True
    with closing(_Log(log)) as kept:
        for coloured in process.stdout or ():
            line = _COLOUR.sub("", coloured)
            kept.write(line)
            record = _RECORD.match(line)
            if record:
                logger, level = record.groups()
                shown = level not in {"DEBUG", "INFO"} and logger not in _QUIET
            if shown and line.strip():
                console.print(line.rstrip(), markup=False, soft_wrap=True, highlight=False)


class _Log:
    """The latest lines of what Dagster prints, in two files at most, however long it runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.unlink(missing_ok=True)
        self._open()

    def _open(self) -> None:
        # To append: forgetting an upload empties the logs, also one that is being written.
        self._file = self._path.open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        """Write a line, in a new file where this one is full."""
        if self._file.tell() > _LOG_BYTES:
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._open()
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Announcer:
    """Prints a line for each upload whose latest run has ended since we began to watch."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._told = self._states()
        self._complaint = ""
        self._settings_complaint = ""
        self._overrides_saved = 0
        self._overrides_told = True

    def _states(self) -> dict[str, status.Status]:
        return {one.upload: one for one in status.read(self._settings)}

    def at_work(self) -> int:
        """How many runs are at work; 0 where that can't be told."""
        try:
            return sum(one.status in {"processing", "enriching"} for one in self._states().values())
        except (ProgressError, OSError):
            return 0

    def look(self) -> None:
        """Print what is new."""
        self._look_at_settings()
        self._look_at_overrides()
        try:
            now = self._states()
        except (ProgressError, OSError) as error:
            said = explained(error) if isinstance(error, OSError) else str(error)
            if said != self._complaint:
                self._complaint = said
                self._console.print(self._complaint, markup=False, soft_wrap=True)
            return
        for upload, one in now.items():
            if _same(self._told.get(upload), one):
                continue
            line = _line(one)
            if line:
                self._console.print(line, markup=False, soft_wrap=True, highlight=False)
        self._told = now

    def _look_at_settings(self) -> None:
        """Say that the settings can't be used any more, and when they can again."""
        try:
            environment.load()
            said = ""
        except SettingsError as error:
            said = f"{error}. Until that is mended no run can be started."
        if said != self._settings_complaint:
            self._settings_complaint = said
            told = said or "The settings can be used again."
            self._console.print(told, markup=False, soft_wrap=True, highlight=False)

    def _look_at_overrides(self) -> None:
        """Say what is wrong with the overrides, once each time that they were saved."""
        try:
            saved = self._settings.overrides.stat().st_mtime_ns
        except OSError:
            saved = 0
        if saved != self._overrides_saved:  # told by the next look, when it has been written
            self._overrides_saved, self._overrides_told = saved, False
        elif not self._overrides_told:
            self._overrides_told = True
            problem = status.overrides_problem(self._settings)
            if problem:
                self._console.print(problem, markup=False, soft_wrap=True, highlight=False)


def _same(before: status.Status | None, one: status.Status) -> bool:
    """Whether it is as it was; also where it was queued for a while, and no run was needed."""
    if before is None or before.finished_at != one.finished_at:
        return False
    return before.status == one.status or (
        before.status == "queued" and one.finished_at is not None
    )


def _line(one: status.Status) -> str | None:
    if one.status == "completed":
        lead = f" – {one.message}" if one.message else ""
        return f"{one.upload}: {one.matched_count} of {one.total_movies} films → {one.page}{lead}"
    if one.status == "failed":
        return f"{one.upload}: failed – {one.message}"
    return None


def _holder(port: int) -> str | None:
    """Who listens on the port, or None if it is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            pass
        else:
            return None
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:  # macOS tells only root
        pass
    return "another program"
