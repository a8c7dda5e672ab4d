"""Shapes: a warehouse of an earlier version is migrated, a newer one is left alone."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from movie_pipeline.warehouse.database import Warehouse, WarehouseError
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, SHAPE, TABLES, Table
from movie_pipeline_tests.warehouse.release import FRAMES, HERE, UPLOAD, build
from movie_pipeline_tests.warehouse.rows import films, titles

SHAPES = sorted(HERE.glob("shape-*.sql"), key=lambda path: int(path.stem.removeprefix("shape-")))


def shape_of(warehouse: Warehouse) -> object:
    with duckdb.connect(warehouse.database, read_only=True) as connection:
        return connection.execute("SELECT shape FROM warehouse_shape").fetchall()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
@pytest.mark.parametrize("first", ["read", "write"])
def test_a_warehouse_of_an_earlier_shape_is_migrated(
    warehouse: Warehouse, shape: Path, first: str
) -> None:
    """On the first write and on the first read; all its rows are kept."""
    build(shape, Path(warehouse.database))
    if first == "write":
        warehouse.write("new.csv", FRAMES)
        assert len(warehouse.read(RAW_MOVIES, "new.csv")) == 2
    old = warehouse.read(RAW_MOVIES, UPLOAD)
    assert old["title"].tolist() == ["Alien", "A Film That Nobody Made"]
    assert list(old["tags"][0]) == ["space", "it's dark"]
    assert [list(warehouse.read(table, UPLOAD).columns) for table in TABLES] == [
        [column.name for column in table] for table in TABLES
    ]
    assert warehouse.read(ENRICHED_MOVIES, UPLOAD)["tmdb_id"].tolist() == [348, pd.NA]
    warehouse.write(UPLOAD, FRAMES)
    for table, frame in FRAMES.items():
        assert len(warehouse.read(table, UPLOAD)) == len(frame)
    assert shape_of(warehouse) == [(SHAPE,)]


def test_a_failing_first_write_does_not_migrate_half_of_it(warehouse: Warehouse) -> None:
    build(HERE / "shape-0.sql", Path(warehouse.database))
    with pytest.raises(WarehouseError):
        warehouse.write(UPLOAD, {RAW_MOVIES: films("new").assign(bogus=1)})
    with duckdb.connect(warehouse.database, read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("rejected_rows",) not in tables
    assert titles(warehouse, UPLOAD) == ["Alien", "A Film That Nobody Made"]


@pytest.mark.parametrize("attempt", ["reading", "writing"])
def test_a_warehouse_of_a_newer_version_is_refused_and_left_alone(
    warehouse: Warehouse, attempt: str
) -> None:
    warehouse.write("a.csv", {RAW_MOVIES: films("theirs")})
    with duckdb.connect(warehouse.database) as connection:
        connection.execute("UPDATE warehouse_shape SET shape = ?", [SHAPE + 1])
    sentence = r"newer movie_pipeline.*Update movie_pipeline"
    with pytest.raises(WarehouseError, match=sentence), getattr(warehouse, attempt)():
        pass
    assert shape_of(warehouse) == [(SHAPE + 1,)]


def test_a_table_is_not_changed_without_raising_the_shape(tmp_path: Path) -> None:
    """If this fails: raise `warehouse.tables.SHAPE`, then see `release` in this folder."""
    assert SHAPES[-1].stem == f"shape-{SHAPE}"
    build(SHAPES[-1], tmp_path / "released.duckdb")
    with duckdb.connect(str(tmp_path / "released.duckdb")) as connection:
        released = columns_of(connection)
    with Warehouse(":memory:").reading() as connection:
        declared = columns_of(connection)
    assert released == declared


def columns_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, is_nullable FROM duckdb_columns()"
        " WHERE NOT internal ORDER BY ALL"
    ).fetchall()


def test_all_tables_have_different_names() -> None:
    assert len({str(table) for table in TABLES}) == len(TABLES)
    for table in TABLES:
        assert isinstance(table, Table)
        assert table.columns[0].name == "upload"
