"""Completion: what ``raw.uploads`` notes of an upload once all of its rows are stored.

What belongs here: writing the columns `shape` and `sample_chosen`. The first step of a run replaces
the upload's row, and the last step that writes rows fills them in. What does not: comparing that
with what was noted elsewhere (`status.reconciliation`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from movie_pipeline.warehouse.tables import RAW_UPLOADS

_NOTED = f"SELECT shape, sample_chosen, version FROM {RAW_UPLOADS.sql_name} WHERE upload = ?"
_NOTE = f"UPDATE {RAW_UPLOADS.sql_name} SET shape = ?, sample_chosen = ?"


def complete(
    connection: duckdb.DuckDBPyConnection, upload: str, *, shape: int | None, sample_chosen: bool
) -> None:
    """Note that all rows of the upload are stored, inside the caller's transaction."""
    connection.execute(f"{_NOTE} WHERE upload = ?", [shape, sample_chosen, upload])


@contextmanager
def preserved(connection: duckdb.DuckDBPyConnection, upload: str) -> Iterator[None]:
    """Keep what is noted while the upload's row is replaced by one of the same content."""
    before = connection.execute(_NOTED, [upload]).fetchone()
    yield
    if before is not None:
        connection.execute(f"{_NOTE} WHERE version = ? AND upload = ?", [*before, upload])
