"""The job enrich_upload, from a dropped file to its page: real DuckDB, real HTTP, real Dagster."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.status.store import STATES
from movie_pipeline_tests.conftest import ROOT, SHARED, TOKEN
from movie_pipeline_tests.fake_tmdb import FakeTMDB

LIST = "Title,Year\nAlien,1979\nParasite,2019\nNo Such Film Anywhere,1999\n"
WATCHED = (
    "Date,Name,Year,Letterboxd URI\n"
    "2024-01-01,Alien,1979,https://boxd.it/1\n"
    "2024-01-02,Parasite,2019,https://boxd.it/2\n"
)
DIARY = (
    "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    "2024-01-01,Alien,1979,https://boxd.it/a,4,,,2024-01-01\n"
)


def rows(sql, *values):
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        return connection.execute(sql, values).fetchall()


def entry(upload):
    (one,) = [row for row in status.read(environment.load()) if row.upload == upload]
    return one


def test_a_dropped_list_becomes_films_aggregates_and_a_page(data, run_job, tmdb):
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert run_job("mine.csv").success
    assert rows(
        "SELECT title, match_status, tmdb_id, answered_by FROM enriched.movies ORDER BY row_number"
    ) == [
        ("Alien", "matched", 348, "tmdb"),
        ("Parasite", "matched", 496243, "tmdb"),
        ("No Such Film Anywhere", "not_found", None, "tmdb"),
    ]
    ((directors, runtime, genres),) = rows(
        "SELECT directors, runtime_minutes, genres FROM enriched.movies WHERE tmdb_id = 348"
    )
    assert (directors, runtime) == (["Ridley Scott"], 117)
    assert "Horror" in genres
    assert rows("SELECT films, matched, not_found FROM analytics.summary") == [(2, 2, 1)]
    page = data / "dashboard" / "mine.csv.html"
    assert "TMDB" in page.read_text()
    done = entry("mine.csv")
    assert (done.status, done.total_movies, done.enriched_count) == ("completed", 3, 2)
    assert (done.not_found_count, done.pending_count) == (1, 0)
    assert done.page == str(page)


def test_the_sample_export_has_films_in_every_state(data, run_job):
    sample = (ROOT / "data/samples/letterboxd-sample.csv").read_bytes()
    (data / "uploads" / "letterboxd-sample.csv").write_bytes(sample)
    assert run_job("letterboxd-sample.csv", drawn=False).success
    states = dict(rows("SELECT match_status, count(*) FROM enriched.movies GROUP BY 1"))
    assert states["matched"] > 150
    assert states["not_found"] >= 6
    assert states.get("not_a_movie") == 1  # Band of Brothers
    assert rows("SELECT line, reason FROM raw.rejected_rows") == [(137, "has no title")]


def test_rows_of_raw_and_enriched_are_equal_in_number_and_version(data, run_job, tmdb):
    path = data / "uploads" / "mine.csv"
    for text in (LIST, LIST + "Jaws,1975\n", "Title,Year\n"):
        path.write_text(text)
        assert run_job("mine.csv", drawn=False).success
        raw = rows("SELECT count(*), min(version), max(version) FROM raw.movies")
        assert raw == rows("SELECT count(*), min(version), max(version) FROM enriched.movies")
        assert raw[0][1] == raw[0][2]


def test_a_second_run_sends_no_requests(data, run_job, tmdb):
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert run_job("mine.csv").success
    tmdb.clear()
    assert run_job("mine.csv").success
    assert tmdb.requests == []


def test_another_upload_with_the_same_films_sends_no_requests(data, run_job, tmdb):
    (data / "uploads" / "mine.csv").write_text(LIST)
    (data / "uploads" / "yours.csv").write_text(LIST)
    assert run_job("mine.csv", drawn=False).success
    tmdb.clear()
    assert run_job("yours.csv", drawn=False).success
    assert tmdb.requests == []
    assert rows("SELECT upload, count(*) FROM enriched.movies GROUP BY 1 ORDER BY 1") == [
        ("mine.csv", 3),
        ("yours.csv", 3),
    ]


def test_refresh_all_by_tag_requests_everything_again(data, run_job, tmdb):
    """The UI's backfill dialog accepts tags but no configuration."""
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert run_job("mine.csv", drawn=False).success
    asked = len(tmdb.requests)
    tmdb.clear()
    assert run_job("mine.csv", drawn=False, **{"movie_pipeline/refresh": "all"}).success
    assert len(tmdb.requests) == asked


