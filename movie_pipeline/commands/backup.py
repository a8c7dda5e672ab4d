"""Backup: a copy of the data folder that can be restored, made while runs go on.

What belongs here: what is copied, how, and in which order. What does not: making up for what a
restored copy lacks (`status.reconciliation`), and a warehouse in PostgreSQL, which has ``pg_dump``.

The cached answers come last: rows and status that are newer in one file than in another are made
again from them, so they must know at least as much as the rest.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from movie_pipeline.settings import Settings
from movie_pipeline.warehouse.database import Warehouse

_LEFT_OUT = ("-wal", "-shm", "-journal", ".lock", "dev.json", "look.once")
"""What SQLite writes again, and what only says which process is at work."""


def back_up(settings: Settings, to: Path) -> None:
    """Copy the data folder to a folder that does not exist yet.

    Raises:
        OSError: a file can't be read or written, or the folder exists.
        WarehouseError: the warehouse can't be read.
    """
    data = settings.data
    cache = settings.cache if isinstance(settings.cache, Path) else Path()  # else a Redis
    file = settings.warehouse if isinstance(settings.warehouse, str) else ""  # else PostgreSQL
    warehouse = [Path(file), Path(f"{file}.wal")]
    to.mkdir(parents=True)
    for path in _files(data, {to, cache, *warehouse}):
        _copy(path, to / path.relative_to(data))
    if warehouse[0].is_relative_to(data) and warehouse[0].is_file():
        with Warehouse.of(settings).reading():  # nobody can write to it meanwhile
            for path in filter(Path.exists, warehouse):
                shutil.copy2(path, to / path.relative_to(data))
    if cache.is_relative_to(data) and cache.is_file():
        _copy(cache, to / cache.relative_to(data))


def _files(folder: Path, left_out: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path in left_out or path.name.endswith(_LEFT_OUT) or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path, left_out)
        else:
            yield path


def _copy(path: Path, to: Path) -> None:
    """Copy a file; SQLite itself copies its own, which another process may be writing to."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix not in {".sqlite", ".db"}:
        shutil.copy2(path, to)
        return
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(address, uri=True)) as source,
            closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise OSError(None, f"can't be copied: {error}", str(path)) from error
