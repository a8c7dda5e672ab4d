"""Revisions, through the sensor: which uploads run again after a change, and how soon."""

import os
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.commands.cli import main
from movie_pipeline.defs import sensors
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.overrides.file import Overrides
from movie_pipeline.overrides.rules import Rule
from movie_pipeline.status import reconciliation, revisions
from movie_pipeline.status.arrivals import Memory
from movie_pipeline.status.store import Progress
from movie_pipeline.uploads import SETTLE_SECONDS, content_hash, writers
from movie_pipeline.warehouse import tables
from movie_pipeline.warehouse.completion import complete
from movie_pipeline.warehouse.database import Warehouse, WarehouseBusy
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES, RAW_UPLOADS
from movie_pipeline_tests.world import Clock

HEADER = "title,year,tmdb_id\n"
ROWS = {
    "a.csv": [("Heat", 1995, "https://boxd.it/1", None), ("Alien", 1979, None, None)],
    "b.csv": [("HEAT!", 1995, "https://boxd.it/2", "tt0113277")],
    "c.csv": [("Heat", None, None, None), ("Matrix, The", 1999, None, "tt0133093")],
}


@pytest.fixture(scope="module")
def completed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three completed uploads, to copy."""
    data = tmp_path_factory.mktemp("completed")
    (data / "uploads").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOVIE_PIPELINE_DATA", str(data))
        for upload in ROWS:
            (data / "uploads" / upload).write_text(upload)
            ran(data, upload)
    return data


@pytest.fixture
def data(completed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with three completed uploads."""
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(tmp_path / "data"))
    return shutil.copytree(completed, tmp_path / "data")


def began(data: Path, upload: str, run_id: str = "1") -> None:
    version = content_hash(data / "uploads" / upload)
    notes(data).begin(upload, run_id=run_id, plan=["one"], version=version)


def ended(data: Path, upload: str, run_id: str = "1", overrides: Overrides | None = None) -> None:
    """Decide its rows by these overrides, or by the current file."""
    overrides = overrides or Overrides.load(data / "overrides.csv")
    frame = pd.DataFrame(ROWS[upload], columns=["title", "year", "letterboxd_uri", "imdb_id"])
    frame["row_number"] = range(1, len(frame) + 1)
    frame["year"] = frame["year"].astype("Int64")
    frame["version"] = content_hash(data / "uploads" / upload)
    said = [overrides.of(upload, row) for row in frame.to_dict("records")]
    enriched = frame[["row_number", "title", "year", "version"]].assign(
        tmdb_enriched=[one is None or one.tmdb_id is not None for one in said],
        match_status=["not_found" if one and one.tmdb_id is None else "matched" for one in said],
        match_method=["override" if one else "title_year" for one in said],
        tmdb_id=pd.array([one.tmdb_id if one else 1 for one in said], "Int64"),
    )
    about = pd.DataFrame([{"person": upload, "version": frame["version"][0]}])
    tables = {RAW_MOVIES: frame, ENRICHED_MOVIES: enriched, RAW_UPLOADS: about}
    warehouse = Warehouse.of(environment.load())
    warehouse.write(upload, tables)
    with warehouse.writing() as connection:
        complete(connection, upload, shape=reconciliation.SHAPE, sample_chosen=False)
    notes(data).note(upload, counts={"matched": len(frame)})
    notes(data).step_done(upload, run_id, "one")


def ran(data: Path, upload: str, run_id: str = "1", *, refused: bool = False) -> None:
    began(data, upload, run_id)
    if refused:
        message = "overrides.csv, line 2: …"
        notes(data).fail(upload, run_id, message, refused="overrides")
    else:
        ended(data, upload, run_id)


def notes(data: Path) -> Progress:
    return Progress(data / "progress.sqlite")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sensors, "time", clock)
    monkeypatch.setattr(writers, "none", lambda _: False)  # as on most systems
    return clock


