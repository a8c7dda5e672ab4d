"""Any upload ends in films, rejected lines or one clear refusal, and nothing private leaks."""

import os
import stat
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports import Limits, UnreadableExport, read_export
from movie_pipeline_tests.exports.files import LETTERBOXD, checked, packed, read
from movie_pipeline_tests.profiles import examples

WATCHED = LETTERBOXD["watched.csv"]
ANYTHING = settings(
    max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_words = st.sampled_from(
    [b"Title,Year\n", b"Date,Name,Year,Letterboxd URI,Rating\n", b'"', b",", b"\n", b"\r", b"\0", b"Heat", b"1995",
     b";", b"\t", b'""', b"[{", b'"movie":{"title":', b"}]", b"{", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"sep=;\n",
     b"<<<<<<< HEAD\n", b"2020-01-01", b"99/99/9999", b"https://boxd.it/a", b"tt0113277", "½★".encode(), b"PK\x03\x04",
     b"Title (1995)", b"9" * 40, b"%", b"\\\"", b"=", b"|", b"Watched\n"]
)  # fmt: skip
_bytes = st.one_of(st.binary(max_size=400), st.lists(_words, max_size=40).map(b"".join))


@ANYTHING
@given(data=_bytes, name=st.sampled_from(["films.csv", "a.txt", "b.json", "c.zip", "d.tsv"]))
def test_any_bytes_end_in_an_export_or_a_refusal(tmp_path: Path, data: bytes, name: str):
    try:
        read(tmp_path, name, data)
    except UnreadableExport as refusal:
        said = str(refusal)
    else:
        return
    assert said.startswith(f"{name}: ")


BAD = "\x07\x1b[31m\ufffe\uffff\u202e"


def test_all_names_and_texts_of_an_export_are_printable(tmp_path: Path):
    """File names too, some of which become names of lists; one of them is not valid UTF-8."""
    folder = tmp_path / "export"
    (folder / "lists").mkdir(parents=True)
    files = {
        "profile.csv": "Date Joined,Username\n2020-01-01,me\n",
        "watched.csv": f"Date,Name,Year,Letterboxd URI\n2024-01-01,He{BAD}at,1995,https://boxd.it/1\n",
        "diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        f'2024-01-01,Heat,1995,https://boxd.it/a,4,,"a{BAD}b, c",2024-01-01\n',
        "lists/mine.csv": f"Letterboxd list export v7\nDate,Name,Tags\n2024-01-01,My{BAD}List,\n\n"
        "Position,Name,Year,URL,Description\n1,Heat,1995,https://boxd.it/1,\n",
        f"lists/a{BAD}b.csv": "Position,Name,Year,URL,Description\n1,Heat,1995,https://boxd.it/1,\nx\n",
        "lists/caf\udce9.csv": "Position,Name,Year,URL,Description\n1,Heat,1995,https://boxd.it/1,\n",
        f"other{BAD}\udce9.csv": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    export = read_export(folder, "export", Limits())
    values = [
        *(value for frame in (export.films, export.viewings, export.rejected) for row in frame.values
          for value in row),
        *export.unopened, *(value for file in export.files for value in asdict(file).values()),
    ]  # fmt: skip
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    texts = [one for one in flat if isinstance(one, str)]
    assert {"He [31m at", "a [31m b", "My [31m List", "caf"} <= set(texts)
    assert [text for text in texts if not text.isprintable()] == []


@ANYTHING
@given(data=_bytes, header=st.sampled_from(["Title,Year,Rating,Date Watched,URL\n", *(t.partition("\n")[0] + "\n"
       for n, t in LETTERBOXD.items() if n.startswith(("diary", "reviews", "watched")))]))  # fmt: skip
def test_the_fates_add_up_for_any_bytes_below_a_header(tmp_path: Path, data: bytes, header: str):
    try:
        export = read(tmp_path, "films.csv", header.encode() + data)
    except UnreadableExport as refusal:
        said = str(refusal)
    else:
        said = ""
    if said:
        assert "not text" in said
        return
    assert export.films["rating"].dropna().between(0.5, 5).all()
    assert export.films["title"].str.encode("utf-8").notna().all()


@pytest.mark.slow
@ANYTHING
@given(data=st.binary(max_size=60), at=st.integers(0, 3000))
def test_a_damaged_archive_ends_in_an_export_or_a_refusal(tmp_path: Path, data: bytes, at: int):
    whole = packed(LETTERBOXD)
    at %= len(whole)
    try:
        read(tmp_path, "export.zip", whole[:at] + data + whole[at + len(data) :])
    except UnreadableExport as refusal:
        said = str(refusal)
    else:
        return
    assert said.startswith("export.zip: ")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["movie", "show", "title", "year", "ids", "imdb", "tmdb", "rating", "watched_at", "status",
                         "type", "id", "user_rating"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@ANYTHING
@given(items=st.lists(_json, max_size=5))
def test_any_json_ends_in_an_export_or_a_refusal(tmp_path: Path, items: list[object]):
    import json

    try:
        read(tmp_path, "trakt.json", json.dumps(items))
    except UnreadableExport as refusal:
        said = str(refusal)
    else:
        return
    assert "JSON" in said or "no column" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "Excel workbook.*save it as CSV"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
         "OpenDocument.*save it as CSV"),
        (packed({"Index/Document.iwa": "", "Metadata/x": ""}), "Numbers.*save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook.*save it as CSV"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "a JPEG image"),
        (b"\x1f\x8b\x08" + bytes(99), "gzip archive"),
        (b"<!DOCTYPE html><html><title>Title,Year</title></html>", "web page.*download"),
        (b"\n<html><body>Sign in</body></html>", "web page"),
        (b"<?xml version='1.0'?><x/>", "XML"),
        (bytes(range(256)) * 20, "not text"),
        (packed({"a/inner.zip": packed({"watched.csv": WATCHED})}), "unpack it and drop the ZIP file inside"),
        (packed({"photo.jpg": b"x"}), "no film list"),
        (packed({}), "no film list"),
        (packed(LETTERBOXD)[:-30], "damaged or incomplete ZIP"),
        (b'{"a": ' * 100_000, "JSON"),
    ],
    ids=range(17),
)  # fmt: skip
@pytest.mark.parametrize("name", ["films.csv", "export.zip"])
def test_the_refusal_says_what_the_file_is_instead_of_a_film_list(
    tmp_path: Path, content: bytes, said: str, name: str
):
    with pytest.raises(UnreadableExport, match=said) as refusal:
        read(tmp_path, name, content)
    assert str(refusal.value).startswith(f"{name}: ")


