"""Frames: a DataFrame's columns in a form that DuckDB casts to a declared type without guessing.

DuckDB takes the types of object columns from some of the rows, refuses a whole frame for half a
surrogate pair, drops the zone of a time, and rounds 1999.7 to a year. What belongs here: turning
one column of any dtype into values about which nothing can be guessed. What does not: SQL and
connections (`warehouse`), and the tables' descriptions (`tables`).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from movie_pipeline.warehouse.tables import Column

_ROWS = 2_000
_SURROGATE = re.compile("[\ud800-\udfff]")


def slices(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The frame in parts of 2,000 rows, one part without rows if it has none.

    What is put into DuckDB's form is a copy, for a large frame several times its size. Whoever
    hands on the parts does not hold the frame any more once they are through.
    """
    for start in range(0, max(len(frame), 1), _ROWS):
        yield frame.iloc[start : start + _ROWS]


def incoming(values: pd.Series, column: Column) -> pd.Series:
    """A column's values in a form that DuckDB casts without guessing.

    Values of a nested column are lists or mappings, or JSON text of such.

    Raises:
        ValueError: a value does not fit, where DuckDB would bend it to fit.
    """
    if column.nested:  # as JSON text: DuckDB would take the types of lists from the first rows
        return values.map(_json).astype(object)
    if column.type == "TIMESTAMP":
        return pd.to_datetime(values, utc=True).dt.tz_localize(None)
    numbers = pd.api.types.is_numeric_dtype(values)
    if column.type == "INTEGER" and numbers and (values.dropna() % 1 != 0).any():
        raise ValueError(f"{column.name} holds a number that is not whole")
    if not numbers and values.dtype.kind != "M":
        return values.astype(object).map(_plain)
    return values


def _json(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):  # JSON text already: of many films it takes a third of the room
        return _SURROGATE.sub("\ufffd", value)
    try:  # nearly always lists of Python's own values, which need no look at each of them
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        plain = _plain(value)
        return None if plain is None else json.dumps(plain, ensure_ascii=False)
    return _SURROGATE.sub("\ufffd", text)


def _plain(value: Any) -> Any:
    """A value in Python's own types: NumPy's unpacked, every kind of missing value None."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    return None if pd.isna(value) else value
