"""Writes ``shape-N.sql``: a small warehouse with the current tables.

Run it once whenever `movie_pipeline.warehouse.tables.SHAPE` is raised, and leave the earlier files
unchanged: ``python -m movie_pipeline_tests.warehouse.release``. ``shape-0.sql`` was never released:
it is shape 1 without a table and two columns, and does not store its own number.
"""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import (
    ANALYTICS_SUMMARY,
    ENRICHED_MOVIES,
    RAW_MOVIES,
    RAW_REJECTED_ROWS,
    RAW_UPLOADS,
    RAW_VIEWINGS,
    SHAPE,
)

HERE = Path(__file__).parent
UPLOAD = "o'brien/watched.csv"
FRAMES = {
    RAW_MOVIES: pd.DataFrame(
        {
            "row_number": [1, 2],
            "title": ["Alien", "A Film That Nobody Made"],
            "year": [1979, None],
            "tags": [["space", "it's dark"], None],
            "watched_on": [date(2024, 2, 29), None],
            "seen": [True, False],
            "version": "0123456789abcdef",
        }
    ),
    RAW_VIEWINGS: pd.DataFrame({"row_number": [1], "watched_on": [date(2024, 2, 29)]}),
    RAW_REJECTED_ROWS: pd.DataFrame({"file": ["watched.csv"], "line": [3], "reason": ["no title"]}),
    RAW_UPLOADS: pd.DataFrame(
        {
            "person": ["o'brien"],
            "source_format": ["letterboxd"],
            "received_at": [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)],
            "exported_at": [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)],
            "version": "0123456789abcdef",
        }
    ),
    ENRICHED_MOVIES: pd.DataFrame(
        {
            "row_number": [1, 2],
            "title": ["Alien", "A Film That Nobody Made"],
            "match_status": ["matched", "not_found"],
            "match_candidates": [
                [{"tmdb_id": 348, "title": "Alien", "year": 1979, "score": 1}],
                [],
            ],
            "tmdb_id": [348, None],
            "genres": [["Horror", "Science Fiction"], None],
            "tmdb_enriched": [True, False],
            "enriched_at": [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None],
            "version": "0123456789abcdef",
        }
    ),
    ANALYTICS_SUMMARY: pd.DataFrame({"total_movies": [2], "matched": [1], "not_found": [1]}),
}


def dump(connection: duckdb.DuckDBPyConnection) -> str:
    """CREATE and INSERT statements that recreate every table of a database."""
    tables = connection.execute(
        "SELECT schema_name, table_name, sql FROM duckdb_tables() ORDER BY ALL"
    ).fetchall()
    schemas = sorted({schema for schema, *_ in tables})
    statements = [f"CREATE SCHEMA IF NOT EXISTS {schema};" for schema in schemas]
    for schema, table, create in tables:
        rows = connection.execute(f'FROM "{schema}"."{table}"').fetchall()
        values = ",\n".join(f"  ({', '.join(map(_literal, row))})" for row in rows)
        statements.append(create)
        if rows:
            statements.append(f'INSERT INTO "{schema}"."{table}" VALUES\n{values};')
    return "\n".join(statements) + "\n"


def release() -> None:
    """Write ``shape-N.sql`` for the current shape."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(str(Path(folder) / "warehouse.duckdb"))
        warehouse.write(UPLOAD, FRAMES)
        with warehouse.reading() as connection:
            (HERE / f"shape-{SHAPE}.sql").write_text(dump(connection), encoding="utf-8")


def build(shape: Path, database: Path) -> None:
    """Make a DuckDB file from a ``shape-N.sql``."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(shape.read_text(encoding="utf-8"))


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{key}': {_literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


if __name__ == "__main__":
    release()
