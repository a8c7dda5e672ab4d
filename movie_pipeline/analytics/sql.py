"""The SQL of every number, over the temporary tables ``lines`` and ``films`` (`films.prepare`).

What belongs here: one statement for each temporary table of numbers, and the queries that fill the
tables ``analytics.*`` from these. What does not: which films count (`films`), running it for an
upload (`defs.assets.analytics`), reading it (`numbers`).

Sums are of whole numbers, divided once, and ties are broken by id, never by text: so SQL and Vega
agree to the last digit (a test compares them).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from movie_pipeline.analytics import shrinkage
from movie_pipeline.analytics.codes import COUNTRIES, LANGUAGES
from movie_pipeline.analytics.films import STATES
from movie_pipeline.warehouse.tables import (
    ANALYTICS_ACTORS,
    ANALYTICS_BREAKDOWNS,
    ANALYTICS_DECADES,
    ANALYTICS_DIRECTORS,
    ANALYTICS_FILM_FACTS,
    ANALYTICS_GENRES,
    ANALYTICS_PAIRS,
    ANALYTICS_PEOPLE,
    ANALYTICS_SUMMARY,
    Table,
)

#: The number of films from which a person, or a pair of people, counts as recurring.
RECURRING = 2
#: How many of the cast, in billing order, count as working with the director.
BILLED = 10
#: Votes from which TMDB's mean counts as the public's opinion.
ENOUGH_VOTES = 10
#: A film is obscure below the first number of votes, and popular from the second.
OBSCURE, POPULAR = 100, 10_000
#: Minutes per step of runtime, and the start of the last step, "and longer".
RUNTIME_STEP, LONGEST = 10, 240
#: A rating from which a film is a favourite.
HIGH = 4.0
#: A favourite with fewer votes than this is little known.
LITTLE_KNOWN = 1_000
#: The number of rated films from which a person can be among the best rated.
ENOUGH_RATED = 3
#: So many days after its release, a film is no longer seen within a year of it.
A_YEAR = 365
#: The lower bounds, in days, of the steps between a film's release and your first viewing of it:
#: before it, in the first month, year, 5, 10, 20 and 40 years, and later.
DELAYS = (-1_000_000, 0, 31, A_YEAR, 1_826, 3_652, 7_305, 14_610)

#: Films whose rating can be compared with the public's.
COMPARED = f"rating IS NOT NULL AND vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}"
_DIFFERENCE = "(points * 2 - round(vote_average * 1000))"


@dataclass(frozen=True)
class Dimension:
    """Something that films are counted by: SQL over ``films``, or over their viewings.

    Attributes:
        where: Which films, or viewings, have an entry.
        keys: The list of keys of their entries, as text; None if only these films are counted.
    """

    where: str
    keys: str | None = None


def _gender(genders: str) -> str:
    """Whether one of these people is a woman, all are others, or TMDB does not say."""
    return (
        f"CASE WHEN list_contains({genders}, 1) THEN 'women'"
        f" WHEN {genders} = [] OR list_contains({genders}, 0) THEN 'unknown' ELSE 'others' END"
    )


_DECADE = "released // 10 * 10"
#: A rating in half stars.
_STEP = "format('{:g}', floor(rating * 2 + 0.5) / 2)"
_DIRECTED = "director_ids <> []"

_FILM_DIMENSIONS = {
    "film": Dimension("true"),
    "director": Dimension(_DIRECTED),
    "actor": Dimension("cast_ids <> []"),
    "writer": Dimension("writer_ids <> []"),
    "composer": Dimension("composer_ids <> []"),
    "cinematographer": Dimension("cinematographer_ids <> []"),
    "editor": Dimension("editor_ids <> []"),
    "rated_by_both": Dimension("rating IS NOT NULL AND vote_average IS NOT NULL"),
    "genre": Dimension("genre_ids <> []", "list_distinct(genre_ids)::VARCHAR[]"),
    "country": Dimension("origin_countries <> []", "list_distinct(origin_countries)"),
    "language": Dimension("original_language <> ''", "[original_language]"),
    "spoken": Dimension("spoken_languages <> []", "list_distinct(spoken_languages)"),
    "studio": Dimension(
        "production_company_ids <> []", "list_distinct(production_company_ids)::VARCHAR[]"
    ),
    "franchise": Dimension("collection_id IS NOT NULL", "[collection_id::VARCHAR]"),
    "certification": Dimension("certification <> ''", "[certification]"),
    "liked": Dimension("true", "[CASE WHEN liked THEN 'liked' ELSE 'other' END]"),
    "tag": Dimension("tags <> []", "tags"),
    "list": Dimension("in_lists <> []", "in_lists"),
    "decade": Dimension("released IS NOT NULL", f"[({_DECADE})::VARCHAR]"),
    "year": Dimension("released IS NOT NULL", "[released::VARCHAR]"),
    "rating": Dimension("rating IS NOT NULL", f"[{_STEP}]"),
    # How the public rates the films that you rated, in stars.
    "rated_by_public": Dimension(COMPARED, "[format('{:g}', floor(vote_average + 0.5) / 2)]"),
    # A year of release and a rating, which is empty for films without one.
    "year_rating": Dimension("released IS NOT NULL", f"[released || ':' || coalesce({_STEP}, '')]"),
    "first_seen": Dimension("viewings <> []", "[strftime(viewings[1], '%Y-%m-%d')]"),
    "runtime": Dimension(
        "runtime_minutes IS NOT NULL",
        f"[(least(runtime_minutes, {LONGEST}) // {RUNTIME_STEP} * {RUNTIME_STEP})::VARCHAR]",
    ),
    "delay": Dimension(
        "delay IS NOT NULL",
        f"[list_max(list_filter({[*DELAYS]}, lambda bound: bound <= delay))::VARCHAR]",
    ),
    "director_gender": Dimension(_DIRECTED, f"[{_gender('director_genders')}]"),
    "director_gender_by_decade": Dimension(
        f"{_DIRECTED} AND released IS NOT NULL",
        f"[({_DECADE}) || ':' || {_gender('director_genders')}]",
    ),
    "lead_gender": Dimension("cast_ids <> []", f"[{_gender('cast_genders[1:1]')}]"),
    "public": Dimension(
        f"vote_average IS NOT NULL AND vote_count >= {ENOUGH_VOTES}",
        "[format('{:g}', floor(vote_average + 0.5) / 2)]",
    ),
    # Half powers of ten: 0 for no votes, then 1, 3, 10, 30 and so on.
    "votes": Dimension(
        "vote_count IS NOT NULL",
        "[(CASE WHEN vote_count < 1 THEN 0"
        " ELSE 1 + least(10, floor(2 * log10(vote_count) + 1e-9)) END)::INTEGER::VARCHAR]",
    ),
    "agreement": Dimension(
        COMPARED, f"[{_STEP} || ':' || format('{{:g}}', floor(vote_average + 0.5))]"
    ),
    "difference": Dimension(
        COMPARED,
        f"[CASE WHEN {_DIFFERENCE} >= 2000 THEN '2' WHEN {_DIFFERENCE} > 0 THEN '1'"
        f" WHEN {_DIFFERENCE} > -2000 THEN '0' ELSE '-1' END]",
    ),
    "state": Dimension("true", "[state]"),
}
#: A viewing that comes after the film's first, or is marked so.
REWATCH = "day > first OR seen_before"
#: What viewings are counted by: the key of a `day`; `first` is the film's first.
_VIEWING_DIMENSIONS = {
    "day": Dimension("true", "[strftime(day, '%Y-%m-%d')]"),
    "week": Dimension("true", "[strftime(day, '%G-W%V')]"),
    "month": Dimension("true", "[strftime(day, '%Y-%m')]"),
    "month_again": Dimension(REWATCH, "[strftime(day, '%Y-%m')]"),
    "quarter": Dimension("true", "[year(day) || '-Q' || quarter(day)]"),
    "weekday": Dimension("true", "[isodow(day)::VARCHAR]"),
    "season": Dimension("true", "[isodow(day) || ':' || strftime(day, '%m')]"),
    "seen_in": Dimension("true", "[year(day)::VARCHAR]"),
    "seen_again_in": Dimension(REWATCH, "[year(day)::VARCHAR]"),
}


def film_keys(dimension: str) -> str:
    """The list of keys that a film has in a dimension of ``breakdowns``, as SQL over ``films``."""
    one = _FILM_DIMENSIONS[dimension]
    return f"CASE WHEN {one.where} THEN {one.keys} ELSE [] END"


def _score(total: str, number: str) -> str:
    """The shrunk mean in stars, rounded, of ratings in thousandths; NULL without a rating."""
    overall = "(SELECT sum(points) / count(points) FROM chosen WHERE counted)"
    score = shrinkage.expression(total, number, overall, shrinkage.RATINGS)
    return (
        f"CASE WHEN {number} > 0 THEN"
        f" round({score} / 1000 * {shrinkage.DIGITS}) / {shrinkage.DIGITS} END"
    )


#: The measures of rows of films with `points`, `times` (viewings) and `minutes` (runtime).
MEASURES = f"""
count(*) AS films, sum(times)::INTEGER AS viewings, coalesce(sum(minutes), 0) / 60 AS hours,
count(points) AS rated, sum(points) / (1000 * count(points)) AS mean_rating,
{_score("sum(points)", "count(points)")} AS score
"""
_MEASURED = "points, times, runtime_minutes AS minutes"


def _entries(dimensions: Mapping[str, Dimension]) -> str:
    """A list with each dimension's name, and the keys that a film or viewing has in it.

    All dimensions at once: a query for each would take longer to plan than to run.
    """
    entries = [
        f"{{'name': '{name}', 'keys': CASE WHEN {one.where} THEN {one.keys} ELSE [] END}}"
        for name, one in dimensions.items()
        if one.keys
    ]
    return f"[{', '.join(entries)}]"


def _names(dimensions: Mapping[str, Dimension]) -> str:
    """The list of the dimensions in which a film has an entry."""
    names = [f"CASE WHEN {one.where} THEN '{name}' END" for name, one in dimensions.items()]
    return f"[{', '.join(names)}]"


_SEEN_DAYS = Dimension("viewings <> []")
_BASES = _FILM_DIMENSIONS | dict.fromkeys(_VIEWING_DIMENSIONS, _SEEN_DAYS)

# A film is in a month, say, once, however often it was seen in it.
_COUNTED = f"""
SELECT dimension, key, {MEASURES}
FROM (
    SELECT entry.name AS dimension, unnest(entry.keys) AS key, points, times, minutes
    FROM (SELECT {_MEASURED}, unnest({_entries(_FILM_DIMENSIONS)}) AS entry FROM films)
    UNION ALL
    SELECT 'basis', unnest({_names(_BASES)}), {_MEASURED} FROM films
    UNION ALL
    SELECT 'listed', unnest(in_lists), {_MEASURED} FROM everything
    UNION ALL
    SELECT 'basis', 'listed', {_MEASURED} FROM everything WHERE in_lists <> []
    UNION ALL
    SELECT dimension, key, any_value(points), count(*), sum(minutes)
    FROM (
        SELECT film, entry.name AS dimension, unnest(entry.keys) AS key, points, minutes
        FROM (
            SELECT film, points, minutes, unnest({_entries(_VIEWING_DIMENSIONS)}) AS entry
            FROM (
                SELECT film, points, runtime_minutes AS minutes, seen_before,
                    viewings[1] AS first, unnest(viewings) AS day
                FROM films
            )
        )
    ) GROUP BY dimension, key, film
) WHERE key IS NOT NULL GROUP BY dimension, key
"""


def _coded(dimension: str, names: Mapping[str, str]) -> str:
    keys, labels = [*names], [*names.values()]
    return f"UNION ALL SELECT '{dimension}', unnest({keys}), unnest({labels})"


_BREAKDOWNS = f"""
CREATE OR REPLACE TEMP TABLE breakdowns AS
WITH counted AS (
    {_COUNTED}
    UNION ALL BY NAME
    SELECT 'state' AS dimension, state AS key, count(*) AS films, 0 AS viewings, 0 AS hours,
        0 AS rated
    FROM lines WHERE state IN {STATES[-2:]} GROUP BY state
),
names AS (
    SELECT dimension, id::VARCHAR AS key, min(name) AS label
    FROM (
        SELECT 'genre' AS dimension, unnest(genre_ids) AS id, unnest(genres) AS name FROM films
        UNION ALL
        SELECT 'studio', unnest(production_company_ids), unnest(production_companies) FROM films
        UNION ALL SELECT 'franchise', collection_id, collection FROM films
    ) GROUP BY dimension, id
    {_coded("country", COUNTRIES)}
    {_coded("language", LANGUAGES)}
    {_coded("spoken", LANGUAGES)}
)
SELECT counted.*,
    coalesce(label, CASE WHEN dimension = 'decade' THEN key || 's' END, key) AS label,
    row_number() OVER (
        PARTITION BY dimension
        ORDER BY CASE WHEN dimension IN {tuple(_VIEWING_DIMENSIONS)} THEN viewings ELSE films END
            DESC, try_cast(key AS DOUBLE), key
    )::INTEGER AS place
