"""Arrivals: which dropped files need a run, given what is there now and what was seen before.

What belongs here: the pure decision (`plan`) and the small file that remembers what was seen
(`Memory`). What does not: anything that needs Dagster (`defs.sensors` is a thin wrapper around
this), what became of requested runs (`instance.pending`), and reading a film list.

At each tick of the sensor, `plan` decides for every upload in the folder:

1. A file has settled when nothing about it has changed for `SETTLE_SECONDS`, or for
   `SETTLE_UNWRITTEN_SECONDS` if no program has it open. Until then it waits.
2. A file that has just settled is hashed. It needs a run if it was removed and dropped again, or if
   the upload's latest run, however it was started, failed or read other content.
3. A settled file is not read again. It needs another run if its upload is overruled (`revisions`),
   if its progress entry was lost, if the sample answered and there is a key now, or if a run from
   the command line was killed.
4. No run is requested while a pending run will read the file as it is now. A request stays open
   until its run begins, and is repeated if Dagster lost it.

A run key contains the content hash and an arrival number. So a file that comes back runs again,
and a repeated request does not start a second run. Numbers follow the clock (microseconds): a tick
uses far fewer than the microseconds it takes, so none is used twice even if an earlier memory is
restored.

The memory may be lost, or restored from a backup, at any moment: the progress store says which
content was processed, and the warehouse corrects that store (`reconciliation`). The memory saves
hashing every file at every tick, and only two facts are recorded nowhere else: that a file was
removed in the meantime, and that a failed file was dropped again.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from movie_pipeline.outside import files
from movie_pipeline.settings import Settings
from movie_pipeline.status.store import Entry
from movie_pipeline.uploads import SETTLE_SECONDS, SETTLE_UNWRITTEN_SECONDS, Found, hidden

AT_MOST = 10
"""Files decided on in one tick, small ones first; the next tick continues with the rest.

Requesting a run from Dagster took 0.9 to 2 s while four runs were executing. A tick of 100 files
took 186 s, where Dagster allows 60, and a file dropped in the meantime waited just as long.
"""

_NO_ENTRY = "-"
"""`Seen.asked_after` when the upload had been decided on but no longer had a progress entry."""


@dataclass(frozen=True)
class Request:
    """A run to start for an upload; Dagster starts only one run for each run key."""

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
        stamp: `Found.stamp` at the last tick.
        since: when that stamp was first seen (epoch seconds).
        settled: whether the content with that stamp has been decided on.
        version: the content hash that was last decided on.
        arrival: the arrival number of the open request, whose run has not begun as far as we know;
            None if no request is open.
        asked_after: the upload's latest run when a run was last requested.
        asked_tmdb: whether a key was set when that run was requested, and has been since.
        gone: the file was here and has been removed.
        overruled: the upload must run again even if its file is unchanged (`revisions`), and no
            run has been requested since that was found.
        awaited: a pending run that makes a request unnecessary, because it was started in another
            way or before the memory was lost; empty if there is none.
        restless: it was seen to change and has not settled since, so it may change again.
        films: how many films the content with that version lists, if that is known (`noted`).
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
    restless: bool = False
    films: int | None = None

    def awaits(self, entry: Entry | None) -> bool:
        """Whether a run is requested and, by the progress entry, none has begun since."""
        return self.arrival is not None and (entry is None or entry.run.id == self.asked_after)

    def request(self, upload: str) -> Request | None:
        """The open request, or None."""
        return None if self.arrival is None else Request(upload, str(self.version), self.arrival)


def stamp_of(overrides: Path) -> tuple[str, float]:
    """A stamp that changes when the file is saved, and when it was last saved (epoch seconds).

    Nothing says when a missing file was removed: an editor may be replacing it right now.
    """
    try:
        status = overrides.stat()
    except OSError:
        return "", inf
    stamp = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
    return stamp, max(status.st_mtime, status.st_ctime)


@dataclass(frozen=True)
class SeenOverrides:
    """What is remembered of the overrides file.

    Attributes:
        stamp: changes whenever the file is saved; empty while there is no file.
        since: when that stamp was first seen (epoch seconds).
        settled: whether rows have been compared with the content with that stamp.
        at_work: the runs that were executing then; their rows are compared when they end.
        unused: the lines that fit no film of any upload.
    """

    stamp: str = ""
    since: float = 0.0
    settled: bool = True
    at_work: tuple[str, ...] = ()
    unused: tuple[int, ...] = ()


@dataclass(frozen=True)
class Memory:
    """What was seen of each upload, by key, the last arrival number, and the overrides file.

    Attributes:
        process: the process of the last tick.
        stores: what `revisions` found when it last compared the stores: it changes when the
            warehouse is written, or either of them replaced.
        key: when the file that may contain the key was last changed; None before the first tick.
        failed: a digest of the failed uploads that were last reported.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    last_arrival: int = 0
    overrides: SeenOverrides = field(default_factory=SeenOverrides)
    process: str = ""
    stores: tuple[int, ...] = ()
    key: int | None = None
    failed: str = ""

    @property
    def digest(self) -> str:
        """A short digest, which is the sensor's cursor."""
        return hashlib.sha256(_MEMORY.dump_json(self)).hexdigest()[:16]

    @classmethod
    def path(cls, settings: Settings) -> Path:
        """The memory file of a data folder."""
        return settings.data / "arrivals.json"

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """Load the memory; a missing or malformed file gives an empty one.

        Raises:
            OSError: the file exists and can't be read.
        """
        try:
            return _MEMORY.validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return cls()

    def save(self, path: Path) -> None:
        """Write the memory atomically.

        Raises:
            OSError: the file can't be written.
        """
        files.write(path, _MEMORY.dump_json(self))


