"""Standings: what the home page is told of an upload, and what follows from that.

What belongs here: an upload's title, whether it waits for the person, and its place among the
others. What does not: where these facts come from (`status.front_page`, `outline`), and HTML
(`home`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from movie_pipeline.analytics.films import STATE_WORDS
from movie_pipeline.page.outline import Outline
from movie_pipeline.uploads import pages, persons

_AT_WORK = ("enriching", "processing", "queued")
#: For so long, an upload that was finished comes first, and says so.
_JUST_NOW = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """What the home page is told of an upload.

    Attributes:
        upload: Its key.
        stage: `status.summary.Status.status`.
        total, pending, not_found, ambiguous, errors: Its films by state; those not found that the
            overrides ignore are left out.
        eta_seconds, started_at, finished_at, message: Those of its status.
        advice, command: What to do about a failure, and the command for it.
        has_page: Whether its page is there.
        decidable: Whether films not found need a decision: without a key, they need that first.
        outline: What its latest run noted; None if it has none.
    """

    upload: str
    stage: str
    total: int = 0
    pending: int = 0
    not_found: int = 0
    ambiguous: int = 0
    errors: int = 0
    eta_seconds: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""
    advice: str = ""
    command: str = ""
    has_page: bool = False
    decidable: bool = True
    outline: Outline | None = None

    @property
    def at_work(self) -> bool:
        """Whether a run works on it, or will."""
        return self.stage in _AT_WORK

    @property
    def waits(self) -> bool:
        """Whether it can't go on without the person."""
        return bool(self.advice)

    @property
    def to_decide(self) -> bool:
        """Whether some of its films or lines need a decision."""
        some = self.not_found or self.ambiguous or self._rejected
        return self.decidable and not self.at_work and bool(some)

    @property
    def _rejected(self) -> int:
        return self.outline.rejected if self.outline else 0

    @property
    def title(self) -> str:
        """Its person and its source; else the name of its file."""
        heading = self.outline.heading if self.outline else None
        if heading and heading.person:
            if persons.is_sample(self.upload):
                return heading.person
            return f"{heading.person} · {heading.service}"
        if heading and heading.service != "film list":
            return heading.service
        return persons.known_person(self.upload) or self.file

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.upload.rpartition("/")[2]

    @property
    def page(self) -> str:
        """Its page, as a path from the home page."""
        return f"{pages.name_of(self.upload)}.html"

    @property
    def place_at_work(self) -> tuple[int, str]:
        """Its place among the uploads at work: those that are furthest come first."""
        return _AT_WORK.index(self.stage), self.upload

    def is_new(self, now: datetime) -> bool:
        """Whether it was just finished; a later time was noted before the clock was set back."""
        return self.finished_at is not None and timedelta(0) <= now - self.finished_at <= _JUST_NOW

    def place_finished(self, now: datetime) -> tuple[float, bool, str, str]:
        """Its place among the finished uploads: the new ones, by name, and the sample."""
        new = self.finished_at.timestamp() if self.finished_at and self.is_new(now) else 0.0
        return -new, persons.is_sample(self.upload), self.title.casefold(), self.upload

    def undecided(self) -> Iterator[str]:
        """What needs a decision, in words."""
        counts = (
            (self.not_found, STATE_WORDS["not_found"]),
            (self.ambiguous, STATE_WORDS["ambiguous"]),
            (self._rejected, "lines not read" if self._rejected > 1 else "line not read"),
        )
        return (f"{number:,} {words}" for number, words in counts if number)


@dataclass(frozen=True)
class Notice:
    """Something that waits for the person and concerns no upload alone: what is, and what to do."""

    title: str
    text: str
    then: str = ""