FROM counted LEFT JOIN names USING (dimension, key)
WHERE key IS NOT NULL AND films > 0
"""


#: For each role of ``people``, the columns of ``films`` with their ids and names.
ROLES = {
    "director": ("director_ids", "directors"),
    "actor": ("cast_ids", '"cast"'),
    "writer": ("writer_ids", "writers"),
    "composer": ("composer_ids", "composers"),
    "cinematographer": ("cinematographer_ids", "cinematographers"),
    "editor": ("editor_ids", "editors"),
}


def _people(role: str, ids: str, names: str) -> str:
    # TMDB may credit a person twice. One row for each person and film would take 100 MB for 50,000
    # films, so names are found apart.
    return f"""
SELECT '{role}' AS role, counted.*, name
FROM (
    SELECT person_id, {MEASURES},
        coalesce(list(rating ORDER BY rating DESC) FILTER (rating IS NOT NULL), []) AS ratings
    FROM (SELECT {_MEASURED}, rating, unnest(list_distinct({ids})) AS person_id FROM films)
    GROUP BY person_id
) AS counted JOIN (
    SELECT person_id, min(name) AS name
    FROM (SELECT unnest({ids}) AS person_id, unnest({names}) AS name FROM films)
    GROUP BY person_id
) USING (person_id)
"""


_PEOPLE = f"""
CREATE OR REPLACE TEMP TABLE people AS
SELECT *, row_number() OVER (
    PARTITION BY role ORDER BY films DESC, coalesce(score, 0) DESC, person_id
)::INTEGER AS place,
CASE WHEN rated >= {ENOUGH_RATED} THEN row_number() OVER (
    PARTITION BY role, rated >= {ENOUGH_RATED} ORDER BY score DESC, films DESC, person_id
) END::INTEGER AS best
FROM ({" UNION ALL ".join(_people(role, *names) for role, names in ROLES.items())})
"""

_DIRECTED_CAST = f"""
SELECT {{columns}}, unnest(list_distinct(director_ids)) AS director_id,
    list_distinct(list_slice(cast_ids, 1, {BILLED})) AS billed
