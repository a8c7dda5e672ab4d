"""Progress: entries count decisions, outlive processes, and can be read by other versions."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from movie_pipeline import liveness
from movie_pipeline.liveness import Worker
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.store import STATES, Entry, Progress, Run, Stored
from movie_pipeline.status.summary import _of
from movie_pipeline_tests.profiles import examples

ROOT = Path(__file__).parents[2]
COUNTS = dict(zip(STATES, (5, 1, 2, 1, 1), strict=True)) | {"enriched": 5, "pending": 0}
OPEN = """
import sys
from pathlib import Path
from pydantic import SecretStr
from movie_pipeline.status.store import Progress
where, folder = sys.argv[1], Path(sys.argv[2])
progress = Progress(SecretStr(where) if "://" in where else Path(where), folder)
"""
BEGIN = (
    OPEN
    + """
progress.begin("a.csv", run_id="killed", plan=["one"], version="B")
progress.note("a.csv", stage="enriching", counts={"matched": 3, "pending": 7}, eta_seconds=60.0)
print("begun", flush=True)
sys.stdin.readline()
"""
)
BEGIN_ELSEWHERE = f"""
import socket
socket.gethostname = lambda: "another-container"
{OPEN}
from movie_pipeline import liveness
liveness.FileLifeline(liveness.lifeline_path("killed", folder)).hold()
{BEGIN}
"""
WRITE = (
    OPEN
    + """
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    upload = f"{sys.argv[3]}-{number}.csv"
    progress.begin(upload, run_id="1", plan=["one"], version=None)
    progress.begin("shared.csv", run_id="1", plan=["one"], version=None)
    progress.note("shared.csv", **{sys.argv[3]: f"{number}"})
    progress.step_done(upload, "1", "one")
