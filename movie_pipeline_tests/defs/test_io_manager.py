"""The IO manager in real materializations: the warehouse's guarantees hold in Dagster too."""

import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pytest

from movie_pipeline import settings as environment
from movie_pipeline.defs.assets.specs import key_of, table_metadata
from movie_pipeline.defs.io_manager import WarehouseIOManager
from movie_pipeline.defs.partitions import UPLOADS
from movie_pipeline.warehouse.database import Warehouse, WarehouseBusy
from movie_pipeline.warehouse.frames import slices
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, Table

QUOTED = 'o\'brien "x", [1].csv'


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("MOVIE_PIPELINE_LOCK_WAIT", "0")
    return Warehouse.of(environment.load())


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("uploads", ["a.csv", "b.csv", QUOTED])
        yield instance


@pytest.fixture
def materialize(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> Callable[..., dg.ExecuteInProcessResult]:
    def run(
        *assets: dg.AssetsDefinition, upload: str | None = "a.csv", ok: bool = True
    ) -> dg.ExecuteInProcessResult:
        result = dg.materialize(
            list(assets),
            instance=instance,
            partition_key=upload,
            resources={"io_manager": WarehouseIOManager()},
            raise_on_error=False,
        )
        assert result.success == ok
        return result

    return run


def asset_of(frame: pd.DataFrame, table: Table = RAW_MOVIES, **options: Any) -> dg.AssetsDefinition:
    """An asset for a table, with these rows."""

    @dg.asset(key=key_of(table), partitions_def=UPLOADS, metadata=table_metadata(table), **options)
    def one() -> pd.DataFrame:
        return frame

    return one


def films(*titles: str) -> pd.DataFrame:
    return pd.DataFrame({"title": titles, "row_number": range(1, len(titles) + 1)})


def reader_of(
    loaded: list[pd.DataFrame], metadata: dict[str, Any] | None = None, **options: Any
) -> dg.AssetsDefinition:
    """An asset that loads raw/movies and appends what it got to `loaded`."""

    @dg.asset(ins={"rows": dg.AssetIn(key=key_of(RAW_MOVIES), metadata=metadata)}, **options)
    def reader(rows: pd.DataFrame) -> None:
        loaded.append(rows)

    return reader


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    data = event.step_failure_data
    assert data.user_failure_data is not None
    return str(data.user_failure_data.description)


@pytest.mark.parametrize("upload", ["a.csv", QUOTED])
def test_rows_are_stored_by_column_name_and_loaded_again(materialize, upload: str) -> None:
    loaded: list[pd.DataFrame] = []
    materialize(
        asset_of(films("Alien", "Aliens").assign(tags=[["x"], []])),
        reader_of(loaded, partitions_def=UPLOADS),
        upload=upload,
    )
    assert loaded[0]["title"].tolist() == ["Alien", "Aliens"]
    assert loaded[0]["upload"].unique().tolist() == [upload]
    assert [list(tags) for tags in loaded[0]["tags"]] == [["x"], []]
    assert list(loaded[0].columns) == [column.name for column in RAW_MOVIES]


def test_an_asset_that_names_columns_gets_only_those(materialize) -> None:
    loaded: list[pd.DataFrame] = []
    materialize(
        asset_of(films("Alien")),
        reader_of(loaded, {"columns": ["title", "year"]}, partitions_def=UPLOADS),
    )
    assert list(loaded[0].columns) == ["title", "year"]


def test_rows_in_parts_are_all_written_and_released(materialize, warehouse) -> None:
    """Dagster holds an output's value in memory until the run ends."""
    rows = films(*map(str, range(4500)))
    parts = slices(rows)
    alive = weakref.ref(rows)
    del rows

    @dg.asset(key=key_of(RAW_MOVIES), partitions_def=UPLOADS, metadata=table_metadata(RAW_MOVIES))
    def one() -> dg.Output[Any]:
        return dg.Output(parts)

    result = materialize(one)
    assert warehouse.read(RAW_MOVIES, "a.csv")["row_number"].tolist() == [*range(1, 4501)]
    assert alive() is None
    (event,) = result.asset_materializations_for_node("raw__movies")
    assert event.metadata["dagster/partition_row_count"].value == 4500


def test_a_second_materialization_replaces_only_its_partition(materialize, warehouse) -> None:
    for upload, title in [("a.csv", "old"), (QUOTED, "other"), ("a.csv", "new")]:
        materialize(asset_of(films(title)), upload=upload)
    assert warehouse.read(RAW_MOVIES, "a.csv")["title"].tolist() == ["new"]
    assert warehouse.read(RAW_MOVIES, QUOTED)["title"].tolist() == ["other"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (films("new").assign(bogus=1), "raw.movies has no column bogus"),
        (films("new").assign(year=2**40), "raw.movies could not store the rows of a.csv"),
        (pd.DataFrame({"title": ["new"]}), "NOT NULL"),
    ],
)
def test_a_failing_output_leaves_the_old_rows_and_no_open_connection(
    materialize, warehouse, broken: pd.DataFrame, reason: str
) -> None:
    materialize(asset_of(films("old")))
    result = materialize(asset_of(broken), ok=False)
    assert reason in failure_of(result)
    assert warehouse.read(RAW_MOVIES, "a.csv")["title"].tolist() == ["old"]
    materialize(asset_of(films("new")))


