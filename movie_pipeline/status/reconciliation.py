"""Reconciliation: what the warehouse has of each upload decides, whatever was noted about it.

The sensor's memory, the progress entries, Dagster's history and the warehouse can each be lost,
or restored from a backup. So an upload is completed if the warehouse has all rows of its file's
content in the current shape, whatever its entry says. It was tried if a run failed on that content
(or, if there are rows to rebuild, a run that makes the current shape). It runs again if it is
neither: a lost memory costs another try, with cached answers, and a broken file is not tried
forever.

What belongs here: reading what is stored, and the pure decision (`reconcile`). What does not: when
it is made (`revisions`), rows that differ from the overrides (`revisions`), a file that has changed
or that no entry is about (`arrivals`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import duckdb

from movie_pipeline.status.arrivals import Seen
from movie_pipeline.status.store import IGNORED, NO_FILMS, STATES, Entry, Run, Stored
from movie_pipeline.warehouse.tables import (
    ANALYTICS_SUMMARY,
    ENRICHED_MOVIES,
    RAW_UPLOADS,
    SHAPE,
)

_COUNTS = {
    **{state: f"match_status = '{state}'" for state in STATES},
    IGNORED: "match_status = 'not_found' AND match_method = 'override' AND error IS NULL",
    "enriched": "tmdb_enriched",
}
_COUNTED = ", ".join(f"count(*) FILTER ({one}) AS {name}" for name, one in _COUNTS.items())
_ROWS = f"""
SELECT u.upload, u.version, u.shape, u.sample_chosen, s.answered_by, e.* EXCLUDE (upload)
FROM {RAW_UPLOADS.sql_name} AS u LEFT JOIN {ANALYTICS_SUMMARY.sql_name} AS s USING (upload)
LEFT JOIN (
    SELECT upload, {_COUNTED} FROM {ENRICHED_MOVIES.sql_name} GROUP BY upload
) AS e USING (upload)
"""


@dataclass(frozen=True)
class Rows:
    """What the warehouse has of an upload.

    Attributes:
        version: the content hash of the file that its lines were read from.
        shape: the shape of its rows; None if some are not stored yet.
        sample_chosen: whether the sample was asked for; None if that is unknown.
        answered_by: ``tmdb`` or ``sample``; None if it has no films.
        counts: its films by state (`STATES`), `IGNORED` and ``enriched``.
    """

    version: str | None = None
    shape: int | None = None
    sample_chosen: bool | None = None
    answered_by: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def stored(self, before: Stored, page: str | None) -> Stored:
        """The same as in a progress entry; what the warehouse does not know stays."""
        return Stored(
            self.counts,
            self.answered_by or before.answered_by,
            before.sample_chosen if self.sample_chosen is None else self.sample_chosen,
            self.shape,
            before.page or page,
        )


@dataclass(frozen=True)
class Reconciliation:
    """What differs: entries as they should be, and uploads that must run again."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()


def rows_of(connection: duckdb.DuckDBPyConnection) -> dict[str, Rows]:
    """What the warehouse has of every upload, by key."""
    found = {}
    for row in connection.execute(_ROWS).fetchall():
        upload, version, shape, sample_chosen, answered_by, *numbers = row
        counts = dict(zip(_COUNTS, (int(number or 0) for number in numbers), strict=True))
        found[upload] = Rows(version, shape, sample_chosen, answered_by, counts)
    return found


def reconcile(
    stored: Mapping[str, Rows],
    entries: Mapping[str, Entry],
    seen: Mapping[str, Seen],
    page_of: Callable[[str], str | None] = lambda _: None,
) -> Reconciliation:
    """Compare what is stored with what was noted, as the module's docstring describes.

    An upload with a run that is executing, or that was killed and will be retried, is left alone.

    Args:
        stored: what the warehouse has, by upload.
        entries: the progress entries, by upload.
        seen: what the sensor remembers, by upload.
        page_of: returns the path of an upload's finished page, or None if there is none.
    """
    corrected, incomplete = {}, set()
    for upload in {*stored, *entries}:
        entry, rows = entries.get(upload), stored.get(upload, Rows())
        last = seen.get(upload, Seen())
        content = last.version if last.settled else None
        is_complete = rows.shape == SHAPE and content in {None, rows.version}
        if entry is None:
            entry = _entry(upload, rows, page_of(upload))
        elif entry.running:
            continue
        elif is_complete and _is_about_other_content(entry, rows, last):
            entry = _entry(upload, rows, entry.stored.page or page_of(upload), entry.stored)
        else:
            lost = bool(entry.stored.counts) and upload not in stored
            is_complete = is_complete or (_tried(entry, rows, last) and not lost)
            entry = _synchronized(entry, rows)
        if entry != entries.get(upload):
            corrected[upload] = entry
        if not is_complete:
            incomplete.add(upload)
    return Reconciliation(corrected, frozenset(incomplete))


def _is_about_other_content(entry: Entry, rows: Rows, last: Seen) -> bool:
    """Whether the entry tells of an earlier state of the file than the rows, which are complete."""
    if entry.run.version == rows.version:
        return False
    return entry.stage == "completed" or (last.settled and entry.run.id == last.asked_after)


def _tried(entry: Entry, rows: Rows, last: Seen) -> bool:
    """Whether a run failed on the content, or before reading it; in the current shape, if any.

    The latter is a later run than the one that was the latest when this content was decided on.
    """
    return (
        entry.failed
        and (entry.run.shape_made == SHAPE or not rows.counts)
        and (
            not last.settled
            or entry.run.version == last.version
            or entry.run.id != last.asked_after
        )
    )


def _entry(upload: str, rows: Rows, page: str | None, before: Stored | None = None) -> Entry:
    """The entry of an upload whose run is not known any more."""
    stored = rows.stored(before or Stored(), page)
    run = Run(version=rows.version, shape_made=rows.shape)
    message = "" if any(rows.counts.values()) else NO_FILMS
    return Entry(upload, run, stored, stage="completed", counts=stored.counts, message=message)


def _synchronized(entry: Entry, rows: Rows) -> Entry:
    """The entry with what is stored."""
    stored = rows.stored(entry.stored, None)
    if all(stored.counts.get(one, 0) == entry.stored.counts.get(one, 0) for one in _COUNTS):
        stored = replace(stored, counts=entry.stored.counts)
    counts = entry.counts if stored.counts == entry.stored.counts else stored.counts
    return replace(entry, stored=stored, counts=counts)
