"""Outlines: what the home page shows of an upload, in a small file beside the upload's page.

What belongs here: its contents, and reading and writing it. What does not: the home page (`home`),
and the numbers, which are those of `analytics` when the page was made. So the home page of a
thousand uploads needs neither the warehouse nor a count.

A run first notes who the films belong to and their ratings; once they are found and counted, it
notes their numbers. A file that is missing, or can't be read, only leaves the row without them: the
next run of the upload writes it again.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.strip import UNKNOWN_RUNTIME
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts.card_layout import step_of
from movie_pipeline.outside import files
from movie_pipeline.page import publication
from movie_pipeline.page.heading import Heading
from movie_pipeline.settings import Settings

#: The file's name, in the upload's folder of files.
NAME = "home.json"
#: How many frames a strip has at most on the home page.
FRAMES = 160


# A file that was damaged may hold anything; what the home page could not draw is refused here.
_Count = Annotated[int, Field(ge=0, lt=10**9)]
_Number = Annotated[float, Field(ge=0, lt=1e9, allow_inf_nan=False)]
_Step = Annotated[int, Field(ge=0, le=10)]
_Year = Annotated[int, Field(ge=1, le=9999)]


@dataclass(frozen=True)
class Outline:
    """What the home page shows of an upload.

    Attributes:
        heading: Whose films these are, and where they come from.
        rejected: How many lines of its files could not be read.
        strip: The minutes and the step of the rating (0 to 10; 0 without one) of each frame.
        phrase: ``168 films watched``; empty before they were counted.
        films, hours, mean_rating, countries, on_watchlist: Those of ``analytics.summary``.
        years: The years with dated viewings.
        timed: How many films the hours rest on; 0 if an earlier version noted it.
    """

    heading: Heading
    rejected: _Count = 0
    strip: Sequence[tuple[_Number, _Step]] = ()
    phrase: str = ""
    films: _Count = 0
    hours: _Number = 0.0
    mean_rating: _Number | None = None
    countries: _Count = 0
    on_watchlist: _Count = 0
    years: Sequence[_Year] = ()
    timed: _Count = 0

    @property
    def hours_rest_on(self) -> int | None:
        """How many films the hours rest on, if these are not all."""
        return self.timed if 0 < self.timed < self.films else None


_OUTLINE = TypeAdapter(Outline)


def path_of(settings: Settings, upload: str) -> Path:
    """Where the outline of an upload is."""
    return publication.folder(settings, upload) / NAME


def read(settings: Settings, upload: str) -> Outline | None:
    """The outline of an upload; None if there is none that can be read."""
    try:
        return _OUTLINE.validate_json(path_of(settings, upload).read_bytes())
    except (OSError, ValidationError):
        return None


def begin(
    settings: Settings,
    upload: str,
    heading: Heading,
    ratings: Iterable[float],
    *,
    rejected: int,
) -> None:
    """Note what is known once the file is read: the ratings (NaN without one), in its order.

    Numbers and strip of an earlier version stay until there are new ones.
    """
    before = read(settings, upload)
    if before is not None and before.phrase:
        outline = replace(before, heading=heading, rejected=rejected)
    else:
        frames = [(float(UNKNOWN_RUNTIME), rating) for rating in ratings]
        outline = Outline(heading, rejected, _merged(frames))
    _write(settings, upload, outline)


def finish(
    settings: Settings, upload: str, heading: Heading, numbers: Numbers, years: Sequence[Year]
) -> None:
    """Note the numbers."""
    before, summary = read(settings, upload), numbers.summary
    strip = zip(numbers.strip["minutes"].tolist(), numbers.strip["rating"].tolist(), strict=True)
    mean = summary["mean_rating"]
    outline = Outline(
        heading,
        before.rejected if before else 0,
        _merged([*strip]),
        numbers.phrase(numbers.watched),
        numbers.watched,
        float(summary["hours"] or 0),
        None if mean is None else float(mean),
        int(summary["countries"] or 0),
        int(summary["on_watchlist"] or 0),
        [one.year for one in years],
        int(summary["timed"] or 0),
    )
    _write(settings, upload, outline)


def _write(settings: Settings, upload: str, outline: Outline) -> None:
    # An extra: where pages can't be written, the rows are stored, and the page itself says why.
    with suppress(OSError):
        files.write(path_of(settings, upload), _OUTLINE.dump_json(outline))


def _merged(frames: Sequence[tuple[float, float]]) -> list[tuple[float, int]]:
    """At most `FRAMES` frames: neighbours share one, with their mean rating."""
    size = -(-len(frames) // FRAMES)
    merged = []
    for start in range(0, len(frames), size or 1):
        group = frames[start : start + size]
        rated = [rating for _, rating in group if not isnan(rating)]
        step = step_of(sum(rated) / len(rated)) if rated else 0
        merged.append((round(sum(minutes for minutes, _ in group), 1), step))
    return merged
