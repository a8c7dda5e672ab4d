"""The home page on disk: when it is written, what it shows, and that it never does harm."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from filelock import FileLock

from movie_pipeline import settings as environment
from movie_pipeline.commands.cli import main
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.status import front_page, looking
from movie_pipeline.status.store import NO_FILMS, Progress
from movie_pipeline_tests.fake_tmdb import FakeTMDB

LIST = "Title,Year,Rating\nAlien,1979,5\nParasite,2019,4\nNo Such Film Anywhere,1999,3\n"


def shown() -> str:
    return front_page.path_of(environment.load()).read_text(encoding="utf-8")


@pytest.fixture
def writings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages as they were written, one after the other."""
    pages: list[str] = []
    write = front_page.write

    def noted(settings: environment.Settings) -> Path | None:
        path = write(settings)
        pages.append(shown())
        return path

    monkeypatch.setattr(front_page, "write", noted)
    return pages


def test_a_run_writes_it_when_it_begins_while_it_works_and_when_it_ends(
    data: Path,
    tmdb: FakeTMDB,
    writings: list[str],
    run_job: Callable[..., dg.ExecuteInProcessResult],
) -> None:
    (data / "uploads" / "ada").mkdir()
    (data / "uploads" / "ada" / "watched.csv").write_text(LIST)
    assert run_job("ada/watched.csv").success
    first, *during, last = writings
    assert "Reading the file" in first
    assert any("of 3 films" in page for page in during)
    assert all('http-equiv="refresh"' in page for page in (first, *during))
    assert 'http-equiv="refresh"' not in last
    assert sum("Ready since" in page for page in writings) == 1
    assert 'href="./ada/watched.csv.html"' in last
    assert "<b>3</b> films" in last
    assert "<b>1</b> not found" in last
    assert "movie-pipeline review ada/watched.csv &gt;&gt; " in last
    beside = data / "dashboard" / "ada" / "watched.csv"
    for name in ("card.png", "card-tall-dark.png", "films.csv"):
        assert f'href="./ada/watched.csv/{name}"' in last
        assert (beside / name).exists()
    assert (data / "dashboard" / "index.html").stat().st_mode & 0o077 == 0


