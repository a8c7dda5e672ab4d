"""Years: the numbers of each calendar year with dated viewings, over the films of `films.prepare`.

What belongs here: the SQL that counts viewings by year, the people of a year, and its strip. What
does not: numbers over all time (`sql`), whether a year is over, words (`charts`, `page`).

It reads the temporary views ``films`` and ``chosen``, so that an upload, a selection of its films,
and a person's uploads together are counted by the same lines. Nothing of it is stored: it takes
milliseconds, and is read in the same moment as the films of a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from movie_pipeline.analytics.contributors import ROLES
from movie_pipeline.analytics.dimensions import COMPARED, MEASURES, REWATCH
from movie_pipeline.analytics.strip import FRAMES, UNKNOWN_RUNTIME
from movie_pipeline.outside.untrusted import normalized

if TYPE_CHECKING:
    import duckdb

#: How many people of each role are read of a year.
MOST_PEOPLE = 10

# A row per dated viewing, without the columns that take memory.
_VIEWED = f"""
CREATE OR REPLACE TEMP TABLE viewed AS
SELECT * EXCLUDE (first, seen_before), year(day)::INTEGER AS year, {REWATCH} AS again
FROM (
    SELECT film, title, released, rating, points, runtime_minutes AS minutes, vote_average,
        vote_count, seen_before, viewings[1] AS first, unnest(viewings) AS day
    FROM films
)
"""

# A row per year and film.
_OF_FILMS = """
CREATE OR REPLACE TEMP TABLE viewed_films AS
SELECT year, film, any_value(points) AS points, any_value(rating) AS rating,
    any_value(vote_average) AS vote_average, any_value(vote_count) AS vote_count,
    bool_or(again) AS again, count(*) AS times, sum(minutes) AS minutes
FROM viewed GROUP BY year, film
"""

# Of several runs, weeks or months that are equally long or busy, the last counts, as in `sql`.
_YEARS = f"""
WITH of_viewings AS (
    SELECT year, count(*) AS viewings, count(*) FILTER (NOT again) AS new,
        count(*) FILTER (again) AS again, count(minutes) AS timed,
        coalesce(sum(minutes), 0) / 60 AS hours,
        coalesce(sum(minutes) FILTER (again), 0) / 60 AS hours_again,
        count(DISTINCT day) AS days, arg_min(film, (day, film)) AS first_film,
        min(day) AS first_day, arg_max(film, (day, film)) AS last_film, max(day) AS last_day
    FROM viewed GROUP BY year
),
counted AS (
    SELECT year, count(*) AS films, count(*) FILTER (again) AS films_again,
        count(points) AS rated, sum(points) / (1000 * count(points)) AS mean_rating,
        count(*) FILTER ({COMPARED}) AS compared,
        count(*) FILTER ({COMPARED} AND rating * 2 > vote_average) AS rated_higher,
        sum(round(vote_average * 1000)) FILTER ({COMPARED})
            / (1000 * count(*) FILTER ({COMPARED})) AS public_mean,
        sum(points * 2 - round(vote_average * 1000)) FILTER ({COMPARED})
            / (1000 * count(*) FILTER ({COMPARED})) AS mean_difference
    FROM viewed_films GROUP BY year
),
run AS (
    SELECT DISTINCT ON (year) year, days AS longest_run, began AS run_began, ended AS run_ended
    FROM (
        SELECT year, count(*) AS days, min(day) AS began, max(day) AS ended
        FROM (
            SELECT year, day,
                day - row_number() OVER (PARTITION BY year ORDER BY day)::INTEGER AS run
            FROM (SELECT DISTINCT year, day FROM viewed)
        ) GROUP BY year, run
    ) ORDER BY year, days DESC, began DESC
),
week AS (
    SELECT DISTINCT ON (year) year, week, week_viewings,
        count(*) OVER (PARTITION BY year, week_viewings) AS weeks_as_busy
    FROM (
        SELECT year, date_trunc('week', day)::DATE AS week, count(*) AS week_viewings
        FROM viewed GROUP BY ALL
    ) ORDER BY year, week_viewings DESC, week DESC
),
month AS (
    SELECT DISTINCT ON (year) year, month, month_viewings,
        count(*) OVER (PARTITION BY year, month_viewings) AS months_as_busy
    FROM (
        SELECT year, month(day)::INTEGER AS month, count(*) AS month_viewings
        FROM viewed GROUP BY ALL
    ) ORDER BY year, month_viewings DESC, month DESC
),
origin AS (
    SELECT year, count(DISTINCT country) AS countries
    FROM (
        SELECT year, unnest(origin_countries) AS country
        FROM viewed_films JOIN films USING (film)
    )
    GROUP BY year
),
spoken AS (
    SELECT year, count(DISTINCT original_language) AS languages, count(*) AS with_language,
        count(*) FILTER (original_language <> 'en') AS not_english
    FROM viewed_films JOIN films USING (film) WHERE original_language <> '' GROUP BY year
),
whole AS (
    SELECT of_viewings.*, counted.* EXCLUDE (year), run.* EXCLUDE (year), week.* EXCLUDE (year),
        month.* EXCLUDE (year), coalesce(countries, 0) AS countries,
        coalesce(languages, 0) AS languages, coalesce(with_language, 0) AS with_language,
        coalesce(not_english, 0) AS not_english
    FROM of_viewings JOIN counted USING (year) JOIN run USING (year) JOIN week USING (year)
    JOIN month USING (year) LEFT JOIN origin USING (year) LEFT JOIN spoken USING (year)
)
SELECT whole.*, one.title AS first_title, other.title AS last_title,
    before.viewings AS viewings_before, before.films AS films_before,
    before.hours AS hours_before, before.mean_rating AS mean_rating_before,
    before.countries AS countries_before, before.with_language AS with_language_before,
    before.not_english AS not_english_before
