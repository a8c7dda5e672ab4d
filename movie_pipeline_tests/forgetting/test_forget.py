"""Forgetting an upload: every trace of it is removed, and everything else stays."""

import json
import os
import socket
import subprocess
import sys
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner
from dagster._cli.utils import get_possibly_temporary_instance_for_cli
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorTick,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._daemon.asset_daemon import asset_daemon_cursor_to_instigator_serialized_cursor

from movie_pipeline import settings as environment
from movie_pipeline import status, uploads
from movie_pipeline.commands.cli import main
from movie_pipeline.definitions import defs
from movie_pipeline.defs.assets.dashboard import PAGE
from movie_pipeline.defs.assets.specs import key_of
from movie_pipeline.defs.checks import LIBRARY, PERSONS
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.forgetting import dagster_records
from movie_pipeline.forgetting import forget as forgetting
from movie_pipeline.instance.run_worker import WORKER_TAG
from movie_pipeline.page import outline, publication
from movie_pipeline.page.heading import Heading
from movie_pipeline.status import front_page, looking
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb import open_store, posters
from movie_pipeline.tmdb.store import Kept
from movie_pipeline.warehouse import tables
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.remains import files_with

UPLOAD = "zöe/her 'list'.csv"
TITLE = "Qwyjibo & the Überfilm"
FILMS = f'Title,Year\nAlien,1979\n"{TITLE}",1999\nParasite,2019\n'
RAW = [key_of(table) for table in tables.RAW]
TABLES = [*RAW, key_of(ENRICHED_MOVIES)]
REPOSITORY = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "repository")
OTHER = "Title,Year\nAlien,1979\nJaws,1975\n"