"""
)


@pytest.fixture(params=["file", "redis"])
def progress(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Progress:
    """A store without entries: a file that does not exist yet, or an empty Redis.

    Runs are taken for alive there, as if this process held their lifelines.
    """
    if request.param == "redis":
        monkeypatch.setattr(liveness.RedisLifeline, "is_held", lambda _: True)
        return Progress(request.getfixturevalue("redis_address"), tmp_path / "data")
    return Progress(tmp_path / "data" / "progress.sqlite", tmp_path / "data")


@pytest.fixture
def in_file(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "data" / "progress.sqlite")


def where(progress: Progress) -> tuple[str, str]:
    """The place of a store and its data folder, as arguments of a process."""
    place = progress.place
    shown = place.get_secret_value() if isinstance(place, SecretStr) else str(place)
    return shown, str(progress._data or place.parent)


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def entry_of(progress: Progress, upload: str = "a.csv") -> Entry:
    entry = progress.get(upload)
    assert entry is not None
    return entry


def complete(progress: Progress, run_id: str = "1", version: str = "A") -> None:
    """A whole run: its one step records its counts and succeeds."""
    progress.begin("a.csv", run_id=run_id, plan=["one"], version=version)
    progress.note("a.csv", counts=COUNTS, answered_by="tmdb")
    progress.step_done("a.csv", run_id, "one")


def test_before_any_run_there_are_no_entries_and_no_file(progress: Progress) -> None:
    assert progress.get("a.csv") is None
    assert progress.all() == []
    assert isinstance(progress.place, SecretStr) or not progress.place.exists()


def test_the_last_step_of_its_plan_completes_a_run(progress: Progress) -> None:
    progress.begin("a.csv", run_id="1", plan=["raw", "enriched"], version="A")
    progress.step_done("a.csv", "1", "raw")
    assert entry_of(progress).stage == "processing"
    progress.begin("a.csv", run_id="1", plan=["raw", "enriched"], version=None)
    progress.step_done("a.csv", "1", "enriched")
    entry = entry_of(progress)
    assert (entry.stage, entry.run.version, entry.done) == ("completed", "A", ("raw", "enriched"))
    assert entry.finished_at is not None
    assert entry.run.started_at is not None
    assert entry.finished_at >= entry.run.started_at
    assert entry.finished_at.utcoffset() is not None


def test_a_run_begins_and_ends_once(progress: Progress) -> None:
    """Whatever is done then, such as writing the home page, is done once."""

    def begin(run_id: str) -> bool:
        return progress.begin("a.csv", run_id=run_id, plan=["one", "two"])

    assert [begin("1"), begin("1")] == [True, False]
    ends = [progress.step_done("a.csv", "1", step) for step in ("one", "one", "two", "two")]
    assert ends == [False, False, True, False]
    assert begin("2")
    assert [progress.fail("a.csv", "2", "no disk") for _ in range(2)] == [True, False]
    assert not begin("2")
    assert not progress.step_done("a.csv", "2", "two")
    assert not begin("1")


def test_a_repeated_step_is_listed_once(progress: Progress) -> None:
    progress.begin("a.csv", run_id="1", plan=["raw", "enriched"], version="A")
    progress.step_done("a.csv", "1", "raw")
    progress.step_done("a.csv", "1", "raw")
    assert entry_of(progress).done == ("raw",)


def test_counts_are_stored_when_the_step_that_computed_them_has_succeeded(
    progress: Progress,
) -> None:
    """Not before: until its rows are written, the warehouse has the previous ones."""
    progress.begin("a.csv", run_id="1", plan=["one", "two"], version="A")
    progress.note("a.csv", counts=COUNTS)
    assert entry_of(progress).stored.counts == {}
    progress.step_done("a.csv", "1", "one")
    assert entry_of(progress).stored.counts == COUNTS
    progress.fail("a.csv", "1", "the second step failed")
    assert entry_of(progress).counts == COUNTS


def test_a_rerun_that_fails_keeps_the_counts_of_the_stored_rows(progress: Progress) -> None:
    complete(progress)
    progress.begin("a.csv", run_id="2", plan=["one"], version="B")
    assert entry_of(progress).counts == COUNTS
    progress.note("a.csv", stage="enriching", counts={"matched": 1, "pending": 99})
    progress.fail("a.csv", "2", "a refused key")
    entry = entry_of(progress)
    assert (entry.counts, entry.stage, entry.message) == (COUNTS, "failed", "a refused key")
    assert entry.stored.answered_by == "tmdb"


def test_the_first_reason_for_a_failure_stays(progress: Progress) -> None:
    progress.begin("a.csv", run_id="1", plan=["one", "two"], version="A")
    progress.fail("a.csv", "1", "the reason")
    progress.fail("a.csv", "1", "what followed from it")
    assert entry_of(progress).message == "the reason"


def test_what_the_user_must_correct_is_recorded_until_the_next_run_begins(
    progress: Progress,
) -> None:
    progress.begin("a.csv", run_id="1", plan=["one"], version="A")
    progress.fail("a.csv", "1", "correct it", refused="key")
    assert entry_of(progress).refused == "key"
    progress.begin("a.csv", run_id="2", plan=["one"], version="A")
    assert entry_of(progress).refused == ""


def test_a_step_that_begins_after_another_failed_does_not_undo_the_failure(
    progress: Progress,
) -> None:
    """Dagster continues with the steps that do not depend on the failed one."""
    plan = ["raw", "analytics", "dashboard"]
    progress.begin("a.csv", run_id="1", plan=plan, version="A")
    progress.fail("a.csv", "1", "the reason")
    progress.begin("a.csv", run_id="1", plan=plan, version=None)
    progress.step_done("a.csv", "1", "dashboard")
    entry = entry_of(progress)
    assert (entry.stage, entry.message) == ("failed", "the reason")


def test_a_run_that_fails_before_it_begins_is_recorded(progress: Progress) -> None:
    complete(progress)
    first = entry_of(progress)
    progress.fail("a.csv", "2", "nothing could be loaded")
    entry = entry_of(progress)
    assert (entry.run.id, entry.stage, entry.counts) == ("2", "failed", COUNTS)
    assert entry.run.started_at is not None
    assert first.run.started_at is not None
    assert entry.run.started_at >= first.run.started_at


def test_an_earlier_run_does_not_change_the_entry_of_the_executing_one(progress: Progress) -> None:
    progress.begin("a.csv", run_id="1", plan=["one"], version="A")
    progress.begin("a.csv", run_id="2", plan=["one"], version="A")
    progress.fail("a.csv", "1", "cancelled")
    progress.step_done("a.csv", "1", "one")
    entry = entry_of(progress)
    assert (entry.run.id, entry.stage, entry.done) == ("2", "processing", ())


def test_a_run_that_was_taken_for_dead_notes_nothing_once_another_has_begun(
    progress: Progress,
) -> None:
    """Its process was suspended, and comes back to the run that repeats it."""
    for run_id in "12":
        progress.begin("a.csv", run_id=run_id, plan=["one"], version="A")
    before = entry_of(progress)
    progress.begin("a.csv", run_id="1", plan=["one"], version="A")
    progress.note("a.csv", run_id="1", stage="enriching", counts=COUNTS, message="I am back")
    progress.step_done("a.csv", "1", "one")
    progress.fail("a.csv", "1", "too late")
    assert entry_of(progress) == before
    progress.step_done("a.csv", "2", "one")
    assert entry_of(progress).stage == "completed"


def test_what_was_read_before_another_process_wrote_is_not_written_over_it(
    progress: Progress,
) -> None:
    """A process may be suspended between reading and writing."""
    complete(progress)
    other = Progress(progress.place, progress._data)
    overtaken = []

    def slow(upload: str, text: str | None) -> str | None:
        if isinstance(progress.place, SecretStr) and not overtaken:  # SQLite has locked it
            overtaken.append(text)
            other.note("a.csv", message="faster")
        return str(text).replace('"stage":"completed"', '"stage":"failed"')

    progress._entries.change(["a.csv"], slow)
    assert entry_of(progress).stage == "failed"
    assert entry_of(progress).message == ("faster" if overtaken else "")


def test_a_note_on_an_unknown_upload_is_ignored_and_one_with_an_unknown_field_refused(
    progress: Progress,
) -> None:
    progress.note("a.csv", message="x")
    assert progress.get("a.csv") is None
    complete(progress)
    with pytest.raises(TypeError):
        progress.note("a.csv", bogus=1)
    assert entry_of(progress).stage == "completed"


def test_a_forgotten_upload_is_gone(progress: Progress) -> None:
    complete(progress)
    progress.forget("a.csv")
    assert progress.all() == []


def test_an_entry_round_trips(progress: Progress) -> None:
    key = '日本/o\'brien "x" %0A.csv'
    progress.begin(key, run_id="1", plan=["one"], version="A")
    progress.note(key, message="a \0 \U0001f3ac", page="/p/ä.html", asked={"requests": 3})
    entry = entry_of(progress, key)
    assert (entry.upload, entry.message, entry.stored.page) == (key, "a \0 \U0001f3ac", "/p/ä.html")
    assert entry.asked == {"requests": 3}
    assert entry.run.worker == Worker.current()


RUNS = st.sampled_from(["1", "2", "3"])
SNAPSHOTS = st.lists(st.integers(0, 50), min_size=7, max_size=7).map(
    lambda n: dict(zip((*STATES, "pending"), n, strict=False)) | {"enriched": min(n[6], n[0])}
)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), RUNS),
        st.tuples(st.just("note"), SNAPSHOTS),
        st.tuples(st.just("step_done"), RUNS, st.sampled_from(["one", "two"])),
        st.tuples(st.just("fail"), RUNS),
    ),
    max_size=12,
)


@settings(max_examples=examples(30))
@given(MOVES)
def test_the_counts_add_up_whatever_the_order_of_notes(
    moves: list[tuple[object, ...]],
) -> None:
    """Also with overlapping runs, which nothing strictly prevents."""
    progress = Progress(Path("progress.sqlite"))  # in the test's own folder
    progress.forget("a.csv")
    for what, *values in moves:
        match what, values:
            case "begin", (run_id,):
                progress.begin("a.csv", run_id=run_id, plan=["one", "two"], version="A")
            case "note", (counts,):
                progress.note("a.csv", stage="enriching", counts=counts)
            case "step_done", (run_id, step):
                progress.step_done("a.csv", run_id, step)
            case "fail", (run_id,):
                progress.fail("a.csv", run_id, "why")
        entry = progress.get("a.csv")
        if entry is None:
            continue
        shown = _of(entry, removed=False)
        states = sum(getattr(shown, f"{state}_count") for state in STATES)
        assert shown.total_movies == states + shown.pending_count
        assert 0 <= shown.enriched_count <= shown.total_movies
        assert shown.pending_count == 0 or shown.status in {"processing", "enriching"}
        assert (shown.finished_at is not None) == (shown.status in {"completed", "failed"})


@pytest.mark.slow
def test_a_killed_process_is_distinguished_from_a_living_one(in_file: Progress) -> None:
    process = python(BEGIN, *where(in_file))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    entry = entry_of(in_file)
    assert (entry.running, entry.killed, entry.failed) == (True, False, False)
    process.send_signal(signal.SIGKILL)
    process.wait()
    entry = entry_of(in_file)
    assert (entry.running, entry.killed, entry.failed) == (True, True, True)
    in_file.fail("a.csv", "another", "a run that could not begin")
    assert entry_of(in_file).run.id == "another"


def test_a_process_is_identified_by_its_start_time_too_since_pids_are_reused() -> None:
    here = Worker.current()
    assert here.alive
    assert not Worker(here.host, here.pid, here.started - 60).alive
    assert Worker(here.host, here.pid, psutil.Process().create_time()).alive, "as 0.1 noted it"
    assert Worker("another-host", here.pid, 0.0).alive


@pytest.mark.slow
def test_a_process_of_another_host_is_gone_when_its_lifeline_is_not_locked(
    in_file: Progress,
) -> None:
    """The other host is a container that this one has replaced, with the same data folder."""
    process = python(BEGIN_ELSEWHERE, *where(in_file))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    assert entry_of(in_file).killed is False
    process.send_signal(signal.SIGKILL)
    process.wait()
    entry = entry_of(in_file)
    assert (entry.running, entry.killed) == (True, True)
    path = liveness.lifeline_path(entry.run.id, in_file.place.parent)
    with FileLock(path):  # as a living process does
        assert not entry_of(in_file).killed
    liveness.FileLifeline(path).remove()
    assert not entry_of(in_file).killed, "without a lifeline it is unknown"


@pytest.mark.slow
def test_a_zombie_process_is_gone() -> None:
    """The daemon's children stay zombies until they are waited for."""
    code = "import sys; sys.stdin.readline()"
    process = python(code)
    import psutil

    worker = Worker.of(psutil.Process(process.pid))
    assert worker.alive
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not worker.alive
    process.communicate()


