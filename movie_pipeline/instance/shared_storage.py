"""Shared storage: Dagster's runs, events and schedules in PostgreSQL, for several machines.

What belongs here: what our processes need besides Dagster's own class, which does the work. What
does not: SQLite's files (`storage`), and anything on one machine: this imports an extra.
"""

import re
from typing import TYPE_CHECKING

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import (
    DagsterPostgresException,
    get_token_provider_from_config,
    pg_url_from_config,
)
from sqlalchemy.exc import SQLAlchemyError

from movie_pipeline.instance.storage import InstanceError, prepare_process
from movie_pipeline.settings import ESCAPES, is_misread

if TYPE_CHECKING:
    from dagster._core.storage.config import PostgresStorageConfig

_STORAGE = "DAGSTER_POSTGRES_URL (or the address under storage in dagster.yaml)"


class SharedStorage(DagsterPostgresStorage):
    """Dagster's own storage in PostgreSQL, in a process of this project.

    `dagster.yaml` describes it as Dagster's own: ``postgres_url``, or ``postgres_db`` with its
    parts.
    """

    @classmethod
    def from_config_value(  # type: ignore[override]  # as the base class does itself
        cls, inst_data: ConfigurableClassData | None, config_value: "PostgresStorageConfig"
    ) -> "SharedStorage":
        """The storage that `dagster.yaml` describes.

        SQLAlchemy 2.1 takes an address without a driver for one of psycopg 3, but dagster-postgres
        brings psycopg2, so that is named.

        Raises:
            InstanceError: it can't be read, or the database can't be used.
        """
        prepare_process()
        if is_misread(str(config_value.get("postgres_url", ""))):
            raise InstanceError(f"{_STORAGE} can't be read: {ESCAPES}.")
        address = re.sub(
            r"^postgres(ql)?://", "postgresql+psycopg2://", pg_url_from_config(config_value)
        )
        try:
            return cls(
                postgres_url=address,
                should_autocreate_tables=bool(config_value.get("should_autocreate_tables", True)),
                inst_data=inst_data,
                token_provider=get_token_provider_from_config(config_value),
            )
        except (DagsterPostgresException, SQLAlchemyError) as error:
            raise InstanceError(
                f"Dagster's store can't be used ({_said(error)}): start that PostgreSQL, or correct"
                f" {_STORAGE}."
            ) from error


def _said(error: BaseException) -> str:
    """What the server or libpq says, without the statement."""
    cause: BaseException | None = error
    while isinstance(cause, DagsterPostgresException):
        cause = cause.__cause__ or cause.__context__
    text = str(getattr(cause, "orig", None) or cause or error).strip()
    return text.splitlines()[0].strip() if text else type(error).__name__