_MEMORY = TypeAdapter(Memory)


@dataclass(frozen=True)
class Present:
    """The situation at a tick.

    Attributes:
        found: the uploads in the folder.
        entries: the progress entry of each upload (`Progress`).
        now: epoch seconds.
        key_set: whether a key is set; if so, uploads that the sample answered because there was no
            key run again.
        unreadable: paths that could not be read; what was seen there is remembered.
        coming: for each upload with a run that will read the current file and overrides, the id of
            that run.
        believed: uploads whose run has not begun, according to the progress entries alone.
        lost: uploads whose open request, awaited run or killed run is missing in Dagster.
        closed: uploads whose open request has led to a run that has begun or ended.
        overruled: uploads that must run again even if their files are unchanged (`revisions`).
    """

    found: Iterable[Found]
    entries: Mapping[str, Entry]
    now: float
    key_set: bool
    unreadable: Collection[str] = ()
    coming: Mapping[str, str] = field(default_factory=dict)
    believed: Collection[str] = ()
    lost: Collection[str] = ()
    closed: Collection[str] = ()
    overruled: Collection[str] = ()


@dataclass(frozen=True)
class Plan:
    """What a tick decides: runs to request, what to remember, and how many files must wait."""

    requests: list[Request]
    memory: Memory
    waiting: int = 0
    """Files that have not settled yet, or that are left to the next tick."""

    def noted(self, films_of: Callable[[str], int | None]) -> "Plan":
        """The same plan, which remembers how many films each requested upload lists.

        Args:
            films_of: returns that number, or None if it can't be told quickly.
        """
        seen = dict(self.memory.seen)
        for one in self.requests:
            seen[one.upload] = replace(seen[one.upload], films=films_of(one.upload))
        return replace(self, memory=replace(self.memory, seen=seen))


def plan(
    present: Present,
    memory: Memory,
    version_of: Callable[[str], str | None],
    unwritten: Callable[[str], bool] = lambda _: False,
) -> Plan:
    """Decide which uploads need a run, as the module's docstring describes.

    Args:
        present: the situation now.
        memory: what was seen before.
        version_of: returns the content hash of an upload, or None if it can't be read now. Called
            only for files that have changed and settled.
        unwritten: whether the system is certain that no program has the file of an upload open for
            writing. Called only for files that have changed, a moment ago.
    """
    requests: list[Request] = []
    seen: dict[str, Seen] = {}
    last_arrival, room, waiting = memory.last_arrival, AT_MOST, 0
    for one in sorted(present.found, key=lambda one: (one.size.bit_length(), one.key)):
        seen[one.key] = last = _marked(one.key, memory, present)
        if one.problem is not None:  # the status tells the user what to do
            continue
        entry = present.entries.get(one.key)
        seen[one.key] = last = _look(last, one, entry, present)
        before, version = last.request(one.key), last.version
        if last.settled:
            needed = last.overruled or _needs_rerun(last, entry, present)
        else:
            at_rest = room and _at_rest(one, last, present.now, unwritten)
            version = version_of(one.key) if at_rest else None
            if version is None:
                waiting += 1
                continue
            needed = last.overruled or last.gone or not _processed(entry, version)
        coming = one.key in present.coming
        coming = coming or (one.key in present.believed and version == last.version)
        if needed and coming:
            awaited = "" if before else present.coming[one.key]
            last = replace(last, overruled=False, awaited=awaited)
        ask = not coming and room > 0 and (needed or one.key in present.lost)
        if ask:
            again = before is not None and before.version == version
            if not again:
                last_arrival = max(last_arrival + 1, int(present.now * 1e6))
            last = replace(
                last,
                arrival=last.arrival if again else last_arrival,
                asked_after=_latest(last, entry, again=again),
                asked_tmdb=present.key_set,
                overruled=False,
                awaited="",
            )
        if ask or before is None:  # otherwise it is part of the open request's run key
            films = last.films if version == last.version else None
            last = replace(last, version=version, films=films)
        last = replace(last, settled=True, restless=False, gone=False)
        requests += filter(None, [last.request(one.key) if ask else None])
        room -= ask or not seen[one.key].settled
        seen[one.key] = last
    seen |= _absent(seen.keys(), memory, present)
    remembered = replace(memory, seen=dict(sorted(seen.items())), last_arrival=last_arrival)
    return Plan(requests, remembered, waiting)


