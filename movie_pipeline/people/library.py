"""The library: each person's films over all their current uploads, as one history.

What belongs here: reading and joining the uploads of one person, and a portrait of each person with
numbers but no film titles. What does not: the owner of an upload and which uploads are current
(`uploads.persons`), comparing people (`club`), anything that depends on Dagster.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from movie_pipeline.charts import Counted, count, numbers
from movie_pipeline.charts.chart import Chart
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.genres import GENRES
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar, summary
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_UPLOADS, RAW_VIEWINGS

MOST_PERSONS = 100
"""The maximum number of persons with a section in the UI, which stores every text for good."""

_NAME_CHARS = 80
_UPLOADS_NAMED = 5

_CURRENT = f"""
SELECT person, list(upload ORDER BY upload) FROM {RAW_UPLOADS.sql_name}
WHERE "current" GROUP BY person ORDER BY person
"""

_ROWS = f"""
SELECT e.upload, e.row_number, e.title, e.tmdb_title, e.year, e.seen, e.rating, e.match_status,
    e.tmdb_id, e.release_date, e.runtime_minutes, e.genres, e.directors, e.director_ids,
    e.answered_by, r.rated_on, r.logged_on, u.exported_at, v.viewings
FROM {ENRICHED_MOVIES.sql_name} AS e
JOIN {RAW_UPLOADS.sql_name} AS u USING (upload)
LEFT JOIN {RAW_MOVIES.sql_name} AS r USING (upload, row_number)
LEFT JOIN (
    SELECT upload, row_number, list(strftime(watched_on, '%Y-%m-%d')) AS viewings
    FROM {RAW_VIEWINGS.sql_name} WHERE upload IN (SELECT unnest($uploads::VARCHAR[]))
    GROUP BY upload, row_number
) AS v USING (upload, row_number)
WHERE e.upload IN (SELECT unnest($uploads::VARCHAR[]))
"""


def current_uploads(warehouse: Warehouse) -> dict[str, list[str]]:
    """Every person with the keys of their current uploads, both sorted.

    Raises:
        WarehouseError: the warehouse can't be opened.
    """
    with warehouse.reading() as connection:
        return dict(connection.execute(_CURRENT).fetchall())


def read_history(warehouse: Warehouse, uploads: Sequence[str]) -> Counted:
    """The films of one person, who owns these uploads; no other rows are read.

    Raises:
        WarehouseError: the warehouse can't be opened.
    """
    with warehouse.reading() as connection:
        rows = connection.execute(_ROWS, {"uploads": list(uploads)}).df()
    return history(rows)


def history(rows: pd.DataFrame) -> Counted:
    """Join the rows of one person's uploads: each film once, with its newest rating.

    Args:
        rows: The rows of several uploads: `row_number` and the columns of `enriched.movies` that
            `charts.count` takes; `upload` and `exported_at`; `rated_on` and `logged_on` of
            `raw.movies`. The date of a rating is the first of `rated_on`, `logged_on` and the
            upload's `exported_at` that is known; for ratings of the same day, the later export
            wins.

    Returns:
        Seen films, each once by `tmdb_id`, with each viewing day of a film once.
    """
    days = [pd.to_datetime(rows[one]) for one in ("rated_on", "logged_on", "exported_at")]
    given = days[0].fillna(days[1]).fillna(days[2]).dt.normalize()
    newest_first = rows.assign(given=given).sort_values(
        ["given", "exported_at", "upload", "row_number"],
        ascending=[False, False, False, True],
        kind="stable",
    )
    # `count` takes the first rating that is present, by row number.
    return count(newest_first.assign(row_number=range(len(rows))))


@dataclass(frozen=True)
class Portrait:
    """What the library shows about one person.

    Attributes:
        person: Their name (`uploads.persons.person_of`).
        uploads: The keys of their current uploads.
        films: ``812 films watched``, or ``12 films on this list``.
        number: The number of these films.
        hours: The sum of their known runtimes.
        mean_rating: 0.5 to 5; None if no film is rated.
        rated: The number of films with a rating.
        viewings: The number of dated viewings; several of a film on one day count once.
        top_genre: The most frequent genre and its number of films; None if no genre is known.
        top_director: The director at the top of the ranking and the number of films; None if no
            director has two.
    """

    person: str
    uploads: Sequence[str]
    films: str
    number: int
    hours: float
    mean_rating: float | None
    rated: int
    viewings: int
    top_genre: tuple[str, int] | None
    top_director: tuple[str, int] | None

    @classmethod
    def of(cls, person: str, uploads: Sequence[str], counted: Counted) -> "Portrait":
        """Make it from their history."""
        figures = numbers(counted)
        return cls(
            person,
            uploads,
            films=counted.phrase(figures.films),
            number=figures.films,
            hours=figures.hours,
            mean_rating=figures.mean_rating,
            rated=figures.rated,
            viewings=int(counted.films["viewings"].map(len).sum()),
            top_genre=_top(GENRES, counted),
            top_director=_top(DIRECTORS, counted),
        )

    def section(self) -> Markdown:
        """This person's section of the markdown."""
        facts = [md("**{}**", self.films), md("**{:,.0f} hours**", self.hours)]
        if self.mean_rating is not None:
            facts.append(md("mean rating **★ {:.2f}** of {:,}", self.mean_rating, self.rated))
        if self.viewings:
            facts.append(md("{:,} dated viewings", self.viewings))
        parts = [md("### {}", text(self.person, _NAME_CHARS)), md(" · ").join(facts)]
        most = [
            md("{} **{}** ({})", word, text(top[0], _NAME_CHARS), _films(top[1]))
            for word, top in (("Genre", self.top_genre), ("Director", self.top_director))
            if top
        ]
        if most:
            parts.append(md("Most often: {}", md(", ").join(most)))
        named = md(", ").join(text(one, _NAME_CHARS) for one in self.uploads[:_UPLOADS_NAMED])
        more = len(self.uploads) - _UPLOADS_NAMED
        parts.append(md("*From {}{}*", named, md(" and {:,} more", more) if more > 0 else ""))
        return md("\n\n").join(parts)


