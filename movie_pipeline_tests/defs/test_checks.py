"""Asset checks of one upload's films, and of all uploads together."""

import os
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from movie_pipeline import settings as environment
from movie_pipeline.definitions import defs
from movie_pipeline.defs import checks
from movie_pipeline.defs.checks import FOUND, LIBRARY, no_failures, of_enriched
from movie_pipeline.status import Status
from movie_pipeline.status.inventory import MOST_ROWS, Inventory
from movie_pipeline_tests.fake_tmdb import FakeTMDB

LIST = "Title,Year\nAlien,1979\nParasite,2019\nNo Such Film Anywhere,1999\n"


def film(number: int, **changes: object) -> dict[str, object]:
    """A row of enriched.movies that passes every check."""
    return {
        "row_number": number,
        "version": "v1",
        "title": "Alien",
        "year": 1979,
        "match_status": "matched",
        "match_method": "title_year",
        "tmdb_id": 348,
        "tmdb_title": "Alien",
        "release_date": date(1979, 5, 25),
        "tmdb_enriched": True,
        "answered_by": "tmdb",
        "error": None,
    } | changes


LACKING = {
    "match_status": "not_found", "match_method": "none", "tmdb_id": None, "tmdb_title": None,
    "release_date": None, "tmdb_enriched": False,
}  # fmt: skip


def results_of(
    films: list[dict[str, object]], raw: pd.DataFrame | None = None
) -> dict[str, object]:
    """The results by name; unless `raw` is given, it has exactly the same rows."""
    frame = pd.DataFrame(films, columns=list(film(1)))
    same = frame[["row_number", "version"]]
    return {one.check_name: one for one in of_enriched(frame, same if raw is None else raw)}


def failed(results: dict[str, object]) -> list[str]:
    return [name for name, one in results.items() if not one.passed]


def test_correct_films_pass_every_check() -> None:
    assert failed(results_of([film(1), film(2, year=1980), film(3, year=None)])) == []
    assert failed(results_of([])) == []


@pytest.mark.parametrize(
    "raw",
    [
        [(1, "v1")],
        [(1, "v1"), (3, "v1")],
        [(1, "v2"), (2, "v2")],
        [(1, "v1"), (2, "v2")],
    ],
)
def test_rows_that_differ_from_raw_are_reported(raw: list[tuple[int, str]]) -> None:
    results = results_of([film(1), film(2)], pd.DataFrame(raw, columns=["row_number", "version"]))
    assert failed(results) == ["rows_as_in_raw"]


@pytest.mark.parametrize(
    "row",
    [
        film(1, match_status="found"),
        film(1, tmdb_id=None),
        film(1, **{**LACKING, "tmdb_id": 348}, ),
        film(1, **{**LACKING, "tmdb_enriched": True}),
    ],
)  # fmt: skip
def test_a_row_with_an_unknown_status_or_an_unexpected_film_is_reported(
    row: dict[str, object],
) -> None:
    results = results_of([row, *(film(number) for number in range(2, 30))])
    assert failed(results) == ["counts_add_up"]


@pytest.mark.parametrize(
    ("method", "year", "passes"),
    [
        ("title_year", 1979, True),
        ("title_near_year", 1980, True),
        ("title_near_year", 1981, False),
        ("original_title", 1977, False),
        ("release_year", 1984, True),
        ("imdb_id", 1999, True),
        ("tmdb_id", 1999, True),
        ("override", 1999, True),
    ],
)
def test_a_film_of_another_year_needs_evidence(method: str, year: int, passes: bool) -> None:
    (result,) = [
        one
        for name, one in results_of([film(1, year=year, match_method=method)]).items()
        if name == "years_agree"
    ]
    assert result.passed == passes
    if not passes:
        assert (
            result.metadata["which"].value == f"- Alien ({year}) became Alien (1979) by `{method}`"
        )
        assert "overrides.csv" in result.description


@pytest.mark.parametrize(("lacking", "passes"), [(1, True), (2, False)])
def test_a_warning_says_what_to_do_if_fewer_than_nine_in_ten_are_found(
    lacking: int, passes: bool
) -> None:
    """A series counts as found: there is nothing to do about it."""
    rows = [film(number) for number in range(1, 10 - lacking)]
    rows += [film(9, **{**LACKING, "match_status": "not_a_movie"}), film(10, **LACKING)]
    rows += [film(11, **{**LACKING, "match_status": "error"})] * (lacking - 1)
    result = results_of(rows)[FOUND.name]
    assert result.passed == passes
    assert result.severity == dg.AssetCheckSeverity.WARN
    if not passes:
        assert "dashboard/review" in result.description
        assert "Run this upload again" in result.description