@pytest.fixture
def tick(data: Path, clock: Clock, instance: dg.DagsterInstance) -> Callable[..., dg.SensorResult]:
    """Tick with the cursor of the previous tick; the first ticks let everything settle."""
    cursor: str | None = None

    def tick(wait: float = 0.0) -> dg.SensorResult:
        nonlocal cursor
        clock.waited += wait
        result = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
        assert isinstance(result, dg.SensorResult), result
        cursor = result.cursor
        return result

    assert not tick().run_requests
    assert not tick(SETTLE_SECONDS).run_requests
    return tick


def asked(result: dg.SensorResult) -> list[str | None]:
    return [request.partition_key for request in result.run_requests or ()]


def settle(tick: Callable[..., dg.SensorResult]) -> list[str | None]:
    """What is requested until everything has settled."""
    return asked(tick()) + asked(tick(SETTLE_SECONDS))


@pytest.mark.parametrize(
    ("lines", "touched"),
    [
        ("Heat,1995,949", ["a.csv", "b.csv"]),
        ("Heat,,949", ["c.csv"]),
        ("The Matrix,1999,ignore", ["c.csv"]),
        (",,949,boxd.it/1", ["a.csv"]),
        ("Heat,1995,949,http://www.boxd.it/2/", ["b.csv"]),
        ("Alien,1979,949,https://boxd.it/1", []),
        (",,949,,tt0113277", ["b.csv"]),
        ("Heat,1995,949,,,b.csv", ["b.csv"]),
        ("Heat,1995,949,,,z.csv", []),
        ("Cold,1995,949", []),
        ("Alien,1979,348\n,,603,,tt0133093", ["a.csv", "c.csv"]),
    ],
)
def test_a_saved_line_reruns_exactly_the_uploads_that_it_matches(data, tick, lines, touched):
    """Two ticks after it was saved, well within a minute."""
    header = "title,year,tmdb_id,letterboxd_uri,imdb_id,upload\n"
    (data / "overrides.csv").write_text(f"{header}{lines}\n")
    assert settle(tick) == touched
    assert asked(tick(60)) == [], "nothing is requested twice"
    for upload in touched:
        ran(data, upload, "2")
    assert asked(tick(60)) == []


def test_changed_and_deleted_lines_count_and_moved_ones_do_not(data, tick):
    path = data / "overrides.csv"

    def save(content: str | None) -> list[str | None]:
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content)
        touched = settle(tick)
        for number, upload in enumerate(touched):
            ran(data, str(upload), f"{content} {number}")
        return touched

    assert save(f"{HEADER}Heat,1995,949\nAlien,1979,348\n") == ["a.csv", "b.csv"]
    assert save(f"# sorted\n{HEADER}Alien,1979,348\nheat,1995,949.0\n") == []
    assert save(f"{HEADER}Alien,1979,349\nHeat,1995,949\n") == ["a.csv"]
    assert save(f"{HEADER}Heat,1995,949\n") == ["a.csv"]
    assert save(f"{HEADER}Heat,1995,949\nThe Matrix,1999,603\n") == ["c.csv"]
    assert save(None) == ["a.csv", "b.csv", "c.csv"]
    assert save(None) == []


def test_the_sensor_waits_for_an_editor_that_is_still_writing(data, tick, clock):
    path = data / "overrides.csv"
    for lines in ("", "Alien,1979,", "Alien,1979,3", "Alien,1979,348\n"):
        clock.waited += SETTLE_SECONDS - 1
        path.write_text(HEADER + lines)
        os.utime(path, (clock.time(), clock.time()))
        assert asked(tick()) == []
        assert asked(tick(1)) == []
    assert asked(tick(SETTLE_SECONDS)) == ["a.csv"]


def test_an_upload_whose_file_was_removed_is_not_requested(data, tick):
    (data / "uploads" / "a.csv").unlink()
    (data / "overrides.csv").write_text(f"{HEADER}Heat,1995,949\n")
    assert settle(tick) == ["b.csv"]


