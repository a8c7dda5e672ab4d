"""Uploads: unique keys, which files are uploads, and the advice for those that are not."""

import os
import re
import shutil
import socket
import sys
import tempfile
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from movie_pipeline.uploads import Found, content_hash, hidden, key_of, key_typed, path_of, scan
from movie_pipeline_tests.profiles import examples

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


def drop(path: Path, content: str = "Title\nAlien\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def keys(uploads: Path) -> list[str]:
    return [one.key for one in scan(uploads)[0]]


def problems(uploads: Path) -> dict[str, str | None]:
    return {one.key: one.problem for one in scan(uploads)[0]}


def unprivileged(look: Callable[[], str]) -> str:
    """What `look` returns in a process without root's permissions (CI often runs as root)."""
    if os.geteuid() != 0:
        return look()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            said = look()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


# A file name on Linux: any bytes but NUL and /, here mixed with what keys treat specially.
AWKWARD = ["e\u0301", "\u00e9", "\u212a", "%", "%2E", "...", "....", "\n", "\x85", "'", '"', ",",
           "[", " ", "\\", "日", "\udcff", "\udc80"]  # fmt: skip
NAMES = (
    st.lists(st.one_of(st.sampled_from(AWKWARD), st.characters(codec=None)), min_size=1, max_size=8)
    .map("".join)
    .map(lambda text: re.sub("[\0/]|[\ud800-\udc7f\udd00-\udfff]", "x", text))
    # Encoding and decoding must give back the same name.
    .map(lambda text: os.fsdecode(os.fsencode(text)))
    .filter(lambda text: text not in {".", ".."} and len(os.fsencode(text)) <= 200)
)


@linux
@settings(max_examples=examples(150))
@given(st.sets(NAMES, min_size=1, max_size=5))
@example({"\u00e9.csv", "e\u0301.csv"})
@example({"\u1ead.csv", "a\u0323\u0302.csv", "\u1ea1\u0302.csv", "a\u0302\u0323.csv"})
@example({"a%.csv", "a%25.csv"})
@example({"\u212a.csv"})
@example({"\x80.csv", "\udc80.csv"})
def test_every_name_has_a_unique_key_that_leads_back_to_it(names: set[str]) -> None:
    """Even names that differ only in their Unicode form, which are different files on Linux."""
    with tempfile.TemporaryDirectory() as folder:
        uploads = Path(folder)
        for name in names:
            drop(uploads / f"in.{name}.csv", content=name.encode("utf-8", "backslashreplace").hex())
        found = scan(uploads)[0]
        contents = [path_of(one.key, uploads).read_text() for one in found]
    assert len({one.key for one in found}) == len(names)
    assert len(set(contents)) == len(names)


@given(NAMES, NAMES)
def test_a_key_is_the_path_in_nfc_except_for_what_dagster_can_not_store(
    folder: str, name: str
) -> None:
    key = key_of(Path(folder) / name)
    assert unicodedata.is_normalized("NFC", key)
    assert key.isprintable() or re.search(r"[^\x00-\x7f]", key)
    assert "..." not in key
    plain = unicodedata.normalize("NFC", f"{folder}/{name}")
    if not re.search(r"[\x00-\x1f\x7f-\x9f%\udc80-\udcff]|\.\.\.", plain):
        assert key == plain


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("watched.csv", "watched.csv"),
        ("alice/watched.csv", "alice/watched.csv"),
        ('o\'brien, [1] "x".csv', 'o\'brien, [1] "x".csv'),
        ("e\u0301te\u0301.csv", "\u00e9t\u00e9.csv"),
        ("100%.csv", "100%25.csv"),
        ("wait....csv", "wait%2E%2E%2E%2Ecsv"),
        ("a..csv", "a..csv"),
        ("two\nlines.csv", "two%0Alines.csv"),
        ("latin-\udce9.csv", "latin-%E9.csv"),
        ("映画.csv", "映画.csv"),
    ],
)
def test_keys_are_as_documented(path: str, key: str) -> None:
    assert key_of(Path(path)) == key


@dg.job
def nothing() -> None:
    pass