def test_the_warning_leads_with_the_sample_if_that_answered() -> None:
    result = results_of([film(1, **{**LACKING, "answered_by": "sample"})])[FOUND.name]
    assert result.description.startswith("Only the sample catalogue was searched")


@pytest.mark.slow
def test_a_run_evaluates_the_checks_for_its_partition_and_continues(
    data: Path, run_job, tmdb: FakeTMDB
) -> None:
    """A third of the films is missing: there is a warning, but also the rows and the page."""
    (data / "uploads" / "mine.csv").write_text(LIST)
    result = run_job("mine.csv")
    assert result.success
    evaluations = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert set(evaluations) == {
        *(spec.name for spec in checks.ENRICHED_CHECKS), "something_readable", "lines_accounted_for"
    }  # fmt: skip
    assert [name for name, one in evaluations.items() if not one.passed] == [FOUND.name]
    assert {one.partition for one in evaluations.values()} == {"mine.csv"}
    assert evaluations[FOUND.name].metadata["share_matched"].value == pytest.approx(0.6667)
    assert (data / "dashboard" / "mine.csv.html").exists()


def test_the_inventory_of_failures_says_what_happened_and_what_to_do() -> None:
    found = no_failures(
        Inventory(
            [
                Status("a.csv", "completed"),
                Status("b, c.csv", "failed", message="TMDB refused | the key"),
                Status("films.xlsx", "failed", message="films.xlsx: save it as CSV"),
            ]
        )
    )
    assert not found.passed
    assert found.metadata["failed"].value == 2
    table = found.metadata["next_steps"].value
    assert r"TMDB refused \| the key" in table
    assert r"films\.xlsx\: save it as CSV | Replace the file" in table
    assert no_failures(Inventory([Status("a.csv", "completed")])).passed


def test_a_thousand_failures_are_counted_and_the_first_hundred_listed() -> None:
    """Dagster stores every evaluation, so none may be large."""
    many = Inventory([Status(f"{n}.csv", "failed", message="x" * 5000) for n in range(1000)])
    found = no_failures(many)
    assert found.metadata["failed"].value == 1000
    table = found.metadata["next_steps"].value
    assert f"{1000 - MOST_ROWS:,} more" in table
    assert len(table) < 100_000


@pytest.mark.slow
def test_the_library_runs_its_checks_and_names_no_film(
    data: Path, instance: dg.DagsterInstance, run_job, tmdb: FakeTMDB
) -> None:
    """One folder with a failed run, a file of the wrong type, and rows that are too old."""
    (data / "uploads" / "mine.csv").write_text(LIST)
    (data / "uploads" / "films.xlsx").touch()
    (data / "uploads" / "bad.csv").write_text("\0\0")
    assert run_job("mine.csv").success
    assert not run_job("bad.csv").success
    settings = environment.load()
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute(
            "UPDATE enriched.movies SET enriched_at = '2020-01-01' WHERE tmdb_enriched"
        )
    job = defs.resolve_implicit_job_def_def_for_assets([LIBRARY])
    result = job.execute_in_process(instance=instance, asset_selection=[LIBRARY])
    assert result.success
    (made,) = result.asset_materializations_for_node("library__uploads")
    assert made.metadata["uploads"].value == 3
    assert made.metadata["films_found"].value == 2
    assert "Alien" not in str(made.metadata)
    evaluations = {one.check_name: one for one in result.get_asset_check_evaluations()}
    failures = evaluations["no_upload_failed"]
    assert failures.metadata["failed"].value == 2
    table = failures.metadata["next_steps"].value
    assert "save it as CSV" in table
    assert "`movie-pipeline enrich bad.csv`" in table
    old = evaluations["no_row_too_old"]
    assert (old.passed, old.metadata["rows"].value) == (False, 2)
    assert "refresh_stale" in old.description
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute("UPDATE enriched.movies SET answered_by = 'sample'")
    result = job.execute_in_process(instance=instance, asset_selection=[LIBRARY])
    evaluations = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert evaluations["no_row_too_old"].passed


def test_unreadable_progress_notes_are_reported_in_a_sentence(
    data: Path, instance: dg.DagsterInstance
) -> None:
    path = environment.load().state
    path.write_bytes(b"garbage" * 100)
    job = defs.resolve_implicit_job_def_def_for_assets([LIBRARY])
    result = job.execute_in_process(
        instance=instance, asset_selection=[LIBRARY], raise_on_error=False
    )
    assert not result.success
    (first, *_) = [event for event in result.all_events if event.is_step_failure]
    assert f"{os.fspath(path)} can't be used" in str(first.step_failure_data.user_failure_data)