def test_an_invalid_file_reruns_nothing_and_is_reported_in_the_ticks(data, tick):
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Heat,1995,949\n")
    assert settle(tick) == ["a.csv", "b.csv"]
    ran(data, "a.csv", "2")
    ran(data, "b.csv", "2")
    path.write_text(f"{HEADER}Alien,1979,12x\n")
    tick()
    for _ in range(2):
        result = tick(SETTLE_SECONDS)
        assert asked(result) == []
        assert f"{path}, line 2: '12x' is not a TMDB id" in str(result.skip_reason)
    path.write_text(f"{HEADER}Alien,1979,348\n")
    assert settle(tick) == ["a.csv", "b.csv"], "the line for Heat is gone"
    assert "line 2" not in str(tick().skip_reason)


@pytest.mark.parametrize("fixed", [HEADER, None])
def test_uploads_that_failed_because_of_the_file_run_again_once_it_is_fixed(
    data, tick, fixed, clock
):
    """Also those that none of its lines match."""
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Cold,1999,12x\n")
    settle(tick)
    ran(data, "c.csv", "2", refused=True)
    assert asked(tick(SETTLE_SECONDS)) == []
    path.unlink()
    if fixed is not None:
        path.write_text(fixed)
    assert settle(tick) == ["c.csv"]
    assert asked(tick(60)) == []


def test_a_locked_warehouse_costs_a_second_and_is_tried_again(data, tick, monkeypatch):
    monkeypatch.setattr(revisions, "PATIENCE_SECONDS", 0.0)
    (data / "overrides.csv").write_text(f"{HEADER}Alien,1979,348\n")
    (data / "uploads" / "new.csv").write_text("Title\nJaws\n")
    with duckdb.connect(str(data / "warehouse.duckdb")):
        assert settle(tick) == ["new.csv"], "the rest of the tick goes through"
        assert "overrides.csv was saved" in str(tick().skip_reason)
    assert asked(tick()) == ["a.csv"]


def test_the_warehouse_is_opened_once_each_time_the_file_is_saved(data, tick, monkeypatch):
    opened = []

    class Watched(Warehouse):
        def reading(self):
            opened.append(1)
            return super().reading()

    monkeypatch.setattr(revisions, "Warehouse", Watched)
    settle(tick)
    assert opened == []
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Alien,1979,348\n")
    settle(tick)
    settle(tick)
    assert opened == [1]


def test_without_a_warehouse_lines_match_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(tmp_path))
    (tmp_path / "overrides.csv").write_text(f"{HEADER}Alien,1979,348\n")
    revision = revisions.look(environment.load(), Memory(), {}, now=2e9)
    assert (revision.memory.overrides.settled, revision.overruled) == (True, frozenset())
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_overrides_saved_before_the_first_tick_take_effect_once(data, clock, instance):
    (data / "overrides.csv").write_text(f"{HEADER}Alien,1979,348\n")
    (data / "arrivals.json").write_text('{"seen": {}, "last_arrival": 7}')
    clock.waited = 60
    first = uploads_sensor(dg.build_sensor_context(instance=instance))
    again = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    assert asked(first) == ["a.csv"]
    assert asked(again) == []


def test_an_upload_already_rerun_from_the_command_line_is_not_requested(data, tick):
    """A line is saved and `movie-pipeline enrich` run: there is nothing left for the sensor."""
    (data / "overrides.csv").write_text(f"{HEADER}Heat,1995,949\n")
    ran(data, "a.csv", "2")
    assert settle(tick) == ["b.csv"]


def test_added_and_deleted_lines_count_even_if_the_memory_is_lost(data, tick):
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Heat,1995,949\nAlien,1979,348\n")
    assert settle(tick) == ["a.csv", "b.csv"]
    ran(data, "a.csv", "2")
    ran(data, "b.csv", "2")
    path.write_text(f"{HEADER}Heat,1995,949\n")
    (data / "arrivals.json").unlink()
    assert settle(tick) == ["a.csv"], "the rows of b.csv already agree with the file"
    ran(data, "a.csv", "3")
    (data / "arrivals.json").unlink()
    assert settle(tick) == []