@dataclass(frozen=True)
class Library:
    """The portraits of all persons, and all their films together, each once.

    Attributes:
        portraits: Sorted by the persons' names.
        films: The number of distinct films that anyone has seen or, if no film was seen, of those
            on their lists.
        hours: The sum of their known runtimes.
        from_sample: The number of persons with films that the sample catalogue answered.
    """

    portraits: Sequence[Portrait]
    films: int
    hours: float
    from_sample: int

    @classmethod
    def of(cls, histories: Iterable[tuple[str, Sequence[str], Counted]]) -> "Library":
        """Build it from persons, their current uploads and their histories, one by one."""
        portraits: list[Portrait] = []
        minutes: dict[bool, dict[int, float]] = {True: {}, False: {}}
        from_sample = 0
        for person, uploads, counted in histories:
            portraits.append(Portrait.of(person, uploads, counted))
            runtimes = counted.films["runtime_minutes"].fillna(0.0)
            minutes[counted.seen].update(zip(counted.films["tmdb_id"], runtimes, strict=True))
            from_sample += bool((counted.lines["answered_by"] == "sample").any())
        films = minutes[True] or minutes[False]
        return cls(portraits, len(films), sum(films.values()) / 60, from_sample)

    def numbers(self) -> dict[str, int | float]:
        """Totals, to plot over time."""
        return {
            "persons": len(self.portraits),
            "uploads": sum(len(one.uploads) for one in self.portraits),
            "films": self.films,
            "hours": round(self.hours, 1),
        }

    def summary(self) -> Markdown:
        """Summarize it in fewer than 1,000 characters of markdown, which the UI shows inline."""
        most_first = sorted(self.portraits, key=lambda one: (-one.number, one.person))
        bars = [
            Bar(one.person, one.number, md("{} · {:,.0f} h", one.films, one.hours))
            for one in most_first
        ]
        notice = self._notice()
        lead = md("**{}**\n\n", notice) if notice else Markdown()
        basis = "Each film once, from the newest upload of each person and format"
        return summary(lead + self._sentence(), bars, basis)

    def markdown(self) -> Markdown:
        """All persons, each in a short section."""
        notice = self._notice()
        parts = [md("> ⚠️ **{}**", notice)] if notice else []
        parts.append(self._sentence())
        parts += [one.section() for one in self.portraits[:MOST_PERSONS]]
        more = len(self.portraits) - MOST_PERSONS
        if more > 0:
            parts.append(md("*{:,} more persons have uploads in the warehouse.*", more))
        return md("\n\n").join(parts)

    def _sentence(self) -> Markdown:
        if not self.portraits:
            return md("No upload has been read yet.")
        people = len(self.portraits)
        persons = md("1 person") if people == 1 else md("{:,} persons", people)
        return md(
            "**{}, {}**, {:,.0f} hours if each is watched once.",
            persons,
            _films(self.films),
            self.hours,
        )

    def _notice(self) -> str | None:
        if not self.from_sample:
            return None
        whose = f"{self.from_sample:,} of {len(self.portraits):,} persons"
        return f"the sample catalogue answered for {whose}; set TMDB_API_TOKEN to ask TMDB"


def _top(chart: Chart, counted: Counted) -> tuple[str, int] | None:
    """The leader of a chart and its number of films, as in the chart of an upload."""
    headline = chart.headline(counted)
    name = chart.name.removesuffix("s")
    top = headline.get(f"top_{name}")
    return None if top is None else (str(top), int(headline[f"top_{name}_films"]))


def _films(number: int) -> Markdown:
    return md("1 film") if number == 1 else md("{:,} films", number)
