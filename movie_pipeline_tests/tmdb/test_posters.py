"""Posters: pictures are kept and checked, the key stays away, and no page waits for long."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from movie_pipeline.settings import TMDB_URL
from movie_pipeline.tmdb import FatalError, posters
from movie_pipeline.tmdb.file_store import FileStore
from movie_pipeline.tmdb.posters import KIND, MOST_BYTES, Posters, as_data, image_root, key_of
from movie_pipeline.tmdb.store import DAY, Kept
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.images import jpeg
from movie_pipeline_tests.tmdb import CATALOGUE, Time, asking

PATHS = [f"/film{n}.jpg" for n in range(6)]
IMAGES = "/t/p/w92/"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def server() -> Iterator[FakeTMDB]:
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


@contextmanager
def open_posters(
    server: FakeTMDB, folder: Path, time: Time | None = None, *, seconds: float = 60.0
) -> Iterator[Posters]:
    """Posters of the server; a machine that is slow must not run out of time."""
    time = time or Time()
    store = FileStore(folder / "tmdb.sqlite", clock=time)
    with (
        asking(server, folder, time=time, store=store, attempts=1) as client,
        closing(Posters(client, store, missing_days=7.0, most_seconds=seconds)) as posters,
    ):
        yield posters


def images(server: FakeTMDB) -> list[str]:
    return [one.path.removeprefix(IMAGES) for one in server.requests if IMAGES in one.path]


def test_a_poster_is_fetched_once_and_kept_for_all_later_pages(server, tmp_path):
    with open_posters(server, tmp_path) as posters:
        found, fetched = posters.get(PATHS)
    assert found == {path: as_data(jpeg(f"{IMAGES[:-1]}{path}")) for path in PATHS}
    assert fetched == len(PATHS)
    server.clear()
    with open_posters(server, tmp_path) as posters:
        assert posters.get(PATHS) == (found, 0)
    assert server.requests == []


def test_the_image_server_gets_no_key(server, tmp_path):
    with open_posters(server, tmp_path) as posters:
        posters.get(PATHS)
    asked = [one for one in server.requests if IMAGES in one.path]
    assert len(asked) == len(PATHS)
    assert not any(one.secret_in_header or one.query for one in asked)


@pytest.mark.parametrize(
    ("fault", "again"),
    [
        ({"status": 404, "body": b""}, False),
        ({"status": 404, "body": b"<html>nothing here</html>"}, False),
        ({"status": 500, "body": b""}, True),
        ({"status": 429, "body": b""}, True),
        ({"body": b"<html>sign in</html>", "headers": {"Content-Type": "image/jpeg"}}, True),
        ({"body": b"\xff\xd8\xff" + bytes(MOST_BYTES)}, True),
        ({"body": b"\xff\xd8\xff" + bytes(2_000_000)}, True),
        ({"body": b"GIF89a" + bytes(100)}, True),
        ({"body": b""}, True),
        ({"redirect": "https://example.com/a.jpg"}, True),
        ({"cut": True}, True),
        ({"cut": "body"}, True),
    ],
    ids=str,
)
def test_what_is_no_picture_is_left_out_and_asked_for_with_the_next_page(
    server, tmp_path, fault, again
):
    """But not, for a week, what the server doesn't have."""
    server.fault(IMAGES + "film2", **fault)
    with open_posters(server, tmp_path) as posters:
        found, _ = posters.get(PATHS)
    assert {*PATHS} - {*found} == {PATHS[2]}
    with closing(FileStore(tmp_path / "tmdb.sqlite", clock=Time())) as store:
        kept = store.get(key_of(PATHS[2]))
        assert kept is None if again else kept and kept.status == 404
    server.clear()
    with open_posters(server, tmp_path) as posters:
        found, fetched = posters.get(PATHS)
    assert images(server) == (["film2.jpg"] if again else [])
    assert fetched == again


def test_what_the_server_did_not_have_is_asked_for_again_after_a_week(server, tmp_path):
    time = Time()
    server.fault(IMAGES, status=404, body=b"")
    with open_posters(server, tmp_path, time) as posters:
        assert posters.get(PATHS[:1]) == ({}, 0)
        time.now += 8 * DAY
        assert posters.get(PATHS[:1])[1] == 1


def test_a_poster_is_kept_for_180_days_at_most(server, tmp_path):
    time = Time()
    with open_posters(server, tmp_path, time) as posters:
        posters.get(PATHS[:1])
        time.now += 179 * DAY
        assert posters.get(PATHS[:1])[1] == 0
        time.now += 2 * DAY
        assert posters.get(PATHS[:1])[1] == 1


