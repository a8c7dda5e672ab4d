"""The home page of all uploads, written whole whenever something begins, ends, arrives or fails.

What belongs here: gathering what it shows (from the status, and from what each upload's latest run
noted in a file of its own), and writing it. What does not: its HTML (`page.home`).

It is an extra, so a page that can't be written never makes a run, a tick or forgetting fail. One
process writes at a time, and reads everything while it holds the lock: so the last one to write
has seen the latest state. The warehouse is not opened.
"""

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from movie_pipeline import status, uploads
from movie_pipeline.outside import files
from movie_pipeline.page import home, outline
from movie_pipeline.page.standing import Notice, Standing
from movie_pipeline.settings import KEY_PAGE, Settings
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.inventory import advice
from movie_pipeline.status.store import NO_FILMS, Entry
from movie_pipeline.status.summary import NO_KEY, Status
from movie_pipeline.uploads import persons

log = logging.getLogger(__name__)

_LOCK_SECONDS = 10.0
_EMPTY = "Export it again, and drop it in place of this one. It starts by itself."


def path_of(settings: Settings) -> Path:
    """Where the home page is."""
    return settings.pages / "index.html"


def write(settings: Settings) -> Path | None:
    """Write the home page, and return its path; None if it can't be written, which is logged."""
    try:
        return renew(settings)
    except (OSError, ProgressError, Timeout):
        log.warning("%s can't be written", path_of(settings), exc_info=True)
        return None


def renew(settings: Settings) -> Path:
    """Write the home page, and return its path.

    Raises:
        OSError: it, or a file that it is made of, can't be used.
        ProgressError: the status can't be read.
        Timeout: another process has been writing it for too long.
    """
    path = path_of(settings)
    files.folder(settings.data)
    with files.private, FileLock(settings.data / ".home.lock", timeout=_LOCK_SECONDS):
        files.write(path, build(settings, datetime.now().astimezone()).encode())
    return path


def build(settings: Settings, now: datetime) -> str:
    """Return the home page as it is at a time, in that time's zone.

    Raises:
        ProgressError: the progress store can't be read.
        OSError: the sensor's memory can't be read.
    """
    rows = status.read(settings)
    standings = [_standing(row, settings) for row in rows]
    return home.build(
        standings,
        folder=f"{settings.uploads}/",
        overrides=str(settings.overrides),
        now=now,
        notices=[*_notices(settings, rows)],
    )


def _standing(row: Status, settings: Settings) -> Standing:
    empty = row.status == "completed" and not row.total_movies
    said, command = advice(row) if row.status in {"failed", "cancelled"} else ("", "")
    return Standing(
        upload=row.upload,
        stage=row.status,
        total=row.total_movies,
        pending=row.pending_count,
        not_found=row.not_found_count - row.ignored_count,
        ambiguous=row.ambiguous_count,
        errors=row.error_count,
        eta_seconds=row.eta_seconds,
        started_at=row.started_at,
        finished_at=row.finished_at,
        message=(row.message or NO_FILMS) if empty else row.message,
        advice=_EMPTY if empty else said,
        command=command,
        has_page=not empty and row.page is not None and Path(row.page).exists(),
        decidable=not (settings.from_sample or persons.is_sample(row.upload)),
        outline=outline.read(settings, row.upload),
    )


def _notices(settings: Settings, rows: Iterable[Status]) -> Iterable[Notice]:
    if settings.from_sample and any(not persons.is_sample(row.upload) for row in rows):
        yield Notice(
            "A key for TMDB",
            NO_KEY,
            f"Get the API Read Access Token at {KEY_PAGE} and put it into TMDB_API_TOKEN in .env.",
        )
    for said in (status.overrides_problem(settings), status.overrides_hint(settings)):
        if said:
            yield Notice("Your overrides", said)


class Watch:
    """Writes the home page when the status of an upload has changed since the last look."""

    def __init__(self) -> None:
        self._seen = ""

    def look(
        self, settings: Settings, found: Iterable[uploads.Found], entries: Mapping[str, Entry]
    ) -> None:
        """Compare all uploads with those of the last look; the first look always writes."""
        files_ = [(one.key, one.stamp, one.problem) for one in found]
        states = [
            (key, one.run.id, one.stage, one.killed, one.message)
            for key, one in sorted(entries.items())
        ]
        seen = hashlib.sha256(repr((str(settings.data), files_, states)).encode()).hexdigest()
        if seen != self._seen:
            write(settings)
            self._seen = seen


class Pace:
    """Writes the home page every few seconds while a run works, at little of its time."""

    def __init__(self, settings: Settings, every_seconds: float = 2.0) -> None:
        self._settings = settings
        self._every = every_seconds
        self._next = 0.0

    def write(self) -> None:
        """Write it, unless that was a moment ago; it takes at most a twentieth of the time."""
        began = time.monotonic()
        if began >= self._next:
            used = time.thread_time()
            write(self._settings)
            pause = max(self._every, 20 * (time.thread_time() - used))
            self._next = time.monotonic() + pause
