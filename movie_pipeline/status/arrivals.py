"""Arrivals: which dropped files need a run, decided from what is there now and what was seen.

What belongs here: the pure decision (`plan`) and the small file that remembers what was seen
(`Memory`). What does not: anything of Dagster (`defs.sensors` is a thin shell around this), what
became of the runs that were asked for (`instance.pending`), and reading a film list.

A file is ready when nothing of it has changed for `SETTLE_SECONDS`. A file that has come to rest
needs a run unless the runs' notes say that one had its content, by any door. So the
memory may be lost at any moment: it saves reading every file at every tick, and only two things
stand nowhere else, which are that a file was removed meanwhile, and that a failed one was dropped
again. A request stays until Dagster has its run, so it may be lost too. Its run key holds content
and arrival number: a file that comes back runs again, and a repeated request starts nothing twice.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from movie_pipeline.outside import files
from movie_pipeline.settings import Settings
from movie_pipeline.status.store import Entry
from movie_pipeline.uploads import SETTLE_SECONDS, Found, hidden
from movie_pipeline.warehouse.tables import SHAPE

AT_MOST = 10
"""Files decided on in one tick, small ones first; the rest follow in the next.

Asking Dagster for a run took 0.9 to 2 s beside four runs at work: a tick of 100 took 186 s of the
60 that Dagster gives it, and whoever dropped a file meanwhile waited as long.
"""

_UNNOTED = "-"
"""In place of the run after which another one was asked for, where no note was left of any."""


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
class Seen:
    """What is remembered of one upload.

    Attributes:
        stamp: `Found.stamp` when it was last looked at.
        since: when that stamp was first seen (epoch seconds).
        settled: whether the content behind that stamp has been decided on.
        version: the content hash that was last decided on.
        arrival: the number of the arrival whose run is asked for and, for all we know, has not
            begun; None where there is none.
        asked_after: the run that was the upload's latest when a run was last asked for.
        asked_tmdb: whether that run was asked for with a key at hand, and there still is one.
        gone: the file was here, and went away.
        overruled: it is to be run again whatever its file is (`revisions`), and no run has been
            asked for since that was found.
        awaited: the run of another door, or from before the memory was lost, that makes it
            needless to ask for one; empty where there is none.
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
    awaited: str = ""

    def awaits(self, entry: Entry | None) -> bool:
        """Whether a run is asked for, and the notes tell of none that has begun since."""
        return self.arrival is not None and (entry is None or entry.run.id == self.asked_after)

    def request(self, upload: str) -> Request | None:
        """The request that is open, None where there is none."""
        return None if self.arrival is None else Request(upload, str(self.version), self.arrival)


