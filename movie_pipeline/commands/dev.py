"""`make dev`: Dagster's UI and daemon on this machine, and a line whenever a page is finished.

What belongs here: starting `dagster dev` without noise for a newcomer, naming the program on a busy
port, and reporting the outcome of a dropped file in the terminal. What does not: the lock
(`dev_lock`) and the guard (`guarded`).
"""

import os
import re
import signal
import socket
import subprocess
import sys
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
from movie_pipeline.instance import home
from movie_pipeline.instance.clock import Watch
from movie_pipeline.instance.dagster_runs import wipe_former_assets
from movie_pipeline.instance.storage import InstanceError, here, store_of
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.settings import DEV, Settings, SettingsError
from movie_pipeline.status import looking
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.summary import NO_KEY
from movie_pipeline.uploads import adding

HOST = "127.0.0.1"
"""Where the UI is served, unless someone says otherwise: on this machine only."""

_EVERYWHERE = {"0.0.0.0": HOST, "::": "::1"}  # noqa: S104  # the address at which we reach ourselves
_LOOK_EVERY_SECONDS = 1.0
_END_WITHIN_SECONDS = 30.0
_LOG_BYTES = 10_000_000
"""A log larger than this becomes ``dev.log.1``, replacing the previous one."""
_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ - (\S+) - ([A-Z]+) - ")
"""The start of a line of Dagster's log: time, logger (``dagster`` for runs), level."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""The colour codes in the daemon's log, which it writes even without a terminal."""

_MOVED = (
    f"The project's code was replaced while {DEV} was running. Nothing is lost: start it again."
)
_UNGUARDED = (
    "Dagster's web server answers requests from foreign pages, so it was stopped: this version of"
    " Dagster is not supported. Install the versions pinned in constraints.txt."
)

_QUIET = {"dagster", "dagster.daemon.EventLogConsumerDaemon"}
"""Loggers whose records go to the file only: that of runs, and one that reports a new store."""


def dev(settings: Settings, port: int, console: Console, host: str = HOST) -> int:
    """Serve on this port and address until interrupted, and return the exit code."""

    def tell(sentence: str) -> None:
        console.print(sentence, markup=False, soft_wrap=True, highlight=False)

    try:
        with ExitStack() as stack:
            instance = here()
            store = store_of(stack.enter_context(instance)) if instance else None
            address = _address(host, port)
            lock = stack.enter_context(dev_lock.held(settings.data, store, address, tell))
            if instance:
                wipe_former_assets(instance)
            return _serve(settings, console, lock, Watch(instance, tell), host=host, port=port)
    except (DevLockError, InstanceError) as error:
        tell(str(error))
        return 1


def _address(host: str, port: int) -> str:
    """The address of the UI, as opened on this machine."""
    host = _EVERYWHERE.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _serve(
    settings: Settings, console: Console, lock: DevLock, clock: Watch, *, host: str, port: int
) -> int:
    holder = _holder(host, port)
    if holder is not None:
        other = f"{DEV} {'PORT=' if DEV.startswith('make') else '--port '}{port + 1}"
        console.print(f"Port {port} is in use by {holder}. Try: {other}")
        return 1
    settings.uploads.mkdir(parents=True, exist_ok=True)
    adding.tidy(settings.uploads)
    _welcome(settings, host, port, console)
    # Before Dagster starts: background jobs of a shell script ignore SIGINT, and it would inherit
    # that.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    announcer = _Announcer(settings, console)
    log = settings.data / "logs" / "dev.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    while True:
        clock.start()
        process = _start(port, settings.hosts, host)
        lock.started(process.pid)
        threading.Thread(target=_relay, args=(process, log, console), daemon=True).start()
        code_server = CodeServer(process.pid)
        safe: bool | None = None
        code = _OwnCode()
        try:
            while process.poll() is None and not code_server.gone() and not clock.set_back():
                began = time.thread_time()
                safe = safe or guarded.is_guarding(_EVERYWHERE.get(host, host), port)
                problem = (safe is False and _UNGUARDED) or (code.moved() and _MOVED)
                if problem:
                    console.print(problem, markup=False, soft_wrap=True)
                    return 1
                announcer.look()
                clock.look()
                # With 10,000 files one look takes half a second, so looks become less frequent.
                # Time spent waiting (for a processor or a locked file) does not count.
                time.sleep(max(_LOOK_EVERY_SECONDS, 10 * (time.thread_time() - began)))
            ended = process.poll() is not None
        except KeyboardInterrupt:
            looking.end(settings.data)  # Dagster would wait for a tick that looks for seconds
            _stop(process)
            if at_work := announcer.at_work():
                console.print(
                    f"Active runs ({at_work}) finish in the background; make status shows them."
                )
            return 0
        finally:
            _stop(process)
        if ended:
            break
        why = "Dagster's code server is gone (was it killed?)"
        if clock.set_back():
            why = "The clock was set back, and Dagster's timers rely on it"
        console.print(f"{why}: restarting Dagster.")
    console.print(
        f"Dagster ended unexpectedly (exit code {process.returncode}); {log} says why. Nothing is"
        f" lost: run {DEV} again.",
        markup=False,
        soft_wrap=True,
    )
    return process.returncode or 1