def test_the_sensor_waits_for_an_executing_run_since_it_may_have_read_the_previous_file(
    data, tick, clock
):
    """The rows that it writes count; by the rows before it there was nothing to do."""
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Alien,1979,348\n")
    before = Overrides.load(path)
    os.utime(path, (clock.time(), clock.time()))
    assert asked(tick()) == []
    began(data, "a.csv", "2")
    path.unlink()
    assert settle(tick) == []
    ended(data, "a.csv", "2", before)
    assert asked(tick()) == ["a.csv"]
    began(data, "a.csv", "3")
    path.write_text(f"{HEADER}Heat,1995,949\n")
    assert settle(tick) == ["b.csv"]
    ended(data, "a.csv", "3")
    assert asked(tick()) == [], "it has read the current file"


def test_an_executing_run_that_fails_because_of_the_previous_file_is_repeated(data, tick):
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Cold,1999,12x\n")
    settle(tick)
    began(data, "c.csv", "2")
    path.unlink()
    assert settle(tick) == []
    notes(data).fail("c.csv", "2", "overrides.csv, line 2: …", refused="overrides")
    assert asked(tick()) == ["c.csv"]
    notes(data).fail("c.csv", "3", "overrides.csv, line 2: …", refused="overrides")
    assert asked(tick(60)) == [], "it began after the file was saved"


def test_a_corrected_key_counts_once_whatever_the_clock_says(data, tick, clock):
    """For an upload that failed because of it, and for one that was executing meanwhile."""
    began(data, "b.csv", "2")
    notes(data).fail("a.csv", "2", "TMDB refused the key", refused="key")
    notes(data).fail("c.csv", "2", "another reason")
    assert settle(tick) == []
    clock.waited -= 3600  # it had been ahead
    env = Path(".env")
    env.write_text("TMDB_API_TOKEN=0123456789abcdef\n")
    earlier = clock.time() - 60
    os.utime(env, (earlier, earlier))
    assert asked(tick()) == ["a.csv"]
    notes(data).fail("b.csv", "2", "TMDB refused the key", refused="key")
    notes(data).fail("a.csv", "3", "TMDB refused the key", refused="key")
    assert asked(tick()) == ["b.csv"]
    assert asked(tick(60)) == []


@pytest.mark.parametrize("kept", [True, False])
def test_rows_lost_with_their_warehouse_are_rebuilt(data, tick, kept):
    """Also if a command-line run has created another one meanwhile, with or without a memory."""
    (data / "warehouse.duckdb").unlink()
    ran(data, "c.csv", "2")
    if not kept:
        (data / "arrivals.json").unlink()
    assert settle(tick) == ["a.csv", "b.csv"]
    ran(data, "a.csv", "2")
    notes(data).fail("b.csv", "2", "another reason")
    assert settle(tick) == [], "nothing is requested in a loop"


def test_rows_of_an_earlier_shape_are_found_by_their_entries_even_without_a_memory(
    data, tick, monkeypatch
):
    monkeypatch.setattr(reconciliation, "SHAPE", tables.SHAPE + 1)
    (data / "arrivals.json").unlink()
    assert settle(tick) == ["a.csv", "b.csv", "c.csv"]
    ran(data, "a.csv", "2")
    (data / "arrivals.json").unlink()
    assert settle(tick) == ["b.csv", "c.csv"]


