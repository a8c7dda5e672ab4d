"""Keeping: whether an answer that is kept still counts, or is asked for again.

What belongs here: the rule, which is pure. What does not: where answers lie (`answers`), which
questions there are (`client`), when a whole run asks again (the assets).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from movie_pipeline.settings import LONGEST_DAYS
from movie_pipeline.tmdb.store import DAY


@dataclass(frozen=True)
class Keeping:
    """How long answers count, in days; none longer than TMDB's terms allow (180).

    Attributes:
        found: details and hits.
        found_recent: those of films released in the last twelve months.
        missing: searches without hits, and films that are not there.
    """

    found: float = 120.0
    found_recent: float = 30.0
    missing: float = 7.0

    def __post_init__(self) -> None:
        if max(self.found, self.found_recent, self.missing) > LONGEST_DAYS:
            raise ValueError(f"TMDB's terms allow answers to be kept for {LONGEST_DAYS:g} days")


@dataclass(frozen=True)
class Known:
    """An answer as read.

    Attributes:
        status: HTTP's, 200 or 404.
        record: the JSON object.
        fetched_at: epoch seconds when it was given.
        language: that it was asked in, where it depends on one.
    """

    status: int
    record: dict[str, Any]
    fetched_at: float
    language: str = ""

    @property
    def is_miss(self) -> bool:
        """Whether it has no hits, is a 404, or a find without results."""
        return self.record.get("results") == [] or not any(self.record.values())


@dataclass(frozen=True)
class Rule:
    """What counts in a run.

    Attributes:
        keeping: how long answers count.
        refresh: what to ask again although it is kept: ``missing`` (nothing but expired misses),
            ``stale`` (what is too old, or in another language) or ``all``.
        language: of shown titles and genres.
        began: epoch seconds when the run began.
        most_days: no answer counts that is older.
    """

    keeping: Keeping
    refresh: str
    language: str
    began: float
    most_days: float = LONGEST_DAYS

    def counts(self, known: Known, now: float) -> bool:
        """Whether the answer still counts now (epoch seconds)."""
        if self.refresh != "missing" and self.other_language(known):
            return False
        if self.refresh == "all":
            # Not one of the future, which was kept before the clock was set back.
            return self.began <= known.fetched_at <= now
        if known.is_miss:
            days = self.keeping.missing
        elif self.refresh == "missing":
            # A row that is there stays as it is until someone asks for what is stale.
            days = LONGEST_DAYS
        else:
            recent = _recent(known.record, now)
            days = self.keeping.found_recent if recent else self.keeping.found
        # An answer from the future was kept under a clock that has been set back since; by more
        # than a day, and nobody knows how old it is.
        return -DAY < now - known.fetched_at < min(days, self.most_days) * DAY

    def serves(self, known: Known, now: float) -> bool:
        """Whether the answer is better than none: a film, within TMDB's terms, however stale."""
        return not known.is_miss and abs(now - known.fetched_at) < LONGEST_DAYS * DAY

    def other_language(self, known: Known) -> bool:
        """Whether it tells titles and genres in another language than the one to be shown."""
        return known.language not in {"", self.language} and not known.is_miss


def _recent(record: Mapping[str, Any], now: float) -> bool:
    """Whether it is a film of the last twelve months, whose numbers still move."""
    try:
        released = date.fromisoformat(str(record.get("release_date")))
    except ValueError:
        return False
    return released > datetime.fromtimestamp(now, UTC).date() - timedelta(days=365)