def test_dagster_accepts_every_key_as_a_partition_and_in_a_tag() -> None:
    uploads = dg.DynamicPartitionsDefinition(name="uploads")
    with dg.DagsterInstance.ephemeral() as instance:

        @settings(max_examples=examples(60))
        @given(NAMES)
        def check(name: str) -> None:
            key = key_of(Path(name))
            instance.add_dynamic_partitions("uploads", [key])
            assert uploads.has_partition_key(key, dynamic_partitions_store=instance)
            run = instance.create_run_for_job(nothing, tags={"dagster/partition": key})
            runs = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": key}))
            assert run.run_id in {one.run_id for one in runs}

        check()


@pytest.mark.parametrize(
    "key",
    ["", "..", "../x.csv", "a/../../x.csv", "/etc/passwd", "%2E%2E/x.csv", "%2Fetc/passwd",
     "a%2F..%2Fb", "a//b.csv", "a/", ".", "nul%00.csv", "\udc80"],
)  # fmt: skip
def test_no_key_leads_out_of_the_folder(uploads: Path, key: str) -> None:
    with pytest.raises(ValueError, match="is not an upload: give the path of a file below"):
        path_of(key, uploads)


@given(st.text(max_size=40))
def test_the_path_of_any_key_is_below_the_folder(key: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = path_of(key, Path(folder))
        except ValueError:
            assume(False)
        assert Path(os.path.normpath(path)).is_relative_to(folder)
        assert path != Path(folder)


def test_a_key_does_not_lead_through_a_link(uploads: Path, tmp_path: Path) -> None:
    drop(tmp_path / "elsewhere" / "secret.csv")
    (uploads / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="symbolic link"):
        path_of("link/secret.csv", uploads)


def test_files_in_a_folder_with_a_decomposed_name_are_found(uploads: Path) -> None:
    path = drop(uploads / "e\u0301" / "o\u0308.csv")
    assert keys(uploads) == ["\u00e9/\u00f6.csv"]
    assert path_of("\u00e9/\u00f6.csv", uploads).samefile(path)


def test_of_a_composed_and_a_decomposed_name_the_composed_one_keeps_the_plain_key(
    uploads: Path,
) -> None:
    drop(uploads / "\u00e9.csv", "composed")
    drop(uploads / "e\u0301.csv", "decomposed")
    if len(list(uploads.iterdir())) == 1:
        pytest.skip("this file system treats the two names as one")
    assert {key: path_of(key, uploads).read_text() for key in keys(uploads)} == {
        "\u00e9.csv": "composed",
        "e%CC%81.csv": "decomposed",
    }


def test_subdirectories_are_scanned_at_any_depth(uploads: Path) -> None:
    drop(uploads / "b.csv")
    drop(uploads / "alice" / "2024" / "watched.csv")
    deep = uploads.joinpath(*["d"] * 300, "deep.csv")
    drop(deep)
    assert keys(uploads) == ["alice/2024/watched.csv", "b.csv", "d/" * 300 + "deep.csv"]


@pytest.mark.parametrize(
    "name", ["a.csv", "a.TSV", "a.txt", "a.Zip", "a.json", "no film in it.csv"]
)
def test_accepted_files_are_uploads_with_extensions_in_any_case(uploads: Path, name: str) -> None:
    drop(uploads / name)
    assert problems(uploads) == {name: None}


@pytest.mark.parametrize(
    "name",
    [".gitkeep", ".DS_Store", ".hidden/a.csv", "~$films.xlsx", "a.csv.part", "a.csv.crdownload",
     "a.csv.TMP", "a.csv~", ".a.csv.swp", "__MACOSX/._a.csv", "a.zip.download/a.zip"],
)  # fmt: skip
def test_dot_files_and_temporary_names_are_ignored_silently(uploads: Path, name: str) -> None:
    drop(uploads / name)
    assert scan(uploads) == ([], [])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("films.xlsx", "films.xlsx: save it as CSV"),
        ("Films.ODS", "Films.ODS: save it as CSV"),
        ("poster.jpg", "poster.jpg: drop a .csv, .tsv, .txt, .zip or .json file"),
        ("films", "films: drop a .csv, .tsv, .txt, .zip or .json file"),
    ],
)
def test_any_other_file_is_listed_with_advice(uploads: Path, name: str, problem: str) -> None:
    drop(uploads / name)
    assert problems(uploads) == {name: problem}