def test_a_resumed_run_repeats_no_request_even_with_refresh_all(data, run_job, tmdb, instance):
    """As when Dagster retries a run whose process died: answers of the first attempt are fresh."""
    (data / "uploads" / "mine.csv").write_text(LIST)
    refresh = {"movie_pipeline/refresh": "all"}
    first = run_job("mine.csv", drawn=False, **refresh)
    asked = len(tmdb.requests)
    repeats = {"dagster/root_run_id": first.run_id, "dagster/is_resume_retry": "true"}
    assert run_job("mine.csv", drawn=False, **refresh, **repeats).success
    assert len(tmdb.requests) == asked
    repeats["dagster/is_resume_retry"] = "false"  # "Re-execute all" in the UI
    assert run_job("mine.csv", drawn=False, **refresh, **repeats).success
    assert len(tmdb.requests) == 2 * asked


def test_a_refused_key_fails_at_once_and_the_message_says_where_to_get_one(data, run_job, tmdb):
    tmdb.token = "another"
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert not run_job("mine.csv").success
    assert len(tmdb.requests) == 1
    failed = entry("mine.csv")
    assert failed.status == "failed"
    assert "https://www.themoviedb.org/settings/api" in failed.message
    assert failed.total_movies == failed.pending_count == 0


def test_a_failed_run_leaves_the_whole_of_the_previous_version(data, run_job, tmdb):
    path = data / "uploads" / "mine.csv"
    path.write_text(LIST)
    assert run_job("mine.csv", drawn=False).success
    before = rows("SELECT * FROM enriched.movies ORDER BY row_number")
    tmdb.token = "another"
    path.write_text(LIST + "Jaws,1975\n")
    assert not run_job("mine.csv", drawn=False).success
    assert rows("SELECT * FROM enriched.movies ORDER BY row_number") == before
    assert entry("mine.csv").total_movies == 3


def test_a_missing_required_key_fails_before_anything_is_read(data, run_job, monkeypatch):
    monkeypatch.setenv("MOVIE_PIPELINE_REQUIRE_TMDB", "1")
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert not run_job("mine.csv").success
    assert "TMDB_API_TOKEN" in entry("mine.csv").message
    assert not (data / "warehouse.duckdb").exists()


def test_a_film_without_an_answer_is_an_error_of_that_film_only(data, run_job, tmdb, monkeypatch):
    monkeypatch.setenv("MOVIE_PIPELINE_MAX_ERROR_SHARE", "0.5")
    tmdb.fault("/movie/348", status=400, times=None)
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert run_job("mine.csv", drawn=False).success
    states = dict(rows("SELECT title, match_status FROM enriched.movies"))
    assert states["Alien"] == "error"
    assert states["Parasite"] == "matched"
    ((error,),) = rows("SELECT error FROM enriched.movies WHERE title = 'Alien'")
    assert "400" in error


