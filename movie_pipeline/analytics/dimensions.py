"""What films and their viewings are counted by, and the SQL that counts them.

What belongs here: each dimension of ``analytics.breakdowns`` with its keys, and the measures that
all counted rows have. What does not: people and pairs (`contributors`), single films (`sql`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from movie_pipeline.analytics import shrinkage
from movie_pipeline.analytics.codes import COUNTRIES, LANGUAGES
from movie_pipeline.analytics.films import STATES
from movie_pipeline.analytics.thresholds import DELAYS, ENOUGH_VOTES, LONGEST, RUNTIME_STEP

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
#: The columns of ``films`` from which `MEASURES` are computed.
MEASURED = "points, times, runtime_minutes AS minutes"


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
    FROM (SELECT {MEASURED}, unnest({_entries(_FILM_DIMENSIONS)}) AS entry FROM films)
    UNION ALL
    SELECT 'basis', unnest({_names(_BASES)}), {MEASURED} FROM films
    UNION ALL
    SELECT 'listed', unnest(in_lists), {MEASURED} FROM everything
    UNION ALL
    SELECT 'basis', 'listed', {MEASURED} FROM everything WHERE in_lists <> []
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


#: Makes the temporary table ``breakdowns``.
BREAKDOWNS = f"""
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