def test_rows_that_do_not_fit_are_not_retried(materialize) -> None:
    retry = dg.RetryPolicy(max_retries=2)
    broken = asset_of(films("x").assign(bogus=1), retry_policy=retry)
    result = materialize(broken, ok=False)
    assert not result.filter_events(lambda event: event.is_step_up_for_retry)


def test_a_locked_warehouse_fails_with_the_name_of_its_holder_and_is_not_retried(
    materialize, warehouse
) -> None:
    """MOVIE_PIPELINE_LOCK_WAIT already limits the wait for the lock."""
    warehouse.write("b.csv", {RAW_MOVIES: films("b")})
    held = asset_of(films("a"), retry_policy=dg.RetryPolicy(max_retries=1))
    with warehouse.reading(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOVIE_PIPELINE_LOCK_WAIT", "0")
        with pytest.raises(WarehouseBusy):
            warehouse.write("a.csv", {})
        result = materialize(held, ok=False)
    assert not result.filter_events(lambda event: event.is_step_up_for_retry)
    assert "Close that program" in failure_of(result)


def test_a_failing_load_says_why_and_leaves_no_open_connection(materialize, warehouse) -> None:
    materialize(asset_of(films("a")))
    with duckdb.connect(warehouse.database) as connection:
        connection.execute("UPDATE warehouse_shape SET shape = 999")
    reader = reader_of([], partitions_def=UPLOADS)
    result = materialize(asset_of(films("a")).to_source_asset(), reader, ok=False)
    assert "newer movie_pipeline" in failure_of(result)
    with duckdb.connect(warehouse.database) as connection:
        connection.execute("UPDATE warehouse_shape SET shape = 1")


def test_an_empty_frame_is_an_empty_partition(materialize) -> None:
    """Dagster's stock IO manager creates no table for it, and everything downstream fails."""
    loaded: list[pd.DataFrame] = []
    reader = reader_of(loaded, partitions_def=UPLOADS)
    materialize(asset_of(pd.DataFrame()), reader)
    assert loaded[0].empty
    assert list(loaded[0].columns) == [column.name for column in RAW_MOVIES]


def test_all_partitions_are_loaded_together(materialize) -> None:
    for upload in ("a.csv", "b.csv", QUOTED):
        materialize(asset_of(films(upload)), upload=upload)
    loaded: list[pd.DataFrame] = []
    materialize(asset_of(films("unused")).to_source_asset(), reader_of(loaded), upload=None)
    assert sorted(loaded[0]["upload"]) == sorted(["a.csv", "b.csv", QUOTED])


def test_without_partitions_there_are_no_rows_but_all_columns(warehouse) -> None:
    loaded: list[pd.DataFrame] = []
    with dg.DagsterInstance.ephemeral() as empty:
        result = dg.materialize(
            [asset_of(films("unused")).to_source_asset(), reader_of(loaded)],
            instance=empty,
            resources={"io_manager": WarehouseIOManager()},
        )
    assert result.success
    assert loaded[0].empty
    assert list(loaded[0].columns) == [column.name for column in RAW_MOVIES]


def test_rows_that_enrichment_makes_from_loaded_columns_can_be_stored(
    materialize, warehouse
) -> None:
    @dg.asset(
        key=key_of(ENRICHED_MOVIES),
        ins={"rows": dg.AssetIn(key=key_of(RAW_MOVIES))},
        partitions_def=UPLOADS,
        metadata=table_metadata(ENRICHED_MOVIES),
    )
    def enriched(rows: pd.DataFrame) -> pd.DataFrame:
        columns = ["row_number", "title", "year", "seen", "rating", "version"]
        return rows[columns].assign(match_status="matched", tmdb_enriched=True)

    materialize(asset_of(films("Alien", "Aliens").assign(year=[1979, None])), enriched)
    assert warehouse.read(ENRICHED_MOVIES, "a.csv")["year"].tolist() == [1979, pd.NA]


def test_the_metadata_has_the_table_the_row_count_and_a_working_query(
    materialize, warehouse
) -> None:
    result = materialize(asset_of(films("Alien", "Aliens")), upload=QUOTED)
    (event,) = result.get_asset_materialization_events()
    metadata = {name: value.value for name, value in event.materialization.metadata.items()}
    query = metadata.pop("Query")
    assert metadata == {"dagster/partition_row_count": 2, "dagster/table_name": "raw.movies"}
    with warehouse.reading() as connection:
        assert len(connection.execute(query).fetchall()) == 2


def test_the_error_for_an_undescribed_table_says_where_to_describe_it(materialize) -> None:
    @dg.asset(key=["raw", "nothing"], partitions_def=UPLOADS, metadata={"partition_expr": "upload"})
    def nothing() -> pd.DataFrame:
        return films("x")

    assert "movie_pipeline/warehouse/tables.py" in failure_of(materialize(nothing, ok=False))


def test_the_environment_says_which_warehouse_is_used(
    instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read when a run starts, so a code location loaded earlier notices a change."""
    manager = WarehouseIOManager()
    monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", str(tmp_path / "elsewhere" / "w.duckdb"))
    dg.materialize(
        [asset_of(films("x"))],
        instance=instance,
        partition_key="a.csv",
        resources={"io_manager": manager},
    )
    assert (tmp_path / "elsewhere" / "w.duckdb").exists()