def test_a_page_waits_for_no_slow_server_and_the_rest_comes_with_the_next(server, tmp_path):
    with open_posters(server, tmp_path) as posters:
        posters.get(PATHS[:2])
    server.fault(IMAGES, hang=30.0, times=None)
    with open_posters(server, tmp_path, seconds=0.3) as posters:
        found, fetched = posters.get(PATHS)
    assert ({*found}, fetched) == ({*PATHS[:2]}, 0)
    server.clear()
    with open_posters(server, tmp_path) as posters:
        assert posters.get(PATHS)[1] == 4


def test_a_server_that_is_down_is_left_alone_after_a_few_pictures(server, tmp_path):
    server.fault(IMAGES, status=503, body=b"", times=None)
    with open_posters(server, tmp_path) as found:
        assert found.get([f"/film{n}.jpg" for n in range(50)]) == ({}, 0)
    assert len(images(server)) <= posters._FAULTS + 2 * posters._WORKERS


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 500}, {"body": b"<html></html>"}])
def test_without_an_answer_about_the_image_server_there_are_no_posters(server, tmp_path, fault):
    server.fault("/configuration", **fault)
    with open_posters(server, tmp_path) as posters:
        assert posters.get(PATHS) == ({}, 0)
    assert images(server) == []


def test_only_paths_of_pictures_are_asked_for(server, tmp_path):
    paths = ["/../a.jpg", "//example.com/a.jpg", "a.jpg", "/a.svg", "/a.jpg?x=1", "/a b.jpg", ""]
    with open_posters(server, tmp_path) as posters:
        assert posters.get(paths) == ({}, 0)
    assert server.requests == []


def test_a_picture_is_recognized_by_its_first_bytes_and_may_not_be_large() -> None:
    data = as_data(jpeg("a"))
    assert data and data.startswith("data:image/jpeg;base64,")
    assert str(as_data(PNG)).startswith("data:image/png;base64,")
    for other in (b"", b"<svg onload=alert(1)>", b"GIF89a", PNG + bytes(MOST_BYTES)):
        assert as_data(other) is None


OTHER = "http://127.0.0.1:8080/3"


@pytest.mark.parametrize(
    ("root", "base_url", "usable"),
    [
        ("https://image.tmdb.org/t/p/", TMDB_URL, True),
        ("https://image.tmdb.org/t/p/", OTHER, True),
        ("http://127.0.0.1:8080/t/p/", OTHER, True),
        ("http://127.0.0.1:8080/t/p/", TMDB_URL, False),
        ("http://127.0.0.1:8081/t/p/", OTHER, False),
        ("http://image.tmdb.org/t/p/", TMDB_URL, False),
        ("https://tmdb.org.example.com/t/p/", TMDB_URL, False),
        ("https://nottmdb.org/t/p/", TMDB_URL, False),
        ("https://image.tmdb.org@example.com/t/p/", TMDB_URL, False),
        ("https://user:pass@image.tmdb.org/t/p/", TMDB_URL, False),
        ("https://image.tmdb.org:22/t/p/", TMDB_URL, False),
        ("https://image.tmdb.org/t/p/?to=", TMDB_URL, False),
        ("https://[/t/p/", TMDB_URL, False),
        ("file:///etc/", TMDB_URL, False),
        (None, TMDB_URL, False),
    ],
)
def test_an_answer_sends_us_to_no_server_but_tmdbs(root, base_url, usable) -> None:
    answer: dict[str, object] = {"images": {"secure_base_url": root, "poster_sizes": ["w92"]}}
    if usable:
        assert image_root(answer, base_url) == f"{root.rstrip('/')}/w92"
    else:
        with pytest.raises(FatalError):
            image_root(answer, base_url)


def test_posters_that_no_upload_needs_are_deleted_and_answers_stay(opened):
    store = opened()
    for key in (key_of("/a.jpg"), key_of("/b.jpg"), "0" * 32):
        store.put(key, Kept(200, store.now(), "", jpeg(key)), "")
    store.keep_only(KIND, {key_of("/b.jpg")})
    assert store.get(key_of("/a.jpg")) is None
    assert store.get(key_of("/b.jpg"))
    assert store.get("0" * 32)


def test_nothing_of_a_deleted_poster_is_left_in_the_file(file):
    picture = jpeg("a") + b"a picture's own bytes" * 100
    with closing(FileStore(file)) as store:
        store.put(key_of("/a.jpg"), Kept(200, store.now(), "", picture), "")
        store.keep_only(KIND, ())
        for path in file.parent.iterdir():  # also in the log, while the file is open
            assert b"a picture's own bytes" not in path.read_bytes()


def test_a_damaged_poster_is_fetched_again(server, tmp_path):
    with open_posters(server, tmp_path) as posters:
        posters.get(PATHS[:1])
    with closing(sqlite3.connect(tmp_path / "tmdb.sqlite")) as connection:
        connection.execute("UPDATE answers SET body = x'00' WHERE key LIKE '%-w92'")
        connection.commit()
    with open_posters(server, tmp_path) as posters:
        assert posters.get(PATHS[:1])[1] == 1
