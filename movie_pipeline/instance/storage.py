"""The Dagster instance: which one is used here, and its storage, created by one process at a time.

What belongs here: finding the instance, and what `dagster.yaml` can't configure about its storage.
What does not: the contents of the storage (`dagster_runs`, `forgetting.dagster_records`, `clock`).

Several processes that start at once in a fresh folder (four `dagster job execute`, say) would
create the files simultaneously, and some would fail in Dagster's migrations before their first
step. And a damaged file would show as SQLAlchemy's stack trace, which names neither the file nor
what to do.

Each of Dagster's processes (daemon, web server, code server, run, `dagster job execute`) creates
this storage before it writes a file or starts another process, because `dagster.yaml` names it. So
this is the place for what applies to all of them: what they write is readable by its owner only,
and the content of ``.env`` is not passed on. Importing our definitions has no such side effects,
because that may happen in a test, a notebook or another project's code server.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
from dagster import DagsterError, DagsterInstance
from dagster._config import process_config, resolve_to_config_type
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from filelock import FileLock
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

from movie_pipeline import settings as environment
from movie_pipeline import sqlite
from movie_pipeline.instance import engines
from movie_pipeline.outside import files

_WAIT_SECONDS = 120.0
_MOVE_AWAY = (
    "move it and the files beside it that begin with its name away (films, pages and the status of"
    " uploads are not in it, but the history of runs is)"
)
_UNUSABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}


class InstanceError(click.ClickException):
    """Dagster's store can't be used; the message names the file and says what to do.

    Dagster's command line is built with click, which prints the message without a stack trace.
    """


class InstanceStorage(DagsterSqliteStorage):
    """Runs, events and schedules in SQLite files below ``base_dir``.

    Raises:
        filelock.Timeout: another process has been creating the files for two minutes.
        InstanceError: the folder can't be written to, or a file in it can't be used.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        engines.reuse()
        try:
            with FileLock(Path(base_dir) / "making.lock", timeout=_WAIT_SECONDS):
                super().__init__(base_dir, inst_data)
        except OSError as error:
            raise InstanceError(
                f"Dagster's files in {base_dir} can't be created or opened"
                f" ({error.strerror or error}): make that folder writable, or free some space on"
                " its disk, then run again."
            ) from error

    @classmethod
    def from_config_value(  # type: ignore[override]  # as the base class does itself
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]
    ) -> "InstanceStorage":
        """The storage that `dagster.yaml` describes, in a process of this project.

        Raises:
            InstanceError: as the class.
        """
        prepare_process()
        base_dir = config_value["base_dir"]
        try:
            Path(base_dir).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InstanceError(
                f"The folder for Dagster's files, {base_dir}, can't be created"
                f" ({error.strerror or error}): make it, or its parent, a folder that can be"
                " written to, then run again."
            ) from error
        return cls(base_dir, inst_data)


def prepare_process() -> None:
    """Keep what this process writes to its owner, and ``.env`` out of its environment."""
    os.umask(files.OWNER_ONLY)
    _take_back_env_file()


def _take_back_env_file() -> None:
    """Reset our variables to what they were before Dagster's command line read ``.env``.

    It copies that file into its environment, overwriting existing variables, just before it creates
    the instance (`dagster._cli.utils`; no configuration turns that off). Every process that it
    starts would inherit the key, show it in ``/proc``, and not notice when the file changes; and
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


def here() -> DagsterInstance | None:
    """The instance that Dagster's commands use in this folder; None if each creates its own.

    Raises:
        InstanceError: there is one, but it can't be used.
    """
    home = os.getenv("DAGSTER_HOME")
    if not home and not Path("dagster.yaml").exists():
        return None
    try:
        return DagsterInstance.get() if home else DagsterInstance.from_config(os.curdir)
    except DagsterError as error:
        reason = " ".join(map(str, error.args)) or type(error).__name__
        raise InstanceError(
            f"Dagster's store can't be used ({reason}): correct DAGSTER_HOME, or its dagster.yaml."
        ) from error


@dataclass(frozen=True)
class Store:
    """Where an instance stores its runs: the folder (links resolved) and the store's own id.

    The id is stored in the files and moves with them.
    """

    folder: Path
    id: str


def folder_of(instance: DagsterInstance) -> Path | None:
    """The folder of an instance's SQLite files; None if it stores its records elsewhere.

    `dagster.yaml` may name it as ``{env: A_VARIABLE}``, which the instance hands on as it stands.

    Raises:
        InstanceError: the storage has files, and where they are can't be told.
    """
    if instance.is_ephemeral:
        return None
    described = instance.get_ref().storage_data
    if described is None or "base_dir" not in described.config_dict:
        return None
    kind = resolve_to_config_type(DagsterSqliteStorage.config_type())
    resolved = process_config(kind, described.config_dict)
    if not resolved.success or not resolved.value:
        raise InstanceError(
            "The base_dir of the storage in dagster.yaml can't be read: it must be a folder, or"
            " {env: NAME} with the name of a variable that is set."
        )
    return Path(resolved.value["base_dir"])


def store_of(instance: DagsterInstance) -> Store:
    """The store of an instance; if its runs are elsewhere, the folder is that of its logs."""
    path = (folder_of(instance) or Path(instance.root_directory)).resolve()
    runs = instance.run_storage
    return Store(path, runs.get_run_storage_id() if isinstance(runs, SqlRunStorage) else str(path))


@event.listens_for(Engine, "handle_error")
def explain(context: ExceptionContext) -> None:
    """Replace SQLite's error about an unusable file with a message that says what to do.

    Dagster's files may be opened for any query, in all its processes, so such an error may occur
    anywhere.

    Raises:
        InstanceError: instead of SQLAlchemy's own error.
    """
    error, engine = context.original_exception, context.engine
    if engine is None or engine.dialect.name != "sqlite" or not isinstance(error, sqlite3.Error):
        return
    # The lowest byte is the primary error code; the others are details.
    if (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF not in _UNUSABLE:
        return
    advice = sqlite.remedy(error, otherwise=_MOVE_AWAY)
    raise InstanceError(
        f"Dagster's store {engine.url.database} can't be used ({error}): {advice}, then run again."
    ) from error
