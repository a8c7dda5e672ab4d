"""The queries to TMDB that find a line's film: which ones, in which order, and when to stop.

The rules:

1. A title type that is not a film's (series, game, podcast) needs no query; an episode or
   miniseries needs one if there is an IMDb id, which TMDB may list as a film.
2. An id from the export is looked up, and trusted unless title and year both contradict it, or it
   is the number of a series. If two ids agree with each other and not with the line, the line is
   `ambiguous`.
3. Else the title is searched for without a year, which also finds films with the same title from
   the years around it. If the page of hits is full and none of them is clearly meant, or only one
   that hardly anyone knows, it is searched for again with the year. A hit becomes a candidate if
   its title fits and its year is as far off as that service's may be, and it is matched if it has
   90 % of all weight (`odds.py`).
4. If there is no candidate: the title's other spellings are searched for, then the details of the
   hits are fetched for alternative titles and other releases, then guesses at the title are
   searched for; if the service has TMDB's titles, only the one without an article.
5. If there are several candidates: the details of the best three are fetched for directors, runtime
   and releases. If it is still close, the line is `ambiguous`.
6. A series of that name is searched for if no film is clearly meant, or only one that hardly anyone
   knows. A "film" of six hours by several directors is a series, too.

Not here: how films are weighed (`odds.py`), HTTP, the cache, overrides.
"""

from collections.abc import Iterable
from dataclasses import replace

from movie_pipeline.exports import NOT_A_MOVIE
from movie_pipeline.matching import film as films
from movie_pipeline.matching import odds
from movie_pipeline.matching.decision import Asks, Candidate, Decision, Wanted
from movie_pipeline.matching.film import Film
from movie_pipeline.matching.services import service
from movie_pipeline.matching.titles import guesses, likelihood, queries, telling, words

PAGE = 20
"""Hits on one page of TMDB's results; if the page is full, the film may not be on it."""

LIKE_A_SERIES = 400.0
"""How many times the weight of "none of them" a match needs (`HARDLY_KNOWN` is always enough) so
that series need not be searched. A series shares a film's name about as often as another film does,
and the more words a name has, the rarer that is (of films with a one-word title, 1 % share it with
another film of their year, with two or more words 0.1 %)."""

_PERHAPS_A_FILM = frozenset({"tvEpisode", "tvMiniSeries"})
"""IMDb's types that TMDB lists as films now and then, so that the id is looked up."""

_LOOKED_AT = 3  # films whose details are fetched in a close case
_LATE = 5  # years after which a release in cinemas is a revival
_SPELLINGS = 4  # of a title, to search for

Ranked = list[tuple[float, Film]]
"""Films with their share of all weight, the largest first."""


def find(wanted: Wanted, asks: Asks) -> Decision:
    """Decide which film on TMDB a line means; exceptions raised by `asks` are not caught."""
    case = _Case(wanted, asks)
    if wanted.title_type in NOT_A_MOVIE:
        return case.by_type()
    return case.by_id() or case.by_title()


