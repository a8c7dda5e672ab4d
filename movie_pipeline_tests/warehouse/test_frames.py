"""Frames: every value is stored in DuckDB unchanged, or is refused."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movie_pipeline.warehouse.database import Warehouse, WarehouseError, replace, select
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES
from movie_pipeline_tests.profiles import examples
from movie_pipeline_tests.warehouse.release import FRAMES
from movie_pipeline_tests.warehouse.rows import films, titles

MISSING = [None, np.nan, pd.NA, pd.NaT]
VALUES = [
    ("title", pd.Series(["x", *MISSING], dtype=object), ["x"]),
    ("title", pd.array(["x", None], dtype="string"), ["x"]),
    ("title", pd.Categorical(["x", None, "x"]), ["x", "x"]),
    ("title", ["nul \0 in it", "\U0001f3ac"], ["nul \0 in it", "\U0001f3ac"]),
    ("year", [1979.0, np.nan], [1979]),
    ("year", pd.array([1979, None], dtype="Int64"), [1979]),
    ("year", pd.Series([1979, None, "1980"], dtype=object), [1979, 1980]),
    ("seen", pd.Series([None, True, 0, False], dtype=object), [True, False, False]),
    ("seen", pd.array([None, True, False], dtype="boolean"), [True, False]),
    ("rating", [np.nan, 0.5], [0.5]),
    ("rating", pd.array([None, 5], dtype="Float64"), [5.0]),
    ("watched_on", pd.Series([date(1895, 12, 28), *MISSING], dtype=object), [date(1895, 12, 28)]),
    ("watched_on", pd.to_datetime(pd.Series(["2024-02-29", None])), [date(2024, 2, 29)]),
    ("tags", pd.Series([["a", "b'"], np.array(["c"]), ("d",)]), [["a", "b'"], ["c"], ["d"]]),
    ("tags", pd.Series([[], np.nan, None, pd.NA, ["\0", "\ud800!"]]), [[], ["\0", "\ufffd!"]]),
    ("tags", pd.Series([[None, np.nan, "x"]]), [[None, None, "x"]]),
]


@pytest.mark.parametrize(("column", "values", "stored"), VALUES)
def test_a_value_is_stored_unchanged_and_every_missing_one_as_null(
    warehouse: Warehouse, column: str, values: object, stored: list[object]
) -> None:
    frame = pd.DataFrame({column: values})
    frame["row_number"] = range(len(frame))
    warehouse.write("a.csv", {RAW_MOVIES: frame})
    with warehouse.reading() as connection:
        rows = connection.execute(f"SELECT {column} FROM raw.movies ORDER BY row_number").fetchall()
    assert len(rows) == len(frame)
    assert [value for (value,) in rows if value is not None] == stored


def test_half_a_surrogate_pair_costs_one_character_and_not_the_upload(warehouse: Warehouse) -> None:
    r"""A JSON export may have ``"\ud83d"``, which is not valid UTF-8; DuckDB would reject all."""
    warehouse.write("a.csv", {RAW_MOVIES: films("half \ud83d here", "whole")})
    assert titles(warehouse) == ["half \ufffd here", "whole"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("year", [1999.7]),
        ("year", pd.array([1999.7], dtype="Float64")),
        ("year", [np.inf]),
        ("year", ["MCMXCIX"]),
        ("seen", ["perhaps"]),
        ("tags", ["not a list"]),
        ("tags", [{"a", "set"}]),
        ("watched_on", ["29 February"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_one_line(
    warehouse: Warehouse, column: str, values: list[object]
) -> None:
    """And not converted silently: DuckDB alone would turn 1999.7 into the year 2000."""
    frame = pd.DataFrame({"row_number": [1], column: values})
    with pytest.raises(WarehouseError, match=r"^raw.movies could not store .* a\.csv: .*[^.]$"):
        warehouse.write("a.csv", {RAW_MOVIES: frame})


def enriched(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"row_number": [1], "match_status": "matched", "tmdb_enriched": True, **columns}
    )


@pytest.mark.parametrize(
    "moment",
    [
        pd.Series([datetime(2026, 1, 1, 7, tzinfo=UTC)], dtype=object),
        pd.Series([datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))], dtype=object),
        pd.to_datetime(pd.Series(["2026-01-01T12:00:00+05:00"])),
        pd.Series([datetime(2026, 1, 1, 7)], dtype=object),  # noqa: DTZ001  # is UTC
    ],
)
def test_a_time_is_stored_in_utc(
    warehouse: Warehouse, moment: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the machine's zone: DuckDB would drop or apply it, depending on the dtype."""
    monkeypatch.setenv("TZ", "America/New_York")
    warehouse.write("a.csv", {ENRICHED_MOVIES: enriched(enriched_at=moment)})
    stored = warehouse.read(ENRICHED_MOVIES, "a.csv")["enriched_at"].tolist()
    assert stored == [pd.Timestamp("2026-01-01 07:00:00")]


def test_structs_keep_their_values_and_their_order(warehouse: Warehouse) -> None:
    candidates = [
        {"tmdb_id": np.int64(348), "title": 'A "film"', "year": None, "score": np.float64(0.5)},
        {"tmdb_id": 2, "title": None, "year": 1979, "score": np.nan},
    ]
    warehouse.write("a.csv", {ENRICHED_MOVIES: enriched(match_candidates=[candidates])})
    (stored,) = warehouse.read(ENRICHED_MOVIES, "a.csv")["match_candidates"]
    assert list(stored) == [
        {"tmdb_id": 348, "title": 'A "film"', "year": None, "score": 0.5},
        {"tmdb_id": 2, "title": None, "year": 1979, "score": None},
    ]


def test_a_frame_that_was_read_can_be_written_again(warehouse: Warehouse) -> None:
    """Reading gives extension dtypes and arrays in cells; enrichment passes such columns on."""
    for table, frame in FRAMES.items():
        warehouse.write("a.csv", {table: frame})
        first = warehouse.read(table, "a.csv")
        warehouse.write("a.csv", {table: first})
        again = warehouse.read(table, "a.csv")
        assert again.astype(str).equals(first.astype(str))


@given(st.lists(st.text(st.characters(codec=None), max_size=20), max_size=20))
@settings(max_examples=examples(20))
def test_any_text_can_be_stored(texts: list[str]) -> None:
    """Including the surrogates that a JSON file may have."""
    warehouse = Warehouse(":memory:")
    with warehouse.writing() as connection:
        frame = films(*texts).assign(tags=[[text] for text in texts])
        replace(connection, RAW_MOVIES, "a.csv", frame)
        stored = select(connection, RAW_MOVIES, ["a.csv"])
    expected = [re.sub("[\ud800-\udfff]", "\ufffd", text) for text in texts]
    assert stored["title"].tolist() == expected
    assert [list(tags) for tags in stored["tags"]] == [[text] for text in expected]
