"""Frames: a DataFrame's columns in a form that DuckDB casts to a declared type without guessing.

DuckDB infers the types of object columns from some of the rows, rejects a whole frame for half a
surrogate pair, drops the zone of a time, and rounds 1999.7 to a year. What belongs here: turning
one column of any dtype into unambiguous values. What does not: SQL and connections (`database`),
and the tables' descriptions (`tables`).
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
    """The frame in parts of 2,000 rows; an empty frame gives one empty part.

    Converting for DuckDB makes a copy, several times the size of a large frame. A caller that
    passes on the parts can release the frame once they are used up.
    """
    for start in range(0, max(len(frame), 1), _ROWS):
        yield frame.iloc[start : start + _ROWS]


def incoming(values: pd.Series, column: Column) -> pd.Series:
    """A column's values in a form that DuckDB casts without guessing.

    Values of a nested column are lists or mappings, or their JSON text.

    Raises:
        ValueError: a value does not fit, and DuckDB would silently change it.
    """
    if column.nested:  # as JSON text: DuckDB would infer the types of lists from the first rows
        return values.map(_json).astype(object)
    if column.type == "TIMESTAMP":
        return pd.to_datetime(values, utc=True).dt.tz_localize(None)
    numbers = pd.api.types.is_numeric_dtype(values)
    if column.type == "INTEGER" and numbers and (values.dropna() % 1 != 0).any():
        raise ValueError(f"{column.name} has a number that is not whole")
    if not numbers and values.dtype.kind != "M":
        return values.astype(object).map(_plain)
    return values


def _json(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):  # already JSON text, which takes a third of the memory
        return _SURROGATE.sub("\ufffd", value)
    try:  # nearly always lists of plain Python values, which need not be checked one by one
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        plain = _plain(value)
        return None if plain is None else json.dumps(plain, ensure_ascii=False)
    return _SURROGATE.sub("\ufffd", text)


def _plain(value: Any) -> Any:
    """A value in plain Python types: NumPy values converted, every kind of missing value None."""
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
