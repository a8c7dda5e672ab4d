"""Numbers: all numbers of an upload, a selection of its films, or a person's uploads together.

What belongs here: reading them from the tables ``analytics.*``, computing the same over other
films, and the phrases for counts. What does not: their SQL (`sql`), and drawing and telling them
(`charts`, `page`, `people`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from movie_pipeline.analytics.films import STATES
from movie_pipeline.analytics.sql import SQL, STATEMENTS
from movie_pipeline.analytics.strip import STRIP
from movie_pipeline.outside.untrusted import normalized
from movie_pipeline.warehouse.tables import (
    ANALYTICS_BREAKDOWNS,
    ANALYTICS_FILM_FACTS,
    ANALYTICS_PAIRS,
    ANALYTICS_PEOPLE,
    ANALYTICS_SUMMARY,
    Table,
)

if TYPE_CHECKING:
    import duckdb

#: The ranks of ``analytics.film_facts``.
RANKS = (
    *("above", "below", "nth", "longest", "shortest", "oldest", "newest", "most_rewatched", "gem"),
)
#: How many people, pairs and films (at either end) are read of each ranking.
MOST = 50


@dataclass(frozen=True)
class Numbers:
    """The numbers of some films.

    Attributes:
        summary: The row of ``analytics.summary``: None where a value is unknown.
        breakdowns: The rows of ``analytics.breakdowns``.
        people: The first `MOST` of each role in ``analytics.people``, by `place` or `best`.
        pairs: The first `MOST` of ``analytics.pairs``.
        films: The first `MOST` films of each of the `RANKS` in ``analytics.film_facts``.
        strip: `minutes` and `rating` of each frame of the strip of all films.
        recurring: How many people of each role, and how many pairs, have several films.
    """

    summary: Mapping[str, Any]
    breakdowns: pd.DataFrame
    people: pd.DataFrame
    pairs: pd.DataFrame
    films: pd.DataFrame
    strip: pd.DataFrame
    recurring: Mapping[str, int]

    def of(self, dimension: str) -> pd.DataFrame:
        """The rows of a dimension: `key`, `label` and the measures, by `place`."""
        rows = self._dimensions.get(dimension, self.breakdowns.head(0))
        return rows.reset_index(drop=True)

    def basis(self, dimension: str) -> int:
        """How many films have an entry in a dimension; ``film`` stands for all."""
        return self._bases.get(dimension, 0)

    # Drawing and telling all charts asks for a dimension 280 times, and for a basis 230 times.

    @cached_property
    def _dimensions(self) -> Mapping[str, pd.DataFrame]:
        rows = self.breakdowns.sort_values("place").groupby("dimension", sort=False)
        return {str(dimension): of for dimension, of in rows}

    @cached_property
    def _bases(self) -> Mapping[str, int]:
        rows = self.of("basis")
        return dict(zip(rows["key"], rows["films"].astype(int).tolist(), strict=True))

    def role(self, role: str) -> pd.DataFrame:
        """The first people of a role: `person_id`, `name` and the measures, by `place`."""
        rows = self.people[(self.people["role"] == role) & (self.people["place"] <= MOST)]
        return rows.sort_values("place", ignore_index=True)

    @property
    def watched(self) -> int:
        """How many films count: those watched, or all films of a mere watchlist."""
        return int(self.summary["watched"])

    @property
    def noun(self) -> str:
        """What to call these films: ``films watched`` or ``films on this list``."""
        return "films watched" if self.summary["seen"] else "films on this list"

    def phrase(self, number: int) -> str:
        """Return a number with its noun: ``1 film watched``."""
        noun = self.noun if number != 1 else self.noun.replace("films", "film", 1)
        return f"{number:,} {noun}"

    def states(self) -> dict[str, int]:
        """The number of films, or of other lines, in each state, in the order of `STATES`."""
        rows = self.of("state")
        counts = dict(zip(rows["key"], rows["films"].tolist(), strict=True))
        return {state: int(counts.get(state, 0)) for state in STATES}


def read(connection: "duckdb.DuckDBPyConnection", upload: str) -> Numbers | None:
    """The numbers of an upload from its tables; None if they were never stored there.

    Raises:
        duckdb.Error: the warehouse can't be read.
    """
    stored = {t: f"(SELECT * FROM {t.sql_name} WHERE upload = $upload)" for t in SQL}
    numbers = _numbers(connection, stored, {"upload": upload})
    # An earlier version stored a summary without this column.
    return None if numbers.summary.get("watched") is None else numbers


def count(connection: "duckdb.DuckDBPyConnection") -> Numbers:
    """The numbers of the films in the temporary tables of `films.prepare`.

    Raises:
        duckdb.Error: they can't be read.
    """
    compute(connection)
    return _numbers(connection, {table: f"({sql})" for table, sql in SQL.items()}, {})


def compute(connection: "duckdb.DuckDBPyConnection") -> None:
    """Make the temporary tables of numbers, from which `SQL` reads, of those films."""
    for statement in STATEMENTS:
        connection.execute(statement)


def _numbers(
    connection: "duckdb.DuckDBPyConnection",
    source: Mapping[Table, str],
    values: Mapping[str, object],
) -> Numbers:
    def rows(table: Table, where: str = "true") -> pd.DataFrame:
        frame = connection.execute(f"SELECT * FROM {source[table]} WHERE {where}", values).df()
        for name, column in frame.items():
            if column.dtype == "object":  # rows of an earlier version may have control characters
                clean = [normalized(value) if isinstance(value, str) else value for value in column]
                frame[name] = pd.Series(clean, dtype="object")
        return frame

    summary = rows(ANALYTICS_SUMMARY).astype(object)
    known: list[Any] = summary.where(summary.notna(), None).to_dict("records")
    counts = connection.execute(
        f"SELECT role, count(*) FROM {source[ANALYTICS_PEOPLE]} GROUP BY role"
        f" UNION ALL SELECT 'pair', count(*) FROM {source[ANALYTICS_PAIRS]}",
        values,
    ).fetchall()
    return Numbers(
        summary=known[0] if known else {},
        breakdowns=rows(ANALYTICS_BREAKDOWNS),
        people=rows(ANALYTICS_PEOPLE, f"place <= {MOST} OR best <= {MOST}"),
        pairs=rows(ANALYTICS_PAIRS, f"place <= {MOST}"),
        films=rows(ANALYTICS_FILM_FACTS, " OR ".join(f"{rank} <= {MOST}" for rank in RANKS)),
        strip=connection.execute(
            STRIP.format(film_facts=source[ANALYTICS_FILM_FACTS]), values
        ).df(),
        recurring=dict(counts),
    )
