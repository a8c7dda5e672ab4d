"""Inventory: all uploads at a glance, and what to do about those that failed.

What belongs here: numbers, tables and texts about all uploads together, from their status. What
does not: the status of a single upload (`summary`), its films (no film title appears here),
Dagster.
"""

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from movie_pipeline.charts.markdown import Markdown, code, md, row, text
from movie_pipeline.status import Status

MOST_ROWS = 100
"""Rows of a table in the UI, which stores every table that it ever displayed."""

_NAME_CHARS = 120
_MESSAGE_CHARS = 600


@dataclass(frozen=True)
class Inventory:
    """All uploads, sorted by key."""

    uploads: Sequence[Status]

    @property
    def failed(self) -> list[Status]:
        """The uploads whose run failed or was killed, or whose file can't be used."""
        return [one for one in self.uploads if one.status == "failed"]

    @property
    def digest(self) -> str:
        """Changes when another upload fails, or one fails for another reason."""
        failed = [(one.upload, one.message) for one in self.failed]
        return hashlib.sha256(repr(failed).encode()).hexdigest()[:16]

    def numbers(self) -> dict[str, int]:
        """Totals, to plot over time."""
        states = Counter(one.status for one in self.uploads)
        return {
            "uploads": len(self.uploads),
            "completed": states["completed"],
            "cancelled": states["cancelled"],
            "failed": states["failed"],
            "waiting_or_running": states["queued"] + states["processing"] + states["enriching"],
            "removed": states["removed"],
            "films": sum(one.total_movies for one in self.uploads),
            "films_found": sum(one.matched_count for one in self.uploads),
            "films_to_review": sum(map(_to_review, self.uploads)),
        }

    def markdown(self) -> Markdown:
        """Every upload: its status, its films, how many need review, when it ended, its page."""
        return _table(
            ("Upload", "Status", "Titles", "Identified", "To review", "Finished (UTC)", "Page"),
            (
                (
                    text(one.upload, _NAME_CHARS),
                    one.status,
                    md("{:,}", one.total_movies),
                    md("{:,}", one.matched_count),
                    md("{:,}", _to_review(one)),
                    md("{:%Y-%m-%d %H:%M}", one.finished_at) if one.finished_at else "",
                    text(one.page or "", _MESSAGE_CHARS),
                )
                for one in self.uploads
            ),
            len(self.uploads),
        )

    def failures(self) -> Markdown:
        """Every failed upload: what happened, and what to do next."""
        failed = self.failed
        return _table(
            ("Upload", "What happened", "What to do next"),
            (
                (
                    text(one.upload, _NAME_CHARS),
                    text(one.message, _MESSAGE_CHARS),
                    _next(one),
                )
                for one in failed
            ),
            len(failed),
        )


def _to_review(one: Status) -> int:
    """How many films the upload's review lists."""
    return one.ambiguous_count + one.not_found_count - one.ignored_count


def advice(one: Status) -> tuple[str, str]:
    """What to do about an upload that failed, and a command for it, if one helps."""
    if one.started_at is None:  # no run has read it: the file itself is the problem
        return "Replace the file; the new one is picked up automatically.", ""
    return (
        "Correct that, then drop the file again, materialize this partition, or run:",
        f"movie-pipeline enrich {shlex.quote(one.upload)}",
    )


def _next(one: Status) -> Markdown:
    said, command = advice(one)
    return md("{} {}", said, code(command, _MESSAGE_CHARS)) if command else md("{}", said)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], number: int) -> Markdown:
    if not number:
        return md("none")
    lines = [row(*head), row(*(md(":--") for _ in head))]
    for cells in rows:
        if len(lines) == MOST_ROWS + 2:
            more = number - MOST_ROWS
            lines.append(md("\n*{:,} more are listed by `movie-pipeline status`.*", more))
            break
        lines.append(row(*cells))
    return md("\n").join(lines)
