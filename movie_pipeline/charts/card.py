"""Cards to share: what a film history, or a year of it, says in one picture.

What belongs here: which facts stand on a card, in which order, and in which words. What does not:
the numbers (`movie_pipeline.analytics`), what is said of a year (`annual`), and the layout
(`card_layout`). A card shows only aggregates, no film titles, so that it can be shown to anyone.

Facts come in an order, and each has a condition under which it is true; a fact that can't be said
makes room for the next. A name that the renderer has no font for is such a fact.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts import annual
from movie_pipeline.charts.sentences import Drawable, Sentence, listed, named, tied

#: The number of rated films from which a decade can be the best.
ENOUGH_RATED = 5
#: Scores that differ by less are equal: they are sums of fractions.
_EQUAL = 1e-9
#: How many letters of the owner's name are shown.
_NAME = 26


@dataclass(frozen=True)
class Figure:
    """One of the numbers: its value with a unit, what it counts, and whether a star leads it."""

    value: str
    words: str
    unit: str = ""
    starred: bool = False


@dataclass(frozen=True)
class Card:
    """The contents of a card.

    Attributes:
        name: ``all`` or the year.
        label: Whose films, and of what time.
        short: The same without the time, where that stands below the number.
        number: The large number.
        unit: What it counts.
        since: What it counts, with the time.
        sentences: Facts, the most important first.
        figures: Numbers, the most important first.
        strip: `minutes` and `rating` of the frames of the strip.
        source: Where the films come from, and when.
        notice: A notice that must be shown with it.
    """

    name: str
    label: str
    short: str
    number: str
    unit: str
    since: str
    sentences: Sequence[Sentence]
    figures: Sequence[Figure]
    strip: pd.DataFrame
    source: str
    notice: str | None = None


@dataclass(frozen=True)
class Owner:
    """Whose cards these are: a name, if one is known, the source, and a notice.

    `drawable` tells whether the renderer has a font for a text.
    """

    person: str | None
    source: str
    notice: str | None
    drawable: Drawable

    @property
    def shown(self) -> str | None:
        """The name, if it can be drawn; a long one is cut."""
        if not self.person or not self.drawable(self.person):
            return None
        most = (
            _NAME if self.person < "\u1100" else _NAME // 2
        )  # East Asian letters are twice as wide
        return self.person if len(self.person) <= most else f"{self.person[: most - 1]}…"


def all_time(numbers: Numbers, owner: Owner) -> Card:
    """The card of all films of an upload."""
    films = "film" if numbers.watched == 1 else "films"
    if not numbers.summary["seen"]:
        films += " on this list"
    first, last = numbers.summary["first_viewing"], numbers.summary["last_viewing"]
    dated = numbers.watched and numbers.basis("month") == numbers.watched
    span = " to ".join(dict.fromkeys(f"{day:%B %Y}" for day in (first, last))) if dated else ""
    whose = owner.shown or "Your films"
    return Card(
        name="all",
        label=f"{whose}, {span}" if span else whose,
        short=whose,
        number=f"{numbers.watched:,}",
        unit=films,
        since=f"{films} since {first:%B %Y}" if span else films,
        sentences=[*_facts(numbers, owner.drawable)],
        figures=[*_figures(numbers)],
        strip=numbers.strip,
        source=owner.source,
        notice=owner.notice,
    )


def of_year(year: Year, owner: Owner, *, today: date) -> Card:
    """The card of a year; one that isn't over on `today` says "so far"."""
    viewings = int(year.numbers["viewings"])
    name = annual.name(year, today)
    unit = "viewing" if viewings == 1 else "viewings"
    label = f"{owner.shown}, {name}" if owner.shown else f"Your {name}"
    return Card(
        name=f"{year.year}",
        label=label,
        short=label,
        number=f"{viewings:,}",
        unit=unit,
        since=f"{unit} in {name}",
        sentences=[*annual.facts(year, owner.drawable, today)],
        figures=[*_figures_of_year(year)],
        strip=year.strip,
        source=owner.source,
        notice=owner.notice,
    )