FROM {{films}}
"""

#: The directors and actors who share several films, seen or not, as two ids.
MET = f"""
SELECT director_id, actor_id
FROM (
    SELECT director_id, unnest(billed) AS actor_id
    FROM ({_DIRECTED_CAST.format(columns="film", films="everything")})
) WHERE director_id <> actor_id GROUP BY ALL HAVING count(*) >= {RECURRING} ORDER BY ALL
"""

_PAIRS = f"""
CREATE OR REPLACE TEMP TABLE pairs AS
WITH counted AS (
    SELECT director_id, actor_id, {MEASURES}
    FROM (
        SELECT * EXCLUDE (billed), unnest(billed) AS actor_id
        FROM ({_DIRECTED_CAST.format(columns=_MEASURED, films="films")})
    )
    WHERE director_id <> actor_id
    GROUP BY director_id, actor_id HAVING count(*) >= {RECURRING}
)
SELECT counted.*, d.name AS director, a.name AS actor,
    row_number() OVER (
        ORDER BY counted.films DESC, coalesce(counted.score, 0) DESC, director_id, actor_id
    )::INTEGER AS place
FROM counted
JOIN people AS d ON d.role = 'director' AND d.person_id = director_id
JOIN people AS a ON a.role = 'actor' AND a.person_id = actor_id
"""

_PUBLIC = shrinkage.expression(
    "vote_average * vote_count",
    "vote_count",
    "(SELECT sum(round(vote_average * 1000)) / (1000 * count(*)) FROM compared)",
    shrinkage.VOTES,
)

_GEM = f"rating >= {HIGH} AND vote_count BETWEEN 1 AND {LITTLE_KNOWN - 1}"


def _rank(where: str, order: str) -> str:
    """The rank, from 1, of the films that fulfil a condition; NULL for the others."""
    return (
        f"CASE WHEN {where} THEN row_number() OVER"
        f" (PARTITION BY coalesce({where}, false) ORDER BY {order}) END::INTEGER"
    )


# `difference` is a rating minus the public's (shrunk) mean, in points of ten.
_FILM_FACTS = f"""
CREATE OR REPLACE TEMP TABLE film_facts AS
WITH compared AS (
    SELECT film, rating, vote_average, vote_count FROM films WHERE {COMPARED}
),
differing AS (
    SELECT film,
        round((rating * 2 - {_PUBLIC}) * {shrinkage.DIGITS}) / {shrinkage.DIGITS} AS difference
    FROM compared
)
SELECT film, row_number, tmdb_id, title, released, rating, runtime_minutes, vote_average,
    vote_count, liked, times AS viewings, viewings[1] AS first_viewing,
    viewings[-1] AS last_viewing, delay, difference,
    {_rank("difference IS NOT NULL", "difference DESC, film")} AS above,
    {_rank("difference IS NOT NULL", "difference, film DESC")} AS below,
    {_rank("viewings <> []", "viewings[1], film")} AS nth,
    {_rank("runtime_minutes IS NOT NULL", "runtime_minutes DESC, film")} AS longest,
    {_rank("runtime_minutes IS NOT NULL", "runtime_minutes, film")} AS shortest,
    {_rank("released IS NOT NULL", "released, film")} AS oldest,
    {_rank("released IS NOT NULL", "released DESC, film")} AS newest,
    {_rank("times > 1", "times DESC, viewings[-1] DESC, film")} AS most_rewatched,
    {_rank(_GEM, "points DESC, vote_count, film")} AS gem
