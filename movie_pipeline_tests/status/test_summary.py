"""Status: the folder combined with the progress entries, as the contract says."""

import json
import os
import socket
from collections.abc import Collection
from pathlib import Path

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from movie_pipeline import settings as environment
from movie_pipeline.commands.cli import main
from movie_pipeline.instance.pending import Pending
from movie_pipeline.liveness import Worker
from movie_pipeline.settings import Settings
from movie_pipeline.status import REPEATS, Status, overrides_problem, read
from movie_pipeline.status.arrivals import Memory, Present, Seen, plan
from movie_pipeline.status.store import STATES, Progress
from movie_pipeline.uploads import content_hash, path_of, scan
from movie_pipeline_tests.conftest import ROOT

COUNTS = dict(zip(STATES, (5, 1, 2, 1, 1), strict=True)) | {"enriched": 5, "pending": 0}
DEAD = Worker(socket.gethostname(), 2**22 + 1, 1.0)
CONTRACT = {
    "upload", "status", "total_movies", "enriched_count", "pending_count", "not_found_count",
    "ambiguous_count", "not_a_movie_count", "error_count", "eta_seconds", "started_at",
    "finished_at", "message", "page",
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "uploads").mkdir(parents=True)
    return environment.load()


@pytest.fixture
def progress(settings: Settings) -> Progress:
    return Progress.of(settings)


def drop(settings: Settings, name: str, content: str = "A") -> Path:
    path = settings.uploads / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def look(settings: Settings, overruled: Collection[str] = ()) -> None:
    """A tick of the sensor an hour from now, when everything has settled."""
    found, unreadable = scan(settings.uploads)
    path = Memory.path(settings)
    memory = Memory.load(path)
    entries = {entry.upload: entry for entry in Progress.of(settings).all()}
    present = Present(
        found,
        entries,
        max((one.changed for one in found), default=0.0) + 3600,
        key_set=False,
        unreadable=unreadable,
        believed=Pending.by_notes(memory, entries, taken=True).believed,
        overruled=overruled,
    )
    decided = plan(present, memory, lambda key: content_hash(path_of(key, settings.uploads)))
    decided.memory.save(path)


def run(settings: Settings, upload: str, *, run_id: str = "1", ok: bool = True) -> None:
    progress = Progress.of(settings)
    version = content_hash(settings.uploads / upload)
    progress.begin(upload, run_id=run_id, plan=["one"], version=version)
    progress.note(upload, stage="enriching", counts=COUNTS, page=f"/pages/{upload}.html")
    if ok:
        progress.step_done(upload, run_id, "one")
    else:
        progress.fail(upload, run_id, "TMDB refused the key")


def only(settings: Settings) -> Status:
    (status,) = read(settings)
    return status


def test_an_empty_folder_has_no_status_and_reading_creates_no_file(settings: Settings) -> None:
    assert read(settings) == []
    assert [path.name for path in settings.data.iterdir()] == ["uploads"]


def test_the_fields_are_those_of_the_contract_and_serialize_to_json(settings: Settings) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    values = json.loads(json.dumps(only(settings).as_json()))
    assert set(values) >= CONTRACT
    assert values["started_at"].endswith("+00:00")


def test_a_completed_upload_counts_its_rows(settings: Settings) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    status = only(settings)
    assert (status.status, status.total_movies, status.enriched_count) == ("completed", 10, 5)
    assert (status.pending_count, status.eta_seconds) == (0, None)
    assert status.page == str(settings.pages / "a.csv.html"), "wherever the run wrote it"


def test_an_executing_run_shows_its_progress(settings: Settings, progress: Progress) -> None:
    drop(settings, "a.csv")
    progress.begin("a.csv", run_id="1", plan=["one"], version=None)
    assert only(settings).status == "processing"
    counts = {"matched": 3, "error": 1, "enriched": 3, "pending": 6}
    progress.note("a.csv", stage="enriching", counts=counts, eta_seconds=12.0)
    status = only(settings)
    assert (status.status, status.total_movies, status.pending_count) == ("enriching", 10, 6)
    assert status.eta_seconds == 12.0