def test_a_zip_bomb_is_refused(tmp_path: Path):
    bomb = packed({"films.csv": b"Title,Year\n" + b"0" * 50_000_000})
    with pytest.raises(UnreadableExport, match=r"limit ratio.*ZIP bomb"):
        read(tmp_path, "bomb.zip", bomb)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(entry_bytes=100), "limit entry_bytes"),
        (Limits(total_bytes=100), "limit total_bytes"),
        (Limits(entries=5), "limit entries"),
    ],
)
def test_the_refusal_of_an_archive_or_a_folder_names_the_limit(
    tmp_path: Path, limits: Limits, said: str
):
    text = "Title,Year\n" + "Heat,1995\n" * 20
    files = {f"{n}.csv": text for n in range(10)}
    with pytest.raises(UnreadableExport, match=said):
        read(tmp_path, "many.zip", packed(files), limits)
    for name, content in files.items():
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_text(content)
    if said == "limit total_bytes":
        limits = Limits(total_bytes=10)
    with pytest.raises(UnreadableExport, match=said):
        read_export(tmp_path / "folder", "folder", limits)


def test_a_single_file_has_a_limit_too(tmp_path: Path):
    with pytest.raises(UnreadableExport, match=r"limit entry_bytes.*split it"):
        read(tmp_path, "films.csv", WATCHED, Limits(entry_bytes=100))


def test_a_file_full_of_nonsense_is_refused_before_it_fills_the_memory(tmp_path: Path):
    with pytest.raises(UnreadableExport, match="limit rejected_lines"):
        read(tmp_path, "films.csv", "Title,Year\n" + "=======\n" * 50, Limits(rejected_lines=20))


def test_a_zip_with_too_large_a_directory_is_refused(tmp_path: Path):
    """The size of a ZIP's directory is checked before the directory is read into memory."""
    files = {f"{n:06}.csv": b"" for n in range(3000)}
    with pytest.raises(UnreadableExport, match="limit entries"):
        read(tmp_path, "many.zip", packed(files), Limits(entries=100))


