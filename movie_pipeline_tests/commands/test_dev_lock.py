"""The lock of `make dev`: one holder per data folder and per Dagster store, and never stale."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from movie_pipeline.commands.dev_lock import LOCK, NOTE, DevLockError, Note, end_left_over, held
from movie_pipeline.instance.storage import Store
from movie_pipeline.liveness import Worker
from movie_pipeline_tests import damages

pytestmark = pytest.mark.slow

ADDRESS = "http://127.0.0.1:3000"
_HOLDER = f"""
import sys
from pathlib import Path
from movie_pipeline.commands.dev_lock import held
from movie_pipeline.instance.storage import Store
store = Store(Path(sys.argv[2]), sys.argv[2])
with held(Path(sys.argv[1]), store, "{ADDRESS}", print):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def folders(tmp_path):
    """A data folder, and the store of a clone."""
    return tmp_path / "data", tmp_path / "clone" / "dagster"


@contextmanager
def another(data, store):
    """Another process that holds both."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(data), str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def taken(data, store, said=None):
    return held(data, Store(store, str(store)), ADDRESS, (said if said is not None else []).append)


def test_a_second_one_is_refused_naming_the_first_ones_process_and_address(folders, tmp_path):
    data, store = folders
    link = tmp_path / "link"
    with another(data, store) as first:
        link.symlink_to(data, target_is_directory=True)
        for folder in (data, link):
            with pytest.raises(DevLockError) as refused, taken(folder, tmp_path / "other"):
                pass
            assert f"process {first.pid}, {ADDRESS}" in str(refused.value)
            assert f"the data folder {data}" in str(refused.value)
        first.communicate("\n")
    with taken(data, store):
        pass


def test_two_data_folders_can_not_share_one_store(folders, tmp_path):
    """Each daemon would start the other's runs on its own data folder."""
    data, store = folders
    with another(data, store) as first:
        with pytest.raises(DevLockError) as refused, taken(tmp_path / "mine", store):
            pass
        assert f"process {first.pid}" in str(refused.value)
        assert f"Dagster's store in {store}" in str(refused.value)
        first.communicate("\n")


def test_a_killed_one_leaves_no_lock_behind(folders):
    data, store = folders
    with another(data, store) as first:
        first.kill()
        first.wait()
        assert (data / LOCK).exists()
        said = []
        with taken(data, store, said):
            assert Note.read(data).server == Worker.current()
        assert said == []


@pytest.mark.parametrize("content", ["", "garbage", "4711", "{}", '{"server": 3}'])
def test_leftover_or_damaged_files_do_not_block_a_start(folders, content):
    data, store = folders
    data.mkdir()
    (data / LOCK).write_text(content)
    (data / NOTE).write_text(content)
    with taken(data, store):
        assert json.loads((data / NOTE).read_text())["address"] == ADDRESS
        assert (data / NOTE).stat().st_mode & 0o077 == 0


