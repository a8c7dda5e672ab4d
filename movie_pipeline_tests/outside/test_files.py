"""Files: ours are private to their owner from the first moment; those of others do no harm."""

import json
import os
import shutil
import stat
import struct
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from movie_pipeline import settings as environment
from movie_pipeline import uploads
from movie_pipeline.charts.build_cache import cached
from movie_pipeline.commands.cli import main
from movie_pipeline.exports import Limits, UnreadableExport
from movie_pipeline.exports.archives import open_upload
from movie_pipeline.forgetting import forget, redaction
from movie_pipeline.outside import files
from movie_pipeline.overrides.file import Overrides, OverridesError
from movie_pipeline.people.club import ClubError, members
from movie_pipeline.settings import SettingsError
from movie_pipeline.status.arrivals import Memory
from movie_pipeline.status.store import Progress
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.warehouse.compaction import compact
from movie_pipeline.warehouse.tables import RAW_MOVIES
from movie_pipeline_tests.modes import mode_of, open_to_others

LIST = "Title,Year\nAlien,1979\nNo Such Film Anywhere,1999\n"


def test_a_file_is_private_from_the_first_moment(tmp_path, monkeypatch):
    """So is the draft, which a later `chmod` would leave open for a moment."""
    path, seen, replace = tmp_path / "made" / "page.html", [], Path.replace

    def look(self, target):
        seen.append((self.name, mode_of(self)))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    files.write(path, b"diary")
    assert seen == [(".page.html.new", 0o600)]
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