@pytest.mark.slow
def test_processes_that_write_simultaneously_lose_nothing(progress: Progress) -> None:
    """Even at the very start, when there is no file yet."""
    names = ("message", "page", "answered_by")
    processes = [python(WRITE, *where(progress), name) for name in names]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.wait(200) for process in processes] == [0, 0, 0]
    done = [entry for entry in progress.all() if entry.stage == "completed"]
    assert len(done) == 30
    shared = entry_of(progress, "shared.csv")
    assert (shared.message, shared.stored.page, shared.stored.answered_by) == ("9", "9", "9")


def test_reading_does_not_wait_for_a_writer(in_file: Progress) -> None:
    complete(in_file)
    writer = sqlite3.connect(in_file.place, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM uploads")
    try:
        assert entry_of(in_file).stage == "completed"
    finally:
        writer.close()


def put(progress: Progress, upload: str, text: str) -> None:
    progress._entries.change([upload], lambda *_: text)


def test_entries_of_earlier_and_later_versions_are_read(progress: Progress) -> None:
    complete(progress)
    put(progress, "earlier.csv", '{"upload": "earlier.csv", "stage": "completed"}')
    later = {"upload": "later.csv", "stage": "completed", "counts": {"matched": 1, "dubbed": 2}}
    put(progress, "later.csv", json.dumps(later | {"a later field": [1], "done": ["one"]}))
    assert [entry.upload for entry in progress.all()] == ["a.csv", "earlier.csv", "later.csv"]
    assert entry_of(progress, "later.csv").counts["matched"] == 1
    progress.begin("later.csv", run_id="2", plan=["one"], version=None)
    assert entry_of(progress, "later.csv").stage == "processing"


@pytest.mark.parametrize("text", ["{", "[]", '{"upload": "b.csv", "worker": "me"}', "null"])
def test_an_unreadable_entry_does_not_hide_the_others(progress: Progress, text: str) -> None:
    complete(progress)
    put(progress, "b.csv", text)
    assert [entry.upload for entry in progress.all()] == ["a.csv"]
    progress.begin("b.csv", run_id="1", plan=["one"], version=None)
    assert entry_of(progress, "b.csv").stage == "processing"


@pytest.mark.parametrize("content", [b"garbage\n" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_left_alone_and_reported(in_file: Progress, content: bytes) -> None:
    """It is not silently replaced: it may be someone else's file, or the disk may be failing."""
    in_file.place.parent.mkdir(parents=True)
    in_file.place.write_bytes(content)
    with pytest.raises(ProgressError, match=r"move it and the files beside it away"):
        in_file.all()
    with pytest.raises(ProgressError, match=r"progress\.sqlite"):
        in_file.begin("a.csv", run_id="1", plan=["one"], version=None)
    assert in_file.place.read_bytes() == content


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProgressError, match="in a writable folder"):
        Progress(tmp_path / "file" / "progress.sqlite").begin(
            "a.csv", run_id="1", plan=["one"], version=None
        )


def test_of_two_simultaneous_runs_the_later_one_counts_and_completes(progress: Progress) -> None:
    """Two CI commands may run the same upload at the same time, with alternating steps."""
    plan = ["raw", "enriched__movies", "dashboard"]
    for step in plan:
        for run_id in ("first", "second"):
            progress.begin("a.csv", run_id=run_id, plan=plan, version="v")
        for run_id in ("first", "second"):
            progress.step_done("a.csv", run_id, step)
    entry = progress.get("a.csv")
    assert entry is not None
    assert (entry.run.id, entry.stage, entry.done) == ("second", "completed", tuple(plan))


def test_a_flat_entry_of_version_0_1_is_read_completely(progress: Progress) -> None:
    complete(progress)
    flat = {
        "upload": "a.csv",
        "run_id": "2",
        "stage": "failed",
        "alone": True,
        "repeats": 1,
        "worker": {"host": "here", "pid": 7, "started": 1.0, "lifeline": None},
        "plan": ["one"],
        "done": ["one"],
        "version": "A",
        "earlier": ["1"],
        "message": "why",
        "counts": {"matched": 2},
        "stored": {"matched": 1},
        "asked": {"requests": 3},
        "answered_by": "sample",
        "sample_chosen": True,
        "shape": 2,
        "page": "/p.html",
        "started_at": "2026-11-27T04:57:10Z",
        "finished_at": None,
        "eta_seconds": None,
        "key_refused": True,
        "overrides_refused": False,
    }
    put(progress, "a.csv", json.dumps(flat))
    assert entry_of(progress) == Entry(
        "a.csv",
        Run(
            "2",
            Worker("here", 7, 1.0),
            True,
            1,
            ("one",),
            "A",
            datetime(2026, 11, 27, 4, 57, 10, tzinfo=UTC),
        ),
        Stored({"matched": 1}, "sample", True, 2, "/p.html"),
        stage="failed",
        done=("one",),
        counts={"matched": 2},
        asked={"requests": 3},
        message="why",
        refused="key",
        earlier=("1",),
    )
