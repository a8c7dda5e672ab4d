"""Compaction: rewrites a DuckDB file without the data that was deleted from it.

What belongs here: copying the file's contents into a new file, and replacing the old one with it.
What does not: deleting rows, and opening the file for any other purpose (`database`).

DuckDB leaves deleted rows in the file until other rows happen to overwrite them.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from movie_pipeline.outside import files


def draft_of(file: Path) -> Path:
    """The path of the new file; one left by a killed process is useless and can be deleted."""
    return file.with_name(f".{file.name}.new")


def compact(file: Path) -> bool:
    """Rewrite the file and replace it; False if it has to be opened for writing once before.

    The old file's lock is held until the new one is in place, so no other process can write
    meanwhile. A process that opened the old file before and gets its lock afterwards finds that its
    path leads to another file (`Warehouse` checks this). If this process is killed in between, the
    old file stays as it was.

    Raises:
        duckdb.Error: the file is locked, or can't be copied.
        OSError: the new file can't be created.
    """
    draft = draft_of(file)
    _remove(draft)
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"ATTACH {_quoted(file)} AS old (READ_ONLY)")
            if _log_of(file).exists():
                return False  # last writes of a killed process; opening the file replays them
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
    """DuckDB's write-ahead log beside the file."""
    return file.with_name(f"{file.name}.wal")


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"
