"""Adding: only what was checked is copied, whole or not at all, and no link is followed."""

import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import unicodedata
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from movie_pipeline import uploads
from movie_pipeline.commands.cli import main
from movie_pipeline.outside import files
from movie_pipeline.uploads import adding
from movie_pipeline.uploads.adding import AddingError, add
from movie_pipeline_tests.uploads.test_folder import drop, open_folder, unprivileged

__all__ = ["open_folder"]  # a fixture

SECRET = "root:x:0:0"
MOST_FILES = 100


@pytest.fixture
def watched(tmp_path):
    return tmp_path / "data" / "uploads"


@pytest.fixture
def secret(tmp_path):
    return drop(tmp_path / "elsewhere" / "passwd.csv", SECRET)


def export(folder, content="Name\nAlien\n"):
    for name in ("profile.csv", "watched.csv", "likes/films.csv"):
        drop(folder / name, content)
    return folder


def held(folder):
    """Every file below a folder, including hidden ones, with its content."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in folder.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_copied_private_to_its_owner_and_nothing_else_is_left(tmp_path, watched):
    added = add(drop(tmp_path / "a.csv"), watched, MOST_FILES)
    assert (added.key, added.new) == ("a.csv", True)
    assert held(watched) == {"a.csv": "Title\nAlien\n"}
    assert names_in(watched) == ["a.csv"]
    assert stat.S_IMODE((watched / "a.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE(watched.stat().st_mode) == 0o700


def test_an_existing_watched_folder_keeps_its_mode(tmp_path, watched):
    """Other users may be allowed to drop files there."""
    watched.mkdir(parents=True)
    watched.chmod(0o1777)
    add(drop(tmp_path / "a.csv"), watched, MOST_FILES)
    assert stat.S_IMODE(watched.stat().st_mode) == 0o1777


def test_an_export_is_copied_with_its_subdirectories_but_without_hidden_files(tmp_path, watched):
    folder = export(tmp_path / "letterboxd-ada")
    drop(folder / ".DS_Store")
    drop(folder / ".git" / "config", SECRET)
    drop(folder / "likes" / "~$films.csv")
    assert add(folder, watched, MOST_FILES) == adding.Added("letterboxd-ada")
    names = {"profile.csv", "watched.csv", "likes/films.csv"}
    assert set(held(watched)) == {f"letterboxd-ada/{name}" for name in names}
    assert stat.S_IMODE((watched / "letterboxd-ada" / "likes").stat().st_mode) == 0o700
    assert [one.key for one in uploads.scan(watched)[0]] == ["letterboxd-ada"]


def test_a_link_is_refused_and_its_target_is_not_copied(tmp_path, watched, secret):
    for name, target in (("a.csv", secret), ("b", export(tmp_path / "real")), ("c.csv", "nothing")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(AddingError, match=f"{name} is a symbolic link: add the file that"):
            add(tmp_path / name, watched, MOST_FILES)
    assert not watched.exists()


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        (".hidden.csv", "a hidden or unfinished file: rename it"),
        ("films.csv.part", "a hidden or unfinished file: rename it"),
        ("films.csv~", "a hidden or unfinished file: rename it"),
        ("~$films.csv", "has open: close it there, and add the film list itself"),
        (".~lock.films.csv#", "has open: close it there, and add the film list itself"),
        ("films.xlsx", "save it as .csv"),
        ("films", "save it as .csv"),
    ],
)
def test_a_file_whose_name_is_not_an_uploads_is_refused_with_advice(
    tmp_path, watched, name, advice
):
    with pytest.raises(AddingError, match=advice):
        add(drop(tmp_path / name), watched, MOST_FILES)
    assert not watched.exists()


def test_what_is_not_a_file_is_refused_and_neither_opened_nor_waited_for(tmp_path, watched):
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path)
        server.bind("socket.csv")
        for path, kind in (
            (tmp_path / "pipe.csv", "a named pipe"),
            (tmp_path / "socket.csv", "a socket"),
            (Path("/dev/zero"), "a device"),
        ):
            with pytest.raises(AddingError, match=f"is {kind}, not a file: save its output to"):
                add(path, watched, MOST_FILES)
    assert not watched.exists()


@pytest.mark.parametrize("other", ["link", "pipe", "folder"])
def test_a_file_that_is_replaced_after_the_check_is_not_followed(
    tmp_path, watched, secret, monkeypatch, other
):
    path = drop(tmp_path / "a.csv")
    checked = adding._checked

    def look(*arguments):
        said = checked(*arguments)
        path.unlink()
        if other == "link":
            path.symlink_to(secret)
        elif other == "pipe":
            os.mkfifo(path)
        else:
            path.mkdir()
        return said

    monkeypatch.setattr(adding, "_checked", look)
    problem = r"a\.csv can't be read \(it is (a symbolic|not a regular)"
    with pytest.raises(AddingError, match=problem):
        add(path, watched, MOST_FILES)
    assert held(watched) == {}


def test_links_and_pipes_in_an_export_are_left_out_and_reported(tmp_path, watched, secret):
    folder = export(tmp_path / "export")
    (folder / "ratings.csv").symlink_to(secret)
    (folder / "lists").symlink_to(secret.parent)
    os.mkfifo(folder / "likes" / "pipe.csv")
    added = add(folder, watched, MOST_FILES)
    assert added.left_out == (
        "export/likes/pipe.csv is a named pipe",
        "export/lists is a symbolic link",
        "export/ratings.csv is a symbolic link",
    )
    assert set(held(watched)) == {
        "export/profile.csv",
        "export/watched.csv",
        "export/likes/films.csv",
    }


def test_a_folder_whose_film_lists_are_links_is_not_an_export(tmp_path, watched, secret):
    folder = tmp_path / "export"
    drop(folder / "profile.csv")
    (folder / "watched.csv").symlink_to(secret)
    with pytest.raises(AddingError, match="is not an unpacked export"):
        add(folder, watched, MOST_FILES)
    drop(watched / "dropped" / "profile.csv")
    (watched / "dropped" / "watched.csv").symlink_to(secret)
    assert not uploads.is_export_folder(watched / "dropped")


@pytest.mark.parametrize("other", ["link", "pipe"])
def test_a_subdirectory_that_is_replaced_during_the_copy_is_not_followed(
    tmp_path, watched, secret, monkeypatch, other
):
    """At the worst moment: after it was checked, just before it is opened."""
    folder = export(tmp_path / "export")
    open_folder = files.open_folder

    def swap(path, **where):
        if path == "likes":
            shutil.rmtree(folder / "likes")
            if other == "link":
                (folder / "likes").symlink_to(secret.parent)
            else:
                os.mkfifo(folder / "likes")
        return open_folder(path, **where)

    monkeypatch.setattr(files, "open_folder", swap)
    with pytest.raises(AddingError, match="export/likes can't be read"):
        add(folder, watched, MOST_FILES)
    assert held(watched) == {}


def test_an_export_with_too_many_files_or_nested_folders_is_refused(tmp_path, watched):
    folder = export(tmp_path / "export")
    for number in range(MOST_FILES):
        drop(folder / f"{number}.csv")
    with pytest.raises(AddingError, match=r"more than 100 files \(limit entries\)"):
        add(folder, watched, MOST_FILES)
    nested = export(tmp_path / "nested")
    drop(nested.joinpath(*["d"] * (adding.MOST_FOLDERS_DEEP + 1), "a.csv"))
    with pytest.raises(AddingError, match="folders more than 20 deep"):
        add(nested, watched, MOST_FILES)
    assert names_in(watched) == []


def test_the_watched_folder_is_not_copied_into_itself(tmp_path, watched, monkeypatch):
    """As when an installed wheel is run in the export's own folder."""
    export(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AddingError, match="contains the watched folder itself"):
        add(Path(), watched, MOST_FILES)
    assert held(watched) == {}


