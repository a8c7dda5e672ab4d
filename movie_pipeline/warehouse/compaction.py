"""Compaction: a DuckDB file is written anew, without what was deleted from it.

What belongs here: copying what the file holds into a new one, and putting that in its place. What
does not: which rows go, and opening the file for anything else (`warehouse`).

DuckDB leaves deleted rows in the file until other rows happen to take their place.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from movie_pipeline.outside import files


def draft_of(file: Path) -> Path:
    """Where the new file is written; one that a killed process left is of no use to anybody."""
    return file.with_name(f".{file.name}.new")


def compact(file: Path) -> bool:
    """Write the file anew, and put that in its place; False if it must be opened once before.

    The old file's lock is held until the new one is in its place, so nobody writes meanwhile. Who
    opened the old one before and gets its lock afterwards finds another file under its name
    (`Warehouse` looks). A process that is killed in between leaves the old file as it was.

    Raises:
        duckdb.Error: the file is held, or can't be copied.
        OSError: the new file can't be made.
    """
    draft = draft_of(file)
    _remove(draft)
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"ATTACH {_quoted(file)} AS old (READ_ONLY)")
            if _log_of(file).exists():
                return False  # a killed process' last writes, which only opening it puts in
            with files.private:
                connection.execute(f"ATTACH {_quoted(draft)} AS fresh")
                connection.execute("COPY FROM DATABASE old TO fresh")
                connection.execute("DETACH fresh")
            shutil.copymode(file, draft)
            draft.replace(file)
        return True
    except BaseException:
        _remove(draft)
        raise


def _remove(draft: Path) -> None:
    for path in (draft, _log_of(draft)):
        with suppress(FileNotFoundError):
            path.unlink()


def _log_of(file: Path) -> Path:
    """DuckDB's own log beside a file: what was written to it since it was opened."""
    return file.with_name(f"{file.name}.wal")


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"
