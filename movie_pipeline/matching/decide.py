"""The queries to TMDB that find a line's film: which ones, in which order, and when to stop.

The rules:

1. A title type that is not a film's (series, episode, game, podcast) needs no query.
2. An id from the export is looked up, and trusted unless title and year both contradict it.
3. Else the title is searched for without a year, which also finds films with the same title from
   the years around it. If the page of hits is full and none of them is clearly meant, it is
   searched for again with the year. A hit becomes a candidate if its title fits and its year is at
   most one off, and it is matched if it has 90 % of all weight (`odds.py`).
4. If there is no candidate: the title's other spellings are searched for, then the details of the
   hits are fetched for alternative titles and other releases.
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
from movie_pipeline.matching.titles import likelihood, queries, words

PAGE = 20
"""Hits on one page of TMDB's results; if the page is full, the film may not be on it."""

HARDLY_KNOWN = 10.0
"""Weight, in votes, below which a match is checked by searching for the title's next spelling."""

LIKE_A_SERIES = 20.0
"""How many times the weight of "none of them" a match needs (`HARDLY_KNOWN` is always enough) so
that series need not be searched. A series shares a film's name about as often as another film does,
and the more words a name has, the rarer that is (of films with a one-word title, 1 % share it with
another film of their year, with two or more words 0.1 %)."""

_LOOKED_AT = 3  # films whose details are fetched in a close case
_LATE = 5  # years after which a release in cinemas is a revival
_SPELLINGS = 4  # of a title, to search for

Ranked = list[tuple[float, Film]]
"""Films with their share of all weight, the largest first."""


def find(wanted: Wanted, asks: Asks) -> Decision:
    """Decide which film on TMDB a line means; exceptions raised by `asks` are not caught."""
    if wanted.title_type in NOT_A_MOVIE:
        return Decision("not_a_movie", "title_type")
    case = _Case(wanted, asks)
    return case.by_id() or case.by_title()


class _Case:
    """One line, and what has been found about it so far."""

    def __init__(self, wanted: Wanted, asks: Asks) -> None:
        self.wanted = wanted
        self.asks = asks
        self.known: dict[int, Film] = {}
        self.contradicted: Film | None = None  # found by an id, but title and year differ

    # By id ----------------------------------------------------------------------------------

    def by_id(self) -> Decision | None:
        """Decide by the export's ids; None if they find nothing, or a film that does not fit."""
        wanted = self.wanted
        if wanted.tmdb_id and (film := self._film(wanted.tmdb_id)):
            if self._believable(film):
                return _matched("tmdb_id", [(1.0, film)])
            self.contradicted = film
        if not wanted.imdb_id:
            return None
        film = self._film(wanted.imdb_id)
        if film is None:
            found = self.asks.find(wanted.imdb_id)
            for hit in filter(None, map(films.from_hit, found.get("movie_results") or ())):
                film = film or self._film(hit.tmdb_id)
            kinds = ("tv_results", "tv_season_results", "tv_episode_results")
            if film is None and any(found.get(kind) for kind in kinds):
                return Decision("not_a_movie", "imdb_id")
        if film is not None:
            if self._believable(film):
                return _matched("imdb_id", [(1.0, film)])
            self.contradicted = film
        return None

    def _film(self, identifier: int | str) -> Film | None:
        details = self.asks.movie(identifier)
        return films.from_details(details) if details else None

    def _believable(self, film: Film) -> bool:
        """Whether a film found by id also fits the line's title, year or other id."""
        wanted = self.wanted
        if wanted.imdb_id and (wanted.tmdb_id, wanted.imdb_id) == (film.tmdb_id, film.imdb_id):
            return True
        if not (wanted.title and wanted.year and film.year):
            return True
        if abs(film.year - wanted.year) <= 1:
            return True
        ours = set(words(wanted.title))
        return any(
            likelihood(wanted.title, title) or 2 * len(ours & set(words(title))) >= len(ours)
            for title in (*film.titles, *film.other_titles)
        )

    # By title -------------------------------------------------------------------------------

    def by_title(self) -> Decision:
        """Decide by title, year and the export's other columns."""
        if not (self.wanted.title or "").strip():
            return self._undecided([])
        if self.contradicted is not None:
            self.wanted = replace(self.wanted, tmdb_id=None, imdb_id=None)
        spellings = self._spellings()
        full = self._search(spellings[0])
        if full and self.wanted.year and not self._ranked():
            later = self.wanted.year + 1
            self._add(self.asks.search(spellings[0], primary_release_year=later))
        named = list(self.known.values())
        while spellings[1:] and not self._ranked():
            del spellings[0]
            self._search(spellings[0])
        if not self._ranked():
            self._look_into(self._perhaps(named))
        ranked = self._settled()
        if ranked and spellings[1:] and self._is_weak(ranked, HARDLY_KNOWN):
            self._search(spellings[1])
            ranked = self._settled()
        none = odds.none_of_them(self.wanted, named=False)
        if self._is_weak(ranked, min(HARDLY_KNOWN, LIKE_A_SERIES * none)):
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
        if year and not (self._clear(ranked) and ranked[0][1].year == year):
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
        by a title that only the details contain.
        """
        year = self.wanted.year
        if year is None:
            return []
        by_votes = sorted(some, key=lambda f: (-f.votes, f.tmdb_id))
        off = {f.tmdb_id: abs((f.year or 0) - year) for f in by_votes}
        titled = [f for f in by_votes if 1 < off[f.tmdb_id] <= _LATE and self._has_title(f)]
        asked = set(words(queries(self.wanted.title or "")[0]))
        other = [
            f
            for f in by_votes
            if off[f.tmdb_id] <= 1 and not any(asked <= set(words(title)) for title in f.titles)
        ]
        return titled[:1] + other[: _LOOKED_AT - 1]

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
        while self._clear(ranked) and ranked[0][1].details is None:
            self._look_into([ranked[0][1]])
            ranked = self._ranked(series)
        return ranked

    def _clear(self, ranked: Ranked) -> bool:
        enough = odds.ENOUGH if self.wanted.year is not None else odds.ENOUGH_WITHOUT_YEAR
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
            candidates = _candidates([(0.0, self.contradicted)])
            return Decision("ambiguous", "id_conflict", 0.0, candidates=candidates)
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
