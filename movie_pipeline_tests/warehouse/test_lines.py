"""Reading an upload's lines for review and sheets: with little memory, without losing any."""

import numpy as np
import pandas as pd
import pytest

from movie_pipeline.overrides.review import LEAST_SURE, review
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.lines import read_lines
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES
from movie_pipeline_tests.films import films

UPLOAD = "a.csv"


@pytest.fixture
def rows(warehouse: Warehouse) -> pd.DataFrame:
    """The rows of an upload of 2,500 films, more than DuckDB returns in one chunk."""
    rows = films(2500).drop(columns=["viewings", "in_lists"])  # which belong to raw
    rows["tmdb_enriched"] = rows["match_status"] == "matched"
    rows["match_score"] = [None if pd.isna(i) else 0.9 + i % 97 / 1000 for i in rows["tmdb_id"]]
    candidates = [
        [{"tmdb_id": number, "title": title, "year": 1999, "score": 0.5} for number in (1, 2)]
        for title in rows["title"]
    ]
    rows["match_candidates"] = pd.Series(candidates, dtype="object")
    warehouse.write(UPLOAD, {ENRICHED_MOVIES: rows})
    return rows


@pytest.mark.slow
def test_every_line_is_read_as_it_was_written(warehouse: Warehouse, rows: pd.DataFrame) -> None:
    read = read_lines(warehouse, UPLOAD, least_sure=LEAST_SURE)
    assert read["row_number"].tolist() == rows["row_number"].tolist()
    assert read["state"].tolist() == rows["match_status"].tolist()
    for name in ("title", "rating", "genres", "directors", "cast_ids", "vote_average"):
        pairs = zip(read[name], rows[name], strict=True)
        assert all(_plain(one) == _plain(other) for one, other in pairs), name


def _plain(value: object) -> object:
    if isinstance(value, list | np.ndarray):
        return [*value]
    return None if pd.isna(value) else value


def test_equal_names_and_ids_are_one_object(warehouse: Warehouse, rows: pd.DataFrame) -> None:
    """A name in twenty films is stored once, not twenty times: this halves 50,000 films' memory."""
    read = read_lines(warehouse, UPLOAD, least_sure=LEAST_SURE)
    for name in ("match_status", "title", "directors", "cast_ids"):
        values = read[name].explode().dropna()
        assert len({id(value) for value in values}) == values.nunique()


def test_candidates_are_read_for_every_row_that_the_review_shows(
    warehouse: Warehouse, rows: pd.DataFrame
) -> None:
    read = read_lines(warehouse, UPLOAD, least_sure=LEAST_SURE)
    everything = rows.assign(error=None, letterboxd_uri=None, imdb_id=None)
    assert list(review(read).csv()) == list(review(everything).csv())
    matched = read[read["match_status"] == "matched"]
    assert matched["match_candidates"].notna().sum() == LEAST_SURE


def test_an_upload_without_films_has_all_columns(warehouse: Warehouse, rows: pd.DataFrame) -> None:
    nothing = read_lines(warehouse, "b.csv")
    assert (
        nothing.columns.tolist()
        == read_lines(warehouse, UPLOAD, least_sure=LEAST_SURE).columns.tolist()
    )
    assert nothing.empty
    assert review(nothing).numbers() == {"ambiguous": 0, "least_sure": 0, "not_found": 0}