@pytest.fixture
def home(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """A fresh clone with its own Dagster instance and two uploads."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", str(project / "data"))
    monkeypatch.setattr(looking, "AT_MOST_SECONDS", 0.0)
    path = project / "data/uploads" / UPLOAD
    path.parent.mkdir()
    path.write_text(FILMS)
    (project / "data/uploads/other.csv").write_text(OTHER)
    with get_possibly_temporary_instance_for_cli() as instance:
        yield instance


@pytest.fixture
def run(home: dg.DagsterInstance) -> Callable[..., dg.ExecuteInProcessResult]:
    def execute(upload: str, *keys: dg.AssetKey) -> dg.ExecuteInProcessResult:
        return defs.resolve_job_def("enrich_upload").execute_in_process(
            instance=home,
            tags={"dagster/partition": upload},
            asset_selection=keys or None,
            raise_on_error=False,
        )

    return execute


def forget(upload: str) -> str:
    result = CliRunner().invoke(main, ["forget", upload], catch_exceptions=False)
    return f"{result.exit_code} {result.output}"


def forgetting_job(upload: str) -> "subprocess.CompletedProcess[str]":
    """forget_upload as `dagster job execute` runs it, in a separate process."""
    Path("sure.yaml").write_text("ops: {forget: {config: {sure: yes}}}")
    command = [
        sys.executable,
        "-m",
        "dagster",
        "job",
        "execute",
        "-m",
        "movie_pipeline.definitions",
    ]
    return subprocess.run(
        [
            *command,
            "-j",
            "forget_upload",
            "-c",
            "sure.yaml",
            "--tags",
            json.dumps({"dagster/partition": upload}),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def rows() -> dict[str, int]:
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        return dict(
            connection.execute("SELECT upload, count(*) FROM enriched.movies GROUP BY 1").fetchall()
        )


def leave_traces_in_dagster(instance: dg.DagsterInstance) -> None:
    """What the daemon and the UI would leave: ticks, a backfill, reports about all uploads."""
    library = defs.resolve_implicit_global_asset_job_def()
    assert library.execute_in_process(instance=instance, asset_selection=[LIBRARY]).success
    assert library.execute_in_process(instance=instance, asset_selection=[PERSONS]).success
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=LIBRARY,
            check_name="no_upload_failed",
            passed=False,
            metadata={"failed": UPLOAD},
        )
    )
    instance.add_backfill(
        PartitionBackfill(
            backfill_id="backfill",
            status=BulkActionStatus.COMPLETED_SUCCESS,
            from_failure=False,
            tags={"of": UPLOAD},
            backfill_timestamp=time.time(),
            partition_names=[UPLOAD],
        )
    )
    asked = tick_at_work(instance, "uploads_sensor", "cursor")
    instance.update_tick(
        asked.with_status(TickStatus.SUCCESS).with_run_info("a run", f"{UPLOAD}:abc:1")
    )
    before = dg.evaluate_automation_conditions(defs, instance)
    instance.report_runless_asset_event(dg.AssetMaterialization(PAGE, partition=UPLOAD))
    conditions = dg.evaluate_automation_conditions(defs, instance, cursor=before.cursor)
    tick_at_work(
        instance,
        "library_sensor",
        asset_daemon_cursor_to_instigator_serialized_cursor(conditions.cursor),
        began=time.time() - 3600,  # and was killed
    )


def tick_at_work(
    instance: dg.DagsterInstance, sensor: str, cursor: str, began: float | None = None
) -> InstigatorTick:
    """An unfinished tick of a sensor, with its cursor and last run key."""
    origin = RemoteInstigatorOrigin(REPOSITORY, sensor)
    data = SensorInstigatorData(last_run_key=f"{UPLOAD}:abc:1", cursor=cursor)
    state = instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, data)
    )
    return instance.create_tick(
        TickData(
            state.instigator_origin_id,
            sensor,
            InstigatorType.SENSOR,
            TickStatus.STARTED,
            time.time() - 1 if began is None else began,
            selector_id=state.selector_id,
        )
    )


def tick(instance: dg.DagsterInstance) -> None:
    repository = defs.get_repository_def()
    uploads_sensor(dg.build_sensor_context(instance=instance, repository_def=repository))


def line_of(title: str, lines: list[str]) -> str:
    return next(line for line in lines if title in line)


def test_forgetting_removes_every_trace_of_an_upload_and_leaves_the_other_unchanged(
    home: dg.DagsterInstance, run: Callable[..., dg.ExecuteInProcessResult], project: Path
) -> None:
    """Its name, and a title that no other upload has, were in every place that we know of."""
    data, overrides = project / "data", project / "data/overrides.csv"
    assert run(UPLOAD).success
    assert run("other.csv", *TABLES).success
    tick(home)
    review = CliRunner().invoke(main, ["review", UPLOAD]).output + f"#{TITLE},1999,ignore,,,\n"
    kept = "\ufefftitle,year,tmdb_id,upload\r\nAlien,1979,348,\r\n# Mine\r\n"
    overrides.write_bytes(
        f"{kept}{TITLE},1999,ignore,\r\nParasite,2019,496243,{UPLOAD}\r\n{review}".encode()
    )
    assert run(UPLOAD, *TABLES).success
    club = data / "club.csv"
    club.write_bytes("person\r\nzöe\r\nother.csv\r\n".encode())
    path = data / "uploads" / UPLOAD
    path.write_bytes(b"PK\3\4 no archive")
    assert not run(UPLOAD).success
    tick(home)
    leave_traces_in_dagster(home)
    (data / "logs").mkdir()
    (data / "logs/dev.log").write_text(f"{UPLOAD}: failed\n")
    before, others = rows(), home.get_runs(dg.RunsFilter(tags={"dagster/partition": "other.csv"}))
    found = {where.partition(",")[0] for where, _ in files_with(project, UPLOAD, TITLE)}
    assert {"data/arrivals.json", "data/warehouse.duckdb", "data/overrides.csv"} <= found
    assert any(where.startswith("data/dagster/history") for where in found)

    done = forgetting_job(UPLOAD)
    assert done.returncode == 0, done.stderr[-3000:]
    assert UPLOAD not in done.stderr.partition("forget_upload")[2]
    # Also parts of the name, and the title's key, under which override lines were remembered.
    assert files_with(project, UPLOAD, "her 'list'", TITLE, "Qwyjibo") == set()
    assert club.read_bytes() == b"person\r\nother.csv\r\n"
    assert rows() == {"other.csv": before["other.csv"]}
    assert "Alien,1979,348" in (text := overrides.read_bytes().decode())
    assert text.startswith(kept)
    assert line_of("title,year,tmdb_id,letterboxd_uri", text.splitlines())
    assert [one.upload for one in status.read(environment.load())] == ["other.csv"]
    assert home.get_dynamic_partitions("uploads") == ["other.csv"]
    left = home.get_runs(dg.RunsFilter(tags={"dagster/partition": "other.csv"}))
    assert [one.run_id for one in left] == [one.run_id for one in others]
    latest = home.get_latest_materialization_event(dg.AssetKey(["enriched", "movies"]))
    assert latest is not None
    assert latest.run_id == others[0].run_id
    (forgetter,) = home.get_runs(dg.RunsFilter(job_name="forget_upload"))
    assert (forgetter.status, forgetter.tags["dagster/partition"]) == (
        dg.DagsterRunStatus.SUCCESS,
        dagster_records.FORGOTTEN,
    )
    tick(home)
    assert files_with(project, "her 'list'", "Qwyjibo") == set()
    assert forget(UPLOAD).startswith("1 Error: There is no trace of")


@pytest.fixture
def by_variable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `dagster.yaml` that names its folder by a variable, as Dagster allows."""
    monkeypatch.setenv("STORE", str(project / "data/dagster"))
    config = project / "dagster.yaml"
    text = config.read_text()
    assert text.count("base_dir: data/dagster\n") == 2
    config.write_text(text.replace("base_dir: data/dagster\n", "base_dir: {env: STORE}\n"))


@pytest.mark.usefixtures("by_variable")
def test_a_store_that_a_variable_names_is_scrubbed_too(
    home: dg.DagsterInstance, project: Path
) -> None:
    """The instance hands on `{env: STORE}` as it stands, and no folder has that name."""
    home.add_dynamic_partitions("uploads", [UPLOAD])
    home.report_runless_asset_event(dg.AssetMaterialization(PAGE, partition=UPLOAD))
    assert files_with(project / "data/dagster", UPLOAD)
    assert forget(UPLOAD).startswith("0 ")
    assert files_with(project / "data/dagster", UPLOAD, "her 'list'") == set()


def test_forgetting_waits_for_a_run_that_lists_all_uploads_and_removes_it_too(
    home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began while the upload was there, and records its name while the upload is forgotten."""
    library = defs.resolve_implicit_global_asset_job_def()
    run = home.create_run_for_job(library, asset_selection=frozenset({LIBRARY}))
    home.add_run_tags(run.run_id, {"lists": UPLOAD})
    home.handle_run_event(
        run.run_id, dg.DagsterEvent("PIPELINE_START", library.name, message=UPLOAD)
    )
    waited: list[float] = []

    def ends(seconds: float) -> None:
        waited.append(seconds)
        home.report_run_canceled(home.get_run_by_id(run.run_id), UPLOAD)

    monkeypatch.setattr(forgetting.time, "sleep", ends)
    forgetting.forget(UPLOAD, environment.load(), home)
    assert len(waited) == 1
    assert home.get_run_by_id(run.run_id) is None
    assert files_with(environment.load().data, UPLOAD) == set()


def test_forgetting_waits_for_earlier_ticks_and_removes_what_they_record(
    home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ticks of both sensors: one may have seen the file, the other the partition."""
    at_work = [tick_at_work(home, name, "") for name in ("uploads_sensor", "library_sensor")]
    waited: list[float] = []

    def ends(seconds: float) -> None:
        waited.append(seconds)
        one = at_work.pop()
        home.update_tick(one.with_status(TickStatus.SKIPPED, skip_reason=f"{UPLOAD} is there"))

    monkeypatch.setattr(time, "sleep", ends)
    forgetting.forget(UPLOAD, environment.load(), home)
    assert len(waited) == 2
    assert files_with(environment.load().data, UPLOAD) == set()


def test_a_tick_that_began_meanwhile_writes_nothing_back_of_the_sensors_state(
    home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read the last run key before that was removed, and stores it when it ends."""
    remove = dagster_records.remove

    def removed(instance: dg.DagsterInstance, upload: str) -> None:
        remove(instance, upload)
        one = tick_at_work(home, "uploads_sensor", "")

        def ends(_: float) -> None:
            home.update_tick(one.with_status(TickStatus.SKIPPED, skip_reason=f"{UPLOAD} is there"))

        monkeypatch.setattr(time, "sleep", ends)

    monkeypatch.setattr(dagster_records, "remove", removed)
    forgetting.forget(UPLOAD, environment.load(), home)
    assert files_with(environment.load().data, UPLOAD) == set()


def test_a_person_stays_in_the_club_while_they_have_another_upload(
    home: dg.DagsterInstance, run: Callable[..., dg.ExecuteInProcessResult], project: Path
) -> None:
    club, more = project / "data/club.csv", project / "data/uploads/zöe/more.csv"
    club.write_text("zöe\n")
    more.write_text(OTHER)
    assert run("zöe/more.csv", *RAW).success
    assert run(UPLOAD, *RAW).success
    assert forget(UPLOAD).startswith("0 ")  # the other one is in the folder
    more.unlink()
    (project / "data/uploads/zöe").rmdir()
    assert club.read_text() == "zöe\n"
    assert forget("zöe/more.csv").startswith("0 ")
    assert club.read_text() == ""


def test_cards_and_the_row_on_the_home_page_go_and_those_of_others_stay(
    home: dg.DagsterInstance, project: Path
) -> None:
    settings = environment.load()
    names = {outline.NAME, *publication.card_names(), *publication.card_names(2025)}
    for upload in (UPLOAD, "other.csv", "other.csv/index"):
        outline.begin(settings, upload, Heading("zöe", "IMDb", None), [4.0], rejected=0)
        for name in names - {outline.NAME}:
            (publication.folder(settings, upload) / name).touch()
    front_page.write(settings)
    assert files_with(settings.pages, UPLOAD, "her 'list'") != set()
    assert forget(UPLOAD).startswith("0 ")
    assert files_with(project, UPLOAD, "her 'list'") == set()
    assert "other.csv" in (settings.pages / "index.html").read_text(encoding="utf-8")
    assert {path.name for path in (settings.pages / "other.csv").iterdir()} == {*names, "index"}


def test_an_executing_upload_is_not_forgotten_but_one_with_a_killed_run_is(
    home: dg.DagsterInstance, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "data/uploads/other.csv"
    waiting = home.create_run_for_job(
        defs.resolve_job_def("enrich_upload"), tags={"dagster/partition": "other.csv"}
    )
    assert f"run {waiting.run_id[:8]} is not_started" in forget("other.csv")
    # A command line that was killed before its run began leaves it in the same state.
    monkeypatch.setattr(forgetting, "_BEGINS_WITHIN_SECONDS", 0.0)
    progress = Progress.of(environment.load())
    progress.begin("other.csv", run_id="mine", plan=["raw"])
    assert "run mine is executing. Wait until it ends" in forget("other.csv")
    assert path.exists()
    entry = progress.get("other.csv")
    assert entry is not None
    assert entry.run.worker is not None
    progress.note("other.csv", worker=replace(entry.run.worker, started=1.0))
    started = home.create_run_for_job(
        defs.resolve_job_def("enrich_upload"),
        tags={"dagster/partition": "other.csv"},
        status=dg.DagsterRunStatus.STARTED,
    )
    home.add_run_tags(
        started.run_id, {WORKER_TAG: f"{socket.gethostname()}/{2**22 + 1}/1/{started.run_id}"}
    )
    assert forget("other.csv").startswith("0 other.csv is forgotten: ")
    assert not path.exists()
    assert home.get_runs() == []


def forgetting_run(home: dg.DagsterInstance) -> str:
    """A run of the job, queued as by the UI."""
    run = home.run_storage.add_run(
        dg.DagsterRun(
            "forget_upload",
            run_id=str(uuid.uuid4()),
            status=dg.DagsterRunStatus.NOT_STARTED,
            tags={"dagster/partition": UPLOAD},
            remote_job_origin=RemoteJobOrigin(REPOSITORY, "forget_upload"),
        )
    )
    home.report_dagster_event(dg.DagsterEvent.job_enqueue(run), run_id=run.run_id)
    return run.run_id


def test_a_forgetting_run_does_not_keep_the_name_it_was_queued_with(
    home: dg.DagsterInstance, project: Path
) -> None:
    queued = forgetting_run(home)
    assert files_with(project / "data/dagster", UPLOAD)
    forgetting.forget(UPLOAD, environment.load(), home, own_run=queued)
    assert files_with(project / "data", UPLOAD) == set()


def test_a_request_made_while_a_run_was_executing_is_refused_when_its_turn_comes(
    home: dg.DagsterInstance, project: Path, run: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    """Runs of one upload wait for each other in Dagster's queue; the user is not asked again."""
    queued = forgetting_run(home)
    run(UPLOAD, *RAW)
    with pytest.raises(forgetting.ForgettingError, match="was executing when this was requested"):
        forgetting.forget(UPLOAD, environment.load(), home, own_run=queued)
    assert (project / "data/uploads" / UPLOAD).exists()
    home.delete_run(queued)
    forgetting.forget(UPLOAD, environment.load(), home, own_run=forgetting_run(home))
    assert not (project / "data/uploads" / UPLOAD).exists()


def test_invalid_overrides_are_reported_before_anything_is_removed(
    home: dg.DagsterInstance, project: Path
) -> None:
    (project / "data/overrides.csv").write_text("title,year,tmdb_id\nAlien,1979,what\n")
    assert "overrides.csv, line 2: 'what' is not a TMDB id" in forget("other.csv")
    assert (project / "data/uploads/other.csv").exists()


def test_forgetting_again_completes_what_a_killed_process_left(
    home: dg.DagsterInstance,
    run: Callable[..., dg.ExecuteInProcessResult],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until then the upload shows as removed, with the command that completes it."""
    assert run(UPLOAD, *RAW).success
    places = (
        "redaction.redacted",
        "Warehouse.forget",
        "dagster_runs.remove",
        "dagster_runs.remove_shard",
    )
    for place in (*places, "dagster_records.remove", "dagster_records.vacuum"):
        with monkeypatch.context() as patch:
            patch.setattr(f"movie_pipeline.forgetting.forget.{place}", _kill)
            with pytest.raises(KeyboardInterrupt):
                forgetting.forget(UPLOAD, environment.load(), home)
        (one,) = [one for one in status.read(environment.load()) if one.upload == UPLOAD]
        if place != "redaction.redacted":
            assert (one.status, "movie-pipeline forget" in one.message) == ("removed", True)
    assert forget(UPLOAD).startswith("0 ")
    assert files_with(project, UPLOAD, TITLE) == set()


def _kill(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["../secret.csv", "alice", "nobody.csv"])
def test_what_is_not_an_upload_is_left_alone(
    home: dg.DagsterInstance, project: Path, name: str
) -> None:
    """A folder of uploads is not an upload itself; a typo in a name empties no log."""
    kept = [project / "data/secret.csv", project / "data/uploads/alice/b.csv"]
    log = project / "data/logs/dev.log"
    for path in (*kept, log):
        path.parent.mkdir(exist_ok=True)
        path.write_text("kept")
    assert forget(name).startswith("1 Error: ")
    assert all(path.read_text() == "kept" for path in (*kept, log))


@pytest.mark.parametrize(
    "name", ["{}/link.csv", "link/sub/link.csv", "export/watched.csv", "%6Fther.csv"]
)
def test_only_what_the_sensor_finds_under_exactly_that_name_is_removed(
    home: dg.DagsterInstance, project: Path, tmp_path: Path, name: str
) -> None:
    """A link points elsewhere, and a file of an unpacked export is only part of an upload."""
    uploads, elsewhere = project / "data/uploads", tmp_path / "elsewhere"
    (elsewhere / "sub").mkdir(parents=True)
    (uploads / "export").mkdir()
    for one in ("profile.csv", "watched.csv"):
        (uploads / "export" / one).write_text("kept")
    for folder in (elsewhere, elsewhere / "sub"):
        (folder / "real.txt").write_text("kept")
        (folder / "link.csv").symlink_to(folder / "real.txt")
        (folder / "link.csv.html").write_text("kept")
    (uploads / "link").symlink_to(elsewhere)
    before = sorted(path for root in (uploads, elsewhere) for path in root.rglob("*"))
    assert forget(name.format(elsewhere)).startswith("1 Error: ")
    assert sorted(path for root in (uploads, elsewhere) for path in root.rglob("*")) == before


def test_a_link_is_forgotten_and_its_target_is_not(
    home: dg.DagsterInstance, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "real.csv").write_text("kept")
    (project / "data/uploads/link.csv").symlink_to(tmp_path / "real.csv")
    assert forget("link.csv") == "0 link.csv is forgotten: its file.\n"
    assert (tmp_path / "real.csv").read_text() == "kept"
    assert not (project / "data/uploads/link.csv").is_symlink()


@pytest.mark.parametrize("name", [unicodedata.normalize("NFD", "Zoë.csv"), "50%.csv"])
def test_a_link_is_removed_whatever_its_name_on_disk(
    home: dg.DagsterInstance, project: Path, tmp_path: Path, name: str
) -> None:
    (project / "data/uploads" / name).symlink_to(tmp_path)
    assert "its file" in forget(uploads.key_of(Path(name)))
    assert not (project / "data/uploads" / name).is_symlink()


def test_nothing_is_removed_while_the_warehouse_is_locked(
    home: dg.DagsterInstance,
    run: Callable[..., dg.ExecuteInProcessResult],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run("other.csv", *RAW).success
    monkeypatch.setenv("MOVIE_PIPELINE_LOCK_WAIT", "1")
    script = (
        f"import duckdb; held = duckdb.connect({environment.load().warehouse!r}, read_only=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", f"{script}; print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        assert forget("other.csv").startswith("1 Error: ")
        assert (project / "data/uploads/other.csv").exists()
        reader.kill()


@pytest.mark.parametrize("separator", [",", ";"])
def test_only_its_own_lines_are_removed_from_the_overrides_whatever_their_quotes(
    home: dg.DagsterInstance, project: Path, separator: str
) -> None:
    """A quote inside a cell does not start a quoted cell; one at its start does, over two lines."""
    kept = [
        "title,year,tmdb_id,upload",
        "Heat,1995,949,",
        '"A ""B""\nC",1975,578,b.csv',
        "# a note",
    ]
    own = [
        '12" Vinyl,2001,949,other.csv',
        '# 7" Single,2002,949,other.csv',
        '"X\nY",2003,949,other.csv',
    ]
    lines = [kept[0], own[0], kept[1], own[1], kept[2], own[2], kept[3], ""]
    path = project / "data/overrides.csv"
    path.write_text("\n".join(lines).replace(",", separator))
    assert "its lines in overrides.csv" in forget("other.csv")
    assert path.read_text() == "\n".join([*kept, ""]).replace(",", separator)


def test_a_name_may_be_given_as_it_is_on_disk(home: dg.DagsterInstance, project: Path) -> None:
    """Decomposed, as in archives made on macOS, and as a shell completes it."""
    decomposed = unicodedata.normalize("NFD", "Müller.csv")
    (project / "data/uploads" / decomposed).write_text(OTHER)
    Progress.of(environment.load()).begin("Müller.csv", run_id="1", plan=[])
    Progress.of(environment.load()).fail("Müller.csv", "1", "it failed")
    assert forget(decomposed) == "0 Müller.csv is forgotten: its file.\n"
    assert Progress.of(environment.load()).get("Müller.csv") is None
    assert not (project / "data/uploads" / decomposed).exists()


def test_an_instance_that_cannot_be_opened_is_reported_in_one_sentence(
    home: dg.DagsterInstance, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "nowhere"))
    assert forget("other.csv").startswith("1 Error: Dagster's store can't be used (")
    assert (project / "data/uploads/other.csv").exists()


def test_only_its_own_page_is_removed(home: dg.DagsterInstance, project: Path) -> None:
    """`a.csv.txt` is another upload."""
    pages = project / "data/dashboard"
    pages.mkdir()
    for name in ("other.csv.html", ".other.csv.html.new", "other.csv.svg", "other.csv.txt.html"):
        (pages / name).touch()
    assert forget("other.csv").startswith("0 ")
    assert {path.name for path in pages.iterdir()} == {"other.csv.txt.html", "index.html"}


def test_kept_posters_are_removed_unless_another_upload_needs_them(
    home: dg.DagsterInstance, project: Path, run: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    """A poster shows its film's title."""
    del home
    for upload in (UPLOAD, "other.csv"):
        assert run(upload, *TABLES).success
    settings = environment.load()
    with duckdb.connect(settings.warehouse) as connection:
        connection.execute(
            "UPDATE enriched.movies SET poster_path = '/' || tmdb_id || '.jpg'"
            " WHERE tmdb_id IS NOT NULL"
        )
        found = connection.execute(
            "SELECT upload = 'other.csv', poster_path FROM enriched.movies"
            " WHERE poster_path IS NOT NULL"
        ).fetchall()
    with closing(open_store(settings.cache)) as store:
        for _, path in found:
            store.put(posters.key_of(path), Kept(200, store.now(), "", b"picture"), "")
    assert forget(UPLOAD).startswith("0")
    needed = {path for other, path in found if other}
    with closing(open_store(settings.cache)) as store:
        left = {path for _, path in found if store.get(posters.key_of(path))}
    assert left == needed
    assert len(needed) == 2
    assert len(found) == 4
