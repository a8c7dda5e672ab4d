"""The largest size and longest time of an answer, tested with servers that break all rules."""

import gzip
import json
import threading
import tracemalloc
import zlib
from itertools import repeat

import pytest

from movie_pipeline.tmdb import Answers, NoAnswer
from movie_pipeline.tmdb.answers import digest
from movie_pipeline.tmdb.bounds import MOST_BYTES, MOST_SECONDS, unpacked
from movie_pipeline.tmdb.store import Kept
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, asking
from movie_pipeline_tests.tmdb.raw_server import saying

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = 1_000_000
ROOM = 40 * MEGABYTE
"""The peak memory allowed for a question: the body once or twice, but not a bomb of 60 MB."""


def bomb(layers: int = 1, size: int = 60 * MEGABYTE) -> bytes:
    """A JSON object of so many bytes, mostly blanks, compressed so many times."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b'{"id": 1001, "title": "')]
    blanks = b" " * MEGABYTE
    parts += [packer.compress(blanks) for _ in range(size // MEGABYTE)]
    packed = b"".join([*parts, packer.compress(b'"}'), packer.flush()])
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


def peak_of(ask):
    tracemalloc.start()
    try:
        ask()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def refused(server, tmp_path, match, **given):
    """Ask for a film, which fails, and return the peak memory."""

    def ask():
        with pytest.raises(NoAnswer, match=match):
            tmdb.movie(1001)

    with asking(server, tmp_path, **given) as tmdb:
        return peak_of(ask)


@pytest.fixture
def server():
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


def test_the_bounds_are_sixteen_megabytes_and_a_minute():
    assert (MOST_BYTES, MOST_SECONDS) == (16 * MEGABYTE, 60.0)


# Size ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "layers"), [(200, 1), (200, 2), (200, 3), (302, 1), (404, 1), (429, 1), (500, 1)]
)
def test_a_bomb_is_stopped_at_sixteen_megabytes(server, tmp_path, status, layers):
    """Whatever its status: requests reads the body even of a redirect that it does not follow."""
    headers = {"Content-Encoding": ", ".join(["gzip"] * layers), "Location": "/elsewhere"}
    server.fault(status=status, body=bomb(layers), headers=headers, times=None)
    match = r"answer was larger than 16 MB \(asked 2 times\)"
    assert refused(server, tmp_path, match) < ROOM


@pytest.mark.parametrize("wbits", [15, -15], ids=["zlib", "raw"])
def test_a_deflated_bomb_is_stopped_too(server, tmp_path, wbits):
    packer = zlib.compressobj(9, wbits=wbits)
    packed = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(60)) + packer.flush()
    server.fault(body=packed, headers={"Content-Encoding": "deflate"}, times=None)
    assert refused(server, tmp_path, "larger than 16 MB") < ROOM


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip", ", ".join(["gzip"] * 50)])
def test_a_body_that_can_not_be_unpacked_is_not_an_answer(server, tmp_path, encoding):
    server.fault(body=b'{"id": 1001}', headers={"Content-Encoding": encoding}, times=3)
    with asking(server, tmp_path) as tmdb:
        answer = tmdb.movie(1001)
    # If Python has no library for an encoding, the body is used as it is.
    assert answer is not None
    assert answer.get("title") in {"Film 1", None}


@pytest.mark.parametrize("wbits", [31, 15, -15])
def test_a_packed_body_that_no_header_announces_is_read(server, tmp_path, wbits):
    """As a proxy leaves it that drops Content-Encoding: gzip, zlib, or deflate without a frame."""
    packer = zlib.compressobj(wbits=wbits)
    for mark in (b"", b"\xef\xbb\xbf"):
        body = mark + b'{"id": 1001, "title": "Packed"}'
        packed = packer.copy()
        server.fault(body=packed.compress(body) + packed.flush())
        with asking(server, tmp_path, refresh="all", began=2e9) as tmdb:
            assert tmdb.movie(1001)["title"] == "Packed"
            assert tmdb.asked["requests"] == 1
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001)["title"] == "Packed"
        assert tmdb.asked == {"kept": 1}


def test_a_bomb_that_no_header_announces_is_not_unpacked(server, tmp_path):
    server.fault(body=bomb(), times=None)
    assert refused(server, tmp_path, "invalid") < ROOM


def test_an_endless_body_is_stopped(tmp_path):
    def say(_):
        yield HEAD + b'\r\n{"id": 1001, "title": "'
        yield from repeat(b" " * 65_536)

    with saying(say) as server:
        assert refused(server, tmp_path, r"larger than 16 MB \(asked 2 times\)") < ROOM
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "piece",
    [
        b"10000\r\n" + b" " * 65_536 + b"\r\n",
        b"1" * 65_536,  # a chunk's size that has no end
        b"1;" + b"x" * 65_534,
        b"0\r\n" + b"X-Trailer: " + b"y" * 60_000 + b"\r\n",
    ],
    ids=["chunks", "a size", "an extension", "trailers"],
)
def test_endless_chunks_are_stopped(tmp_path, piece):
    def say(_):
        yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        yield piece
        yield from repeat(piece.removeprefix(b"0\r\n"))

    with saying(say) as server:
        assert refused(server, tmp_path, r"asked \d times", attempts=2) < ROOM


@pytest.mark.parametrize(
    "piece",
    [
        b"HTTP/1.1 100 Continue\r\nX-Header: " + b"y" * 60_000 + b"\r\n\r\n",
        b"x" * 65_536,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 90,
    ],
    ids=["continue", "no line", "head after head"],
)
def test_an_endless_head_is_stopped(tmp_path, piece):
    with saying(lambda _: repeat(piece)) as server:
        assert refused(server, tmp_path, r"asked 2 times", attempts=2) < ROOM


def test_a_flood_of_headers_is_stopped(tmp_path):
    def say(_):
        yield HEAD
        yield from repeat(b"X-Header: " + b"y" * 60_000 + b"\r\n")

    with saying(say) as server:
        assert refused(server, tmp_path, r"asked 2 times", attempts=2) < ROOM


def test_an_answer_of_the_largest_allowed_size_is_read(server, tmp_path):
    body = json.dumps({"id": 1001, "title": "Film 1", "overview": ""})
    body = body[:-2] + "x" * (MOST_BYTES - len(body)) + body[-2:]
    server.fault(body=gzip.compress(body.encode()), headers={"Content-Encoding": "gzip"})
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"
        assert tmdb.asked["requests"] == 1
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"
        assert tmdb.asked == {"kept": 1}
    server.fault(body=(body + " ").encode(), times=2)
    with asking(server, tmp_path, refresh="all", began=2e9) as tmdb, pytest.raises(NoAnswer):
        tmdb.movie(1002)


# Time ---------------------------------------------------------------------------------------


def every(seconds, *parts):
    """Send all parts at once but the last, which follows byte by byte, so many seconds apart."""
    *begun, slow = parts

    def say(server):
        yield from begun
        for byte in slow:
            if server.ending.wait(seconds):
                return
            yield bytes([byte])

    return say


TRICKLES = {
    "the status line": (b"H" * 100_000,),
    "the headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 10_000),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,),
    "the body": (HEAD + b"\r\n", b'{"id": 1001' + b" " * 100_000),
    "a body of known length": (HEAD + b"Content-Length: 100000\r\n\r\n", b" " * 100_000),
    "a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b" " * 100_000),
    "a packed body": (HEAD + b"Content-Encoding: gzip\r\n\r\n", b"\x1f\x8b\x08" + bytes(100_000)),
    "a refusal": (b"HTTP/1.1 401 Unauthorized\r\n\r\n", b"<" * 100_000),
}


@pytest.mark.parametrize("parts", TRICKLES.values(), ids=TRICKLES)
def test_an_answer_that_trickles_byte_by_byte_is_stopped_when_its_time_is_up(tmp_path, parts):
    """A timeout for silence would never stop it, because each byte comes in time."""
    with (
        saying(every(0.01, *parts)) as server,
        asking(server, tmp_path, timeout=5.0, most_seconds=0.3) as tmdb,
        pytest.raises(NoAnswer, match=r"not complete after 0\.3 s \(asked 2 times\)"),
    ):
        tmdb.movie(1001)
    assert len(server.requests) == 2


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_same_bounds_apply_to_a_proxys_answers(tmp_path, monkeypatch, scheme):
    """Including the answer to CONNECT, which comes before any of TMDB's."""
    with saying(every(0.01, b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 10_000)) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", proxy.base_url.removesuffix("/3"))
        with (
            asking(
                None, tmp_path, base_url=f"{scheme}://tmdb.invalid/3", timeout=5.0, most_seconds=0.3
            ) as tmdb,
            pytest.raises(NoAnswer, match=r"not complete after 0\.3 s \(asked 2 times\)"),
        ):
            tmdb.movie(1001)
    assert {head.split()[0] for head in proxy.requests} == {
        {"http": b"GET", "https": b"CONNECT"}[scheme]
    }