def test_links_are_refused_but_the_folder_itself_may_be_one(uploads: Path, tmp_path: Path) -> None:
    """A link could show any file of the machine on a dashboard."""
    drop(uploads / "a.csv")
    (uploads / "file.csv").symlink_to(drop(tmp_path / "elsewhere" / "b.csv"))
    (uploads / "folder").symlink_to(tmp_path / "elsewhere")
    (uploads / "broken.csv").symlink_to(tmp_path / "nothing")
    (uploads / "loop").symlink_to(uploads)
    link = tmp_path / "link"
    link.symlink_to(uploads)
    found = problems(link)
    assert found.pop("a.csv") is None
    assert set(found) == {"file.csv", "folder", "broken.csv", "loop"}
    assert all("copy the file itself here" in str(problem) for problem in found.values())
    assert path_of("a.csv", link).exists()


def test_what_is_not_a_regular_file_is_refused_and_never_opened(uploads: Path) -> None:
    """Opening a pipe without a writer would make the sensor hang forever."""
    os.mkfifo(uploads / "pipe.csv")
    drop(uploads / "export" / "profile.csv")
    drop(uploads / "export" / "watched.csv")
    os.mkfifo(uploads / "export" / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(uploads / "socket.csv"))
        found = problems(uploads)
    assert found.pop("export") is None
    assert set(found) == {"pipe.csv", "socket.csv"}
    assert None not in found.values()
    assert content_hash(uploads / "export")


def test_an_unpacked_export_is_one_upload(uploads: Path) -> None:
    for name in ("profile.csv", "watched.csv", "likes/films.csv", "notes.docx"):
        drop(uploads / "alice" / "letterboxd-alice" / name)
    drop(uploads / "alice" / "more.csv")
    assert keys(uploads) == ["alice/letterboxd-alice", "alice/more.csv"]