def test_a_data_folder_that_was_moved_keeps_its_pages(
    data: Path,
    tmdb: FakeTMDB,
    run_job: Callable[..., dg.ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one that a container sees under another name does."""
    (data / "uploads" / "a.csv").write_text(LIST)
    assert run_job("a.csv").success
    moved = data.parent / "moved"
    data.rename(moved)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(moved))
    assert front_page.write(environment.load())
    assert 'href="./a.csv.html"' in shown()
    code, addresses = opened(monkeypatch, "a.csv")
    assert addresses == [(moved / "dashboard" / "a.csv.html").as_uri()], code


def test_a_run_that_fails_says_so_and_what_to_do(
    data: Path, writings: list[str], run_job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    (data / "uploads" / "a.csv").write_text("Colour,Size\nred,3\n")
    assert not run_job("a.csv").success
    last = writings[-1]
    assert 'http-equiv="refresh"' not in last
    assert "Waits for you" in last
    assert "Correct that, then drop the file again" in last


def test_the_sensor_writes_it_when_something_arrives_and_only_then(
    data: Path, instance: dg.DagsterInstance, writings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "AT_MOST_SECONDS", 0.0)
    monkeypatch.setattr("movie_pipeline.defs.sensors._HOME", front_page.Watch())

    def look() -> None:
        uploads_sensor(dg.build_sensor_context(instance=instance))

    look()
    assert len(writings) == 1
    assert "Nothing here yet" in writings[0]
    (data / "uploads" / "a.csv").write_text(LIST)
    (data / "uploads" / "films.xlsx").write_bytes(b"PK")
    look()
    assert len(writings) == 2
    assert "Waiting for its turn" in writings[1]
    assert "save it as CSV" in writings[1]
    look()
    assert len(writings) == 2
    progress = Progress.of(environment.load())
    progress.begin("a.csv", run_id="1", plan=["raw"])
    progress.fail("a.csv", "1", "The run was cancelled.", cancelled=True)
    look()
    assert "The run was cancelled." in writings[-1]
    (data / "uploads" / "a.csv").unlink()
    look()
    assert len(writings) == 4


def test_it_says_that_a_key_is_missing_and_what_is_wrong_with_the_overrides(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "uploads" / "a.csv").write_text(LIST)
    (data / "overrides.csv").write_text("nonsense\n")
    progress = Progress.of(environment.load())
    progress.begin("a.csv", run_id="1", plan=["one"])
    progress.note("a.csv", counts={"not_found": 3})
    progress.step_done("a.csv", "1", "one")
    front_page.write(environment.load())
    assert "No TMDB_API_TOKEN is set" in shown()
    assert "Films to decide" not in shown(), "with a key, most of them will be found"
    assert "overrides.csv" in shown()
    monkeypatch.setenv("TMDB_API_TOKEN", "a-token")
    front_page.write(environment.load())
    assert "No TMDB_API_TOKEN is set" not in shown()
    assert "a-token" not in shown()


def test_an_upload_without_films_waits_for_a_better_export(data: Path) -> None:
    (data / "uploads" / "a.csv").write_text("Title,Year\n")
    progress = Progress.of(environment.load())
    progress.begin("a.csv", run_id="1", plan=["one"])
    now = datetime.now(UTC)
    progress.note("a.csv", stage="completed", finished_at=now, message=NO_FILMS, page="x")
    front_page.write(environment.load())
    assert NO_FILMS in shown()
    assert "drop it in place of this one" in shown()


def test_a_page_that_cannot_be_written_fails_nothing(data: Path, caplog: pytest.LogCaptureFixture):
    (data / "dashboard").write_text("a file where the folder should be")
    assert front_page.write(environment.load()) is None
    assert "can't be written" in caplog.text


def test_writers_take_turns_so_that_the_last_has_seen_the_latest_state(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a lock, one that read earlier could write later."""
    settings = environment.load()
    with FileLock(data / ".home.lock"):
        thread = threading.Thread(target=front_page.write, args=(settings,))
        thread.start()
        (data / "uploads" / "late.csv").write_text(LIST)
        assert not front_page.path_of(settings).exists()
    thread.join(30)
    assert "late.csv" in shown()
    monkeypatch.setattr(front_page, "_LOCK_SECONDS", 0.05)
    with FileLock(data / ".home.lock"):
        assert front_page.write(settings) is None


def test_a_working_run_writes_it_seldom(data: Path, writings: list[str]) -> None:
    pace = front_page.Pace(environment.load(), every_seconds=1_000)
    for _ in range(3):
        pace.write()
    assert len(writings) == 1


def _disk_full(path: Path, _: bytes) -> None:
    raise OSError(28, "No space left on device", str(path))


def opened(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[str, list[str]]:
    addresses: list[str] = []
    monkeypatch.setattr("movie_pipeline.commands.cli.webbrowser.open", addresses.append)
    return CliRunner().invoke(main, ["open", *arguments]).output, addresses


def test_open_shows_the_home_page_or_the_page_of_an_upload(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = data / "dashboard" / "index.html"
    said, addresses = opened(monkeypatch)
    assert addresses == [home.resolve().as_uri()]
    assert str(home.resolve()) in said
    assert "Nothing here yet" in shown()
    said, addresses = opened(monkeypatch, "a.csv")
    assert addresses == []
    assert "a.csv has no page yet" in said
    with monkeypatch.context() as full:
        full.setattr(front_page.files, "write", _disk_full)
        assert opened(full)[1] == [home.resolve().as_uri()], "the last one that could be written"
        home.unlink()
        assert opened(full)[1] == []
    page = data / "dashboard" / "a.csv.html"
    page.touch()
    Progress.of(environment.load()).begin("a.csv", run_id="1", plan=["one"])
    Progress.of(environment.load()).note("a.csv", page=str(page))
    assert opened(monkeypatch, "a.csv")[1] == [page.resolve().as_uri()]