def test_too_many_errors_fail_the_run_but_rows_and_page_are_stored(data, run_job, tmdb):
    tmdb.fault("/movie/348", status=400, times=None)
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert not run_job("mine.csv").success
    assert len(rows("SELECT * FROM enriched.movies")) == 3
    assert (data / "dashboard" / "mine.csv.html").exists()
    failed = entry("mine.csv")
    assert failed.status == "failed"
    assert "1 of 3 films" in failed.message
    assert failed.error_count == 1
    tmdb.clear()
    assert run_job("mine.csv").success  # the fault is gone: only that film is requested
    assert {request.path for request in tmdb.requests} == {"/movie/348"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "empty"),
        ("rubbish.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG"),
        ("numbers.csv", b"a,b\n1,2\n3,4\n", "title"),
    ],
)
def test_an_unreadable_file_fails_with_a_reason(data, run_job, name, content, reason):
    (data / "uploads" / name).write_bytes(content)
    assert not run_job(name).success
    failed = entry(name)
    assert failed.status == "failed"
    assert name in failed.message
    assert reason.lower() in failed.message.lower()


def test_an_unreadable_file_fails_its_check_in_the_ui(data, run_job):
    (data / "uploads" / "numbers.csv").write_text("a,b\n1,2\n")
    checks = run_job("numbers.csv").get_asset_check_evaluations()
    assert [(one.check_name, one.passed) for one in checks] == [("something_readable", False)]
    assert "title" in checks[0].metadata["reason"].value


def test_a_file_with_only_a_header_is_an_upload_without_films(data, run_job):
    (data / "uploads" / "none.csv").write_text("Title,Year\n")
    assert run_job("none.csv").success
    assert entry("none.csv").total_movies == 0
    assert rows("SELECT total_movies, matched, not_found FROM analytics.summary") == [(0, 0, 0)]
    assert (data / "dashboard" / "none.csv.html").exists()


def test_a_run_without_an_upload_says_how_to_name_one(instance):
    from movie_pipeline.definitions import defs

    result = defs.resolve_job_def("enrich_upload").execute_in_process(
        instance=instance, raise_on_error=False
    )
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure][:1]
    assert "dagster/partition" in failure.step_failure_data.user_failure_data.description


def test_a_missing_upload_is_reported_and_adds_no_partition(data, run_job, instance):
    result = run_job("nowhere.csv")
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "nowhere.csv is not in" in failure.step_failure_data.user_failure_data.description
    assert status.read(environment.load()) == []
    assert instance.get_dynamic_partitions("uploads") == []


def test_a_key_with_a_percent_sign_typed_as_it_stands_is_told_the_right_one(
    data, run_job, instance
):
    (data / "uploads" / "100% Wolf.csv").write_text(LIST)
    result = run_job("100% Wolf.csv")
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "100%25 Wolf.csv" in failure.step_failure_data.user_failure_data.description
    assert [one.upload for one in status.read(environment.load())] == ["100%25 Wolf.csv"]
    assert instance.get_dynamic_partitions("uploads") == []
    assert run_job("100%25 Wolf.csv", drawn=False).success


def test_a_folder_of_uploads_is_not_an_upload(data, run_job, instance):
    (data / "uploads" / "alice").mkdir()
    (data / "uploads" / "alice" / "watched.csv").write_text(LIST)
    assert not run_job("alice", drawn=False).success
    assert [one.upload for one in status.read(environment.load())] == ["alice/watched.csv"]
    assert run_job("alice/watched.csv", drawn=False).success


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(data, run_job):
    os.mkfifo(data / "uploads" / "pipe.csv")
    assert not run_job("pipe.csv").success


def test_an_unpacked_export_is_one_upload(data, run_job):
    folder = data / "uploads" / "letterboxd-ada"
    folder.mkdir()
    (folder / "profile.csv").write_text("Username\nada\n")
    (folder / "watched.csv").write_text(WATCHED)
    (folder / "diary.csv").write_text(DIARY)
    assert run_job("letterboxd-ada", drawn=False).success
    assert rows("SELECT title, watch_count FROM raw.movies ORDER BY row_number") == [
        ("Alien", 1),
        ("Parasite", None),
    ]
    assert [one.upload for one in status.read(environment.load())] == ["letterboxd-ada"]


def test_a_never_seen_upload_registers_its_own_partition(data, run_job, instance):
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert run_job("mine.csv", drawn=False).success
    assert instance.get_dynamic_partitions("uploads") == ["mine.csv"]