def test_a_line_with_an_unknown_tmdb_id_is_tried_once(data, tick):
    """Its row contains that error; another run would have the same result."""
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Alien,1979,999\n")
    assert settle(tick) == ["a.csv"]
    ran(data, "a.csv", "2")
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        connection.execute(
            "UPDATE enriched.movies SET tmdb_id = NULL, error = 'there is no film 999: correct line 2'"
            " WHERE match_method = 'override'"
        )
    path.write_text(f"{HEADER}Alien,1979,999\n# a note\n")
    assert settle(tick) == []
    path.write_text(f"{HEADER}Alien,1979,ignore\n")
    assert settle(tick) == ["a.csv"]


def test_a_line_about_whose_film_tmdb_does_not_answer_is_tried_once(data, tick):
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Alien,1979,999\n")
    assert settle(tick) == ["a.csv"]
    ran(data, "a.csv", "2")
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        connection.execute(
            "UPDATE enriched.movies SET match_status = 'error', tmdb_id = NULL,"
            " error = 'no answer about film 999: timed out' WHERE match_method = 'override'"
        )
    assert settle(tick) == []
    path.write_text(f"{HEADER}Alien,1979,998\n")
    assert settle(tick) == ["a.csv"]


FILM = ("title", "year", "letterboxd_uri", "imdb_id")
LINES = [
    (Rule(title="heat", year=1995, tmdb_id=None), 2),
    (Rule(title="heat", year=1995, tmdb_id=949), 3),
    (Rule(title="heat", tmdb_id=949), 4),
    (Rule(upload="b.csv", title="heat", year=1995, tmdb_id=950), 5),
    (Rule(letterboxd_uri="boxd.it/1", tmdb_id=949), 6),
    (Rule(letterboxd_uri="boxd.it/2", year=1994, tmdb_id=949), 7),
    (Rule(imdb_id=113277, tmdb_id=951), 8),
    (Rule(imdb_id=133093, title="matrix", tmdb_id=603), 9),
    (Rule(title="matrix", year=1999, tmdb_id=604), 10),
    (Rule(title="no film of ours", year=1999, tmdb_id=605), 11),
]
SAID = st.lists(st.sampled_from(LINES), unique_by=lambda line: line[0].asked).map(Overrides)


@given(before=SAID, now=SAID)
def test_comparing_rows_finds_exactly_the_uploads_that_a_run_would_decide_otherwise(before, now):
    """Whatever is added, removed, changed or shadowed by a more specific line."""
    rows, differ, used = [], set(), set()
    for upload, films in ROWS.items():
        for number, film in enumerate(films):
            row = dict(zip(FILM, film, strict=True))
            was, said = before.of(upload, row), now.of(upload, row)
            rows.append(
                (upload, number, *film, "override" if was else "title", was and was.tmdb_id)
            )
            if (was and (was.tmdb_id,)) != (said and (said.tmdb_id,)):
                differ.add(upload)
            used.update(one.line for _, one in now.about(upload, row))
    assert revisions._overruled(InMemory(rows), now) == (differ, used)


class InMemory:
    """A warehouse with these rows: upload, row_number, `FILM`, match_method and tmdb_id."""

    def __init__(self, rows):
        self.rows = pd.DataFrame(
            rows, columns=["upload", "row_number", *FILM, "match_method", "tmdb_id"]
        ).astype({"year": "Int32", "tmdb_id": "Int32", "letterboxd_uri": "str", "imdb_id": "str"})

    @contextmanager
    def reading(self):
        rows = self.rows
        with duckdb.connect() as connection:
            for table in ("raw.movies", "enriched.movies"):
                connection.execute(f"CREATE SCHEMA {table.split('.')[0]}")
                connection.execute(
                    f"CREATE TABLE {table} AS SELECT *, 1 AS version, NULL AS error FROM rows"
                )
            del rows
            yield connection


def test_the_loss_of_a_warehouse_created_and_deleted_between_two_ticks_is_noticed(data, tick):
    for run_id in ("2", "3"):
        (data / "warehouse.duckdb").unlink()
        assert settle(tick) == ["a.csv", "b.csv", "c.csv"]
        for upload in ROWS:
            ran(data, upload, run_id)
    assert settle(tick) == []