def _welcome(settings: Settings, host: str, port: int, console: Console) -> None:
    console.print(f"The UI: {_address(host, port)}", soft_wrap=True)
    if warning := guarded.open_to_others(host):
        console.print(warning, soft_wrap=True)
    console.print(f"Your pages: {_home(settings)}", soft_wrap=True, highlight=False)
    console.print(f"Drop a film list into {settings.uploads}; stop with Ctrl-C.", soft_wrap=True)
    if settings.from_sample:
        console.print(NO_KEY)


def _home(settings: Settings) -> Path:
    """Write the home page, and return where it is."""
    # Not at the top: its charts' libraries would hold up a refusal to start.
    from movie_pipeline.status import front_page  # noqa: PLC0415

    return front_page.write(settings) or front_page.path_of(settings)


class _OwnCode:
    """The modules that this process has loaded, which an upgrade may move.

    Dagster loads modules whenever it needs them, and would mix the old code with the new. Edited
    code is fine: the UI reloads it.
    """

    def __init__(self) -> None:
        self._missed = 0

    def moved(self) -> bool:
        """Whether one was gone twice in a row (an editor that saves removes it for a moment)."""
        loaded = list(sys.modules.items())  # at once: another thread may import meanwhile
        ours = [one for name, one in loaded if name.startswith("movie_pipeline.")]
        gone = any(one.__file__ and not Path(one.__file__).exists() for one in ours)
        self._missed = self._missed + 1 if gone else 0
        return self._missed > 1


def _start(port: int, hosts: Sequence[str], host: str) -> "subprocess.Popen[str]":
    where = ("-w", str(home.workspace()), "-h", host, "-p", str(port))
    arguments = (*where, "--log-level", "warning")
    return subprocess.Popen(
        guarded.start_command(hosts, *arguments),
        # Beta and supersession notices are meant for developers of Dagster projects.
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C reaches only us; we pass it on once, so that Dagster shuts down cleanly.
        start_new_session=True,
    )


class CodeServer:
    """The Dagster process that holds our definitions, and that Dagster does not restart.

    It may be killed when memory runs out; then every tick fails, with no other sign of the cause.
    """

    def __init__(self, pid: int, look_every_seconds: float = 10.0) -> None:
        """Look for it among the descendants of process ``pid``, at most this often."""
        self._pid = pid
        self._every = look_every_seconds
        self._look_at = 0.0
        self._seen = False
        self._missed = 0

    def gone(self) -> bool:
        """Whether it was there and has now been missing twice in a row ("Reload" replaces it)."""
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
            return True  # we can't see it, but it may well be there
        return any({"api", "grpc"} <= set(_words(one)) for one in below)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask Dagster to end, with stronger signals if it does not."""
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
    """Write Dagster's output to a file, and show it except for routine lines and those of runs.

    A run's failure is reported in one line (`_Announcer`); its stack trace is on the run's page.
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
    """The latest lines that Dagster printed, in at most two files however long it runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.unlink(missing_ok=True)
        self._open()

    def _open(self) -> None:
        # Append mode: forgetting an upload empties the logs, even one that is being written.
        self._file = self._path.open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        """Write a line, to a new file if the current one is full."""
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
    """Prints a line for each upload whose latest run ended after we started watching."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._reported = self._states()
        self._complaint = ""
        self._settings_complaint = ""
        self._overrides_saved = 0
        self._overrides_reported = True

    def _states(self) -> dict[str, status.Status]:
        return {one.upload: one for one in status.read(self._settings)}

    def at_work(self) -> int:
        """The number of active runs; 0 if it can't be determined."""
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
            if _same(self._reported.get(upload), one):
                continue
            line = _line(one)
            if line:
                self._console.print(line, markup=False, soft_wrap=True, highlight=False)
        self._reported = now

    def _look_at_settings(self) -> None:
        """Report that the settings have become unusable, and when they are usable again."""
        try:
            environment.load()
            said = ""
        except SettingsError as error:
            said = f"{error}. No run can start until this is fixed."
        if said != self._settings_complaint:
            self._settings_complaint = said
            line = said or "The settings are usable again."
            self._console.print(line, markup=False, soft_wrap=True, highlight=False)

    def _look_at_overrides(self) -> None:
        """Report what is wrong with the overrides, once each time they are saved."""
        try:
            saved = self._settings.overrides.stat().st_mtime_ns
        except OSError:
            saved = 0
        if saved != self._overrides_saved:  # reported on the next look, once fully written
            self._overrides_saved, self._overrides_reported = saved, False
        elif not self._overrides_reported:
            self._overrides_reported = True
            problem = status.overrides_problem(self._settings)
            if problem:
                self._console.print(problem, markup=False, soft_wrap=True, highlight=False)


def _same(before: status.Status | None, one: status.Status) -> bool:
    """Whether nothing changed, or it was only queued for a while and needed no run."""
    if before is None or before.finished_at != one.finished_at:
        return False
    return before.status == one.status or (
        before.status == "queued" and one.finished_at is not None
    )


def _line(one: status.Status) -> str | None:
    if one.status == "completed":
        if not one.total_movies:
            return f"{one.upload}: {one.message}"
        lead = f" – {one.message}" if one.message else ""
        return f"{one.upload}: {one.matched_count} of {one.total_movies} films → {one.page}{lead}"
    if one.status == "failed":
        return f"{one.upload}: failed – {one.message}"
    return None


def _holder(host: str, port: int) -> str | None:
    """The program that listens on the port, or None if the port is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            pass
        else:
            return None
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:  # macOS shows this only to root
        pass
    return "another program"
