"""Damages: what may have become of a file since it was written."""

import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

PAGE = 4096

Damage = Callable[[bytes], bytes]


def of_bytes(size: int, flips: int = 12) -> Mapping[str, Damage]:
    """Damages of a file of so many bytes: cut off, zeroed, flipped, another text, emptied."""
    cuts = {0, 1, 100, PAGE, 3 * PAGE, size // 4, size // 2, max(0, size - PAGE), size - 1}
    found: dict[str, Damage] = {
        f"cut to {at} bytes": (lambda good, at=at: good[:at]) for at in sorted(cuts) if at < size
    }
    for at in (0, PAGE, 2 * PAGE, 3 * PAGE, size // 3 // PAGE * PAGE, size // 2 // PAGE * PAGE):
        found[f"a zeroed page at {at}"] = lambda good, at=at: (
            good[:at] + bytes(PAGE) + good[at + PAGE :]
        )
    chance = random.Random(7)
    header = [0, 8, 12, 16, 18, 20, 28, 44, 56, 100, PAGE, PAGE + 8, 2 * PAGE, 2 * PAGE + 8]
    for at in (
        *(at for at in header if at < size),
        *(chance.randrange(size) for _ in range(flips)),
    ):
        found[f"a flipped byte at {at}"] = lambda good, at=at: (
            good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
        )
    found["its second half zeroed"] = lambda good: good[: len(good) // 2] + bytes(len(good) // 2)
    found["a diary in its place"] = lambda _: b"Dear diary, today I saw a film. " * 300
    return found


def put(path: Path, content: bytes) -> None:
    """Put the content in the file's place, and nothing of an earlier one beside it."""
    clear(path)
    path.write_bytes(content)


def clear(path: Path) -> None:
    for side in ("-wal", "-shm", ".wal"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def folder_in_its_place(path: Path) -> None:
    clear(path)
    path.mkdir()


def of_a_newer_duckdb(good: bytes) -> bytes:
    """The file with a later storage version, and the checksum that DuckDB asks for."""
    content = bytearray(good[:PAGE])
    content[12:20] = (999).to_bytes(8, "little")
    check = 5381
    for at in range(8, PAGE, 8):
        word = int.from_bytes(content[at : at + 8], "little")
        check ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[0:8] = check.to_bytes(8, "little")
    return bytes(content) + good[PAGE:]


def another_duckdb(path: Path) -> None:
    """Somebody's own database, with a table that has our name and other columns."""
    clear(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA raw; CREATE VIEW raw.movies AS SELECT 1 AS mine")


def another_sqlite(path: Path, table: str) -> None:
    """Somebody's own database, with a table that has our name and other columns."""
    clear(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"CREATE TABLE {table} (mine INTEGER)")
    connection.close()


@contextmanager
def somebody_else() -> Iterator[None]:
    """Another user for a while, where we are root; else the same, who is denied as well."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def folder_for_everybody() -> Iterator[Path]:
    """A folder that others can enter, which they can't those of pytest."""
    folder = Path(tempfile.mkdtemp()).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
