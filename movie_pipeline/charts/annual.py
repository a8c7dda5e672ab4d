"""What is said of a year: the sentences of its panels on the page, and of its card.

What belongs here: which facts of a year are worth a sentence, when they are true, and in which
words. What does not: the numbers (`analytics.years`), and how they are shown (`card_layout`,
``page/year.js``).

A year that isn't over says so, and is compared with the one before only as far as that is fair.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from movie_pipeline.analytics.words import counted, in_words
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts.markdown import Markdown, bullets, md
from movie_pipeline.charts.sentences import Drawable, Sentence, listed, named, tied

#: The number of viewings from which its days are a statement, and from which its busiest month is.
ENOUGH_VIEWINGS, BUSY_MONTH = 5, 5
#: Days in a row, and viewings in a week, from which they are worth a sentence.
LONG_RUN, BUSY_WEEK = 4, 3
#: How many years the UI tells of.
LATEST = 3


def name(year: Year, today: date) -> str:
    """``2025``, or ``2026 so far``."""
    return f"{year.year} so far" if year.so_far(today) else f"{year.year}"


def panels(year: Year, today: date) -> Mapping[str, Sequence[Sentence]]:
    """What its panels say: of ``days``, ``people`` and ``world``, the statement and what follows.

    A panel with nothing to say is left out.
    """
    said = {"days": [*_days(year)], "people": [*_people(year)], "world": [*_world(year, today)]}
    return {panel: sentences for panel, sentences in said.items() if sentences}


def told(years: Iterable[Year], today: date) -> Markdown:
    """The latest years, each with what its panels say first."""
    latest = sorted(years, key=lambda one: -one.year)[:LATEST]
    return bullets([md("**{}**: {}", name(one, today), _first(one, today)) for one in latest])


def _first(year: Year, today: date) -> str:
    of = year.numbers
    count = f"{counted(of['viewings'], 'viewing')} of {counted(of['films'], 'film')}."
    said = ["".join(text for text, _ in one[0]) for one in panels(year, today).values()]
    return " ".join([count.capitalize(), *said])


def facts(year: Year, drawable: Drawable, today: date) -> Iterator[Sentence]:
    """What its card says, the most important first; a name that can't be drawn is left out."""
    of, so_far, more = year.numbers, year.so_far(today), _more(year)
    if of["new"] and of["again"]:
        films = "film" if of["new"] == 1 else "films"
        again = "rewatch" if of["again"] == 1 else "rewatches"
        new = (f" {films} for the first time, ", False)
        yield [(f"{of['new']:,}", True), new, (f"{of['again']:,}", True), (f" {again}.", False)]
    elif of["viewings"] > 1:
        yield [("Each for the first time." if of["new"] else "Each a rewatch.", False)]
    if leading := _leading(year, drawable):
        yield leading.sentence
    if more is not None and (more > 0 or not so_far):
        yield _compared(more, year.year - 1, so_far=so_far)
    if of["longest_run"] >= LONG_RUN:
        yield _run(of)
    if _has_busy_month(of):
        yield [("Busiest in ", False), (_month(of), True), (".", False)]


def _compared(more: int, year: int, *, so_far: bool) -> Sentence:
    if not more:
        return [(f"As many viewings as in {year}.", False)]
    if so_far:
        return [("Already ", False), (f"{more:,} more", True), (f" than in all of {year}.", False)]
    viewings = "viewing" if abs(more) == 1 else "viewings"
    word = "more" if more > 0 else "fewer"
    return [(f"{abs(more):,} {word}", True), (f" {viewings} than in {year}.", False)]