@dataclass(frozen=True)
class SeenOverrides:
    """What is remembered of the overrides file.

    Attributes:
        stamp: what changes when it is saved; empty while there is none.
        since: when that stamp was first seen (epoch seconds).
        settled: whether rows have been compared with the content behind that stamp.
        at_work: the runs that were at work then, whose rows are to be compared when they end.
    """

    stamp: str = ""
    since: float = 0.0
    settled: bool = True
    at_work: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """Everything seen, by key, the number that the latest arrival got, and the overrides."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    last_arrival: int = 0
    overrides: SeenOverrides = field(default_factory=SeenOverrides)
    shape: int | None = 1
    """The shape of rows whose run noted none; 1 in a memory that is older than shapes are."""
    warehouse: tuple[int, int] | None = None
    """The warehouse as it was (`Warehouse.extent`); None: not looked at yet."""
    key: int | None = None
    """When the file that may hold the key was changed; None: not looked at yet."""
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
        and with it no run key, is used twice: a tick gives out far fewer than it takes. Rows whose
        run noted no shape count as this version's, or all would be made again.

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
        files.write(path, _MEMORY.dump_json(self))


_MEMORY = TypeAdapter(Memory)


@dataclass(frozen=True)
class Present:
    """What is there at the moment of a tick.

    Attributes:
        found: the uploads in the folder.
        entries: the latest run of each upload (`Progress`).
        now: epoch seconds.
        key_set: whether TMDB can be asked; uploads that the sample answered because there was none
            then run again.
        unreadable: what could not be looked at: what was seen there is kept in mind.
        coming: uploads with a run that will read the file and the overrides as they are now, and
            that run.
        believed: uploads with a run that has not begun, as far as the notes tell.
        lost: uploads with a request that is open, or a run that is awaited or was killed, and
            Dagster has no such run.
        overruled: uploads that are to be run again whatever their files are (`revisions`).
    """

    found: Iterable[Found]
    entries: Mapping[str, Entry]
    now: float
    key_set: bool
    unreadable: Collection[str] = ()
    coming: Mapping[str, str] = field(default_factory=dict)
    believed: Collection[str] = ()
    lost: Collection[str] = ()
    overruled: Collection[str] = ()


@dataclass(frozen=True)
class Plan:
    """What a tick decides: runs to ask for, what to remember, and how many files must wait."""

    requests: list[Request]
    memory: Memory
    waiting: int = 0
    """Files that are still settling, or that the next tick gets to."""


def plan(present: Present, memory: Memory, version_of: Callable[[str], str | None]) -> Plan:
    """Decide which uploads need a run.

    Args:
        present: what is there now.
        memory: what was seen before.
        version_of: the content hash of an upload, or None if it can't be read now. Called only
            for files that changed and settled.
    """
    requests: list[Request] = []
    seen: dict[str, Seen] = {}
    last_arrival, room, waiting = memory.last_arrival, AT_MOST, 0
    for one in sorted(present.found, key=lambda one: (one.size.bit_length(), one.key)):
        seen[one.key] = last = _marked(one.key, memory, present)
        if one.problem is not None:  # status says what to do with it
            continue
        entry = present.entries.get(one.key)
        seen[one.key] = last = _look(last, one, entry, present)
        before, version = last.request(one.key), last.version
        if last.settled:
            needed = last.overruled or _again(last, entry, present)
        else:
            version = version_of(one.key) if room and _unchanged(one, last, present.now) else None
            if version is None:
                waiting += 1
                continue
            needed = last.overruled or last.gone or not _had(entry, version)
        coming = one.key in present.coming
        coming = coming or (one.key in present.believed and version == last.version)
        if needed and coming:
            awaited = "" if before else present.coming[one.key]
            last = replace(last, overruled=False, awaited=awaited)
        ask = not coming and room > 0 and (needed or one.key in present.lost)
        if ask:
            again = before is not None and before.version == version
            last_arrival += not again
            last = replace(
                last,
                arrival=last.arrival if again else last_arrival,
                asked_after=_latest(last, entry, again=again),
                asked_tmdb=present.key_set,
                overruled=False,
                awaited="",
            )
        if ask or before is None:  # else the version is part of the open request's run key
            last = replace(last, version=version)
        last = replace(last, settled=True, gone=False)
        requests += filter(None, [last.request(one.key) if ask else None])
        room -= ask or not seen[one.key].settled
        seen[one.key] = last
    seen |= _absent(seen.keys(), memory, present)
    remembered = replace(memory, seen=dict(sorted(seen.items())), last_arrival=last_arrival)
    return Plan(requests, remembered, waiting)


def _absent(found: Collection[str], memory: Memory, present: Present) -> dict[str, Seen]:
    """What to remember of uploads that are not there: they are gone, or nobody could look."""
    folders = tuple(present.unreadable)
    seen: dict[str, Seen] = {}
    for key in {*memory.seen, *present.entries} - set(found):
        if hidden(key, folders):
            seen[key] = _marked(key, memory, present)
        elif key in present.entries:  # of what was forgotten, or never run, nothing is remembered
            seen[key] = Seen(gone=True)
    return seen


def _marked(key: str, memory: Memory, present: Present) -> Seen:
    last = memory.seen.get(key, Seen())
    return replace(last, overruled=True) if key in present.overruled else last


def _look(last: Seen, one: Found, entry: Entry | None, present: Present) -> Seen:
    """What is remembered, brought to what the file, the clock and Dagster say now."""
    if last.stamp != one.stamp:
        last = replace(last, stamp=one.stamp, since=present.now, settled=False)
    if last.since > present.now:  # the clock was set back
        last = replace(last, since=present.now)
    if entry is not None and last.asked_after == _UNNOTED:
        last = replace(last, asked_after="")
    if last.asked_tmdb and not present.key_set:
        last = replace(last, asked_tmdb=False)
    if not any(one.key in some for some in (present.coming, present.believed, present.lost)):
        last = replace(last, arrival=None, awaited="")  # the run has begun, or ended without that
    if last.overruled and present.key_set and entry is not None and entry.stored.sample_chosen:
        last = replace(last, overruled=False)  # the demo's: a run of ours would ask TMDB for it
    return last


def _unchanged(one: Found, last: Seen, now: float) -> bool:
    """Whether nothing of it has changed for long enough, by its own times or by our watching.

    By our watching alone where its times lie in the future (a clock that was set back).
    """
    return now - last.since >= SETTLE_SECONDS or now - one.changed >= SETTLE_SECONDS


def _had(entry: Entry | None, version: str) -> bool:
    """Whether a run, of any door, has this content; one that failed is as none."""
    return entry is not None and entry.run.version == version and not entry.failed


def _again(last: Seen, entry: Entry | None, present: Present) -> bool:
    """Whether a file that is as it was needs another run, by what the notes tell of the last.

    After each run at most once: what ends without a note is not asked for in a loop.
    """
    if entry is None:  # it had a run, so the notes were lost
        return last.asked_after != _UNNOTED
    return last.asked_after != entry.run.id and (
        (present.key_set and not last.asked_tmdb and _wants_tmdb(entry)) or _abandoned(entry)
    )


def _latest(last: Seen, entry: Entry | None, *, again: bool) -> str:
    """What to remember as the upload's latest run when one is asked for."""
    if entry is not None:
        return entry.run.id
    if again:
        return last.asked_after
    return _UNNOTED if last.settled else ""


def _wants_tmdb(entry: Entry) -> bool:
    """Whether the sample answered because there was no key; with one, that is asked for once."""
    return (
        entry.stage == "completed"
        and entry.stored.answered_by == "sample"
        and not entry.stored.sample_chosen
    )


def _abandoned(entry: Entry) -> bool:
    """Whether a run of a command line was killed; any other is repeated by Dagster (run retries).

    Not the demo's, which asks the sample and not TMDB.
    """
    return entry.killed and entry.run.alone and not entry.stored.sample_chosen
