"""Arrivals: which dropped files need a run, decided from what was seen and what is there now.

What belongs here: the pure decision (`plan`) and the small file that remembers what was seen
(`Memory`). What does not: anything of Dagster (`sensors` is a thin shell around this), and reading
a film list.

A file is ready when nothing of it has changed for `SETTLE_SECONDS`. Its content hash and its
arrival number make the run key, so that a file that is removed and dropped again, changed from A
to B and back, or dropped again after a failure runs again, while a touch does nothing.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from movie_pipeline.progress import Entry
from movie_pipeline.settings import Settings
from movie_pipeline.tables import SHAPE
from movie_pipeline.uploads import Found, hidden

SETTLE_SECONDS = 5.0
_SKEW = 60.0
"""Seconds by which another host's clock may be ahead."""
AT_MOST = 10
"""Files decided on in one tick, small ones first; the rest follow in the next.

Asking Dagster for a run took 0.9 to 2 s beside four runs at work: a tick of 100 took 186 s of the
60 that Dagster gives it, and whoever dropped a file meanwhile waited as long.
"""


@dataclass(frozen=True)
class Seen:
    """What is remembered of one upload.

    Attributes:
        stamp: `Found.stamp` when it was last looked at.
        since: when that stamp was first seen (epoch seconds).
        settled: whether the content behind that stamp has been decided on.
        version: the content hash that was last decided on.
        arrival: the number of the arrival that last asked for a run, None for never.
        asked_after: the run that was the upload's latest when that run was asked for.
        asked_tmdb: whether that run was asked for with a key at hand, and there still is one.
        gone: the file was here, and went away.
        overruled: an override that is about it was changed, or its rows are to be made anew, and
            no run has been asked for since.
    """

    stamp: str = ""
    since: float = 0.0
    settled: bool = False
    version: str | None = None
    arrival: int | None = None
    asked_after: str = ""
    asked_tmdb: bool = False
    gone: bool = False
    overruled: bool = False

    def awaits(self, entry: Entry | None) -> bool:
        """Whether the run that was asked for has not begun: the latest is still the one before."""
        return self.arrival is not None and (entry is None or entry.run_id == self.asked_after)


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
class SeenOverrides:
    """What is remembered of the overrides file.

    Attributes:
        stamp: what changes when it is saved; empty while there is none.
        since: when that stamp was first seen (epoch seconds).
        settled: whether the content behind that stamp has been decided on.
        lines: its lines when it was last decided on (`Overrides.lines`), sorted.
    """

    stamp: str = ""
    since: float = 0.0
    settled: bool = True
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """Everything seen, by key, the number that the latest arrival got, and the overrides."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    last_arrival: int = 0
    overrides: SeenOverrides = SeenOverrides()
    shape: int | None = 1
    """The shape of the rows in the warehouse, None while there is no warehouse; 1 in a memory that
    is older than shapes are."""
    failed: str = ""
    """A digest of the failed uploads that were last reported."""

    @property
    def digest(self) -> str:
        """A short digest: the sensor's cursor."""
        return hashlib.sha256(_MEMORY.dump_json(self)).hexdigest()[:16]

    @classmethod
    def path(cls, settings: Settings) -> Path:
        """Where the memory of a data folder lives."""
        return settings.data / "arrivals.json"

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """The remembered arrivals; a missing or malformed file is an empty memory.

        An empty memory numbers arrivals from the current time in microseconds, so that no number,
        and with it no run key, is used twice: a tick gives out far fewer than it takes. It takes
        the rows that there are for those of this version, or all would be made anew.

        Raises:
            OSError: the file is there and can't be read.
        """
        try:
            return _MEMORY.validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return cls(last_arrival=time.time_ns() // 1000, shape=SHAPE)

    def save(self, path: Path) -> None:
        """Write the memory, whole or not at all.

        Raises:
            OSError: it can't be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".json.new")
        draft.write_bytes(_MEMORY.dump_json(self))
        draft.replace(path)


_MEMORY = TypeAdapter(Memory)


@dataclass(frozen=True)
class Plan:
    """What a tick decides: runs to ask for, what to remember, and how many files must wait."""

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
    key_changed_at: float = 0.0,
    overruled: Collection[str] = (),
    overrides_valid_since: float = 0.0,
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
        key_changed_at: when the key last changed (epoch seconds); uploads whose key was refused
            before then run again.
        overruled: uploads that a changed line of the overrides is about, or whose rows are gone
            from the warehouse or of an earlier shape.
        overrides_valid_since: since when the overrides file is as it is (epoch seconds), 0 while it
            can't be used; uploads whose run failed over it before then run again.
        unreadable: what could not be looked at: what was seen there is kept in mind.
        repeat: ask again for runs that were asked for and never began (the last tick may not have
            got through); Dagster starts a run key only once.
    """
    requests: list[Request] = []
    seen: dict[str, Seen] = {}
    last_arrival, decided, waiting = memory.last_arrival, 0, 0
    for one in sorted(found, key=lambda one: (one.size.bit_length(), one.key)):
        last = _marked(memory.seen.get(one.key, Seen()), one.key in overruled)
        if one.problem is not None:  # status says what to do with it
            seen[one.key] = last
            continue
        entry = entries.get(one.key)
        last = _look(last, one, entry, now, key_set)
        arrived = False
        if not last.settled:
            ready = decided < AT_MOST and _unchanged(one, last, now)
            version = version_of(one.key) if ready else None
            if version is None:
                waiting += 1
            else:
                decided += 1
                arrived = _arrived(last, version, entry) or last.overruled
                last = replace(last, settled=True, version=version, gone=False)
        elif last.awaits(entry):
            if repeat:
                requests.append(Request(one.key, str(last.version), int(last.arrival or 0)))
        elif decided < AT_MOST and (
            last.overruled
            or _mended(entry, key_changed_at if key_set else None, overrides_valid_since, now)
            or (key_set and _wants_tmdb(last, entry))
            or _abandoned(entry)
        ):
            arrived = True
            decided += 1
        if arrived:
            last_arrival += 1
            last = replace(
                last,
                arrival=last_arrival,
                asked_after=entry.run_id if entry else "",
                asked_tmdb=key_set,
                overruled=False,
            )
            requests.append(Request(one.key, str(last.version), last_arrival))
        seen[one.key] = last
    seen |= _absent(
        {*memory.seen, *overruled} - seen.keys(), memory, entries, overruled, unreadable
    )
    remembered = replace(memory, seen=dict(sorted(seen.items())), last_arrival=last_arrival)
    return Plan(requests, remembered, waiting)


def _absent(
    keys: Iterable[str],
    memory: Memory,
    entries: Mapping[str, Entry],
    overruled: Collection[str],
    unreadable: Iterable[str],
) -> dict[str, Seen]:
    """What to remember of uploads that are not there: they are gone, or nobody could look."""
    folders = tuple(unreadable)
    seen: dict[str, Seen] = {}
    for key in keys:
        if hidden(key, folders):
            seen[key] = _marked(memory.seen.get(key, Seen()), key in overruled)
        elif key in entries:  # of what was forgotten, or never run, nothing need be remembered
            seen[key] = Seen(gone=True)
    return seen


def _marked(last: Seen, overruled: bool) -> Seen:
    return replace(last, overruled=True) if overruled else last


def _look(last: Seen, one: Found, entry: Entry | None, now: float, key_set: bool) -> Seen:
    """What is remembered, brought to what the file and the clock say now."""
    if last.stamp != one.stamp:
        last = replace(last, stamp=one.stamp, since=now, settled=False)
    if last.since > now:  # the clock was set back
        last = replace(last, since=now)
    if last.asked_tmdb and not key_set:
        last = replace(last, asked_tmdb=False)
    if last.overruled and last.awaits(entry):  # that run will read the overrides as they are now
        last = replace(last, overruled=False)
    if last.overruled and key_set and entry is not None and entry.sample_chosen:
        last = replace(last, overruled=False)  # the demo's: a run of ours would ask TMDB for it
    return last


def _unchanged(one: Found, last: Seen, now: float) -> bool:
    """Whether nothing of it has changed for long enough, by its own times or by our watching.

    By our watching alone where its times lie in the future (a clock that was set back).
    """
    return now - last.since >= SETTLE_SECONDS or now - one.changed >= SETTLE_SECONDS


def _arrived(last: Seen, version: str, entry: Entry | None) -> bool:
    """Whether a settled file is an arrival, and not a touch or a file whose run is done."""
    if last.gone:
        return True
    failed = entry is not None and entry.failed
    if entry is not None and entry.version == version and not failed:
        return False  # a run has it, whoever started that: a command line, or we
    if last.version != version:
        return True
    # Touched, or dropped again: that counts after a failure, unless its run is yet to come.
    return failed and not last.awaits(entry)


def _wants_tmdb(last: Seen, entry: Entry | None) -> bool:
    """Whether the sample answered for want of a key; once a key is there that is asked for once."""
    return (
        entry is not None
        and entry.stage == "completed"
        and entry.answered_by == "sample"
        and not entry.sample_chosen
        and not last.asked_tmdb
    )


def _abandoned(entry: Entry | None) -> bool:
    """Whether a run of a command line was killed; any other is repeated by Dagster (run retries).

    Not the demo's, which asks the sample and not TMDB.
    """
    return entry is not None and entry.killed and entry.alone and not entry.sample_chosen


def _mended(
    entry: Entry | None, key_changed_at: float | None, overrides_valid_since: float, now: float
) -> bool:
    """Whether what a run failed over has been mended since: a refused key, or the overrides.

    Of a run in the future (the clock was set back) nobody knows: it is tried once more.
    """
    if entry is None or entry.stage != "failed":
        return False

    def since(at: datetime | None, mended_at: float) -> bool:
        return at is not None and (mended_at > at.timestamp() or at.timestamp() > now + _SKEW)

    return (
        entry.key_refused
        and key_changed_at is not None
        and since(entry.finished_at, key_changed_at)
    ) or (
        entry.overrides_refused
        and overrides_valid_since > 0.0
        and since(entry.started_at, overrides_valid_since)
    )