def test_silence_is_distinguished_from_slowness(tmp_path):
    with (
        saying(every(30.0, HEAD, b"\r\n")) as server,
        asking(server, tmp_path, timeout=0.1, attempts=2) as tmdb,
        pytest.raises(NoAnswer, match=r"did not answer in time \(asked 2 times\)"),
    ):
        tmdb.movie(1001)


def test_silence_within_a_body_is_not_reported_as_a_lost_connection(tmp_path):
    with (
        saying(every(30.0, HEAD + b"\r\n{", b"}")) as server,
        asking(server, tmp_path, timeout=0.1, attempts=2) as tmdb,
        pytest.raises(NoAnswer, match="did not answer in time"),
    ):
        tmdb.movie(1001)


def test_if_every_answer_trickles_all_questions_end_after_a_minute(tmp_path, time):
    """The time limit is measured by a clock on which each answer takes a full minute."""
    with saying(every(0.01, b"H" * 100_000)) as server:

        def clock():
            return time() + 60.0 * len(server.requests)

        with asking(server, tmp_path, time=time, clock=clock, most_seconds=0.02) as tmdb:
            for number in range(1000, 1060):
                with pytest.raises(NoAnswer, match=r"not complete after .* stopped after"):
                    tmdb.movie(number)
    assert len(server.requests) <= 3