FROM films LEFT JOIN differing USING (film)
"""

_TIMED = "runtime_minutes IS NOT NULL"
_REWATCHES = "greatest(times - CASE WHEN seen_before THEN 0 ELSE 1 END, 0)"

# The longest run of days with a viewing each; of several, the last. In a run, a day minus its rank
# stays the same.
_RUN = """
SELECT min(day) AS began, max(day) AS ended, count(*) AS days
FROM (
    SELECT day, day - row_number() OVER (ORDER BY day)::INTEGER AS run
    FROM (SELECT DISTINCT unnest(viewings) AS day FROM films)
) GROUP BY run ORDER BY days DESC, began DESC LIMIT 1
"""

_SUMMARY = f"""
CREATE OR REPLACE TEMP TABLE summary AS
WITH run AS ({_RUN})
SELECT
    (SELECT count(*) FROM lines) AS total_movies,
    (SELECT count(*) FROM lines WHERE state = 'matched') AS matched,
    (SELECT count(*) FROM lines WHERE state = 'ambiguous') AS ambiguous,
    (SELECT count(*) FROM lines WHERE state IN ('not_found', 'ignored')) AS not_found,
    (SELECT count(*) FROM lines WHERE state = 'not_a_movie') AS not_a_movie,
    (SELECT count(*) FROM lines WHERE state = 'error') AS error,
    (SELECT count(*) FROM lines WHERE state = 'ignored') AS ignored,
    (SELECT CASE WHEN bool_or(answered_by = 'sample') THEN 'sample'
        ELSE any_value(answered_by) END FROM lines) AS answered_by,
    (SELECT coalesce(bool_or(seen), true) FROM films) AS seen,
    (SELECT count(*) FROM chosen WHERE NOT counted AND watchlisted) AS on_watchlist,
    (SELECT count(*) FROM chosen WHERE NOT counted AND NOT watchlisted) AS only_listed,
    count(*) AS watched,
    count(tmdb_id) AS films,
    (SELECT coalesce(sum(lines), 0) - count(*) FROM chosen) AS repeated,
    count(*) FILTER (liked) AS liked,
    count(*) FILTER ({_TIMED}) AS timed,
    coalesce(sum(runtime_minutes), 0) / 60 AS hours,
    coalesce(sum(runtime_minutes * {_REWATCHES}), 0) / 60 AS hours_again,
    sum(runtime_minutes) / count(runtime_minutes) AS mean_runtime,
    median(runtime_minutes) AS median_runtime,
    min(runtime_minutes) AS shortest, max(runtime_minutes) AS longest,
    count(points) AS rated,
    sum(points) / (1000 * count(points)) AS mean_rating,
    median(rating) AS median_rating,
    count(*) FILTER (rating >= {HIGH}) AS rated_high,
    min(released) AS first_year, max(released) AS last_year, median(released) AS median_year,
    coalesce(sum(times), 0) AS viewings,
    count(*) FILTER (times > 1) AS rewatched,
    coalesce(sum({_REWATCHES}), 0) AS rewatches,
    min(viewings[1]) AS first_viewing, max(viewings[-1]) AS last_viewing,
    (SELECT count(*) FROM (SELECT unnest(viewings) AS day FROM films)
        WHERE day > (SELECT max(viewings[-1]) FROM films) - 365) AS viewings_in_the_last_year,
    (SELECT count(DISTINCT day) FROM (SELECT unnest(viewings) AS day FROM films)) AS viewing_days,
    (SELECT days FROM run) AS longest_run,
    (SELECT began FROM run) AS run_began,
    (SELECT ended FROM run) AS run_ended,
    count(*) FILTER ({COMPARED}) AS compared,
    count(*) FILTER ({COMPARED} AND rating * 2 > vote_average) AS rated_higher,
    sum(points * 2 - round(vote_average * 1000)) FILTER ({COMPARED})
        / (1000 * count(*) FILTER ({COMPARED})) AS mean_difference,
    (SELECT CASE WHEN count(DISTINCT rating) > 1 AND count(DISTINCT vote_average) > 1
        THEN corr(rating, vote_average) END FROM films WHERE {COMPARED}) AS correlation,
    median(vote_count) AS median_votes,
    count(*) FILTER (vote_count < {OBSCURE}) AS obscure,
    count(*) FILTER (vote_count >= {POPULAR}) AS popular,
    median(popularity) AS median_popularity,
    (SELECT count(*) FROM people WHERE role = 'director') AS directors,
    (SELECT count(*) FROM breakdowns WHERE dimension = 'country') AS countries,
    (SELECT count(*) FROM breakdowns WHERE dimension = 'language') AS languages
