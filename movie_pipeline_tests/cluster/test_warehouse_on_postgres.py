"""The warehouse on a real PostgreSQL: the same rows as in a file, whatever happens meanwhile."""

import re
import shutil

import pytest

from movie_pipeline import settings as environment
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import TABLES
from movie_pipeline_tests.cluster.postgres_server import needs_postgres
from movie_pipeline_tests.conftest import ROOT

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.xdist_group("warehouse on postgres"),
    needs_postgres,
]

OF_THE_RUN = {"enriched_at", "received_at"}
SAMPLE = "letterboxd-sample-2026-11-01-09-00-utc.zip"


def rows(warehouse: Warehouse, upload: str) -> dict[str, list[str]]:
    """All rows of all tables, without what differs between two runs."""
    return {
        str(table): sorted(
            warehouse.read(table, upload)
            .drop(columns=OF_THE_RUN, errors="ignore")
            .to_json(orient="records", lines=True, date_format="iso")
            .splitlines()
        )
        for table in TABLES
    }


def test_a_run_stores_the_same_rows_and_draws_the_same_page(
    in_postgres, data, run_job, tmdb, monkeypatch
):
    shutil.copy(ROOT / "data" / "samples" / SAMPLE, data / "uploads" / "a.zip")
    found, pages = [], []
    for database in (in_postgres, str(data / "warehouse.duckdb")):
        monkeypatch.setenv("MOVIE_PIPELINE_WAREHOUSE", database)
        assert run_job("a.zip").success
        found.append(rows(Warehouse.of(environment.load()), "a.zip"))
        page = (data / "dashboard" / "a.zip.html").read_text()
        pages.append(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "now", page))
    assert found[0] == found[1]
    assert [*found[0]] == [str(table) for table in TABLES]
    assert all(found[0][name] for name in found[0] if name != "raw.rejected_rows")
    assert pages[0] == pages[1]