def _facts(numbers: Numbers, drawable: Drawable) -> Iterator[Sentence]:
    directors, actors = numbers.role("director"), numbers.role("actor")
    most = named(tied(directors), drawable)
    if most:
        yield [("Most often ", False), *listed(most)]
    elif seen := named(tied(actors), drawable):
        yield [("Most often with ", False), *listed(seen)]
    people = numbers.people
    for role, words in (("director", "Most loved "), ("actor", "Best with ")):
        best = _best(people[(people["role"] == role) & people["best"].notna()], "name")
        if best and drawable(best) and [best] != most:
            yield [(words, False), (best, True), (".", False)]
            break
    decades = numbers.of("decade")
    rated = decades[decades["rated"] >= ENOUGH_RATED]
    if len(rated) > 1 and (best_decade := _best(rated, "label")):
        yield [("Best decade, the ", False), (best_decade, True), (".", False)]
    genres = numbers.of("genre").head(3)
    if len(genres) > 1:
        told = [
            f"{name if not place else name.lower()} {films:,}"
            for place, (name, films) in enumerate(
                zip(genres["label"], genres["films"].tolist(), strict=True)
            )
        ]
        yield [(", ".join(told), True), (".", False)]
    summary = numbers.summary
    if summary["first_year"] is not None and summary["first_year"] != summary["last_year"]:
        years = f"{summary['first_year']} to {summary['last_year']}"
        yield [("Released from ", False), (years, True), (".", False)]


def _best(rows: pd.DataFrame, name: str) -> str | None:
    """The name of the row that is rated best; none if several are."""
    top = rows[rows["score"] >= rows["score"].max() - _EQUAL]
    return str(top[name].iloc[0]) if len(top) == 1 else None


def _figures(numbers: Numbers) -> Iterator[Figure]:
    of = numbers.summary
    timed, rated = int(of["timed"]), int(of["rated"])
    if timed:
        every = timed == numbers.watched
        words = "of film" if every else f"in {timed:,} film{'s' * (timed > 1)}"
        yield Figure(f"{of['hours']:,.0f}", words, unit=" h")
    yield from _mean(of["mean_rating"], rated)
    yield from _counts(
        (of["countries"], "country", "countries"),
        (of["rewatches"], "rewatch", "rewatches"),
        (of["longest_run"] if (of["longest_run"] or 0) > 1 else 0, "day in a row", "days in a row"),
        (of["liked"], "liked", "liked"),
        (of["directors"], "director", "directors"),
        (len(numbers.of("decade")), "decade", "decades"),
    )


def _figures_of_year(year: Year) -> Iterator[Figure]:
    of = year.numbers
    if of["timed"]:
        every = of["timed"] == of["viewings"]
        yield Figure(
            f"{of['hours']:,.0f}", "of film" if every else f"in {of['timed']:,} of them", unit=" h"
        )
    yield from _mean(of["mean_rating"], int(of["rated"]))
    yield from _counts(
        (of["countries"], "country", "countries"),
        (of["longest_run"] if of["longest_run"] > 1 else 0, "day in a row", "days in a row"),
        (of["films"] if of["films"] != of["viewings"] else 0, "film", "films"),
        (of["days"], "day with a film", "days with a film"),
        (of["languages"], "language", "languages"),
    )


def _mean(mean: float | None, rated: int) -> Iterator[Figure]:
    if rated:
        words = "the one rating" if rated == 1 else f"mean of {rated:,} ratings"
        yield Figure(f"{mean:.2f}", words, starred=True)


def _counts(*counts: tuple[float | None, str, str]) -> Iterable[Figure]:
    """The numbers that are there, with their words for one and for several."""
    return (Figure(f"{n:,.0f}", one if n == 1 else many) for n, one, many in counts if n)
