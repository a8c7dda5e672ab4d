"""The odds: how likely a line means each film, or none of them.

A film's weight is the number of people who may have seen it (its votes), times the likelihood that
an export that means it has this title, this year, these directors and this runtime (Bayes' rule).
A film with at least 90 % of all weight is matched. So votes decide, at 9 to 1, between films that
fit title and year equally well, but never admit a film that title or year rule out. A match's score
is its share of all weight.

The numbers were obtained by counting in labelled exports (2,500 lines with their films) and in
57,000 films; `movie_pipeline_tests/benchmarks/bench_matching.py` measures what they achieve.

What belongs here: these likelihoods and their sources. What does not: how two titles compare
(`titles.py`), and the queries to TMDB (`decide.py`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from movie_pipeline.matching.decision import Wanted
from movie_pipeline.matching.film import Film, votes_of, year_of
from movie_pipeline.matching.services import service
from movie_pipeline.matching.titles import NUMERALS, key, likelihood, names, queries, words

HARDLY_KNOWN = 10
"""Votes below which a film hardly tells by them that it is meant."""
LITTLE_KNOWN = 50
"""Votes below which it counts how well a film is described."""
ENOUGH = 0.9
"""The share of all weight that makes a match."""
ENOUGH_WITHOUT_YEAR = 0.95
"""The same for a line without a year, where the title is the only evidence."""

NONE_OF_THEM = {1: 0.02, 2: 0.006, 3: 0.002, 4: 0.002, 5: 0.001}
"""The weight of "none of these; TMDB lacks it" by the number of words in the title (the last entry
is for that many or more), for a best candidate without votes; it grows with their square root.

Of films with a one-word title, 1 % share it with a film of the following year, with two words
0.4 %, with three or four 0.1 %, with more 0.03 % (counted among the 15,000 best-known of 57,000
films). If a sixth of the lines is about films that TMDB lacks, 0.2 % of all lines with a one-word
title look like one about a film of the following year that has 50 votes, which here is a weight of
0.1; the table has a little more. The square root is between drawing lines by votes (then the weight
would not depend on the candidate) and drawing films however unknown (it would be proportional)."""
NONE_WITHOUT_YEAR = {1: 25.0, 2: 3.0, 3: 1.0}
"""The same if the line has no year, so that a film of any year may be mistaken for it.

The best-known film with a one-word title is meant at 19 to 1 if it has 500 votes, with two words if
it has 50, with three 25 (films drawn by votes to the power of ¾, 15 % of them removed)."""
NONE_BUT_SAME_TITLE = 0.1
"""A factor on these if a film has exactly the title and the year: it is meant, however unknown."""

NO_DATE = 0.03
"""TMDB has no date (1,929 of 57,351 films)."""
ANY_YEAR = 0.05
"""A title less likely than this needs exactly the right year: sequels differ in the subtitle."""
NEITHER = 0.01
"""Such a title if the export has no year either. The film is only a candidate for a person to
choose: "X-Men" is not "X-Men: First Class", whichever of the two TMDB lacks."""
OTHER_RELEASE = 0.02
"""The year is that of a release in cinemas other than the first one (in another country, say)."""
PREMIERE = 0.5
"""The year is one off, and that of a premiere or a release in cinemas: the usual reason."""
FARTHEST = 5
"""Years that an export may be off, in services where that happens at all."""
WAS_OUT = 1e-6
"""A line has no year although its service always gives one, and the film had a date by then. It is
only a candidate, however well known."""

SERIES = 0.02
"""A line is a series, in an export that doesn't tell series from films."""
SERIES_YEAR_OFF = 0.1
"""Its year is one off the first episode's."""

ORIGINAL = 0.3
"""An export has the original title where TMDB has an English one."""
BOTH_TITLES = 20.0
"""An export has both of a film's titles, as MovieLens has ("Postman, The (Postino, Il)"). They
count as much as a director, because other films with the title have another original title."""
OTHER_IMDB_ID = 0.002
"""An export has another IMDb id than TMDB (1 of 957 labelled lines, by Laplace's rule 2 of 959):
IMDb merges duplicates, and people mistype."""
NO_IMDB_ID = 0.05
"""TMDB's film has no IMDb id (all of 42 little-known films in Trakt's ratings have one, by
Laplace's rule 43 of 44; that a third of the films that hardly anybody knows lacks one is a
guess)."""
NO_CAST = 0.5
"""Nor has it a cast (41 of these 42 have one)."""
ALTERNATIVE = 0.1
"""An export has one of the alternative or translated titles."""


def title_likelihood(wanted: Wanted, film: Film) -> tuple[float, str]:
    """How likely the export's titles are for the film, and by which kind of title."""
    best, way = 0.0, "none"
    for asked in filter(None, (wanted.title, wanted.original_title)):
        for place, title in enumerate(film.titles):
            value = likelihood(asked, title) * (ORIGINAL if place else 1.0)
            if value > best:
                best = value
                way = "original_title" if place else "title" if value >= 0.5 else "similar_title"
        for title in film.other_titles if best < ALTERNATIVE else ():
            value = likelihood(asked, title) * ALTERNATIVE
            if value > best:
                best, way = value, "alternative_title"
    return best, way


def year_likelihood(wanted: Wanted, film: Film) -> float:
    """How likely an export is to give this year, or none, for the film."""
    year, habits = wanted.year, service(wanted.service)
    if year is None:
        was_out = film.year is not None and film.year < (wanted.logged_in or film.year + 1)
        return WAS_OUT if habits.always_dated and was_out else 1.0
    if film.year is None:
        return NO_DATE
    off = film.year - year
    if off == 0:
        return 1.0
    if year in film.release_years:
        return PREMIERE if off in {-1, 1} else OTHER_RELEASE
    far = habits.far if abs(off) <= FARTHEST else 0.0
    return {1: habits.later, -1: habits.earlier}.get(off, far)


