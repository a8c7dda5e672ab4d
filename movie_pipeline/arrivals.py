"""Arrivals: which dropped files need a run, decided from what was seen and what is there now.

What belongs here: the pure decision (`plan`) and the small file that remembers what was seen
(`Memory`). What does not: anything of Dagster (`sensors` is a thin shell around this), and reading
a film list.

A file is ready when nothing of it has changed for `SETTLE_SECONDS`. Its content hash and its
arrival number make the run key, so that a file that is removed and dropped again, changed from A
to B and back, or dropped again after a failure runs again, while a touch does nothing.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from movie_pipeline.progress import Entry
from movie_pipeline.settings import Settings
from movie_pipeline.uploads import Found

SETTLE_SECONDS = 5.0
AT_MOST = 100
"""Runs asked for in one tick; the rest follow in the next, so that a tick stays short."""


@dataclass(frozen=True)
class Seen:
    """What is remembered of one upload.

    Attributes:
        stamp: `Found.stamp` when it was last looked at.
        since: when that stamp was first seen (epoch seconds).
        settled: whether the content behind that stamp has been decided on.
        version: the content hash that was last decided on.
        arrival: the number of the latest arrival that asked for a run; part of the run key.
        asked_at: when that run was asked for (epoch seconds), 0 for never.
        gone: whether the file has gone away since.
    """

    stamp: str = ""
    since: float = 0.0
    settled: bool = False
    version: str | None = None
    arrival: int = 0
    asked_at: float = 0.0
    gone: bool = False


@dataclass(frozen=True)
class Request:
    """A run to start: for which upload, and the key under which Dagster starts it only once."""

    upload: str
    version: str
    arrival: int

    @property
    def run_key(self) -> str:
        """Upload, content and arrival."""
        return f"{self.upload}:{self.version}:{self.arrival}"


@dataclass(frozen=True)
class Memory:
    """Everything seen, by key, and the number that the latest arrival got."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    last_arrival: int = 0

    @property
    def digest(self) -> str:
        """A short digest: the sensor's cursor."""
        return hashlib.sha256(self._text().encode()).hexdigest()[:16]

    def _text(self) -> str:
        return json.dumps(
            {
                "last_arrival": self.last_arrival,
                "seen": {key: asdict(one) for key, one in sorted(self.seen.items())},
            },
            ensure_ascii=True,
        )

    @classmethod
    def path(cls, settings: Settings) -> Path:
        """Where the memory of a data folder lives."""
        return settings.data / "arrivals.json"

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """The remembered arrivals; a missing or malformed file is an empty memory.

        An empty memory counts arrivals from the current time on, so that no run key is used twice.
        """
        try:
            values = json.loads(path.read_text())
            return cls(
                {str(key): Seen(**one) for key, one in values["seen"].items()},
                int(values["last_arrival"]),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls(last_arrival=int(time.time()))

    def save(self, path: Path) -> None:
        """Write the memory, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".json.new")
        draft.write_text(self._text())
        os.replace(draft, path)


@dataclass(frozen=True)
class Plan:
    """What a tick decides: runs to ask for, what to remember, and a sentence about the rest."""

    requests: list[Request]
    memory: Memory
    waiting: int = 0
    """Files that are still settling, or that the next tick gets to."""


def plan(
    found: Iterable[Found],
    memory: Memory,
    entries: Mapping[str, Entry],
    *,
    now: float,
    key_set: bool,
    version_of: Callable[[str], str | None],
    unreadable: Iterable[str] = (),
    repeat: bool = False,
) -> Plan:
    """Decide which uploads need a run.

    Args:
        found: the uploads in the folder now.
        memory: what was seen before.
        entries: the latest run of each upload (`Progress`).
        now: epoch seconds.
        key_set: whether TMDB can be asked; uploads that the sample answered for want of a key
            then run again.
        version_of: the content hash of an upload, or None if it can't be read now. Called only
            for files that settled and changed.
        unreadable: folders that could not be read: what was seen there is kept in mind.
        repeat: ask again for runs that were asked for and never began (the last tick may not have
            got through); Dagster starts a run key only once.
    """
    requests: list[Request] = []
    seen: dict[str, Seen] = {}
    arrival, waiting = memory.last_arrival, 0
    for one in found:
        if one.problem is not None:
            continue  # status says what to do with it
        entry = entries.get(one.key)
        last = memory.seen.get(one.key, Seen())
        if last.stamp != one.stamp:
            last = replace(last, stamp=one.stamp, since=now, settled=False)
        seen[one.key] = last
        arrived = False
        if not last.settled:
            ready = len(requests) < AT_MOST and _unchanged(one, last, now)
            version = version_of(one.key) if ready else None
            if version is None:
                waiting += 1
                continue
            arrived = _arrived(last, version, entry)
            last = replace(last, version=version, settled=True, gone=False)
        elif repeat and _never_began(last, entry):
            requests.append(Request(one.key, str(last.version), last.arrival))
        if arrived or (len(requests) < AT_MOST and _wants_tmdb(last, entry, key_set)):
            arrival += 1
            last = replace(last, arrival=arrival, asked_at=now)
            requests.append(Request(one.key, str(last.version), arrival))
        seen[one.key] = last
    hidden = tuple(f"{folder}/" for folder in unreadable)
    for key in memory.seen.keys() - seen.keys():
        last = memory.seen[key]
        seen[key] = last if key.startswith(hidden) else replace(last, stamp="", gone=True)
    return Plan(requests, Memory(seen, arrival), waiting)


def _unchanged(one: Found, last: Seen, now: float) -> bool:
    """Whether nothing of it has changed for long enough, by its own times or by our watching.

    By our watching alone where its times lie in the future (a clock that was set back).
    """
    return now - last.since >= SETTLE_SECONDS or now - one.changed >= SETTLE_SECONDS


def _arrived(last: Seen, version: str, entry: Entry | None) -> bool:
    """Whether a settled file is an arrival, and not a touch or a file whose run is done."""
    if last.gone:
        return True
    done = entry is not None and entry.version == version and not _failed(entry)
    if last.version is None:
        return not done  # never decided on here; a command line may have run it
    if last.version == version:
        # Touched, or dropped again: that counts after a failure, unless its run is yet to come.
        return not _never_began(last, entry) and entry is not None and _failed(entry)
    return True


def _failed(entry: Entry) -> bool:
    gone = entry.running and entry.worker is not None and not entry.worker.alive
    return entry.stage == "failed" or gone


def _never_began(last: Seen, entry: Entry | None) -> bool:
    """Whether the run that was asked for has not begun."""
    began = entry.started_at.timestamp() if entry and entry.started_at else 0.0
    return began < last.asked_at


def _wants_tmdb(last: Seen, entry: Entry | None, key_set: bool) -> bool:
    """Whether the sample answered for want of a key, and a key is there now."""
    return (
        key_set
        and entry is not None
        and entry.stage == "completed"
        and entry.answered_by == "sample"
        and not entry.sample_chosen
        and not _never_began(last, entry)
    )
