"""Made rows of uploads, stored as the pipeline stores them, and counted.

The rows are frames like those of `movie_pipeline_tests.films.films`: the columns of
``enriched.movies`` that matter, and `viewings` (days as text) and `in_lists`.
"""

import hashlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import duckdb
import numpy as np
import pandas as pd

from movie_pipeline.analytics import films as counting
from movie_pipeline.analytics import next as what_next
from movie_pipeline.analytics import years
from movie_pipeline.analytics.numbers import Numbers, compute, count
from movie_pipeline.analytics.sql import SQL
from movie_pipeline.page import columns
from movie_pipeline.warehouse.database import Warehouse, replace
from movie_pipeline.warehouse.tables import (
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_UPLOADS,
    RAW_VIEWINGS,
    Table,
)
from movie_pipeline_tests.films import GENRES

P = ParamSpec("P")
R = TypeVar("R")
UPLOAD = "a.csv"
_IDS = {name: number for number, name in GENRES.items()}


@contextmanager
def stored(uploads: Mapping[str, pd.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse in memory that has these uploads."""
    with Warehouse(":memory:").reading() as connection:
        connection.execute("SET pandas_analyze_sample = 0")
        for upload, rows in uploads.items():
            _store(connection, upload, rows)
        yield connection


@contextmanager
def prepared(rows: pd.DataFrame) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse with one upload, whose films are prepared and counted."""
    with stored({UPLOAD: rows}) as connection:
        counting.prepare(connection, [UPLOAD])
        compute(connection)
        for table, sql in SQL.items():
            connection.execute(
                f"INSERT INTO {table.sql_name} BY NAME SELECT '{UPLOAD}' AS upload, * FROM ({sql})"
            )
        yield connection


def _once(count_: Callable[P, R]) -> Callable[P, R]:
    """Count equal rows once in a process: many tests look at the same few lists."""
    counted: dict[bytes, R] = {}

    @wraps(count_)
    def remembered(*arguments: P.args, **named: P.kwargs) -> R:
        key = hashlib.sha256(pickle.dumps((arguments, named))).digest()
        if key not in counted:
            counted[key] = count_(*arguments, **named)
        return counted[key]

    return remembered


@_once
def numbers(rows: pd.DataFrame) -> Numbers:
    """The numbers of an upload with these rows."""
    with stored({UPLOAD: rows}) as connection:
        counting.prepare(connection, [UPLOAD])
        return count(connection)


@_once
def on_page(rows: pd.DataFrame, today: date = date(2026, 11, 22)) -> list[str]:
    """The films of these rows in the form of the page, as of a day."""
    with prepared(rows) as connection:
        waiting, calendar = what_next.read(connection, UPLOAD), years.read(connection)
        return [
            *columns.read(connection),
            columns.suggestions(waiting),
            columns.calendar(calendar, today),
        ]


def counted_films(rows: pd.DataFrame) -> pd.DataFrame:
    """The films of an upload that count: the temporary table ``films``, in order of the rows."""
    with prepared(rows) as connection:
        return connection.execute("SELECT * FROM films ORDER BY row_number").df()


def _store(connection: duckdb.DuckDBPyConnection, upload: str, rows: pd.DataFrame) -> None:
    rows = rows.copy()
    if "row_number" not in rows:
        rows["row_number"] = range(1, len(rows) + 1)
    if "genres" in rows and "genre_ids" not in rows:
        rows["genre_ids"] = [_numbered(genres) for genres in rows["genres"]]
    if "match_status" in rows:
        rows["tmdb_enriched"] = rows["match_status"] == "matched"
    for table in (ENRICHED_MOVIES, RAW_MOVIES):
        replace(connection, table, upload, _of(table, rows))
    about = rows.get("exported_at", pd.Series(dtype="object")).dropna()
    row = {"person": upload, "exported_at": about.iloc[0] if len(about) else None}
    replace(connection, RAW_UPLOADS, upload, pd.DataFrame([row]))
    if "viewings" in rows:
        days = rows[["row_number", "viewings"]].explode("viewings").dropna()
        if "rewatch" in rows:
            marked = rows.set_index("row_number")["rewatch"]
            days["rewatch"] = days["row_number"].map(marked).astype("boolean")
        viewings = days.rename(columns={"viewings": "watched_on"})
        replace(connection, RAW_VIEWINGS, upload, viewings)


def _of(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of a table; those of both tables belong to ``enriched.movies``."""
    enriched = {column.name for column in ENRICHED_MOVIES} - {"row_number", "title"}
    other = enriched if table is RAW_MOVIES else set()
    return rows[[c.name for c in table if c.name in rows and c.name not in other | {"upload"}]]


def _numbered(genres: Any) -> list[int | None] | None:
    if not isinstance(genres, list | np.ndarray):
        return None
    return [None if one is None else _IDS.get(one, 1000 + len(str(one))) for one in genres]
