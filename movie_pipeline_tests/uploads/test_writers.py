"""Whether any program has a file open for writing, asked of the real system."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from movie_pipeline.uploads import writers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell")

OPENS = """
import os, sys
file = os.open(sys.argv[1], int(sys.argv[2]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("Title\nAlien\n")
    if not writers.none(path):
        pytest.skip("the temporary folder is not on a local file system")
    return path


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND])
def test_a_file_that_another_program_writes_to_has_a_writer(path, flags):
    command = [sys.executable, "-c", OPENS, str(path), str(flags)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"open\n"
        assert not writers.none(path)
        other.stdin.close()
    assert writers.none(path)


def test_a_file_that_this_process_writes_to_has_a_writer(path):
    with path.open("a"):
        assert not writers.none(path)
    assert writers.none(path)


def test_reading_it_is_not_writing(path):
    with path.open("rb"):
        assert writers.none(path)


# The lease is held for microseconds. A program that opens the file meanwhile is made certain here.
MEANWHILE = """
import fcntl, os, sys
from pathlib import Path
from movie_pipeline.uploads import writers

asked = fcntl.fcntl

def with_a_writer(file, command, *arguments):
    result = asked(file, command, *arguments)
    if command == fcntl.F_SETLEASE and arguments == (fcntl.F_RDLCK,):
        if not (child := os.fork()):
            try:
                os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
            except BlockingIOError:
                os._exit(7)  # it was kept waiting, so we were told
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    return result

fcntl.fcntl = with_a_writer
print(writers.none(Path(sys.argv[1])))
"""


def test_a_program_that_opens_the_file_while_we_ask_does_not_end_us(path):
    """The system sends a signal then, by default one that ends the process."""
    done = subprocess.run([sys.executable, "-c", MEANWHILE, str(path)], capture_output=True)
    assert done.returncode != -signal.SIGIO
    assert done.returncode == 0, done.stderr
    with path.open("a"):  # nobody is kept waiting any more
        pass


def test_another_users_file_cannot_be_asked_about(path):
    """Only its owner may ask, and root."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shared = Path(folder, "a.csv")
        shared.write_text(path.read_text())
        shared.chmod(0o666)
        assert writers.none(shared)
        child = os.fork()
        if not child:
            os.setuid(65534)
            os._exit(writers.none(shared) if os.access(shared, os.R_OK | os.W_OK) else 2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p", "virtiofs", "unknown"])
def test_a_file_system_that_others_may_write_to_is_not_asked(path, monkeypatch, kind):
    monkeypatch.setattr(writers, "_file_system", lambda _: kind)
    assert not writers.none(path)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_not_asked(path, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    assert not writers.none(path)


def test_only_a_plain_file_is_asked_about(path):
    link, pipe = path.with_name("link.csv"), path.with_name("pipe.csv")
    link.symlink_to(path)
    os.mkfifo(pipe)
    assert [writers.none(one) for one in (link, pipe, path.parent, path / "gone")] == [False] * 4
