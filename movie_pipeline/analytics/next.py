"""What next: the watchlist in the order in which its films may please you, each with its reason.

What belongs here: the SQL of the order and of every true reason, and choosing among these. What
does not: their words (`reasons`), the means that reasons rest on, which are those of
``analytics.people`` and ``analytics.breakdowns``, and showing the films (`page`, `charts.lists`).

A film's score is your overall mean, plus, for each kind of thing that it shares with films you have
rated (director, cast, crew, genre, decade, country, series), by how much you rate these better or
worse, plus half of by how much the public likes it better. For that, means are shrunk
(`shrinkage`), so nothing rests on one lucky film; in words, they are the plain ones. A mean is a
reason only if it rests on `ENOUGH_RATED` ratings and, as printed, is above your overall mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from movie_pipeline.analytics import shrinkage
from movie_pipeline.analytics.contributors import ROLES
from movie_pipeline.analytics.dimensions import film_keys
from movie_pipeline.analytics.reasons import SHARED, Reason, series, worded
from movie_pipeline.analytics.thresholds import BILLED, ENOUGH_RATED, ENOUGH_VOTES, OBSCURE
from movie_pipeline.outside.untrusted import normalized
from movie_pipeline.warehouse.tables import (
    ANALYTICS_BREAKDOWNS,
    ANALYTICS_PEOPLE,
    ANALYTICS_SUMMARY,
    RAW_MOVIES,
)

if TYPE_CHECKING:
    import duckdb

#: What a rating makes a film: an example to name. Below it, a film is no reason for another.
LOVED = 4.5
#: The share of the public's opinion in the score: it is not yours.
PUBLIC = 0.5
#: TMDB's mean, of 10, from which a film with `OBSCURE` votes is a favourite of the public.
FAVOURITE = 8.0
#: Minutes that fit a short evening.
SHORT = 90
#: How many films must be known before something can be called your first.
ENOUGH_SEEN = 10
#: Days on the watchlist, back from its newest entry, after which a film has waited for long.
LONG_AGO = 365
#: From this weight on, a reason is worth telling beside another.
_WORTH = 0.07
#: Costs more than any reason weighs: two neighbours with reasons of one kind.
_REPEATED = 100.0

_OTHERS = "list_filter({ids}, lambda id: NOT list_contains(director_ids, id))"
_ROLES = ", ".join(
    f"{{'kind': '{role}', 'ids': "
    + {
        "director": "list_distinct(director_ids)",
        "actor": _OTHERS.format(ids=f"list_distinct(cast_ids[1:{BILLED}])"),
    }.get(role, _OTHERS.format(ids=f"list_distinct({ids})"))
    + "}"
    for role, (ids, _) in ROLES.items()
)
_KEYS = ", ".join(f"{{'kind': '{name}', 'keys': {film_keys(name)}}}" for name in SHARED)
_PUBLIC_MEAN = shrinkage.expression(
    "vote_average * vote_count",
    "vote_count",
    "(SELECT mean FROM public)",
    shrinkage.VOTES,
)


def _printed(mean: str) -> str:
    """A mean in tenths, halves up, as it is printed."""
    return f"floor({mean} * 10 + 0.5)"


_ENOUGH_KNOWN = f"(SELECT films FROM known) >= {ENOUGH_SEEN}"

_SQL = f"""
WITH waiting AS (
    SELECT everything.*, r.logged_on
    FROM everything LEFT JOIN %(movies)s AS r USING (upload, row_number)
    WHERE NOT everything.seen
        AND (everything.watchlisted OR NOT (SELECT bool_or(seen) FROM chosen))
),
seen AS (SELECT * FROM films WHERE seen),
overall AS (SELECT mean_rating AS mean FROM %(summary)s WHERE seen),
public AS (
    SELECT sum(round(vote_average * 1000)) / (1000 * count(*)) AS mean
    FROM everything WHERE vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}
),
known AS (SELECT count(*) FILTER (director_ids <> []) AS films FROM seen),
shared AS (
    SELECT film, kind, key, name, films, rated, mean_rating AS mean,
        score - (SELECT mean FROM overall) AS weight
    FROM (
        SELECT film, entry.kind AS kind, unnest(entry.ids) AS key
        FROM (SELECT film, unnest([{_ROLES}]) AS entry FROM waiting)
    ) JOIN (
        SELECT role AS kind, person_id AS key, name, films, rated, mean_rating, score
        FROM %(people)s WHERE rated >= {ENOUGH_RATED}
    ) USING (kind, key)
    UNION ALL
    SELECT film, kind, 0, label, films, rated, mean_rating,
        score - (SELECT mean FROM overall)
    FROM (
        SELECT film, entry.kind AS kind, unnest(entry.keys) AS key
        FROM (SELECT film, unnest([{_KEYS}]) AS entry FROM waiting)
    ) JOIN (
        SELECT dimension AS kind, key, label, films, rated, mean_rating, score
        FROM %(breakdowns)s WHERE rated >= {ENOUGH_RATED} AND dimension IN {SHARED}
    ) USING (kind, key)
),
praised AS (
    SELECT film, ({_PUBLIC_MEAN} - (SELECT mean FROM public)) / 2 * {PUBLIC} AS weight
    FROM waiting WHERE vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}
),
scored AS (
    SELECT film, coalesce(sum(weight), 0) AS score
    FROM (
        SELECT film, avg(weight) AS weight FROM shared
        WHERE weight IS NOT NULL GROUP BY film, kind
        UNION ALL SELECT * FROM praised
    ) GROUP BY film
),
directed AS (
    SELECT id, count(*) AS films,
        arg_max(title, (points, -film)) FILTER (rating >= {LOVED}) AS loved,
        max(rating) FILTER (rating >= {LOVED}) AS rating
    FROM (SELECT *, unnest(list_distinct(director_ids)) AS id FROM seen) GROUP BY id
),
directors AS (
    SELECT waiting.film, nth, waiting.directors[nth] AS name, directed.*
    FROM (SELECT film, unnest(range(1, len(director_ids) + 1)) AS nth FROM waiting) AS each
    JOIN waiting USING (film)
    LEFT JOIN directed ON directed.id = waiting.director_ids[nth]
),
begun AS (
    SELECT collection_id AS id, count(*) AS films, any_value(collection) AS name,
        any_value(title) AS title
    FROM seen WHERE collection_id IS NOT NULL GROUP BY collection_id
),
visited AS (SELECT DISTINCT unnest(origin_countries) AS code FROM seen),
reasons AS (
    SELECT film, kind, name, films, rated, mean, weight
    FROM shared
    WHERE kind <> 'franchise' AND weight > 0
        AND {_printed("mean")} > (SELECT {_printed("mean")} FROM overall)
    UNION ALL
    SELECT film, 'franchise', begun.name, begun.films, NULL, NULL, s.weight
    FROM waiting JOIN begun ON begun.id = collection_id
    LEFT JOIN (SELECT * FROM shared WHERE kind = 'franchise') AS s USING (film)
    WHERE coalesce(s.weight, 1) > 0
    UNION ALL
    SELECT film, 'loved', name || chr(9) || loved, films, NULL, rating, NULL
    FROM directors WHERE loved IS NOT NULL
    UNION ALL
    SELECT film, 'public', NULL, vote_count, NULL, vote_average, praised.weight
    FROM waiting JOIN praised USING (film)
    WHERE vote_average >= {FAVOURITE} AND vote_count >= {OBSCURE} AND praised.weight > 0
    UNION ALL
    SELECT film, 'new_country', origin_countries[1], NULL, NULL, NULL, NULL
    FROM waiting
    WHERE origin_countries <> [] AND {_ENOUGH_KNOWN}
        AND NOT list_has_any(origin_countries, (SELECT coalesce(list(code), []) FROM visited))
    UNION ALL
    SELECT film, 'lists', in_lists[1], len(in_lists), NULL, NULL, NULL
    FROM waiting WHERE len(in_lists) > CASE WHEN watchlisted THEN 0 ELSE 1 END
    UNION ALL
    SELECT film, 'short', NULL, runtime_minutes, NULL, NULL, NULL
    FROM waiting WHERE runtime_minutes <= {SHORT}
    UNION ALL
    SELECT film, 'waiting', strftime(logged_on, '%%B %%Y'), NULL, NULL, NULL, NULL
    FROM waiting
    WHERE watchlisted AND in_lists = []
        AND logged_on < (SELECT max(logged_on) FROM waiting) - {LONG_AGO}
    UNION ALL
    SELECT film, 'known_director', name, films, NULL, NULL, NULL
    FROM directors WHERE films > 0
    UNION ALL
    SELECT film, 'new_director', min(name) FILTER (nth = 1), NULL, NULL, NULL, NULL
    FROM directors WHERE {_ENOUGH_KNOWN} GROUP BY film HAVING count(films) = 0
    UNION ALL
    SELECT film, 'public_mean', NULL, vote_count, NULL, vote_average, NULL
    FROM waiting WHERE vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}
),
best AS (
    SELECT film, list({{
        'kind': kind, 'name': name, 'films': films, 'rated': rated, 'mean': mean, 'weight': weight
    }} ORDER BY weight DESC NULLS LAST, kind, name) AS reasons
    FROM (
        SELECT DISTINCT ON (film, kind) * FROM reasons
        ORDER BY film, kind, weight DESC NULLS LAST, mean DESC, films DESC, name
    ) GROUP BY film
)
SELECT film, upload, row_number, title, released, runtime_minutes, genres, collection,
    row_number() OVER (
        ORDER BY tmdb_id IS NULL, round(coalesce(score, 0) * {shrinkage.DIGITS}) DESC,
            vote_count DESC NULLS LAST, film
    )::INTEGER AS place,
    coalesce(reasons, []) AS reasons