FROM films
"""

#: The width of a film whose runtime is unknown on a strip of all films, in minutes.
UNKNOWN_RUNTIME = 90
#: How many frames a strip of all films has at most.
FRAMES = 400
#: The strip of all films, from a relation like ``analytics.film_facts``: for each frame, in the
#: order in which the films were first seen, its minutes and its mean rating.
STRIP = f"""
SELECT sum(coalesce(runtime_minutes, {UNKNOWN_RUNTIME})) AS minutes,
    sum(round(rating * 1000)) / (1000 * count(rating)) AS rating
FROM (
    SELECT *, ntile({FRAMES}) OVER (
        ORDER BY first_viewing NULLS FIRST, released NULLS FIRST, film
    ) AS frame
    FROM {{film_facts}}
) GROUP BY frame ORDER BY frame
"""

#: The statements that make the temporary tables, in order.
STATEMENTS = (_BREAKDOWNS, _PEOPLE, _PAIRS, _FILM_FACTS, _SUMMARY)

_PERSON = "person_id, name, films, mean_rating, rated, score"

#: For each table of ``analytics``, the query that gives its rows without `upload`.
SQL: dict[Table, str] = {
    ANALYTICS_GENRES: """
        SELECT key::INTEGER AS genre_id, label AS genre, films, hours AS runtime_hours,
            mean_rating, rated, films / (SELECT count(tmdb_id) FROM films) AS share
        FROM breakdowns WHERE dimension = 'genre'""",
    ANALYTICS_DIRECTORS: f"SELECT {_PERSON} FROM people WHERE role = 'director'",
    ANALYTICS_ACTORS: f"SELECT {_PERSON} FROM people WHERE role = 'actor'",
    ANALYTICS_DECADES: """
        SELECT key::INTEGER AS decade, films, mean_rating
        FROM breakdowns WHERE dimension = 'decade'""",
    ANALYTICS_SUMMARY: "SELECT * FROM summary",
    ANALYTICS_BREAKDOWNS: "SELECT * FROM breakdowns",
    ANALYTICS_PEOPLE: f"SELECT * FROM people WHERE films >= {RECURRING}",
    ANALYTICS_PAIRS: "SELECT * FROM pairs",
    ANALYTICS_FILM_FACTS: "SELECT * FROM film_facts",
}
