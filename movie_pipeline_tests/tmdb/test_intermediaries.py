"""Firewalls, proxies and sign-in pages that answer instead of TMDB."""

import pytest

from movie_pipeline.tmdb import FatalError, NoAnswer
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, Time, asking

HTML = b"<html><h1>Request blocked</h1></html>"


@pytest.fixture
def server():
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


@pytest.mark.parametrize("status", [401, 403, 404, 407])
@pytest.mark.parametrize(
    "body",
    [
        HTML,
        b"",
        b'{"message": "Forbidden"}',
        b'{"status_code": 403}',
        b'{"status_code": "7"}',
        b'{"status_code": true}',
        b'{"status_code": 7.0}',
        b'{"status_code": [7]}',
        b'{"status_code": null}',
        b"[7]",
    ],
)
def test_a_refusal_that_is_not_tmdbs_is_not_taken_for_a_refused_key_or_a_missing_film(
    server, tmp_path, status, body
):
    """Not even if it is the very first answer, except a 404, which means a wrong address."""
    server.fault("/movie/1001", status=status, body=body, times=None)
    with asking(server, tmp_path) as tmdb:
        if status == 404:
            assert tmdb.movie(1000) is not None
        with pytest.raises(NoAnswer, match=rf"firewall or proxy.*\({status}\).*asked once"):
            tmdb.movie(1001)
        assert tmdb.movie(1002) is not None
    assert server.count("/movie/1001") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_firewall_that_refuses_everything_ends_the_run_after_a_minute(server, tmp_path, status):
    time = Time()
    server.fault(status=status, body=HTML, times=None)
    with asking(server, tmp_path, time=time, per_second=2.0) as tmdb:
        for number in range(1000, 1300):
            with pytest.raises(NoAnswer, match="firewall or proxy") as failure:
                tmdb.movie(number)
    assert "stopped after" in str(failure.value)
    assert server.count() < 130


def test_a_private_film_is_not_taken_for_a_refused_key(server, tmp_path):
    body = b'{"status_code": 39, "status_message": "private", "success": false}'
    server.fault("/movie/1001", status=401, body=body)
    with asking(server, tmp_path) as tmdb:
        with pytest.raises(NoAnswer, match="401"):
            tmdb.movie(1001)
        assert tmdb.movie(1002) is not None


# Sign-in pages ------------------------------------------------------------------------------

PAGES = {
    "a page": {"body": b"<!DOCTYPE html><title>Sign in</title>"},
    "a page after a byte order mark": {"body": b"\xef\xbb\xbf\r\n <html>"},
    "no tag, but HTML": {"body": b"Welcome!", "headers": {"Content-Type": "text/html"}},
    "511": {"status": 511, "body": b"<html>Network Authentication Required</html>"},
    "511 without a page": {"status": 511, "body": b""},
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_sign_in_page_is_reported_within_two_attempts(server, tmp_path, page):
    server.fault(times=None, **page)
    with asking(server, tmp_path) as tmdb:
        for number in range(1000, 1010):
            with pytest.raises(FatalError, match=r"sign-in page of a Wi-Fi.*open a browser"):
                tmdb.movie(number)
    assert server.count() == 2


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_sign_in_page_that_is_gone_at_the_second_attempt_does_no_harm(server, tmp_path, page):
    server.fault(times=1, **page)
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_for_one_film_costs_that_film_only(server, tmp_path, page):
    """A company's proxy may block a title."""
    server.fault("/movie/1001", times=None, **page)
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1000) is not None
        with pytest.raises(NoAnswer, match=r"sign-in page.*asked 2 times"):
            tmdb.movie(1001)
        assert tmdb.movie(1002) is not None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_sign_in_page_is_reported_at_once(server, tmp_path, status):
    server.fault(status=status, body=b"", headers={"Location": "http://10.0.0.1/?to=x"}, times=None)
    with (
        asking(server, tmp_path) as tmdb,
        pytest.raises(FatalError, match=r"redirect.*sign-in page of a Wi-Fi.*TMDB_BASE_URL"),
    ):
        tmdb.movie(1001)
    assert server.count() == 1


def test_an_error_page_of_a_server_is_not_taken_for_a_sign_in_page(server, tmp_path):
    server.fault(status=502, body=HTML, times=None)
    with (
        asking(server, tmp_path, attempts=3) as tmdb,
        pytest.raises(NoAnswer, match="server error"),
    ):
        tmdb.movie(1001)
    assert server.count() == 3
