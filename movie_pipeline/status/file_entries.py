"""Entries in an SQLite file, for the processes of one machine.

What belongs here: the table and its transactions. What does not: what an entry is (`store`), and
opening SQLite files (`movie_pipeline.sqlite`).
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from movie_pipeline import sqlite
from movie_pipeline.status.entries import ProgressError

_SCHEMA = "CREATE TABLE IF NOT EXISTS uploads (upload TEXT PRIMARY KEY, entry TEXT NOT NULL)"
_WAIT_SECONDS = 30.0
_MOVE_AWAY = (
    "move it and the files beside it away (films and pages are not in it), then run your uploads"
    " again"
)


class FileEntries:
    """An SQLite file with one row per upload; `Entries`. The first change creates it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, upload: str) -> str | None:
        """The upload's entry."""
        return next((text for _, text in self._select("WHERE upload = ?", upload)), None)

    def all(self) -> dict[str, str]:
        """Every entry by upload."""
        return dict(self._select(""))

    def change(
        self, uploads: Collection[str], change: Callable[[str, str | None], str | None]
    ) -> None:
        """Replace entries, all in one transaction, which keeps others from writing."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for upload in uploads:
                    row = connection.execute(
                        "SELECT entry FROM uploads WHERE upload = ?", (upload,)
                    ).fetchone()
                    new = change(upload, row[0] if row else None)
                    if new is not None:
                        connection.execute(
                            "INSERT OR REPLACE INTO uploads VALUES (?, ?)", (upload, new)
                        )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def identity(self) -> int:
        """The file's inode; 0 if there is no file."""
        try:
            return self._path.stat().st_ino
        except OSError:
            return 0

    def remove(self, upload: str) -> None:
        """Remove the upload's entry, and its remains in the file's free pages."""
        with self._connected() as connection:
            connection.execute("DELETE FROM uploads WHERE upload = ?", (upload,))
            sqlite.scrub(connection)

    def _select(self, clause: str, *values: str) -> list[tuple[str, str]]:
        if not self._path.exists():
            return []
        with self._connected() as connection:
            return connection.execute(
                f"SELECT upload, entry FROM uploads {clause}", values
            ).fetchall()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite.connect(self._path, _SCHEMA, wait_seconds=_WAIT_SECONDS)
            try:
                yield connection
            finally:
                connection.close()
        except sqlite.ERRORS as error:
            advice = sqlite.remedy(error, otherwise=_MOVE_AWAY)
            raise ProgressError(f"{self._path} can't be used ({error}): {advice}.") from error