def test_neither_the_mode_of_a_leftover_draft_nor_a_link_in_its_place_is_kept(tmp_path):
    path, elsewhere = tmp_path / "page.html", tmp_path / "elsewhere"
    files.draft_of(path).write_text("left behind")
    files.draft_of(path).chmod(0o644)
    files.write(path, b"first")
    assert mode_of(path) == 0o600
    elsewhere.write_text("kept")
    files.draft_of(path).symlink_to(elsewhere)
    files.write(path, b"second")
    assert (path.read_bytes(), elsewhere.read_text()) == (b"second", "kept")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_users_own_file_keeps_its_mode_and_its_draft_is_private(tmp_path, monkeypatch, mode):
    path, seen, copymode = tmp_path / "overrides.csv", [], shutil.copymode

    def look(source, target):
        seen.append(mode_of(target))
        copymode(source, target)

    path.write_text("title\n")
    path.chmod(mode)
    monkeypatch.setattr(shutil, "copymode", look)
    redaction.replace(path, b"title,year\n")
    assert (seen, mode_of(path), path.read_bytes()) == ([0o600], mode, b"title,year\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
def test_the_users_own_file_still_belongs_to_them_after_root_rewrites_it(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text("title\n")
    os.chown(path, 65534, 65534)
    redaction.replace(path, b"title,year\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


def test_the_umask_is_restored_when_the_last_thread_leaves():
    inside, leave = threading.Event(), threading.Event()

    def work():
        with files.private:
            inside.set()
            leave.wait()

    def umask():
        before = os.umask(0)
        os.umask(before)
        return before

    other = threading.Thread(target=work)
    with files.private:
        other.start()
        inside.wait()
        with files.private:
            assert umask() == 0o077
    assert umask() == 0o077
    leave.set()
    other.join()
    assert umask() == 0o022


def test_the_stores_and_their_logs_are_private(tmp_path):
    """SQLite gives its log the mode of the database file."""
    data = tmp_path / "data"
    store = FileStore(data / "tmdb.sqlite")
    progress = Progress(data / "progress.sqlite")
    progress.begin("a.csv", run_id="1", plan=["raw"])
    Memory().save(data / "arrivals.json")
    cached(data / "bundle" / "one.gz", lambda: "text")
    with closing(store):
        names = {path.name for path in data.rglob("*")}
        assert {"tmdb.sqlite-wal", "tmdb.sqlite-shm", "arrivals.json", "one.gz"} <= names
        assert open_to_others(data) == set()
    assert mode_of(data) == 0o700


def test_the_warehouse_and_its_log_are_private(warehouse):
    """The log holds whole rows while the file is being written, and after a kill."""
    with warehouse.writing() as connection:
        connection.execute("SET wal_autocheckpoint = '1GB'")
        connection.execute(
            f"INSERT INTO {RAW_MOVIES.sql_name} (upload, row_number, title) VALUES ('a.csv', 1, 'A')"
        )
        connection.commit()
        connection.begin()
        folder = Path(warehouse.database).parent
        assert {path.name for path in folder.glob("warehouse*")} == {
            "warehouse.duckdb",
            "warehouse.duckdb.wal",
        }
        assert open_to_others(folder) == set()


def test_a_warehouse_that_is_shared_on_purpose_stays_shared_when_it_is_compacted(warehouse):
    with warehouse.writing():
        pass
    path = Path(warehouse.database)
    assert mode_of(path) == 0o600
    path.chmod(0o640)
    assert compact(path)
    assert mode_of(path) == 0o640


def test_everything_that_a_run_creates_is_private(data, run_job):
    """This holds in any process, here the tests' own; folders that existed before do not change."""
    before = set(data.rglob("*"))
    (data / "uploads" / "mine.csv").write_text(LIST)
    assert run_job("mine.csv").success
    made = open_to_others(data) - {"uploads/mine.csv"}
    assert made - {str(path.relative_to(data)) for path in before} == set()
    assert mode_of(data / "dashboard" / "mine.csv.html") == 0o600
    assert mode_of(data / "uploads") == 0o755
    assert os.umask(0o022) == 0o022


def test_a_folders_default_acl_shares_the_files_created_in_it(tmp_path):
    """Owners use it to open a data folder to a group, or the pages to a web server, on purpose."""
    version, undefined = 2, 0xFFFFFFFF
    user, group, mask, other, named = 0x01, 0x04, 0x10, 0x20, 0x08
    entries = [(user, 7, undefined), (group, 0, undefined), (named, 5, 4711), (mask, 5, undefined)]
    acl = struct.pack("<I", version) + b"".join(
        struct.pack("<HHI", *entry) for entry in sorted([*entries, (other, 0, undefined)])
    )
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", acl)
    except (OSError, AttributeError):
        pytest.skip("no access control lists here")
    files.write(tmp_path / "dashboard" / "mine.csv.html", b"diary")
    assert mode_of(tmp_path / "dashboard" / "mine.csv.html") & stat.S_IRGRP  # set by the mask
    assert not mode_of(tmp_path / "dashboard" / "mine.csv.html") & stat.S_IROTH


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o644])
def test_an_env_file_that_others_can_read_is_reported_once_on_stderr(tmp_path, mode):
    (tmp_path / ".env").write_text("TMDB_API_TOKEN=made-up\n")
    (tmp_path / ".env").chmod(mode)
    said = CliRunner().invoke(main, ["status", "--json"])
    assert json.loads(said.stdout) == []
    told = "Other users of this machine can read .env, which is meant for your TMDB key."
    assert said.stderr.count(told) == (mode & 0o044 != 0)
    assert "made-up" not in said.output


def test_a_pipe_in_place_of_the_users_own_file_is_reported_and_not_waited_for(tmp_path):
    """The sensor reads each of these files; waiting for a writer, it would hang forever."""
    for name in (".env", "club.csv", "overrides.csv"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(SettingsError, match=r"\.env can't be read \(it is not a regular file\)"):
        environment.load()
    with pytest.raises(ClubError, match=r"club\.csv can't be read \(it is not a regular file\)"):
        members(tmp_path / "club.csv")
    with pytest.raises(OverridesError, match="is not a file"):
        Overrides.load(tmp_path / "overrides.csv")
    with pytest.raises(OSError, match="it is not a regular file"):
        redaction.without_person(tmp_path / "club.csv", "ada")


def test_the_users_own_files_may_be_links(tmp_path):
    (tmp_path / "real").write_text("person\nada\n")
    (tmp_path / "club.csv").symlink_to(tmp_path / "real")
    assert members(tmp_path / "club.csv") == ["ada"]
    left = redaction.without_person(tmp_path / "club.csv", "ada")
    redaction.replace(tmp_path / "club.csv", left)
    assert ((tmp_path / "club.csv").is_symlink(), (tmp_path / "real").read_text()) == (
        True,
        "person\n",
    )


@pytest.fixture
def folder(tmp_path):
    """An export in the uploads folder, and outside of that folder a file that must stay secret."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "films.csv").write_text("Name,Year\nSECRET,1979\n")
    export = tmp_path / "uploads" / "alice" / "export"
    (export / "likes").mkdir(parents=True)
    for name in ("profile.csv", "watched.csv", "likes/films.csv"):
        (export / name).write_text("Name,Year\nAlien,1979\n")
    return export


def swap(path, kind, elsewhere):
    """Replace a file or a folder by a link, or by a pipe without a writer."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    os.mkfifo(path) if kind == "pipe" else path.symlink_to(elsewhere)


@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("name", ["likes/films.csv", "likes", "."])
def test_a_member_replaced_after_the_listing_is_not_followed(folder, tmp_path, name, kind):
    with open_upload(folder, "alice/export", Limits()) as upload:
        (member,) = [one for one in upload.members if one.name == "likes/films.csv"]
        secret = tmp_path / "elsewhere" / ("films.csv" if name.endswith(".csv") else "")
        if name == ".":
            (tmp_path / "elsewhere" / "likes").symlink_to(tmp_path / "elsewhere")
        swap(folder / name, kind, secret)
        with pytest.raises(UnreadableExport, match="cannot be opened"):
            member.open()


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_an_upload_replaced_after_it_was_listed_is_not_followed(folder, tmp_path, kind):
    single = folder.parent / "films.csv"
    single.write_text(LIST)
    with open_upload(single, "alice/films.csv", Limits()) as upload:
        swap(single, kind, tmp_path / "elsewhere" / "films.csv")
        with pytest.raises(UnreadableExport, match="cannot be opened"):
            upload.members[0].open()
    with pytest.raises(OSError, match=r"it is (a symbolic link|not a regular file)"):
        uploads.content_hash(single)


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_folder_replaced_while_it_is_hashed_is_not_followed(folder, tmp_path, monkeypatch, kind):
    listed = uploads.folder._files

    def then_swapped(path):
        names = list(listed(path))
        swap(folder / "likes", kind, tmp_path / "elsewhere")
        return iter(names)

    monkeypatch.setattr(uploads.folder, "_files", then_swapped)
    with pytest.raises(OSError, match=r"likes|Not a directory"):
        uploads.content_hash(folder)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder of links"])
def test_forgetting_removes_a_link_or_pipe_in_an_uploads_place_and_not_its_target(
    folder, tmp_path, kind
):
    path, draft = folder.parent / "odd.csv", folder.parent / ".odd.csv.part"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere" / "films.csv")
    else:
        path = folder
        (folder / "ratings.csv").symlink_to(tmp_path / "elsewhere" / "films.csv")
        (folder / "lists").symlink_to(tmp_path / "elsewhere")
    draft.symlink_to(tmp_path / "elsewhere")  # an earlier version's `add` made folders so named
    forget._remove(path)
    assert not os.path.lexists(path)
    assert os.path.lexists(draft) == (path == folder)
    assert (tmp_path / "elsewhere" / "films.csv").exists()


def test_no_page_or_log_is_removed_through_a_link(tmp_path):
    """A user may have moved the page's folder, or the logs, to a place with other files."""
    settings, elsewhere = environment.load({"MOVIE_PIPELINE_DATA": str(tmp_path)}), tmp_path / "x"
    for name in ("films.csv", "syslog", "dev.log"):
        files.write(elsewhere / name, b"kept")
    for link in ("dashboard/mine.csv", "logs"):
        (tmp_path / link).parent.mkdir(exist_ok=True)
        (tmp_path / link).symlink_to(elsewhere)
    assert forget._remove_pages("mine.csv", settings) == 1
    forget._empty_logs(settings)
    left = {path.name: path.read_text() for path in elsewhere.iterdir()}
    assert left == {"films.csv": "kept", "syslog": "kept", "dev.log": ""}
    assert not os.path.lexists(tmp_path / "dashboard" / "mine.csv")