@pytest.mark.parametrize("key", ["o'brien's \"list\".csv", "映画, [2024].csv", "a/b c/d.csv"])
def test_uploads_with_odd_names_reach_their_page(data, run_job, key):
    path = data / "uploads" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LIST)
    assert run_job(key).success
    assert rows("SELECT DISTINCT upload FROM enriched.movies") == [(key,)]
    assert (data / "dashboard" / f"{key}.html").exists()


def test_a_run_publishes_its_progress(data, run_job, instance):
    (data / "uploads" / "mine.csv").write_text(LIST)
    run_id = run_job("mine.csv", drawn=False).run_id
    assert instance.get_run_by_id(run_id).tags["progress"] == "3/3"


def test_a_runs_numbers_can_be_plotted_and_its_charts_are_small(data, run_job, instance):
    sample = (ROOT / "data/samples/letterboxd-sample.csv").read_bytes()
    (data / "uploads" / "letterboxd-sample.csv").write_bytes(sample)
    result = run_job("letterboxd-sample.csv")
    metadata = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    assert metadata["enriched/movies"]["requests"].value > 300
    assert metadata["enriched/movies"]["matched"].value > 150
    for chart in ("genres", "directors", "runtime"):
        found = metadata[f"dashboard/{chart}"]
        assert found["films"].value > 150
        assert len(found["summary"].value) < 1000  # shown inline
        assert found["chart"].value.startswith("![")
        assert len(found["chart"].value) <= 60_000
    assert len(metadata["dashboard/overview"]["overview"].value) <= 300_000


def test_a_rejected_line_is_in_no_log_and_no_metadata(data, run_job, instance, capfd):
    """Rejected text may be anything: a person's address, a review."""
    marker = "Quixotically Private Text"
    (data / "uploads" / "mine.csv").write_text(f"Title,Year\nAlien,1979\n,{marker}\n")
    result = run_job("mine.csv")
    assert result.success
    assert rows("SELECT count(*) FROM raw.rejected_rows") == [(1,)]
    events = "\n".join(str(record) for record in instance.all_logs(result.run_id))
    assert marker not in events
    assert marker not in capfd.readouterr().err
    assert marker not in (data / "dashboard" / "mine.csv.html").read_text()


def test_the_key_appears_nowhere(data, run_job, tmdb, instance, capfd):
    (data / "uploads" / "mine.csv").write_text(LIST)
    run_id = run_job("mine.csv").run_id
    tmdb.token = "another"
    (data / "uploads" / "yours.csv").write_text("Title,Year\nJaws,1975\n")
    failed_id = run_job("yours.csv").run_id
    for path in data.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    logs = [str(one) for run in (run_id, failed_id) for one in instance.all_logs(run)]
    assert TOKEN not in json.dumps(logs)
    assert TOKEN not in "".join(capfd.readouterr())


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real export and catalogue are not here")
def test_every_film_of_a_real_export_ends_in_a_state(data, run_job, monkeypatch):
    from movie_pipeline_tests.catalogues import load_catalogue_parquet

    catalogue = load_catalogue_parquet(SHARED / "data" / "tmdb_catalogue.parquet")
    export = SHARED / "data" / "exports" / "letterboxd-watched.csv"
    (data / "uploads" / "watched.csv").write_bytes(export.read_bytes())
    with FakeTMDB(catalogue, token=TOKEN) as server:
        monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
        monkeypatch.setenv("TMDB_API_TOKEN", TOKEN)
        monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "1000")
        assert run_job("watched.csv").success
        assert len(server.requests) <= 2.1 * 1621
    states = dict(rows("SELECT match_status, count(*) FROM enriched.movies GROUP BY 1"))
    assert set(states) <= set(STATES)
    assert sum(states.values()) == 1621
    assert "error" not in states


