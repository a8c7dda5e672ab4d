"""Revisions: the overrides file was saved; which uploads are to be decided anew?

What belongs here: noticing that, and reading from the warehouse, once, which uploads the lines are
about that came, went or changed. What does not: what a line says (`overrides`), which uploads get
a run and when (`arrivals`), anything of Dagster.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

from movie_pipeline.arrivals import SETTLE_SECONDS, SeenOverrides
from movie_pipeline.overrides import Overrides, OverridesError
from movie_pipeline.rules import Rule
from movie_pipeline.settings import Settings
from movie_pipeline.tables import RAW_MOVIES
from movie_pipeline.warehouse import Warehouse, WarehouseError

PATIENCE_SECONDS = 1.0
"""How long a tick waits for the warehouse; the next one tries again."""

# Rows that a line may be about; whether it is, with its title, `Overrides.of` knows.
_CANDIDATES = f"""
SELECT DISTINCT upload, title, year, letterboxd_uri, imdb_id
FROM {RAW_MOVIES.sql_name}
WHERE coalesce(year, 0) IN (SELECT unnest($years::INTEGER[]))
OR TRY_CAST(substr(imdb_id, 3) AS BIGINT) IN (SELECT unnest($imdb_ids::BIGINT[]))
OR lower(rtrim(regexp_replace(letterboxd_uri, '^(https?://)?(www\\.)?', '', 'i'), '/'))
   IN (SELECT unnest($uris::VARCHAR[]))
"""


@dataclass(frozen=True)
class Revision:
    """What a tick found out about the overrides file.

    Attributes:
        seen: what to remember of it.
        overruled: uploads that a line is about which came, went or changed.
        valid_since: since when it is as it is (epoch seconds); 0 while it can't be used.
        complaint: what is wrong, for the user; empty if nothing is.
    """

    seen: SeenOverrides
    overruled: frozenset[str] = frozenset()
    valid_since: float = 0.0
    complaint: str = ""


def look(settings: Settings, seen: SeenOverrides, now: float) -> Revision:
    """Look whether the overrides file was saved, and what that means.

    A file that makes no sense, or a warehouse that is held, decides nothing and is looked at again
    by the next tick.

    Args:
        settings: where the file and the warehouse are.
        seen: what was remembered of the file.
        now: epoch seconds.
    """
    stamp, changed = _stamp(settings.overrides)
    if stamp != seen.stamp:
        seen = replace(seen, stamp=stamp, since=now, settled=False)
    if seen.since > now:  # the clock was set back
        seen = replace(seen, since=now)
    if seen.settled:
        return Revision(seen, valid_since=seen.since)
    if now - seen.since < SETTLE_SECONDS and now - changed < SETTLE_SECONDS:
        return Revision(seen)  # somebody may be writing it
    try:
        lines = Overrides.load(settings.overrides).lines
    except OverridesError as error:
        return Revision(seen, complaint=str(error))
    try:
        overruled = _uploads(settings, lines ^ set(seen.lines))
    except WarehouseError as error:
        complaint = f"{settings.overrides} was saved, but what it is about can't be read: {error}"
        return Revision(seen, valid_since=seen.since, complaint=complaint.rstrip("."))
    seen = replace(seen, settled=True, lines=tuple(sorted(lines)))
    return Revision(seen, overruled, valid_since=seen.since)


def _stamp(path: Path) -> tuple[str, float]:
    """What changes when the file is saved, and when that was (epoch seconds).

    Of a missing file nobody knows when it went: an editor may be just replacing it.
    """
    try:
        status = path.stat()
    except OSError:
        return "", inf
    stamp = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
    return stamp, max(status.st_mtime, status.st_ctime)


def _uploads(settings: Settings, lines: Iterable[str]) -> frozenset[str]:
    """The uploads with a row that one of these lines is about.

    Raises:
        WarehouseError: it is held, or can't be read.
    """
    overrides = Overrides.from_lines(lines)
    if not overrides:
        return frozenset()
    warehouse = Warehouse(settings.warehouse, PATIENCE_SECONDS)
    found: set[str] = set()
    for upload, row in candidates(warehouse, overrides.rules):
        if upload not in found and overrides.of(upload, row):
            found.add(upload)
    return frozenset(found)


def candidates(
    warehouse: Warehouse, rules: Collection[Rule]
) -> Iterator[tuple[str, dict[Hashable, Any]]]:
    """Rows that lines of the overrides may be about, each with its upload, as `Overrides.of` takes.

    Raises:
        WarehouseError: the warehouse is held, or can't be read.
    """
    if not rules:
        return
    asked = {
        "years": [rule.year or 0 for rule in rules if rule.asks[-1]],
        "imdb_ids": [rule.imdb_id for rule in rules if rule.imdb_id is not None],
        "uris": [rule.letterboxd_uri.lower() for rule in rules if rule.letterboxd_uri],
    }
    with warehouse.reading() as connection:
        rows = connection.execute(_CANDIDATES, asked).fetchall()
    names = ("title", "year", "letterboxd_uri", "imdb_id")
    for upload, *cells in rows:
        yield upload, dict(zip(names, cells, strict=True))
