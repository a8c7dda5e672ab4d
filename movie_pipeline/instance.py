"""The Dagster instance's storage: Dagster's own SQLite files, made by one process at a time.

What belongs here: only what `dagster.yaml` can't say. Several processes that start at once in a
fresh folder (four `dagster job execute`, say) would make the files together, and some would fail
in Dagster's migrations before any step of theirs begins.
"""

from collections.abc import Mapping
from pathlib import Path

from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from filelock import FileLock

_WAIT_SECONDS = 120.0


class InstanceStorage(DagsterSqliteStorage):
    """Runs, events and schedules in SQLite files below ``base_dir``.

    Raises:
        filelock.Timeout: another process has been making the files for two minutes.
        OSError: the folder can't be written to.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        try:
            with FileLock(Path(base_dir) / "making.lock", timeout=_WAIT_SECONDS):
                super().__init__(base_dir, inst_data)
        except OSError as error:
            raise OSError(
                f"Dagster's files in {base_dir} can't be made or opened"
                f" ({error.strerror or error}): make that folder writable, or free its disk, then"
                " run again."
            ) from error

    @classmethod
    def from_config_value(  # type: ignore[override]  # as the base class does itself
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]
    ) -> "InstanceStorage":
        """The storage that `dagster.yaml` describes."""
        return cls.from_local(inst_data=inst_data, **config_value)