def test_a_file_that_is_already_in_the_watched_folder_is_not_changed(tmp_path, watched):
    for path in (drop(watched / "a.csv"), drop(watched / "alice" / "b.csv")):
        before = path.stat()
        added = add(path, watched, MOST_FILES)
        assert (added.key, added.new) == (str(path.relative_to(watched)), False)
        assert path.stat() == before
    (tmp_path / "link").symlink_to(watched)
    assert not add(tmp_path / "link" / "a.csv", watched, MOST_FILES).new


def test_an_export_replaces_the_earlier_one_as_a_whole(tmp_path, watched):
    export(watched / "export", "old")
    drop(watched / "export" / "diary.csv", "old")
    add(export(tmp_path / "export", "new"), watched, MOST_FILES)
    assert set(held(watched).values()) == {"new"}
    assert "export/diary.csv" not in held(watched)
    assert names_in(watched) == ["export"]


def test_a_folder_of_uploads_is_not_replaced(tmp_path, watched):
    """An export called alice would otherwise remove all of Alice's uploads."""
    drop(watched / "alice" / "a.csv", "kept")
    drop(watched / "films.csv" / "b.csv", "kept")
    drop(watched / "export", "kept")
    for source in (
        export(tmp_path / "alice"),
        drop(tmp_path / "films.csv"),
        export(tmp_path / "export"),
    ):
        with pytest.raises(
            AddingError, match=r"is a folder of uploads: rename|is not an export's folder"
        ):
            add(source, watched, MOST_FILES)
    assert set(held(watched).values()) == {"kept"}