def _days(year: Year) -> Iterator[Sentence]:
    of, viewings = year.numbers, year.numbers["month_viewings"]
    if of["viewings"] < ENOUGH_VIEWINGS:
        return
    if of["longest_run"] >= LONG_RUN:
        yield _run(of)
        days = _span(of["run_began"], of["run_ended"])
        yield [("From ", False), (days, True), (", a film every day.", False)]
    elif _has_busy_month(of):
        yield [(f"{_month(of)} was the busiest month.", False)]
    else:
        yield [(f"A film on {counted(of['days'], 'day')}.", False)]
    if _has_busy_month(of):
        third = ", more than a third of the year’s." if viewings * 3 > of["viewings"] else "."
        yield [(f"{_month(of)} had ", False), (f"{viewings:,} viewings", True), (third, False)]
    if of["weeks_as_busy"] == 1 and of["week_viewings"] >= BUSY_WEEK:
        had = f", had {in_words(of['week_viewings'])}."
        yield [("The busiest week, from ", False), (_day(of["week"]), True), (had, False)]


def _run(of: Mapping[str, Any]) -> Sentence:
    """The longest run; its month, if it lies in one."""
    began, ended = of["run_began"], of["run_ended"]
    month = [(" in ", False), (f"{began:%B}", True)] if began.month == ended.month else []
    days = counted(of["longest_run"], "day").capitalize()
    return [(f"{days} in a row", True), *month, (".", False)]


def _people(year: Year) -> Iterator[Sentence]:
    of, leading = year.numbers, _leading(year, lambda _: True)
    if not leading:
        return
    yield leading.sentence
    each = " each" if len(leading.names) > 1 else ""
    yield [(f"{leading.films:,} films{each}", True), (f", of the year’s {of['films']:,}.", False)]
    if of["again"]:
        was = "was of a film" if of["again"] == 1 else "were of films"
        known = f"{of['again']:,} of {of['viewings']:,}"
        yield [(known, True), (f" viewings {was} you knew.", False)]


class _Leading(NamedTuple):
    words: str
    names: Sequence[str]
    films: int

    @property
    def sentence(self) -> Sentence:
        return [(self.words, False), *listed(self.names)]


def _leading(year: Year, drawable: Drawable) -> _Leading | None:
    """Who has the most films of the year: of all its people, or else of those of one role."""
    order, upwards = ["films", "place", "role"], [False, True, True]
    everyone = year.people.sort_values(order, ascending=upwards).drop_duplicates("person_id")
    of_role = (
        ("Most often directed by ", tied(year.role("director"))),
        ("Most often with ", tied(year.role("actor"))),
    )
    roles = sorted(of_role, key=lambda one: (-max(one[1]["films"], default=0), len(one[1])))
    for words, rows in (("Most of all, ", tied(everyone)), *roles):
        if names := named(rows, drawable):
            return _Leading(words, names, int(rows["films"].max()))
    return None


def _world(year: Year, today: date) -> Iterator[Sentence]:
    of, more, before = year.numbers, _more(year), year.year - 1
    told = [counted(of["countries"], "country", "countries")] if of["countries"] > 1 else []
    if more is None:
        pass
    elif not year.so_far(today):
        word = "more" if more > 0 else "fewer"
        told.append(
            f"{counted(abs(more), f'{word} viewing')} than in {before}"
            if more
            else f"as many viewings as in {before}"
        )
    elif more > 0:
        told.append(f"already {counted(more, 'more viewing')} than in all of {before}")
    elif not told:
        viewings = counted(of["viewings"], "viewing")
        told.append(f"{viewings} so far, after {of['viewings_before']:,} in all of {before}")
    if told:
        words = ", and ".join(told)
        yield [(f"{words[0].upper()}{words[1:]}.", False)]


def _more(year: Year) -> int | None:
    """How many viewings more than in the year before, if that had some."""
    before = year.numbers["viewings_before"]
    return None if before is None else int(year.numbers["viewings"] - before)


def _has_busy_month(of: Mapping[str, Any]) -> bool:
    return bool(of["months_as_busy"] == 1 and of["month_viewings"] >= BUSY_MONTH)


def _month(of: Mapping[str, Any]) -> str:
    return f"{date(2000, of['month'], 1):%B}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _span(began: date, ended: date) -> str:
    """Two days, as short as possible: ``18 to 28 October``."""
    first = f"{began.day}" if began.month == ended.month else _day(began)
    return f"{first} to {_day(ended)}"