def test_a_huge_line_is_rejected_in_bounded_memory(tmp_path: Path):
    import tracemalloc

    path = tmp_path / "line.csv"
    with path.open("w") as stream:
        stream.write("Title,Year\nHeat,1995\n")
        for _ in range(200):
            stream.write("x" * 500_000)
        stream.write("\nAlien,1979\n")
    tracemalloc.start()
    try:
        export = checked(read_export(path, "line.csv"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert list(export.films["title"]) == ["Heat", "Alien"]
    assert list(export.rejected["line"]) == [3]
    assert peak < 20_000_000


def test_an_unclosed_quote_in_a_large_file_costs_one_line(tmp_path: Path):
    text = 'Title\n"' + "".join(f"Film {n}\n" for n in range(100_000))
    export = read(tmp_path, "films.csv", text)
    assert len(export.films) == 99_999
    assert len(export.rejected) == 1


@pytest.mark.parametrize(
    "name", ["../../watched.csv", "/etc/watched.csv", "C:/watched.csv", "a/../watched.csv"]
)
def test_entries_whose_paths_lead_outside_the_archive_are_not_opened(tmp_path: Path, name: str):
    export = read(
        tmp_path, "export.zip", packed({name: WATCHED, "ratings.csv": LETTERBOXD["ratings.csv"]})
    )
    assert export.unopened == [name]
    assert list(export.films["title"]) == ["Heat"]


def test_links_in_an_archive_are_not_followed(tmp_path: Path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("watched.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ratings.csv", LETTERBOXD["ratings.csv"])
    assert read_export(path, "export.zip").unopened == ["watched.csv"]


def test_links_on_the_disk_are_not_followed(tmp_path: Path):
    (tmp_path / "outside.csv").write_text(WATCHED)
    folder = tmp_path / "folder"
    (folder / "lists").mkdir(parents=True)
    (folder / "watched.csv").write_text(WATCHED)
    (folder / "ratings.csv").symlink_to(tmp_path / "outside.csv")
    (folder / "likes").symlink_to(tmp_path)
    os.mkfifo(folder / "diary.csv")
    assert read_export(folder, "folder").unopened == ["diary.csv", "likes", "ratings.csv"]
    (tmp_path / "link.csv").symlink_to(tmp_path / "outside.csv")
    for path, name in (
        (tmp_path / "link.csv", "link.csv"),
        (tmp_path / "folder" / "likes" / "outside.csv", "folder/likes/outside.csv"),
    ):
        with pytest.raises(UnreadableExport, match="symbolic link"):
            read_export(path, name)
    with pytest.raises(UnreadableExport, match="is not a file or a folder"):
        read_export(folder / "diary.csv", "diary.csv")


def test_the_uploads_folder_itself_may_be_a_link(tmp_path: Path):
    (tmp_path / "disk" / "alice").mkdir(parents=True)
    (tmp_path / "disk" / "alice" / "watched.csv").write_text(WATCHED)
    (tmp_path / "uploads").symlink_to(tmp_path / "disk")
    assert len(read_export(tmp_path / "uploads/alice/watched.csv", "alice/watched.csv").films) == 4


def test_the_refusal_of_an_encrypted_entry_names_it(tmp_path: Path):
    data = bytearray(packed({"watched.csv": WATCHED}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(UnreadableExport, match=r"watched\.csv: is encrypted"):
        read(tmp_path, "export.zip", bytes(data))


def test_an_unreadable_file_among_readable_ones_is_one_rejected_line(tmp_path: Path):
    export = read(tmp_path, "export.zip", packed(LETTERBOXD | {"ratings.csv": b"%PDF-1.4"}))
    assert list(export.rejected["file"]) == ["ratings.csv"]
    assert "a PDF" in export.rejected["reason"][0]
    assert len(export.films) == 7


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableExport, match="cannot be opened"):
        read_export(tmp_path / "gone.csv", "gone.csv")


BROKEN = '"2022-01-01,SECRET, and SECRET\n2022-01-01\nSECRET\nSECRET,"SECRET"SECRET\n\0SECRET\n,,SECRET,,,,SECRET,,\n'


@pytest.mark.parametrize(
    "files",
    [
        LETTERBOXD,
        LETTERBOXD | {"reviews.csv": LETTERBOXD["reviews.csv"] + BROKEN},
        LETTERBOXD | {"lists/best.csv": LETTERBOXD["lists/best.csv"] + BROKEN},
        {"films.csv": "Title,Year,Comment\nHeat,1995,SECRET\nAlien,1979,\"SECRET\n" + BROKEN},
        {"watched.csv": "Name,Year,Letterboxd URI,E-mail\nHeat,1995,https://boxd.it/a,SECRET\n" + BROKEN},
    ],
    ids=range(5),
)  # fmt: skip
def test_private_columns_do_not_appear_in_any_output(tmp_path: Path, files: dict[str, str]):
    """Neither in films, viewings and reports nor in the text of rejected lines."""
    export = read(tmp_path, "export.zip", packed(files))
    assert len(export.films) > 0
    seen = [
        export.films.to_csv(),
        export.viewings.to_csv(),
        export.rejected.to_csv(),
        repr([asdict(report) for report in export.files]),
        repr(export.unopened),
    ]
    assert not [text for text in seen if "SECRET" in text]