class _Case:
    """One line, and what has been found about it so far."""

    def __init__(self, wanted: Wanted, asks: Asks) -> None:
        self.wanted = wanted
        self.asks = asks
        self.known: dict[int, Film] = {}
        self.contradicted: Film | None = None  # found by an id, but title and year differ

    # By id ----------------------------------------------------------------------------------

    def by_type(self) -> Decision:
        """Decide for a type that is not a film's; TMDB lists some of these as films."""
        wanted = self.wanted
        if wanted.title_type in _PERHAPS_A_FILM and wanted.imdb_id:
            film = self._film(wanted.imdb_id)
            if film is not None and self._fits(film, trusted=True):
                return _matched("imdb_id", [(1.0, film)])
        return Decision("not_a_movie", "title_type")

    def by_id(self) -> Decision | None:
        """Decide by the export's ids; None if they find nothing, or a film that does not fit."""
        wanted = self.wanted
        film = self._film(wanted.tmdb_id) if wanted.tmdb_id else None
        if film is not None and self._fits(film):
            if self._is_number_of_series(film):
                return _conflict(film)
            return _matched("tmdb_id", [(1.0, film)])
        self.contradicted = film
        return self._by_imdb_id(wanted.imdb_id) if wanted.imdb_id else None

    def _by_imdb_id(self, imdb_id: str) -> Decision | None:
        film = self._film(imdb_id)
        if film is None:
            found = self.asks.find(imdb_id)
            for hit in filter(None, map(films.from_hit, found.get("movie_results") or ())):
                film = film or self._film(hit.tmdb_id)
            kinds = ("tv_results", "tv_season_results", "tv_episode_results")
            if film is None and any(found.get(kind) for kind in kinds):
                return Decision("not_a_movie", "imdb_id")
        if film is None:
            return None
        if self._fits(film, trusted=self.wanted.tmdb_id is None):
            return _matched("imdb_id", [(1.0, film)])
        if film.tmdb_id == self.wanted.tmdb_id:  # two facts against two
            return _conflict(film)
        self.contradicted = film
        return None

    def _film(self, identifier: int | str) -> Film | None:
        details = self.asks.movie(identifier)
        return films.from_details(details) if details else None

    def _fits(self, film: Film, *, trusted: bool = False) -> bool:
        """Whether a film found by id has the line's title or year.

        If there is no year to compare, an id is believed without the title only if it is `trusted`:
        TMDB's numbers of films and of series are the same, and IMDb's are not.
        """
        wanted = self.wanted
        if not wanted.title or self._is_titled(film):
            return True
        return abs(film.year - wanted.year) <= 1 if wanted.year and film.year else trusted

    def _is_titled(self, film: Film) -> bool:
        """Whether one of the film's titles is the line's, or has half of its words."""
        title = self.wanted.title or ""
        ours = telling(title)
        return any(
            likelihood(title, other) or 2 * len(ours & telling(other)) >= len(ours)
            for other in (*film.titles, *film.other_titles)
        )

    def _is_number_of_series(self, film: Film) -> bool:
        """Whether the export's TMDB id is that of a series: films and series have the same ones."""
        wanted = self.wanted
        if wanted.title_type or wanted.imdb_id or not wanted.title or self._is_titled(film):
            return False
        return any(hit.get("id") == film.tmdb_id for hit in self.asks.search_series(wanted.title))

    # By title -------------------------------------------------------------------------------

    def by_title(self) -> Decision:
        """Decide by title, year and the export's other columns."""
        if not (self.wanted.title or "").strip():
            return self._undecided([])
        if self.contradicted is not None:
            self.wanted = replace(self.wanted, tmdb_id=None, imdb_id=None)
        spellings = self._spellings()
        full, year = self._search(spellings[0]), self.wanted.year
        if full and year and not any(film.year == year for _, film in self._ranked()[:1]):
            self._add(self.asks.search(spellings[0], primary_release_year=year + 1))
        named = list(self.known.values())
        while spellings[1:] and not self._ranked():
            del spellings[0]
            self._search(spellings[0])
        if not self._ranked():
            self._look_into(self._perhaps(named))
        guessing = year and not service(self.wanted.service).has_tmdb_titles
        for guess in guesses(self.wanted.title or "") if guessing else ():
            if not self._ranked():
                self._search(guess)
        ranked = self._settled()
        if ranked and spellings[1:] and self._is_weak(ranked, odds.HARDLY_KNOWN):
            self._search(spellings[1])
            ranked = self._settled()
        none = odds.none_of_them(self.wanted)
        if self._is_weak(ranked, min(odds.HARDLY_KNOWN, LIKE_A_SERIES * none)):
            return self._against_series()
        return self._found(ranked)

    def _spellings(self) -> list[str]:
        title, original = self.wanted.title or "", self.wanted.original_title
        spellings = [*queries(title)]
        if original:
            spellings[1:1] = queries(original)[:1]
        return list(dict.fromkeys(spellings))[:_SPELLINGS]

    def _search(self, query: str) -> bool:
        """Add what a search finds; return whether the page was full."""
        hits = self.asks.search(query)
        self._add(hits)
        if len(hits) < PAGE:
            return False
        year, ranked = self.wanted.year, self._ranked()
        if year and (self._is_weak(ranked, odds.HARDLY_KNOWN) or ranked[0][1].year != year):
            self._add(self.asks.search(query, year=year))
        return True

    def _add(self, hits: Iterable[films.Record]) -> None:
        for hit in hits:
            film = films.from_hit(hit)
            if film is not None:
                self.known.setdefault(film.tmdb_id, film)

    def _perhaps(self, some: Iterable[Film]) -> list[Film]:
        """Films whose details may show that they are meant, those with the most votes first.

        At most one has the title but another year; it may have been released in some cinemas in the
        line's year. The others have the year but not the words of the title; the search found them
        by a title that only the details contain. Without those, one has the year and the words
        within its title, and may have an alternative title of just these ("Furious 6").
        """
        asked, year = set(words(queries(self.wanted.title or "")[0])), self.wanted.year
        by_votes = sorted(some, key=lambda f: (-f.votes, f.tmdb_id))
        whole = {f.tmdb_id: any(asked <= set(words(t)) for t in f.titles) for f in by_votes}
        if year is None:
            apart = [f for f in by_votes if not whole[f.tmdb_id]]
            return [] if self.wanted.is_dated else apart[:_LOOKED_AT]
        off = {f.tmdb_id: abs((f.year or 0) - year) for f in by_votes}
        titled = [f for f in by_votes if 1 < off[f.tmdb_id] <= _LATE and self._has_title(f)]
        other = [f for f in by_votes if off[f.tmdb_id] <= 1 and not whole[f.tmdb_id]]
        within = [f for f in by_votes if off[f.tmdb_id] == 0 and whole[f.tmdb_id]]
        return titled[:1] + (other[: _LOOKED_AT - 1] or within[:1])

    def _has_title(self, film: Film) -> bool:
        return any(likelihood(self.wanted.title or "", title) == 1.0 for title in film.titles)

    def _look_into(self, some: Iterable[Film]) -> None:
        for film in some:
            if film.details is None:
                details = self.asks.movie(film.tmdb_id)
                better = films.from_details(details, film) if details else None
                if better is None:
                    del self.known[film.tmdb_id]
                else:
                    self.known[film.tmdb_id] = better

    # Deciding -------------------------------------------------------------------------------

    def _ranked(self, series: float = 0.0) -> Ranked:
        return odds.shares(self.wanted, self.known.values(), series)[0]

    def _settled(self, series: float = 0.0) -> Ranked:
        """The ranking after fetching the details that it depends on."""
        ranked = self._ranked(series)
        if ranked and not self._clear(ranked):
            self._look_into([film for _, film in ranked[:_LOOKED_AT]])
            ranked = self._ranked(series)
        while self._clear(ranked):
            best = ranked[0][1]
            unseen = [film for film in (best, *self._rivals(ranked)) if film.details is None]
            if not unseen:
                break
            self._look_into(unseen)
            ranked = self._ranked(series)
        return ranked

    def _rivals(self, ranked: Ranked) -> list[Film]:
        """A well-known film a year off, if the best is hardly known.

        It may have had a release in the line's year.
        """
        (_, best), *others = ranked
        by_votes = sorted((film for _, film in others), key=lambda f: (-f.votes, f.tmdb_id))
        return [film for film in by_votes[:1] if film.votes > odds.HARDLY_KNOWN > best.votes]

    def _clear(self, ranked: Ranked) -> bool:
        enough = odds.ENOUGH if self.wanted.is_dated else odds.ENOUGH_WITHOUT_YEAR
        return bool(ranked) and ranked[0][0] >= enough

    def _is_weak(self, ranked: Ranked, enough: float) -> bool:
        return not self._clear(ranked) or odds.weight(self.wanted, ranked[0][1]) < enough

    def _against_series(self) -> Decision:
        """Decide, taking series of that name into account."""
        series = 0.0
        if not self.wanted.title_type:  # else the export says that it is a film
            hits = self.asks.search_series(queries(self.wanted.title or "")[0])
            series = max((odds.series_weight(self.wanted, hit) for hit in hits), default=0.0)
        ranked = self._settled(series)
        if self._clear(ranked):
            return self._found(ranked)
        share = odds.shares(self.wanted, self.known.values(), series)[1]
        if share >= odds.ENOUGH or (share and not ranked):
            return Decision("not_a_movie", "series", candidates=_candidates(ranked))
        return self._undecided(ranked)

    def _found(self, ranked: Ranked) -> Decision:
        film = ranked[0][1]
        if film.has_episodes and not self.wanted.title_type:
            return Decision("not_a_movie", "series", candidates=_candidates(ranked))
        return _matched(self._method(film), ranked)

    def _undecided(self, ranked: Ranked) -> Decision:
        if ranked:
            score, best = ranked[0]
            method, candidates = self._method(best), _candidates(ranked)
            return Decision("ambiguous", method, round(score, 4), candidates=candidates)
        if self.contradicted is not None:
            return _conflict(self.contradicted)
        named = sorted(filter(self._has_title, self.known.values()), key=lambda f: -f.votes)
        candidates = _candidates([(0.0, film) for film in named])  # other years, for the user
        return Decision("not_found", "none", candidates=candidates)

    def _method(self, film: Film) -> str:
        _, kind = odds.title_likelihood(self.wanted, film)
        year = self.wanted.year
        off = None if year is None or film.year is None else abs(film.year - year)
        if off is not None and off > 1:
            return "release_year"  # whatever the title: nothing else admits a film that far off
        if kind != "title":
            return kind
        return "title_only" if off is None else ("title_year", "title_near_year")[off]


def _matched(method: str, ranked: Ranked) -> Decision:
    score, film = ranked[0]
    return Decision(
        "matched", method, round(score, 4), film.tmdb_id, _candidates(ranked), film.details
    )


def _conflict(film: Film) -> Decision:
    """The line's id is that of a film that it does not describe."""
    return Decision("ambiguous", "id_conflict", 0.0, candidates=_candidates([(0.0, film)]))


def _candidates(ranked: Ranked) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            film.tmdb_id,
            next(iter((*film.titles, *film.other_titles)), ""),
            film.year,
            round(score, 4),
        )
        for score, film in ranked[:3]
    )