def test_a_link_in_the_uploads_place_is_replaced_and_its_target_unchanged(
    tmp_path, watched, secret
):
    watched.mkdir(parents=True)
    (watched / "a.csv").symlink_to(secret)
    add(drop(tmp_path / "a.csv"), watched, MOST_FILES)
    assert not (watched / "a.csv").is_symlink()
    assert secret.read_text() == SECRET


def test_a_name_in_another_unicode_form_is_the_same_upload(tmp_path, watched):
    """Archives from macOS write é as two characters; the key has one."""
    drop(watched / "\u00e9.csv", "old")
    add(drop(tmp_path / unicodedata.normalize("NFD", "\u00e9.csv"), "new"), watched, MOST_FILES)
    assert held(watched) == {"\u00e9.csv": "new"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_valid_text_is_kept_but_shown_escaped(tmp_path):
    name = os.fsdecode(b"latin-\xe9\x1b[31m.csv")
    drop(tmp_path / name)
    said = CliRunner().invoke(main, ["add", name])
    assert (said.exit_code, said.output) == (
        0,
        f"latin-%E9%1B[31m.csv is in {tmp_path / 'data' / 'uploads'}\n",
    )
    assert names_in(tmp_path / "data" / "uploads") == [name]


@contextmanager
def room_for(bytes_):
    """The kernel refuses to let any file of this process grow further, like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", ["file", "export"])
def test_the_old_upload_is_unchanged_if_the_disk_fills_up_during_an_add(tmp_path, watched, kind):
    if kind == "file":
        drop(watched / "a.csv", "old")
        source = drop(tmp_path / "a.csv", "n" * 5000)
    else:
        export(watched / "export", "old")
        source = export(tmp_path / "export", "n" * 5000)
    before = held(watched)
    with room_for(1000), pytest.raises(AddingError, match=r"can't be written \(File too large\)"):
        add(source, watched, MOST_FILES)
    assert held(watched) == before
    assert len(names_in(watched)) == 1


def test_the_old_export_is_put_back_if_the_new_one_can_not_be_put_in_place(
    tmp_path, watched, monkeypatch
):
    """Ctrl-C at the worst moment: the old export is moved away, the new one is not there yet."""
    export(watched / "export", "old")
    rename = Path.rename

    def interrupt(self, target):
        if self.parent.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add(export(tmp_path / "export", "new"), watched, MOST_FILES)
    assert set(held(watched).values()) == {"old"}
    assert names_in(watched) == ["export"]


PAUSED = """
import os, sys
from pathlib import Path
from movie_pipeline.uploads import adding
name, source, watched = sys.argv[1:]
holder, real = (Path, Path.rename) if name == "rename" else (adding, getattr(adding, name))
def paused(*arguments):
    if name != "rename" or arguments[0].parent.name == "new":
        print(flush=True)
        input()
    return real(*arguments)
setattr(holder, name, paused)
adding.add(Path(source), Path(watched), 100)
"""


@contextmanager
def paused_at(name, source, watched):
    """Another process that pauses just before calling a function, until it gets a line of input."""
    with subprocess.Popen(
        [sys.executable, "-c", PAUSED, name, str(source), str(watched)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["_read", "rename"])
def test_the_next_add_cleans_up_after_a_killed_one(tmp_path, watched, name):
    """Killed while copying, or between moving the old export away and putting the new one there."""
    export(watched / "export", "old")
    with paused_at(name, export(tmp_path / "export", "new"), watched) as process:
        draft = next(watched.glob(".adding-*"))
        assert uploads.scan(watched)[1] == []  # no part of the draft is an upload
        process.send_signal(signal.SIGKILL)
    assert draft.exists()
    add(drop(tmp_path / "other.csv", "other"), watched, MOST_FILES)
    assert {one for path, one in held(watched).items() if path.startswith("export/")} == {"old"}
    assert names_in(watched) == ["export", "other.csv"]


@pytest.mark.slow
def test_two_adds_at_the_same_time_do_not_disturb_each_other(tmp_path, watched):
    """The second finishes while the first is still copying; the first finishes later and wins."""
    first = drop(tmp_path / "one" / "a.csv", "first")
    with paused_at("_read", first, watched) as process:
        add(drop(tmp_path / "two" / "a.csv", "second"), watched, MOST_FILES)
        assert (watched / "a.csv").read_text() == "second"
        process.communicate(b"\n" * 9)
        assert process.returncode == 0
    assert held(watched) == {"a.csv": "first"}


def test_many_adds_at_the_same_time_leave_one_whole_export(tmp_path, watched):
    sources = [export(tmp_path / str(number) / "export", str(number)) for number in range(6)]
    errors = []

    def work(source):
        try:
            for _ in range(10):
                add(source, watched, MOST_FILES)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(held(watched)) == 3
    assert len(set(held(watched).values())) == 1
    assert names_in(watched) == ["export"]


def test_a_file_that_is_still_being_written_is_not_added(tmp_path, watched, monkeypatch):
    path, read = drop(tmp_path / "a.csv", "half"), adding._read

    def written(*arguments):
        with path.open("a") as file:
            file.write("more")
        return read(*arguments)

    monkeypatch.setattr(adding, "_read", written)
    with pytest.raises(AddingError, match="was changed while it was copied: add it again"):
        add(path, watched, MOST_FILES)
    assert held(watched) == {}


def test_errors_are_reported_as_sentences(open_folder):
    closed = drop(open_folder / "closed.csv")
    closed.chmod(0)
    export(open_folder / "export")
    (open_folder / "export" / "likes").chmod(0)
    (open_folder / "mine").mkdir()
    (open_folder / "mine").chmod(0o777)
    shut = open_folder / "shut"
    shut.mkdir()
    readable = drop(open_folder / "a.csv")

    def said(source, folder):
        def look():
            with pytest.raises(AddingError) as error:
                add(source, folder, MOST_FILES)
            return str(error.value)

        return unprivileged(look)

    nothing = ". Nothing was changed: fix that, then add it again"
    denied = f"can't be read (Permission denied){nothing}"
    assert said(closed, open_folder / "mine") == f"closed.csv {denied}"
    assert said(open_folder / "export", open_folder / "mine") == f"export/likes {denied}"
    assert said(readable, shut) == f"{shut} can't be written (Permission denied){nothing}"
    assert said(open_folder / "gone.csv", shut) == (
        "gone.csv can't be read (No such file or directory): is its name right?"
    )
    assert said(readable, readable).startswith(f"{readable} can't be written (File exists)")
    long = open_folder / f"{'x' * 252}.csv"
    assert said(long, shut).startswith("x") and "File name too long" in said(long, shut)


def test_the_command_reports_the_result(tmp_path, watched, secret):
    folder = export(tmp_path / "export")
    (folder / "lists").symlink_to(secret.parent)
    run = CliRunner()
    added = run.invoke(main, ["add", "export"])
    assert (added.exit_code, added.stdout) == (0, f"export is in {watched}\n")
    assert added.stderr == "export/lists is a symbolic link, and was left out.\n"
    again = run.invoke(main, ["add", str(watched / "export")])
    assert (again.exit_code, again.stdout) == (0, f"export is in {watched} already\n")
    (tmp_path / "link.csv").symlink_to(secret)
    refused = run.invoke(main, ["add", "link.csv"])
    assert refused.exit_code == 1
    assert re.match(r"Error: link\.csv is a symbolic link: add the file", refused.stderr)


def test_the_command_takes_several_and_reports_each(tmp_path, watched):
    """One that is refused does not stop the others, and two of one name don't replace each other."""
    for name in ("a/list.csv", "b/list.csv", "c/other.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(name)
    named = ["a/list.csv", "b/list.csv", "films.xlsx", "c/other.csv"]
    added = CliRunner().invoke(main, ["add", *named])
    assert added.exit_code == 1
    assert added.stdout == f"list.csv is in {watched}\nother.csv is in {watched}\n"
    first, second = added.stderr.splitlines()
    assert first.startswith("Error: list.csv is named twice: rename one of the two")
    assert second.startswith("Error: films.xlsx can't be read")
    assert (watched / "list.csv").read_text() == "a/list.csv"
