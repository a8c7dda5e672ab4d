"""The Dagster instance's storage: Dagster's own SQLite files, made by one process at a time.

What belongs here: only what `dagster.yaml` can't say. Several processes that start at once in a
fresh folder (four `dagster job execute`, say) would make the files together, and some would fail
in Dagster's migrations before any step of theirs begins.

Each of Dagster's processes (daemon, web server, code server, run, `dagster job execute`) makes this
storage before it writes a file or starts another process, because `dagster.yaml` names it. So this
is where they are told what holds for all of them: what they write is for its owner only, and what
stands in ``.env`` is not passed on. Importing our definitions changes nothing of the kind: that may
happen in a test, a notebook or another project's code server.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from filelock import FileLock

from movie_pipeline import files
from movie_pipeline import settings as environment

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
        """The storage that `dagster.yaml` describes, in a process of this project."""
        os.umask(files.OWNER_ONLY)
        _take_back_env_file()
        return cls.from_local(inst_data=inst_data, **config_value)


def _take_back_env_file() -> None:
    """Set our variables back to what they were before Dagster's command line read ``.env``.

    It copies that file into its environment, over what stood there, just before it makes the
    instance (`dagster._cli.utils`; no configuration turns that off). Every process that it starts
    would inherit the key, show it in ``/proc``, and not notice when the file changes; and
    ``.env`` would win over the environment. We read the file when a run starts. Variables that are
    not ours (``HTTPS_PROXY``) stay.
    """
    began_with: Mapping[str, str] = {}
    for name, value in environment.of_env_file().items():
        if os.environ.get(name) != value:
            continue
        with suppress(psutil.Error):
            began_with = began_with or psutil.Process().environ()
        before = began_with.get(name, value)
        if before == value:  # the file says the same
            del os.environ[name]
        else:
            os.environ[name] = before