def test_one_slow_answer_costs_that_question_only(server, tmp_path):
    """Each answer has its own time limit, even on a reused connection."""
    with asking(server, tmp_path, most_seconds=5.0, workers=1) as tmdb:
        for number in range(1000, 1020):
            assert tmdb.movie(number) is not None
    assert server.connections == 1


def test_each_thread_has_its_own_allowance(server, tmp_path):
    packed = bomb(size=20 * MEGABYTE)
    failures = []
    server.fault("/movie/1001", body=packed, headers={"Content-Encoding": "gzip"}, times=None)

    def work(number):
        try:
            tmdb.movie(number)
        except NoAnswer as error:
            failures.append((number, str(error)))

    with asking(server, tmp_path) as tmdb:
        tmdb.movie(1000)
        threads = [threading.Thread(target=work, args=(1000 + n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    ((number, message),) = failures
    assert number == 1001
    assert "larger" in message


# Wrong lengths ------------------------------------------------------------------------------


def test_a_body_shorter_than_its_content_length_is_requested_again(server, tmp_path):
    body = b'{"id": 1001, "title": "half"}'
    server.fault(body=body, headers={"Content-Length": "1000", "Connection": "close"}, times=1)
    with asking(server, tmp_path, timeout=0.3) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000, "10, 20"])
def test_an_invalid_length_can_not_crash_the_run(tmp_path, length):
    def say(_):
        yield HEAD + f"Content-Length: {length}\r\n\r\n".encode() + b'{"id": 1001}'

    with saying(say) as server, asking(server, tmp_path, attempts=2) as tmdb:
        try:
            film = tmdb.movie(1001)
        except NoAnswer:
            film = None
    assert film is None or film["id"] == 1001


def test_data_after_an_answer_is_not_taken_for_the_next_one(tmp_path):
    """The server sends a second answer after the first, without a request for it."""
    forged = b'{"id": 1002, "title": "forged"}'
    body = b'{"id": 1001, "title": "asked for"}'

    def say(server):
        said = (body, forged) if len(server.requests) == 1 else (b'{"id": 1002}',)
        # All at once: data that comes after the next question is indistinguishable from its answer.
        yield b"".join(HEAD + f"Content-Length: {len(one)}\r\n\r\n".encode() + one for one in said)

    with saying(say) as server, asking(server, tmp_path, workers=1) as tmdb:
        assert tmdb.movie(1001)["title"] == "asked for"
        assert "title" not in tmdb.movie(1002)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1 2",
        b"HTTP/1.1 two OK\r\n\r\n{}",
        b"HTTP/9.9 200 OK\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n: \xff\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: //\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 ?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \x00=\xff; Domain=.; Max-Age=x\r\n\r\n{}",
        b"HTTP/1.1 429 Slow\r\nRetry-After: Mon, 01 Jan 99999 00:00:00 GMT\r\n\r\n",
    ],
)
def test_no_response_can_raise_an_exception_that_is_not_ours(tmp_path, said):
    from movie_pipeline.tmdb import FatalError

    with (
        saying(lambda _: [said]) as server,
        asking(server, tmp_path, attempts=2) as tmdb,
        pytest.raises((NoAnswer, FatalError)),
    ):
        tmdb.movie(1001)