FROM waiting LEFT JOIN scored USING (film) LEFT JOIN best USING (film)
ORDER BY place
"""


@dataclass(frozen=True)
class Waiting:
    """A film to see next.

    Attributes:
        film: As in ``films``: its TMDB id, or a number below 0.
        upload, row_number: Its line.
        title, released, runtime_minutes, genres, franchise: What is known of it; else None.
        place: Its rank, from 1.
        reasons: Every true reason, the strongest first; none of a film that TMDB doesn't know.
        told: Those to be told: one, or two of different kinds.
    """

    film: int
    upload: str
    row_number: int
    title: str
    released: int | None
    runtime_minutes: int | None
    genres: tuple[str, ...]
    franchise: str | None
    place: int
    reasons: tuple[Reason, ...]
    told: tuple[Reason, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The words of what is told, in parts as those of a `Reason`."""
        if not self.told:
            return ()
        first, *others = (reason.parts for reason in self.told)
        for begins, *rest in others:
            first = (*first[:-1], f"{first[-1]}; {begins[:1].lower()}{begins[1:]}", *rest)
        return first

    @property
    def strongest(self) -> tuple[Reason, ...]:
        """The three strongest reasons of those that are worth telling."""
        return tuple(reason for reason in self.reasons if reason.weight >= _WORTH)[:3]

    @property
    def words(self) -> str:
        """What is told, as one text."""
        return "".join(self.parts)