FROM whole JOIN films AS one ON one.film = first_film JOIN films AS other ON other.film = last_film
LEFT JOIN whole AS before ON before.year = whole.year - 1
ORDER BY whole.year
"""


def _people(role: str, ids: str, names: str) -> str:
    return f"""
SELECT '{role}' AS role, counted.*, name
FROM (
    SELECT *, count(*) OVER (PARTITION BY year, films) AS as_many,
        row_number() OVER (
            PARTITION BY year
            ORDER BY films DESC, viewings DESC, coalesce(score, 0) DESC, person_id
        )::INTEGER AS place
    FROM (
        SELECT year, person_id, {MEASURES}
        FROM (
            SELECT year, v.points, v.times, minutes, unnest(list_distinct({ids})) AS person_id
            FROM viewed_films AS v JOIN films USING (film)
        ) GROUP BY year, person_id
    ) QUALIFY place <= {MOST_PEOPLE}
) AS counted JOIN (
    SELECT person_id, min(name) AS name
    FROM (SELECT unnest({ids}) AS person_id, unnest({names}) AS name FROM films)
    GROUP BY person_id
) USING (person_id)
"""


_PEOPLE = " UNION ALL BY NAME ".join(
    _people(role, *columns) for role, columns in ROLES.items() if role in ("director", "actor")
)

_STRIP = f"""
SELECT year, sum(coalesce(minutes, {UNKNOWN_RUNTIME})) AS minutes,
    sum(points) / (1000 * count(points)) AS rating, bool_and(again) AS again
FROM (
    SELECT *, ntile({FRAMES}) OVER (PARTITION BY year ORDER BY day, again, film) AS frame
    FROM viewed
) GROUP BY year, frame ORDER BY year, frame
"""


@dataclass(frozen=True)
class Year:
    """A calendar year with dated viewings.

    Attributes:
        numbers: Of the year's viewings: `viewings`, of them `new` (of a film never seen before)
            and `again`; `timed`, `hours` and `hours_again`; `days` with a viewing, the
            `longest_run` of them in a row, `run_began`, `run_ended`; the busiest `week` (its
            Monday) with `week_viewings`, and how many were as busy (`weeks_as_busy`); the same of
            the `month` (1 to 12); `first_film`, `first_title`, `first_day` and the last.
            Of its films, each once: `films`, `films_again` (those seen again), `rated`,
            `mean_rating` (0.5 to 5), `countries`, `languages`, `with_language`, `not_english`;
            `compared` (rated by you and enough others), of them `rated_higher`, `public_mean` and
            `mean_difference` (yours minus theirs), both in points of ten.
            Of the calendar year before, if it had a viewing: `viewings_before`, `films_before`,
            `hours_before`, `mean_rating_before`, `countries_before`, `with_language_before`,
            `not_english_before`. None where a value is unknown.
        people: The first `MOST_PEOPLE` directors and actors: `role`, `person_id`, `name`, the
            measures of ``analytics.people`` over the year's films and viewings, `place`, and
            `as_many`, how many people of that role have as many films.
        strip: `minutes`, `rating` and `again` of each frame of the strip of its viewings.
    """

    numbers: Mapping[str, Any]
    people: pd.DataFrame
    strip: pd.DataFrame

    @property
    def year(self) -> int:
        """The calendar year."""
        return int(self.numbers["year"])

    def role(self, role: str) -> pd.DataFrame:
        """The first people of a role, by `place`."""
        rows = self.people[self.people["role"] == role]
        return rows.sort_values("place", ignore_index=True)

    def so_far(self, today: date) -> bool:
        """Whether the year is not over yet."""
        return self.year >= today.year


def read(connection: "duckdb.DuckDBPyConnection") -> Sequence[Year]:
    """Each year with dated viewings of the films in the view of `films.prepare`, in order.

    Raises:
        duckdb.Error: they can't be read.
    """
    connection.execute(_VIEWED)
    connection.execute(_OF_FILMS)
    found = connection.execute(_YEARS)
    columns = [column[0] for column in found.description or ()]
    numbers = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    if not numbers:
        return []
    people, strip = connection.execute(_PEOPLE).df(), connection.execute(_STRIP).df()
    people["name"] = [normalized(name or "") for name in people["name"]]
    return [
        Year(
            one,
            people[people["year"] == one["year"]],
            strip[strip["year"] == one["year"]].drop(columns="year").reset_index(drop=True),
        )
        for one in numbers
    ]