# Cached answers -----------------------------------------------------------------------------


def test_a_cached_bomb_is_not_unpacked_but_requested_again(server, tmp_path, opened):
    store = opened()
    with asking(server, tmp_path, store=store) as tmdb:
        tmdb.movie(1001)
        key = next(iter(_keys(store)))
        packed = zlib.compress(b'{"id": 1001, "x": "' + b" " * (60 * MEGABYTE) + b'"}')
        store.put(key, Kept(200, store.now(), "en-US", packed), "me")
        titles = []
        assert peak_of(lambda: titles.append(tmdb.movie(1001)["title"])) < ROOM
        assert titles == ["Film 1"]
    assert server.count() == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        zlib.compress(b"{}")[:-1],
        zlib.compress(b"{}") + b"more",
        zlib.compress(b'{"id": 1001')[:8],
        zlib.compress(b"[1]"),
        zlib.compress(b'{"id": 1002}'),  # another film's
        zlib.compress(b'{"id": "1001"}'),
        bytes(17 * MEGABYTE),
    ],
    ids=["empty", "noise", "cut", "longer", "torn", "a list", "another", "a text", "too large"],
)
def test_a_damaged_cached_answer_is_requested_again(server, tmp_path, opened, body):
    store = opened()
    with asking(server, tmp_path, store=store) as tmdb:
        tmdb.movie(1001)
        key = next(iter(_keys(store)))
        store.put(key, Kept(200, store.now(), "en-US", body), "me")
        assert tmdb.movie(1001)["title"] == "Film 1"
        assert tmdb.movie(1001)["title"] == "Film 1"
    assert server.count() == 2


def test_an_invalid_row_in_the_file_counts_as_missing(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        tmdb.movie(1001)
        connection = tmdb._answers._store._connection
        for change in ("body = 'text'", "body = 5", "status = 'x'", "fetched_at = 'x'"):
            connection.execute(f"UPDATE answers SET {change}")
            assert tmdb.movie(1001)["title"] == "Film 1", change
        connection.execute("UPDATE answers SET language = x'ff'")
        assert tmdb.movie(1001)["title"] == "Film 1"
    assert server.count() == 6


@pytest.mark.parametrize(
    "value", [b"", b"200", b"x y z\n", b"200 nan en\n", b"\xff\xff\n", b"2 3\n"]
)
def test_an_invalid_value_in_redis_counts_as_missing(redis_address, value):
    from movie_pipeline.tmdb.redis_store import RedisStore

    store = RedisStore(redis_address)
    store._redis.set(f"movie_pipeline:answer:{digest('question')}", value)
    assert Answers(store).get("question") is None
    store.close()


def test_unpacking_restores_a_body_up_to_the_largest_size():
    body = b"x" * MOST_BYTES
    assert unpacked(zlib.compress(body)) == body
    assert unpacked(zlib.compress(body + b"x")) is None


def _keys(store):
    if hasattr(store, "path"):
        return [key for (key,) in store._connection.execute("SELECT key FROM answers").fetchall()]
    prefix = "movie_pipeline:answer:"
    return [key.decode().removeprefix(prefix) for key in store._redis.keys(f"{prefix}*")]