def read(connection: "duckdb.DuckDBPyConnection", upload: str) -> list[Waiting]:
    """The films that an upload's owner wants to see, best first, each with its reason.

    They are those on the watchlist; of an upload without a film that was seen, all.

    Args:
        connection: One on which `films.prepare` was called for the upload, whose numbers are
            stored.
        upload: Its key.

    Raises:
        duckdb.Error: the warehouse can't be read.
    """
    stored = {
        name: f"(SELECT * FROM {table.sql_name} WHERE upload = $upload)"
        for name, table in (
            ("movies", RAW_MOVIES),
            ("people", ANALYTICS_PEOPLE),
            ("breakdowns", ANALYTICS_BREAKDOWNS),
            ("summary", ANALYTICS_SUMMARY),
        )
    }
    found = connection.execute(_SQL % stored, {"upload": upload})
    columns = [column[0] for column in found.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    films = [_waiting(row) for row in rows]
    leading = varied([film.reasons for film in films])
    return [_told(film, reason) for film, reason in zip(films, leading, strict=True)]


def varied(choices: Sequence[Sequence[Reason]]) -> list[Reason | None]:
    """Choose a reason for each film so that as few neighbours as possible have the same kind.

    Of all ways to do that, it takes one with the greatest sum of weights. None where there is no
    reason.
    """
    # The best way to each reason of a film, from the best ways to the reasons of the one before it.
    steps: list[list[tuple[float, int]]] = []
    before: list[tuple[float, str]] = [(0.0, "")]
    for reasons in choices:
        ways: list[tuple[float, int]] = []
        ranked = sorted(range(len(before)), key=lambda i: -before[i][0])
        for reason in reasons:
            best = ranked[0]
            other = next((i for i in ranked if before[i][1] != reason.kind), None)
            if before[best][1] == reason.kind:
                repeated = before[best][0] - _REPEATED
                if other is not None and before[other][0] >= repeated:
                    best, value = other, before[other][0]
                else:
                    value = repeated
            else:
                value = before[best][0]
            ways.append((value + reason.weight, best))
        if not reasons:
            ways = [(before[ranked[0]][0], ranked[0])]
        steps.append(ways)
        kinds = [reason.kind for reason in reasons] or [""]
        before = [(value, kind) for (value, _), kind in zip(ways, kinds, strict=True)]
    chosen: list[Reason | None] = []
    at = max(range(len(before)), key=lambda i: before[i][0])
    for reasons, ways in zip(reversed(choices), reversed(steps), strict=True):
        chosen.append(reasons[at] if reasons else None)
        at = ways[at][1]
    return chosen[::-1]


def _told(film: Waiting, leading: Reason | None) -> Waiting:
    """The film with its leading reason, and the next one that is worth telling beside it."""
    if leading is None:
        return film
    about = _about(leading)
    beside = next(
        (
            reason
            for reason in film.reasons
            if reason.weight >= _WORTH and reason.kind != leading.kind and _about(reason) != about
        ),
        None,
    )
    return Waiting(**{**vars(film), "told": (leading, beside) if beside else (leading,)})


def _about(reason: Reason) -> str:
    return reason.parts[1] if len(reason.parts) > 1 else ""


def _waiting(row: Mapping[str, Any]) -> Waiting:
    reasons = sorted(map(worded, row["reasons"]), key=lambda reason: -reason.weight)
    return Waiting(
        film=row["film"],
        upload=row["upload"],
        row_number=row["row_number"],
        title=normalized(row["title"] or ""),
        released=row["released"],
        runtime_minutes=row["runtime_minutes"],
        genres=tuple(map(normalized, row["genres"])),
        franchise=series(row["collection"]) if row["collection"] else None,
        place=row["place"],
        reasons=tuple(reasons),
    )