def test_an_exceeded_limit_is_named_and_can_be_raised(data, run_job, monkeypatch):
    (data / "uploads" / "mine.csv").write_text(LIST)
    monkeypatch.setenv("MOVIE_PIPELINE_LIMIT_ENTRY_BYTES", "10")
    assert not run_job("mine.csv").success
    assert "entry_bytes" in entry("mine.csv").message
    monkeypatch.delenv("MOVIE_PIPELINE_LIMIT_ENTRY_BYTES")
    assert run_job("mine.csv").success


def test_metadata_has_the_verdict_on_each_file_and_the_fates_of_its_lines(data, run_job):
    with zipfile.ZipFile(data / "uploads" / "letterboxd-ada.zip", "w") as export:
        export.writestr("watched.csv", WATCHED + "2024-01-03,,1980,https://boxd.it/9\n")
        export.writestr("profile.csv", "Username\nada\n")
        export.writestr("diary.csv", DIARY)
    result = run_job("letterboxd-ada.zip")
    assert result.success
    metadata = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }["raw/movies"]
    files = {record.data["file"]: record.data for record in metadata["files"].records}
    assert set(files) == {"watched.csv", "diary.csv"}
    assert files["watched.csv"]["format"].startswith("letterboxd")
    read = {record.data["file"]: record.data for record in metadata["how_read"].records}
    assert set(read) == set(files)
    for one in files.values():
        fates = [one[fate] for fate in ("rejected", "viewings", "films", "merged")]
        assert one["lines"] == sum(fates)
    for one in read.values():
        assert float(one["confidence"]) > 0.5
        assert one["encoding"].startswith("utf-8")
    columns = [record.data for record in metadata["columns"].records]
    assert {"file": "diary.csv", "column": "Name", "read_as": "title"} in columns
    assert r"profile\.csv" in metadata["not_opened"].value
    assert rows("SELECT count(*), sum(watch_count) FROM raw.movies") == [(2, 1)]
    checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    assert checks["lines_accounted_for"]
    assert checks["something_readable"]


@pytest.mark.slow
def test_private_data_of_an_export_is_in_no_other_file_than_the_upload(project, monkeypatch):
    """Email, name, bio, comments and reviews are copied nowhere, not even to Dagster's files."""
    marker = "Zyzzyva-Quokka-7193"
    monkeypatch.delenv("MOVIE_PIPELINE_DATA")
    with zipfile.ZipFile(project / "data/uploads/letterboxd-ada.zip", "w") as export:
        export.writestr("watched.csv", WATCHED)
        export.writestr("diary.csv", DIARY)
        export.writestr(
            "reviews.csv",
            "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
            f'2024-01-01,Alien,1979,https://boxd.it/a,4,,"{marker}\nand more",,2024-01-01\n'
            f"2024-01-02,,1979,https://boxd.it/b,4,,{marker},,2024-01-01\n"
            f"{marker}\n",
        )
        export.writestr(
            "profile.csv",
            "Date Joined,Username,Given Name,Family Name,Email Address,Location,Bio\n"
            f"2020-01-01,{marker},{marker},{marker},{marker}@example.org,{marker},{marker}\n",
        )
        export.writestr("comments.csv", f"Date,Content,Comment\n2024-01-01,x,{marker}\n")
        export.writestr("deleted/reviews.csv", f"Date,Name\n2024-01-01,{marker}\n")
    tags = json.dumps({"dagster/partition": "letterboxd-ada.zip"})
    dagster = [str(Path(sys.executable).parent / "dagster"), "job", "execute"]
    module = ["-m", "movie_pipeline.definitions", "-j", "enrich_upload"]
    done = subprocess.run(
        [*dagster, *module, "--tags", tags], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert marker not in done.stdout + done.stderr
    for path in (project / "data").rglob("*"):
        if path.is_file() and path.suffix != ".zip":
            assert marker.encode() not in path.read_bytes(), path
    with duckdb.connect(str(project / "data/warehouse.duckdb"), read_only=True) as connection:
        for schema, table in connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
        ).fetchall():
            content = connection.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
            assert marker not in str(content), f"{schema}.{table}"
