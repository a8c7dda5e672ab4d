"""Rows of raw.movies, and reading them back from a warehouse."""

import pandas as pd

from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import RAW_MOVIES


def films(*titles: str | None) -> pd.DataFrame:
    return pd.DataFrame({"row_number": range(1, len(titles) + 1), "title": titles})


def titles(warehouse: Warehouse, upload: str = "a.csv") -> list[str | None]:
    return warehouse.read(RAW_MOVIES, upload)["title"].tolist()