def test_no_retry_is_promised_after_the_last_one(settings: Settings, progress: Progress) -> None:
    """The number of retries is that of dagster.yaml."""
    given = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    assert given["run_retries"]["max_retries"] == REPEATS
    drop(settings, "a b.csv")
    for repeats in range(REPEATS + 1):
        progress.begin("a b.csv", run_id=str(repeats), plan=["one"], repeats=repeats)
        progress.note("a b.csv", worker=DEAD)
        message = only(settings).message
        assert ("make dev continues" in message) == (repeats < REPEATS)
        assert "movie-pipeline enrich 'a b.csv'" in message


def test_a_new_file_is_queued_with_or_without_the_sensor(settings: Settings) -> None:
    drop(settings, "alice/a.csv")
    assert (only(settings).upload, only(settings).status) == ("alice/a.csv", "queued")
    look(settings)
    assert only(settings).status == "queued"


@pytest.mark.parametrize("ok", [True, False])
def test_changed_content_is_queued_from_the_drop_until_its_run_begins(
    settings: Settings, ok: bool
) -> None:
    drop(settings, "a.csv")
    look(settings)
    run(settings, "a.csv", ok=ok)
    look(settings)
    assert only(settings).status == ("completed" if ok else "failed")
    drop(settings, "a.csv", "B")
    assert only(settings).status == "queued"
    look(settings)
    status = only(settings)
    assert (status.status, status.message) == ("queued", "")
    assert status.total_movies == (10 if ok else 0)
    run(settings, "a.csv", run_id="2")
    assert only(settings).status == "completed"


def test_a_file_dropped_again_after_a_failure_is_queued(settings: Settings) -> None:
    path = drop(settings, "a.csv")
    look(settings)
    run(settings, "a.csv", ok=False)
    path.unlink()
    look(settings)
    assert only(settings).status == "removed"
    drop(settings, "a.csv")
    assert only(settings).status == "queued"
    look(settings)
    assert only(settings).status == "queued"


def test_a_touched_file_keeps_its_status_once_the_sensor_has_ticked(settings: Settings) -> None:
    path = drop(settings, "a.csv")
    look(settings)
    run(settings, "a.csv")
    os.utime(path)
    look(settings)
    assert only(settings).status == "completed"


def test_an_upload_run_from_the_command_line_is_completed_without_any_sensor(
    settings: Settings,
) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    assert only(settings).status == "completed"


def test_a_file_with_a_future_timestamp_is_completed_without_any_sensor(settings: Settings) -> None:
    """One unpacked with a timestamp of another time zone would wait until the clock got there."""
    os.utime(drop(settings, "a.csv"), (4_000_000_000, 4_000_000_000))
    run(settings, "a.csv")
    assert only(settings).status == "completed"


def test_a_clock_set_back_leaves_nothing_queued_forever(
    settings: Settings, progress: Progress
) -> None:
    """Whether a run has begun depends on its entry, not on the time at which it was requested."""
    path = drop(settings, "a.csv")
    os.utime(path, (4_000_000_000, 4_000_000_000))
    look(settings)
    run(settings, "a.csv")
    look(settings)
    assert only(settings).status == "completed"


def test_a_failed_run_shows_its_reason(settings: Settings) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv", ok=False)
    status = only(settings)
    assert (status.status, status.message) == ("failed", "TMDB refused the key")
    assert (status.total_movies, status.pending_count) == (0, 0)


def test_a_killed_run_shows_as_failed_with_advice_and_the_stored_counts(
    settings: Settings, progress: Progress
) -> None:
    drop(settings, "o'brien.csv")
    run(settings, "o'brien.csv")
    progress.begin("o'brien.csv", run_id="2", plan=["one"], version=None)
    progress.note("o'brien.csv", worker=DEAD, stage="enriching", counts={"pending": 99})
    status = only(settings)
    assert (status.status, status.total_movies, status.pending_count) == ("failed", 10, 0)
    assert """movie-pipeline enrich 'o'"'"'brien.csv'""" in status.message


def test_a_killed_run_of_a_removed_file_shows_as_removed(
    settings: Settings, progress: Progress
) -> None:
    progress.begin("a.csv", run_id="1", plan=["one"], version=None)
    progress.note("a.csv", worker=DEAD)
    assert only(settings).status == "removed"


