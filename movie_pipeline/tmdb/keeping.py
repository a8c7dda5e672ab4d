"""Keeping: whether a cached answer may still be used, or must be requested again.

What belongs here: the rule, as pure functions. What does not: storing answers (`answers`), which
questions there are (`client`), refreshing a whole run (the assets).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from movie_pipeline.settings import LONGEST_DAYS
from movie_pipeline.tmdb.store import DAY


@dataclass(frozen=True)
class Keeping:
    """How long answers may be used, in days; at most as long as TMDB's terms allow (180).

    Attributes:
        found: details and hits.
        found_recent: details of films released in the last twelve months.
        missing: searches without hits, and films that do not exist.
    """

    found: float = 120.0
    found_recent: float = 30.0
    missing: float = 7.0

    def __post_init__(self) -> None:
        if max(self.found, self.found_recent, self.missing) > LONGEST_DAYS:
            raise ValueError(f"TMDB's terms allow answers to be cached for {LONGEST_DAYS:g} days")


@dataclass(frozen=True)
class Known:
    """An answer as read.

    Attributes:
        status: the HTTP status, 200 or 404.
        record: the JSON object.
        fetched_at: when it was given (epoch seconds).
        language: the requested language, if the answer depends on one.
    """

    status: int
    record: dict[str, Any]
    fetched_at: float
    language: str = ""

    @property
    def is_miss(self) -> bool:
        """Whether it is a search without hits, a 404, or a find without results."""
        return self.record.get("results") == [] or not any(self.record.values())


@dataclass(frozen=True)
class Reuse:
    """Which answers a run may use.

    Attributes:
        keeping: how long answers may be used.
        refresh: what to ask again despite a cached answer: ``missing`` (only expired misses),
            ``stale`` (what is too old, or in another language) or ``all``.
        language: of shown titles and genres.
        began: when the run began (epoch seconds).
        most_days: the greatest age of any answer.
    """

    keeping: Keeping
    refresh: str
    language: str
    began: float
    most_days: float = LONGEST_DAYS

    def counts(self, known: Known, now: float) -> bool:
        """Whether the answer may still be used at ``now`` (epoch seconds)."""
        if self.refresh != "missing" and self.other_language(known):
            return False
        if self.refresh == "all":
            # Not one from the future, which was stored before the clock was set back.
            return self.began <= known.fetched_at <= now
        if known.is_miss:
            days = self.keeping.missing
        elif self.refresh == "missing":
            # An existing row stays as it is until a refresh of stale ones is requested.
            days = LONGEST_DAYS
        else:
            recent = _recent(known.record, now)
            days = self.keeping.found_recent if recent else self.keeping.found
        # An answer from the future was stored before the clock was set back. If it is more than a
        # day ahead, its age is unknown.
        return -DAY < now - known.fetched_at < min(days, self.most_days) * DAY

    def serves(self, known: Known, now: float) -> bool:
        """Whether the answer is better than none: a film, however stale, within TMDB's terms."""
        return not known.is_miss and abs(now - known.fetched_at) < LONGEST_DAYS * DAY

    def other_language(self, known: Known) -> bool:
        """Whether its titles and genres are in another language than the one to be shown."""
        return known.language not in {"", self.language} and not known.is_miss


def _recent(record: Mapping[str, Any], now: float) -> bool:
    """Whether it is a film of the last twelve months, whose numbers still change."""
    try:
        released = date.fromisoformat(str(record.get("release_date")))
    except ValueError:
        return False
    return released > datetime.fromtimestamp(now, UTC).date() - timedelta(days=365)
