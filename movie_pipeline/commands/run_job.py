"""Executes the job for one upload, as `dagster job execute` does, and watches its progress.

What belongs here: the one way our own commands start a run. It runs the same command as CI, in a
process of its own, so that nothing works only from here.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from movie_pipeline.names import ENRICH_JOB, PARTITION_TAG, REFRESH_TAG
from movie_pipeline.settings import Settings
from movie_pipeline.status.store import Entry, Progress

_LOOK_EVERY_SECONDS = 0.25


@dataclass(frozen=True)
class Result:
    """How a run ended: its exit code, its status entry, and the path of its log."""

    code: int
    entry: Entry | None
    log: Path

    @property
    def message(self) -> str:
        """A sentence for the user; the end of the log if the run left no message."""
        if self.entry is not None and self.entry.message:
            return self.entry.message
        if self.code == 0:
            return ""
        if self.code < 0:
            ended = signal.Signals(-self.code).name
            return f"The run's process was ended by {ended}; fetched answers are kept ({self.log})."
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return "\n".join([*lines[-5:], f"(the whole log: {self.log})"])


def command(upload: str, refresh: str = "missing") -> list[str]:
    """The command that runs the job for an upload."""
    tags = {PARTITION_TAG: upload}
    if refresh != "missing":
        tags[REFRESH_TAG] = refresh
    dagster = [sys.executable, "-m", "dagster", "job", "execute"]
    module = ["-m", "movie_pipeline.definitions", "-j", ENRICH_JOB]
    return [*dagster, *module, "--tags", json.dumps(tags)]


def execute(
    upload: str,
    settings: Settings,
    *,
    refresh: str = "missing",
    environment: Mapping[str, str] | None = None,
    watch: Callable[[Entry | None], None] = lambda _: None,
) -> Result:
    """Run the job for an upload and wait for it.

    Args:
        upload: its key.
        settings: where the data folder is.
        refresh: ``missing``, ``stale`` or ``all``.
        environment: variables for the run in addition to our own environment.
        watch: called with the run's status entry a few times a second.
    """
    log = settings.data / "logs" / "last-run.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    progress = Progress.of(settings)
    before = progress.get(upload)

    def entry() -> Entry | None:
        """This run's status entry; None while the entry is still that of an earlier run."""
        now = progress.get(upload)
        return None if now and before and now.run.id == before.run.id else now

    with log.open("w") as output:
        process = subprocess.Popen(
            command(upload, refresh),
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONWARNINGS": "ignore", **(environment or {})},
        )
        try:
            while process.poll() is None:
                watch(entry())
                try:
                    process.wait(_LOOK_EVERY_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    return Result(process.returncode, entry(), log)