def _absent(found: Collection[str], memory: Memory, present: Present) -> dict[str, Seen]:
    """What to remember of uploads that were not found: removed, or in an unreadable folder."""
    folders = tuple(present.unreadable)
    seen: dict[str, Seen] = {}
    for key in {*memory.seen, *present.entries} - set(found):
        if hidden(key, folders):
            seen[key] = _marked(key, memory, present)
        elif key in present.entries:  # nothing is remembered of an upload forgotten or never run
            seen[key] = Seen(gone=True)
    return seen


def _marked(key: str, memory: Memory, present: Present) -> Seen:
    """What is remembered of an upload, marked as overruled if it is."""
    last = memory.seen.get(key, Seen())
    return replace(last, overruled=True) if key in present.overruled else last


def _look(last: Seen, one: Found, entry: Entry | None, present: Present) -> Seen:
    """What is remembered, updated to what the file, the clock and Dagster say now."""
    if last.stamp != one.stamp:
        restless = bool(last.stamp) and not last.settled
        last = replace(last, stamp=one.stamp, since=present.now, settled=False, restless=restless)
    if last.since > present.now:  # the clock was set back
        last = replace(last, since=present.now)
    if entry is not None and last.asked_after == _NO_ENTRY:
        last = replace(last, asked_after="")
    if last.asked_tmdb and not present.key_set:
        last = replace(last, asked_tmdb=False)
    if not any(one.key in some for some in (present.coming, present.believed, present.lost)):
        last = replace(last, arrival=None, awaited="")  # the run has begun, or ended before it did
    elif one.key in present.closed:
        last = replace(last, arrival=None)  # the run itself was lost: its run key is used up
    return last


def _at_rest(one: Found, last: Seen, now: float, unwritten: Callable[[str], bool]) -> bool:
    """Whether the file has been unchanged for long enough, by its timestamps or by our ticks.

    Only our ticks count if its timestamps are in the future (the clock was set back).
    """
    seconds = max(now - last.since, now - one.changed)
    return seconds >= SETTLE_SECONDS or (
        seconds >= SETTLE_UNWRITTEN_SECONDS and not last.restless and unwritten(one.key)
    )


def _processed(entry: Entry | None, version: str) -> bool:
    """Whether a run that has not failed read this content, however it was started."""
    return entry is not None and entry.run.version == version and not entry.failed


def _needs_rerun(last: Seen, entry: Entry | None, present: Present) -> bool:
    """Whether an unchanged file needs another run, by the progress entry of its last one.

    At most once after each run, so that a run that leaves no entry is not requested in a loop.
    """
    if entry is None:  # the upload had a run, so its entry was lost
        return last.asked_after != _NO_ENTRY
    return last.asked_after != entry.run.id and (
        (present.key_set and not last.asked_tmdb and _wants_tmdb(entry)) or _abandoned(entry)
    )


def _latest(last: Seen, entry: Entry | None, *, again: bool) -> str:
    """The value of `Seen.asked_after` when a run is requested."""
    if entry is not None:
        return entry.run.id
    if again:
        return last.asked_after
    return _NO_ENTRY if last.settled else ""


def _wants_tmdb(entry: Entry) -> bool:
    """Whether the sample answered because no key was set."""
    return (
        entry.stage == "completed"
        and entry.stored.answered_by == "sample"
        and not entry.stored.sample_chosen
    )


def _abandoned(entry: Entry) -> bool:
    """Whether a run from the command line was killed; Dagster retries any other (run retries)."""
    return entry.killed and entry.run.alone