def test_a_held_lock_without_a_note_is_respected_too(folders):
    data, store = folders
    with another(data, store):
        (data / NOTE).unlink()
        with pytest.raises(DevLockError, match=f"Another make dev serves {data}"):
            taken(data, store).__enter__()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_reported_and_served(folders, monkeypatch, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    data, store = folders
    said = []
    with taken(data, store, said):
        pass
    assert len(said) == 2
    assert f"The file system of {data} has no locks" in said[0]
    assert "MOVIE_PIPELINE_DATA" in said[0]


def test_a_read_only_folder_is_reported(folders, monkeypatch):
    data, store = folders
    data.mkdir()
    real = os.open

    def opened(path, flags, *rest, **options):
        if str(path) == str(data / LOCK):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return real(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", opened)
    with pytest.raises(DevLockError, match=r"dev\.lock.*Read-only.*MOVIE_PIPELINE_DATA"):
        taken(data, store).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")
def test_a_lock_of_another_user_is_reported_with_its_owner():
    with damages.folder_for_everybody() as folder:
        with taken(folder / "data", folder / "dagster"):
            pass
        (folder / "data" / LOCK).chmod(0o600)
        with damages.somebody_else(), pytest.raises(DevLockError, match="it belongs to root"):
            taken(folder / "data", folder / "dagster").__enter__()


def test_a_folder_in_place_of_the_lock_file_is_reported(folders):
    data, store = folders
    (data / LOCK).mkdir(parents=True)
    with pytest.raises(DevLockError, match=r"dev\.lock can't be locked"):
        taken(data, store).__enter__()


# Two stores ---------------------------------------------------------------------------------


def messages(data, store, identity):
    said = []
    with held(data, Store(store, identity), ADDRESS, said.append):
        pass
    return said


def test_another_store_on_the_same_data_folder_is_reported_in_one_message(folders, tmp_path):
    data, store = folders
    other = tmp_path / "other" / "dagster"
    assert messages(data, store, "1") == []
    assert messages(data, store, "1") == []
    (said,) = messages(data, other, "2")
    assert said.startswith(f"{data} was last used with Dagster's store {store}")
    assert f"this make dev uses {other}" in said
    assert f"run make dev in {Path.cwd()}." in said
    assert messages(data, other, "2") == []


def test_a_clone_moved_with_its_data_keeps_its_store(tmp_path):
    clone, moved = tmp_path / "clone", tmp_path / "moved"
    assert messages(clone / "data", clone / "data/dagster", "1") == []
    clone.rename(moved)
    assert messages(moved / "data", moved / "data/dagster", "1") == []


def test_a_store_created_again_in_the_same_place_counts_as_the_same(folders):
    """The damaged one was moved away, as we advise."""
    data, store = folders
    assert messages(data, store, "1") == []
    assert messages(data, store, "2") == []


def test_another_data_folder_on_the_same_store_is_reported_in_one_message(folders, tmp_path):
    data, store = folders
    assert messages(data, store, "1") == []
    (said,) = messages(tmp_path / "mine", store, "1")
    assert said.startswith(f"Dagster's store {store} was last used with the data folder {data}")


# What a killed one left running -------------------------------------------------------------

_WAITS = "import sys, time; print(flush=True); time.sleep(600)"


@pytest.fixture
def session(tmp_path):
    """Starts processes with command lines like Dagster's, in the session of the first."""
    script = (
        "import subprocess, sys, json\n"
        "for words, cwd in json.loads(sys.argv[1]):\n"
        f"    one = subprocess.Popen([sys.executable, '-c', {_WAITS!r}, *words], cwd=cwd,"
        " stdout=subprocess.PIPE)\n"
        "    one.stdout.readline(); print(one.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    started = []

    def start(*commands):
        leader = subprocess.Popen(
            [sys.executable, "-c", script, json.dumps(commands), "-m", "dagster", "dev"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        pids = [int(leader.stdout.readline()) for _ in commands]
        started.extend([leader.pid, *pids])
        return leader, [psutil.Process(pid) for pid in pids]

    yield start
    for pid in started:
        try:
            psutil.Process(pid).kill()
        except psutil.NoSuchProcess:
            continue


def note_of(leader, tmp_path):
    gone = Worker(Worker.current().host, 2**22 + 1, 1.0)
    return Note(gone, ADDRESS, Path.cwd(), tmp_path, None, Worker.of(psutil.Process(leader.pid)))


def test_servers_of_a_killed_make_dev_are_ended_but_its_runs_are_not(session, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    here = str(Path.cwd())
    leader, (daemon, web, code, run, stranger) = session(
        (["-m", "dagster._daemon", "run"], here),
        (["-m", "dagster_webserver", "--port", "1"], here),
        (["-m", "dagster", "api", "grpc"], here),
        (["-m", "dagster", "api", "execute_run"], here),
        (["-m", "dagster._daemon", "run"], str(tmp_path / "elsewhere")),
    )
    note = note_of(leader, tmp_path)
    leader.send_signal(signal.SIGKILL)  # "dagster dev" itself may be gone as well
    leader.wait()
    assert end_left_over(note)
    assert [ended(one) for one in (daemon, web, code)] == [True] * 3
    assert not ended(run)
    assert not ended(stranger)
    assert not end_left_over(note)


def ended(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_nothing_is_ended_while_its_make_dev_is_alive(session, tmp_path):
    """On a file system without locks, two may run at once."""
    leader, (daemon,) = session((["-m", "dagster._daemon", "run"], str(Path.cwd())))
    note = note_of(leader, tmp_path)
    alive = Note(Worker.current(), ADDRESS, note.clone, note.data, None, note.dagster)
    assert not end_left_over(alive)
    assert not ended(daemon)