def test_the_rows_of_a_run_that_ends_while_the_warehouse_is_locked_are_compared_later(
    data, tick, clock, monkeypatch
):
    class Held(Warehouse):
        def reading(self):
            raise WarehouseBusy("DBeaver holds it.")

    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Alien,1979,348\n")
    before = Overrides.load(path)
    os.utime(path, (clock.time(), clock.time()))
    assert asked(tick()) == []
    began(data, "a.csv", "2")
    path.unlink()
    assert settle(tick) == []
    ended(data, "a.csv", "2", before)
    with monkeypatch.context() as patched:
        patched.setattr(revisions, "Warehouse", Held)
        result = tick()
        assert asked(result) == []
        assert "the warehouse can't be read: DBeaver holds it" in str(result.skip_reason)
    assert asked(tick()) == ["a.csv"]


@pytest.mark.parametrize("known", ["as always", "only by rows", "only by rows without an owner"])
def test_what_an_earlier_version_stored_is_rebuilt_even_if_no_sensor_ever_saw_it(
    data, clock, instance, known
):
    """By `movie-pipeline demo` or `enrich` alone; the library knows only rows of raw.uploads."""
    for upload in ROWS:
        entry = notes(data).get(upload)
        earlier = entry.noted(shape_made=None, shape=None)
        notes(data).correct({upload: entry}, {upload: earlier})
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE raw.uploads SET shape = NULL, sample_chosen = NULL")
        if known == "only by rows without an owner":
            connection.execute("DELETE FROM raw.uploads")
    if known != "as always":
        (data / "progress.sqlite").unlink()
    clock.waited = SETTLE_SECONDS
    first = uploads_sensor(dg.build_sensor_context(instance=instance))
    assert asked(first) == ["a.csv", "b.csv", "c.csv"]
    for upload in ROWS:
        ran(data, upload, "2")
    again = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    assert asked(again) == []


@pytest.mark.parametrize("store", ["arrivals.json", "progress.sqlite"])
def test_rows_that_are_complete_are_not_made_again_whatever_else_is_lost(data, tick, store):
    """The status is made again from the rows, with their counts."""
    (data / store).unlink()
    assert settle(tick) == []
    shown = {one.upload: (one.status, one.matched_count) for one in status.read(environment.load())}
    assert shown == {upload: ("completed", len(films)) for upload, films in ROWS.items()}


def test_partitions_that_dagster_has_lost_are_registered_again(data, tick, instance, monkeypatch):
    """By the first tick of a process: `make dev` can't run while its store is deleted."""
    monkeypatch.setattr(sensors, "_PROCESS", "another")
    (added,) = tick().dynamic_partitions_requests
    assert added.partition_keys == ["a.csv", "b.csv", "c.csv"]
    instance.add_dynamic_partitions("uploads", added.partition_keys)
    monkeypatch.setattr(sensors, "_PROCESS", "a third")
    assert tick().dynamic_partitions_requests[0].partition_keys == []


def test_a_line_that_fits_no_film_of_any_upload_is_told_as_a_hint(data, tick):
    """Not as an error: the film may be in the next upload."""
    path = data / "overrides.csv"
    path.write_text(f"{HEADER}Alien,1979,348\nAlein,1979,348\nHeat,1996,949\n")
    assert settle(tick) == ["a.csv"]
    hint = "lines 3, 4 fit no film of any upload."
    for command in ("status", "review"):
        asked_for = ["review", "a.csv"] if command == "review" else [command]
        said = CliRunner().invoke(main, asked_for)
        assert said.exit_code == 0, said.output
        assert hint in " ".join(said.output.split())
    ran(data, "a.csv", "2")
    path.write_text(f"{HEADER}Alien,1979,348\n")
    assert status.overrides_hint(environment.load()) is None, "it was about another state"
    settle(tick)
    assert status.overrides_hint(environment.load()) is None