@pytest.mark.parametrize(
    "names",
    [
        ("user-profile.json", "watched-movies.json", "ratings-movies.json"),
        ("lists-lists.json", "lists-watchlist.json", "watched-history-1.json"),
        ("CONTENT_INTERACTION/ViewingActivity.csv", "PROFILES/Profiles.csv"),
        ("tracking-prod-records.csv", "user.csv"),
    ],
)
def test_so_is_one_of_every_service_whose_archive_is_known(
    uploads: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        drop(uploads / "alice" / "export" / name)
    assert keys(uploads) == ["alice/export"]


@pytest.mark.parametrize(
    "names",
    [
        ("ratings.csv", "watched.csv"),
        ("ratings-movies.json", "watched-movies.json"),
        ("ViewingActivity.csv", "tracking-prod-records.csv"),
    ],
)
def test_a_folder_with_only_some_lists_is_a_folder_of_uploads(
    uploads: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        drop(uploads / "lists" / name)
    assert sorted(keys(uploads)) == sorted(f"lists/{name}" for name in names)


@pytest.mark.parametrize(
    "name", ["100% Wolf.csv", "50%.csv", "alice/100%ab.csv", "a.csv", "Été.csv"]
)
def test_the_name_of_a_file_leads_to_its_key(uploads: Path, name: str) -> None:
    drop(uploads / name)
    (key,) = keys(uploads)
    assert key_typed(name, uploads) == key
    assert key_typed(key, uploads) == key


def test_a_key_is_meant_before_a_name_that_looks_like_it(uploads: Path) -> None:
    drop(uploads / "100%.csv")
    drop(uploads / "100%25.csv")
    assert key_typed("100%25.csv", uploads) == key_of(Path("100%.csv"))


def test_the_stamp_of_an_export_changes_with_every_change_in_it(uploads: Path) -> None:
    for name in ("profile.csv", "ratings.csv", "likes/films.csv"):
        drop(uploads / "x" / name)
    stamps = {stamp_of(uploads)}
    drop(uploads / "x" / "likes" / "films.csv", "changed, and longer\n")
    stamps.add(stamp_of(uploads))
    (uploads / "x" / "likes" / "films.csv").rename(uploads / "x" / "likes" / "renamed.csv")
    stamps.add(stamp_of(uploads))
    (uploads / "x" / "likes" / "renamed.csv").unlink()
    stamps.add(stamp_of(uploads))
    assert len(stamps) == 4


def stamp_of(uploads: Path) -> str:
    (found,) = scan(uploads)[0]
    return found.stamp


def test_a_file_that_is_removed_during_the_scan_is_not_found(
    uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checking the first file removes the other one, which has already been listed."""
    drop(uploads / "a.csv")
    drop(uploads / "b.csv")
    access = os.access

    def look(path: str, mode: int) -> bool:
        for other in uploads.iterdir():
            if other.name != Path(path).name:
                other.unlink()
        return access(path, mode)

    monkeypatch.setattr(os, "access", look)
    found, unreadable = scan(uploads)
    assert len(found) == 1
    assert unreadable == []


def test_a_missing_folder_or_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "missing")
    with pytest.raises(NotADirectoryError):
        scan(drop(tmp_path / "file"))


@linux
def test_an_unreadable_folder_is_reported_and_not_taken_for_empty(open_folder: Path) -> None:
    drop(open_folder / "closed" / "a.csv")
    drop(open_folder / "open" / "b.csv")
    (open_folder / "closed").chmod(0o000)

    def look() -> str:
        found, unreadable = scan(open_folder)
        return f"{[(one.key, one.problem) for one in found]} {unreadable}"

    said = unprivileged(look)
    assert "('closed', \"closed: it can't be read (Permission denied): make it readable\")" in said
    assert "('open/b.csv', None)" in said
    assert said.endswith("['closed']")
    open_folder.chmod(0o000)
    assert unprivileged(look).startswith("PermissionError")


@linux
def test_an_unreadable_file_is_listed_with_advice(open_folder: Path) -> None:
    drop(open_folder / "a.csv").chmod(0o000)
    said = unprivileged(lambda: str(scan(open_folder)[0][0].problem))
    assert said == "a.csv: it can't be read (Permission denied): make it readable"


@linux
def test_an_export_with_an_unreadable_subdirectory_can_not_be_hashed(open_folder: Path) -> None:
    for name in ("profile.csv", "watched.csv", "likes/films.csv"):
        drop(open_folder / name)
    (open_folder / "likes").chmod(0o000)
    assert unprivileged(lambda: content_hash(open_folder)).startswith("PermissionError")


def test_uploads_below_an_unreadable_folder_are_hidden() -> None:
    assert hidden("alice/a.csv", ["alice"])
    assert hidden("alice", ["alice"])
    assert not hidden("alice-2/a.csv", ["alice"])
    assert not hidden("b.csv", ["alice"])


def test_the_version_of_a_file_depends_on_its_content_alone(uploads: Path) -> None:
    first = content_hash(drop(uploads / "a.csv", "x"))
    os.utime(uploads / "a.csv", (1, 1))
    assert content_hash(uploads / "a.csv") == first
    assert content_hash(drop(uploads / "other name.csv", "x")) == first
    assert content_hash(drop(uploads / "a.csv", "y")) != first
    assert re.fullmatch("[0-9a-f]{16}", first)


def test_the_version_of_a_folder_depends_on_its_names_and_contents_alone(uploads: Path) -> None:
    folder = uploads / "x"
    for name in ("profile.csv", "watched.csv", "likes/films.csv"):
        drop(folder / name, name)
    first = content_hash(folder)
    os.utime(folder / "watched.csv", (1, 1))
    drop(folder / ".DS_Store")
    (folder / "link.csv").symlink_to(folder / "watched.csv")
    assert content_hash(folder) == first
    assert content_hash(shutil.copytree(folder, uploads / "copy", symlinks=True)) == first
    drop(folder / "likes" / "films.csv", "changed")
    changed = content_hash(folder)
    (folder / "likes" / "films.csv").rename(folder / "films.csv")
    assert len({first, changed, content_hash(folder)}) == 3


def test_hashing_a_large_file_needs_little_memory(uploads: Path) -> None:
    with (uploads / "large.zip").open("wb") as file:
        file.truncate(200_000_000)
    tracemalloc.start()
    content_hash(uploads / "large.zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_found_uploads_are_sorted_by_key(uploads: Path) -> None:
    for name in ("b.csv", "a/z.csv", "a.csv", "a b.csv", "Ä.csv"):
        drop(uploads / name)
    found = keys(uploads)
    assert found == sorted(found)
    assert all(isinstance(one, Found) for one in scan(uploads)[0])