def test_a_file_that_is_not_an_upload_shows_as_failed_with_what_to_do(settings: Settings) -> None:
    drop(settings, "films.xlsx")
    drop(settings, ".hidden")
    drop(settings, "a.csv.part")
    status = only(settings)
    assert (status.status, status.message) == ("failed", "films.xlsx: save it as CSV")


def test_a_removed_file_keeps_its_counts_and_says_so(settings: Settings) -> None:
    path = drop(settings, "a.csv")
    run(settings, "a.csv")
    path.unlink()
    status = only(settings)
    assert (status.status, status.total_movies) == ("removed", 10)
    assert "no longer there" in status.message


def test_an_executing_run_of_a_removed_file_still_shows(
    settings: Settings, progress: Progress
) -> None:
    progress.begin("a.csv", run_id="1", plan=["one"], version=None)
    assert only(settings).status == "processing"


@pytest.mark.parametrize("in_place", ["nothing", "a file"])
def test_an_unreadable_folder_does_not_count_as_emptied(settings: Settings, in_place: str) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    settings.uploads.rename(settings.data / "away")
    if in_place == "a file":
        settings.uploads.touch()
    assert only(settings).status == "completed"


def test_the_status_can_be_read_while_the_warehouse_is_locked(settings: Settings) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    with duckdb.connect(settings.warehouse):
        assert only(settings).status == "completed"


def test_a_malformed_memory_is_ignored(settings: Settings) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    Memory.path(settings).write_text('{"seen": 1}')
    assert only(settings).status == "completed"


def test_uploads_are_sorted_by_key(settings: Settings) -> None:
    for name in ("b.csv", "a.csv"):
        drop(settings, name)
    run(settings, "b.csv")
    assert [one.upload for one in read(settings)] == ["a.csv", "b.csv"]


def test_invalid_overrides_are_reported(settings: Settings) -> None:
    assert overrides_problem(settings) is None
    settings.overrides.write_text("title,year,tmdb_id\nHeat,1995,949\n")
    assert overrides_problem(settings) is None
    settings.overrides.write_text("title,year,tmdb_id\nHeat,1995,12x\n")
    problem = str(overrides_problem(settings))
    assert problem.startswith(f"{settings.overrides}, line 2: '12x' is not a TMDB id")


def test_an_upload_matched_by_an_override_is_queued_until_its_run_begins(
    settings: Settings,
) -> None:
    drop(settings, "a.csv")
    run(settings, "a.csv")
    look(settings)
    look(settings, overruled={"a.csv"})
    assert only(settings).status == "queued"
    run(settings, "a.csv", run_id="2")
    assert only(settings).status == "completed"


def test_a_requested_run_that_has_not_begun_counts_as_awaited() -> None:
    """The status and the sensor share this rule."""
    assert not Seen().awaits(None)
    assert Seen(arrival=1).awaits(None)


def test_the_number_of_films_is_known_before_the_run_has_read_them(
    settings: Settings, progress: Progress
) -> None:
    """The sensor has counted them; from then on, what the run says counts."""
    drop(settings, "a.csv")
    (found,), _ = scan(settings.uploads)
    seen = Seen(found.stamp, settled=True, version="A", arrival=1, films=3)
    Memory({"a.csv": seen}).save(Memory.path(settings))

    def shown() -> tuple[str, int, int]:
        one = only(settings)
        return one.status, one.total_movies, one.pending_count

    assert shown() == ("queued", 3, 3)
    progress.begin("a.csv", run_id="r", plan=["raw"])
    assert shown() == ("processing", 3, 3)
    progress.note("a.csv", stage="enriching", counts={"matched": 1, "pending": 1})
    assert shown() == ("enriching", 2, 1)
    progress.fail("a.csv", "r", "no")
    assert shown() == ("failed", 0, 0)
    drop(settings, "a.csv")
    assert shown()[1:] == (0, 0), "of another content nothing is known"


def test_an_executing_upload_has_a_progress_bar(settings: Settings, progress: Progress) -> None:
    """A step has no terminal, so `movie-pipeline status --watch` draws it."""
    drop(settings, "a.csv")
    progress.begin("a.csv", run_id="r", plan=["enriched"])
    progress.note("a.csv", stage="enriching", counts={"matched": 110, "error": 10, "pending": 180})
    shown = CliRunner().invoke(main, ["status"]).output
    assert "━━━━" in shown
    assert "120/300 (40%)" in shown
