"""The secret: where it must be, and where it must never be."""

import logging
import traceback
from contextlib import suppress

import pytest

from movie_pipeline.tmdb import FatalError, KeyRefused, NoAnswer
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, asking
from movie_pipeline_tests.tmdb.raw_server import saying

TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXNlY3JldC1zZWNyZXQ.s-3_cret"
V3_KEY = "0123456789abcdefABCDEF0123456789"


@pytest.fixture(params=[TOKEN, V3_KEY], ids=["token", "v3 key"])
def secret(request):
    return request.param


@pytest.fixture
def server(secret):
    with FakeTMDB(CATALOGUE, token=secret) as server:
        yield server


def chain(error: BaseException | None, seen: tuple[int, ...] = ()) -> list[BaseException]:
    """An exception and all those chained to it, whether or not a traceback would show them."""
    if error is None or id(error) in seen:
        return []
    seen = (*seen, id(error))
    return [error, *chain(error.__cause__, seen), *chain(error.__context__, seen)]


def test_each_kind_of_key_is_sent_where_tmdb_accepts_it(server, tmp_path, secret):
    with asking(server, tmp_path, key=secret) as tmdb:
        assert tmdb.movie(1001) is not None
    (request,) = server.requests
    assert request.secret_in_header == (secret == TOKEN)
    assert request.query.get("api_key") == (V3_KEY if secret == V3_KEY else None)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"body": b"broken"},
        {"cut": True},
        {"cut": "body"},
        {"hang": 5.0},
        {"status": 401},
        {"status": 422},
        {"redirect": "/elsewhere"},
    ],
    ids=str,
)
def test_no_exception_or_log_record_contains_it(server, tmp_path, secret, fault, caplog):
    caplog.set_level(logging.DEBUG)
    server.fault(times=None, **fault)
    with asking(server, tmp_path, key=secret, attempts=2, timeout=0.05) as tmdb:
        with pytest.raises((NoAnswer, FatalError)) as failure:
            tmdb.movie(1001)
        texts = ["".join(traceback.format_exception(failure.value))]
        for error in chain(failure.value):
            texts += [str(error), repr(error), repr(vars(error))]
            assert not hasattr(error, "request"), "requests' exceptions contain the whole request"
        texts += [repr(tmdb), repr(vars(tmdb)), repr(vars(tmdb._connection))]
    texts += [record.getMessage() for record in caplog.records]
    texts += [repr(vars(record)) for record in caplog.records]
    assert not any(secret in text for text in texts)


def test_a_malformed_header_that_echoes_it_is_not_logged(tmp_path, secret, caplog):
    """urllib3 warns about it, with the request's address and the data that the server sent."""

    def say(server):
        echo = server.requests[-1].replace(b"\r\n", b" ")
        yield b"HTTP/1.1 200 OK\r\nno header\r\n" + echo + b'\r\n\r\n{"id": 1001}'

    with saying(say) as server, asking(server, tmp_path, key=secret, attempts=1) as tmdb:
        with suppress(NoAnswer):
            tmdb.movie(1001)
        assert secret.encode() in server.requests[0]
    assert secret not in caplog.text


def test_urllib3_still_logs_requests_without_the_secret(server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with asking(server, tmp_path, key=server.token) as tmdb:
        tmdb.search("Film 1")
    assert "query=Film+1" in caplog.text
    assert server.token not in caplog.text


def test_an_unreachable_server_does_not_reveal_it(tmp_path, secret, caplog):
    """requests' ConnectionError names the whole address."""
    caplog.set_level(logging.DEBUG)
    with FakeTMDB(CATALOGUE, token=secret) as server:
        pass
    with (
        asking(server, tmp_path, key=secret, attempts=20) as tmdb,
        pytest.raises(NoAnswer, match=r"no connection.*stopped after") as failure,
    ):
        tmdb.movie(1001)
    errors = chain(failure.value)
    assert not any(secret in f"{error!r}{vars(error)}" for error in errors)
    assert secret not in caplog.text


def test_the_data_folder_does_not_contain_it(server, tmp_path, secret):
    with asking(server, tmp_path, key=secret, per_second=40) as tmdb:
        tmdb.movie(1001)
        tmdb.search("Film 1")
        tmdb.find("tt1001")
        files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    files += [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) >= 2
    assert not any(secret.encode() in content for content in files)


def test_a_redirect_is_not_followed(server, tmp_path, secret):
    with FakeTMDB(CATALOGUE, token=secret) as other:
        server.fault(redirect=f"{other.base_url}/movie/1001", times=None)
        with (
            asking(server, tmp_path, key=secret) as tmdb,
            pytest.raises(FatalError, match=r"redirect.*TMDB_BASE_URL"),
        ):
            tmdb.movie(1001)
        assert other.requests == []


def test_a_netrc_does_not_replace_the_key(server, tmp_path, secret, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with asking(server, tmp_path, key=secret) as tmdb:
        assert tmdb.movie(1001) is not None


def test_a_netrc_is_not_used_without_a_key(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with asking(server, tmp_path, key=None) as tmdb, pytest.raises(KeyRefused):
        tmdb.movie(1001)
    assert not server.requests[0].secret_in_header
