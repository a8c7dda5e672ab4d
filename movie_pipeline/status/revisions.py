"""Revisions: which uploads must run again although their files are unchanged.

What belongs here: finding the uploads

- whose stored decisions differ from what the overrides say now;
- whose rows are not all in the warehouse, or of an earlier shape (`reconciliation`);
- whose run failed because of the overrides or the key, if that has been changed since.

Overrides are compared with the rows that they decide, and no digest of the file is stored. A row's
decision depends on nothing but the row itself and the line that matches it, and both are in the
warehouse: so this finds every change that matters, also in a restored backup, and none that does
not, such as a comment, moved lines, or a line about another upload's film.

All of it is derived from the warehouse and the progress entries. It is checked at a process's first
tick and when something changed: the overrides file was saved, ``.env`` was, or, while no run is
executing, the warehouse was written or replaced. A run that was executing meanwhile may have read
the old state, so its rows are checked when it ends. Otherwise the warehouse is not opened.

What does not: what a line of the overrides means (`overrides`), when an upload gets its run
(`status.arrivals`), anything that needs Dagster.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from movie_pipeline.overrides.file import Overrides, OverridesError
from movie_pipeline.overrides.rules import Rule, no_answer, no_film
from movie_pipeline.settings import Settings
from movie_pipeline.status.arrivals import Memory, SeenOverrides, stamp_of
from movie_pipeline.status.reconciliation import Reconciliation, reconcile, rows_of
from movie_pipeline.status.store import Entry, Progress
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.errors import WarehouseError
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES

PATIENCE_SECONDS = 1.0
"""How long a tick waits for the warehouse; the next tick tries again."""

_FILMS = "title, year, letterboxd_uri, imdb_id"

# A first selection of the rows that a line may match; `Overrides.of` decides, by title too.
_MAY_MATCH = """coalesce(year, 0) IN (SELECT unnest($years::INTEGER[]))
OR TRY_CAST(substr(imdb_id, 3) AS BIGINT) IN (SELECT unnest($imdb_ids::BIGINT[]))
OR lower(rtrim(regexp_replace(letterboxd_uri, '^(https?://)?(www\\.)?', '', 'i'), '/'))
   IN (SELECT unnest($uris::VARCHAR[]))"""
_CANDIDATES = f"SELECT DISTINCT upload, {_FILMS} FROM {RAW_MOVIES.sql_name} WHERE {_MAY_MATCH}"
_DECIDED = f"""
WITH decided AS (
    SELECT raw.upload, {", ".join(f"raw.{name}" for name in _FILMS.split(", "))},
        coalesce(enriched.match_method = 'override', false) AS overruled,
        enriched.tmdb_id, enriched.error
    FROM {RAW_MOVIES.sql_name} AS raw LEFT JOIN {ENRICHED_MOVIES.sql_name} AS enriched
    ON enriched.upload = raw.upload AND enriched.row_number = raw.row_number
    AND enriched.version IS NOT DISTINCT FROM raw.version
)
SELECT DISTINCT * FROM decided WHERE overruled OR {_MAY_MATCH}
"""


@dataclass(frozen=True)
class Revision:
    """The result of a check.

    Attributes:
        memory: the memory, updated with what was checked now.
        overruled: uploads that must run again.
        entries: progress entries that the warehouse has shown to be wrong, as they should be.
        complaint: what is wrong, for the user; empty if nothing is.
    """

    memory: Memory
    overruled: frozenset[str] = frozenset()
    entries: Mapping[str, Entry] = field(default_factory=dict)
    complaint: str = ""


def look(
    settings: Settings,
    memory: Memory,
    entries: Mapping[str, Entry],
    now: float,
    key: int | None = None,
    *,
    process: str = "",
) -> Revision:
    """Check whether something changed, and which uploads must run again because of it.

    If the overrides are invalid, nothing is compared with them. If the warehouse is locked, a later
    tick compares. An upload with a run that is executing is also left to a later tick, because that
    run may have read the previous overrides and key. A run that begins during the check reads the
    current overrides, since they have been unchanged for some seconds.

    Args:
        settings: where the overrides and the warehouse are.
        memory: the memory of the previous check.
        entries: the progress entry of each upload.
        now: epoch seconds.
        key: when the file that may contain the key was last changed, read before everything else;
            None if unknown.
        process: this process, as `Memory.process`.
    """
    warehouse = Warehouse(settings.warehouse, PATIENCE_SECONDS)
    key = memory.key if key is None else key
    seen, at_rest = _seen(settings.overrides, memory.overrides, now)
    at_work = {one.run.id: one.upload for one in entries.values() if one.running and not one.killed}
    ended = frozenset() if at_work.keys() & {*seen.at_work} else frozenset(seen.at_work)
    stores = _stores(warehouse, settings)
    changed = stores != memory.stores and not at_work
    # Created and deleted since: the runs that missed it have failed already.
    gone = warehouse.gone and any(one.stored.counts and not one.running for one in entries.values())
    another = memory.process != process or changed or gone
    saved, another_key = not seen.settled, key != memory.key
    overrides, complaint, overruled = None, "", set[str]()
    found = Reconciliation()
    if at_rest and (saved or another or ended):
        try:
            overrides = Overrides.load(settings.overrides)
        except OverridesError as error:
            complaint = str(error)
    for one in entries.values():
        of_overrides = one.refused == "overrides" and overrides is not None
        was_at_work = one.run.id in ended
        if one.stage == "failed" and (
            (of_overrides and (saved or was_at_work))
            or (one.refused == "key" and (another_key or was_at_work))
        ):
            overruled.add(one.upload)
    waits_for = {*at_work} if saved or another or another_key else {*seen.at_work} - ended
    try:
        if another:
            found = _reconciled(warehouse, settings, memory, entries)
            overruled |= found.incomplete
            memory = replace(memory, process=process, stores=stores)
        if overrides is not None:
            differ, used = _overruled(warehouse, overrides)
            overruled |= differ - {*at_work.values()}
            seen = replace(seen, settled=True, unused=tuple(sorted(overrides.lines - used)))
    except WarehouseError as error:
        waits_for |= {*seen.at_work}
        why = f"{settings.overrides} was saved, but " if saved else ""
        complaint = f"{why}the warehouse can't be read: {error}".rstrip(".")
    seen = replace(seen, at_work=tuple(sorted(waits_for)))
    memory = replace(memory, overrides=seen, key=key)
    return Revision(memory, frozenset(overruled), found.entries, complaint)


def _stores(warehouse: Warehouse, settings: Settings) -> tuple[int, ...]:
    """Changes when the warehouse is written, or the warehouse or the progress store replaced."""
    return *warehouse.stamp, Progress.of(settings).identity()


def _seen(path: Path, seen: SeenOverrides, now: float) -> tuple[SeenOverrides, bool]:
    """What is remembered of the overrides, updated to now, and whether the file has settled."""
    stamp, changed = stamp_of(path)
    if stamp != seen.stamp:
        seen = replace(seen, stamp=stamp, since=now, settled=False)
    if seen.since > now:  # the clock was set back
        seen = replace(seen, since=now)
    at_rest = now - seen.since >= SETTLE_SECONDS or now - changed >= SETTLE_SECONDS
    return seen, seen.settled or at_rest


def _reconciled(
    warehouse: Warehouse, settings: Settings, memory: Memory, entries: Mapping[str, Entry]
) -> Reconciliation:
    """What the warehouse says of each upload.

    Raises:
        WarehouseError: the warehouse is locked or can't be read.
    """
    if warehouse.gone and not entries:
        return Reconciliation()

    def page_of(upload: str) -> str | None:
        page = settings.pages / f"{upload}.html"
        return str(page) if page.exists() else None

    with warehouse.reading() as connection:
        stored = rows_of(connection)
    return reconcile(stored, entries, memory.seen, page_of)


def _overruled(warehouse: Warehouse, overrides: Overrides) -> tuple[set[str], set[int]]:
    """The uploads with a row that differs from what the overrides say now, and the lines that fit.

    It differs if a line matches it but has not decided it, or if a line decided it that is gone.

    Raises:
        WarehouseError: the warehouse is locked or can't be read.
    """
    with warehouse.reading() as connection:
        rows = connection.execute(_DECIDED, _parameters(overrides.rules)).fetchall()
    found, used = set[str](), set[int]()
    for upload, *cells, overruled, tmdb_id, error in rows:
        about = [one for _, one in overrides.about(upload, _film(cells))]
        used.update(one.line for one in about)
        said = about[0] if about else None
        if said is None or not overruled:
            is_so = said is None and not overruled
        elif error is not None:
            film = said.tmdb_id
            is_so = film is not None and error.startswith((no_film(film), no_answer(film)))
        else:
            is_so = tmdb_id == said.tmdb_id
        if not is_so:
            found.add(upload)
    return found, used


def candidates(
    warehouse: Warehouse, rules: Collection[Rule]
) -> Iterator[tuple[str, dict[Hashable, Any]]]:
    """Rows that lines of the overrides may match, each with its upload, as `Overrides.of` takes.

    Raises:
        WarehouseError: the warehouse is locked or can't be read.
    """
    if not rules:
        return
    with warehouse.reading() as connection:
        rows = connection.execute(_CANDIDATES, _parameters(rules)).fetchall()
    for upload, *cells in rows:
        yield upload, _film(cells)


def unused(warehouse: Warehouse, overrides: Overrides) -> list[int]:
    """The lines of the overrides that fit no film of any upload.

    Raises:
        WarehouseError: the warehouse is locked or can't be read.
    """
    used = {
        said.line
        for upload, film in candidates(warehouse, overrides.rules)
        for _, said in overrides.about(upload, film)
    }
    return sorted(overrides.lines - used)


def _film(cells: Sequence[Any]) -> dict[Hashable, Any]:
    return dict(zip(_FILMS.split(", "), cells, strict=True))


def _parameters(rules: Collection[Rule]) -> dict[str, list[Any]]:
    """The query parameters of `_MAY_MATCH`."""
    return {
        "years": [rule.year or 0 for rule in rules if rule.asks[-1]],
        "imdb_ids": [rule.imdb_id for rule in rules if rule.imdb_id is not None],
        "uris": [rule.letterboxd_uri.lower() for rule in rules if rule.letterboxd_uri],
    }