def _is_far(wanted: Wanted, film: Film) -> bool:
    """Whether nothing explains the line's year; such a film counts only if there is no other."""
    if wanted.year is None or film.year is None or wanted.year in film.release_years:
        return False
    return abs(film.year - wanted.year) > 1


def evidence(wanted: Wanted, film: Film) -> float:
    """The factor from directors, runtime and ids, where both sides have them."""
    factor = 1.0
    if wanted.tmdb_id and wanted.tmdb_id != film.tmdb_id:
        factor *= 0.05  # TMDB deletes duplicates, and an export may have the old id
    if wanted.directors and film.directors:
        ours = {_person(name) for name in wanted.directors}
        theirs = {_person(name) for name in film.directors}
        factor *= 20.0 if ours & theirs else 0.01
    if wanted.runtime_minutes and film.runtime_minutes:
        shorter, longer = sorted((wanted.runtime_minutes, film.runtime_minutes))
        if longer - shorter <= 5:
            factor *= 3.0
        elif shorter < 0.6 * longer:
            factor *= 0.05
    if _both_titles(wanted, film):
        factor *= BOTH_TITLES
    if wanted.imdb_id and film.imdb_id:
        factor *= 1000.0 if wanted.imdb_id == film.imdb_id else OTHER_IMDB_ID
    return factor


def description(film: Film) -> float:
    """How likely a film that somebody logged is described on TMDB no better than this one."""
    return (1.0 if film.imdb_id else NO_IMDB_ID) * (1.0 if film.has_cast else NO_CAST)


def _is_stub(film: Film) -> bool:
    return film.details is not None and film.votes < LITTLE_KNOWN


def weight(wanted: Wanted, film: Film) -> float:
    """The film's weight, in votes; 0 when title or year rule it out."""
    title, _ = title_likelihood(wanted, film)
    year = year_likelihood(wanted, film) if title else 0.0
    if title < ANY_YEAR:
        if wanted.year is None:
            year *= NEITHER
        elif year < 1.0:
            return 0.0
    return title * year * evidence(wanted, film) * (film.votes + 1)


def shares(
    wanted: Wanted, films: Iterable[Film], series: float = 0.0
) -> tuple[list[tuple[float, Film]], float]:
    """The share that each film has of all weight.

    Args:
        wanted: the line.
        films: each once, in any order.
        series: the weight of a series of that name.

    Returns:
        The films that title and year allow, with their shares, the largest first; and the share of
        the series.
    """
    weighed = [(value, film) for film in films if (value := weight(wanted, film)) > 0]
    weighed = [pair for pair in weighed if not _is_far(wanted, pair[1])] or weighed
    # Two films that share title and year may differ in nothing but how well they are described.
    fullest = max((description(film) for _, film in weighed if film.details), default=1.0)
    weighed = [
        (value * (description(film) / fullest if _is_stub(film) else 1.0), film)
        for value, film in weighed
    ]
    named = any(has_title_and_year(wanted, film) for _, film in weighed)
    weighed.sort(key=lambda pair: (-pair[0], pair[1].tmdb_id))
    none = none_of_them(wanted, weighed[0][1].votes if weighed else 0, named=named)
    whole = sum(value for value, _ in weighed) + none + series
    return [(value / whole, film) for value, film in weighed], series / whole


def has_title_and_year(wanted: Wanted, film: Film) -> bool:
    """Whether the film has exactly the line's year and, except for numerals, its title."""
    same = wanted.is_dated and film.year == wanted.year
    return same and title_likelihood(wanted, film)[0] >= NUMERALS


def series_weight(wanted: Wanted, series: Mapping[str, Any]) -> float:
    """The weight of a series (a search hit) that the line may mean."""
    names = [n for n in (series.get("name"), series.get("original_name")) if isinstance(n, str)]
    same = any(likelihood(wanted.title or "", name) >= NUMERALS for name in names)
    first = year_of(series.get("first_air_date"))
    off = 0 if None in (wanted.year, first) else abs((wanted.year or 0) - (first or 0))
    year = {0: 1.0, 1: SERIES_YEAR_OFF}.get(off, 0.0)
    return SERIES * same * year * (votes_of(series) + 1)


def none_of_them(wanted: Wanted, votes: int = 0, *, named: bool = False) -> float:
    """The weight of "none of those found".

    Args:
        wanted: the line.
        votes: those of the best candidate.
        named: one of the candidates has exactly the title and year.
    """
    title = queries(wanted.title or "")[:1]
    telling = [w for w in words("".join(title)) if w not in {"the", "a", "an"}]
    weights = NONE_OF_THEM if wanted.is_dated else NONE_WITHOUT_YEAR
    weight = weights[min(max(len(telling), 1), max(weights))]
    if wanted.is_dated:
        weight *= (votes + 1) ** 0.5 * service(wanted.service).unknown
    return weight * (NONE_BUT_SAME_TITLE if named else 1.0)


def _both_titles(wanted: Wanted, film: Film) -> bool:
    """Whether the line has both the film's title and its original title, and the two differ."""
    ours = names(wanted.title or "") + names(wanted.original_title or "")
    if len(ours) < 2 or len(film.titles) < 2:
        return False
    theirs = {key(title) for title in film.titles}
    return len(theirs) > 1 and theirs <= {key(name) for name in ours}


def _person(name: str) -> tuple[str, ...]:
    """A name in a form that does not depend on the order of its parts."""
    return tuple(sorted(words(name)))
