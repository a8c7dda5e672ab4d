"""The HTTP server that replaces TMDB in tests: it must be as strict and as unreliable as TMDB."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from movie_pipeline.sample import SAMPLE_URL_SCHEME, SampleAdapter
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.catalogues import add_adversaries, load_catalogue_parquet
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.sample.test_sample import CATALOGUE, MATRIX

Get = Callable[..., requests.Response]


@pytest.fixture
def tmdb() -> Iterator[FakeTMDB]:
    """A running server; afterwards, check that it never crashed."""
    with FakeTMDB(CATALOGUE, token="secret") as server:
        yield server
    assert server.crashes == []


@pytest.fixture
def get(tmdb: FakeTMDB) -> Iterator[Get]:
    """A function that sends requests to the server with its secret, over one session."""
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer secret"

        def ask(path: str, timeout: float = 10, **params: str) -> requests.Response:
            return session.get(
                tmdb.base_url + path, params=params, timeout=timeout, allow_redirects=False
            )

        yield ask


class Clock:
    """A clock that stands still until the test moves it."""

    now = 100.0

    def __call__(self) -> float:
        """The time in seconds."""
        return self.now


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/search/movie", {"query": "Матрица", "year": "1999", "language": "ru-RU"}),
        ("/search/movie", {"query": "dance & 1?", "page": "2"}),
        ("/search/movie", {"query": ""}),
        ("/search/tv", {"query": "band of brothers"}),
        ("/discover/movie", {"sort_by": "vote_count.desc", "vote_count.gte": "10"}),
        ("/find/tt0185906", {"external_source": "imdb_id"}),
        ("/movie/603", {"append_to_response": "credits,external_ids,release_dates"}),
        ("/movie/603/credits", {}),
        ("/movie/1", {}),
        ("/movie/a%20b%2F", {}),
        ("/genre/movie/list", {"language": "de"}),
        ("/nothing", {}),
    ],
)
def test_server_and_sample_give_the_same_answer(
    get: Get, path: str, params: dict[str, str]
) -> None:
    """A client tested against one must work with the other."""
    over_http = get(path, **params)
    with requests.Session() as session:
        session.mount(SAMPLE_URL_SCHEME, SampleAdapter(CATALOGUE))
        sampled = session.get(f"{SAMPLE_URL_SCHEME}any/3{path}", params=params, timeout=60)
    assert over_http.content == sampled.content
    assert over_http.status_code == sampled.status_code
    assert over_http.headers["Content-Type"] == sampled.headers["Content-Type"]


def test_a_connection_is_reused_for_the_next_request(tmdb: FakeTMDB, get: Get) -> None:
    for _ in range(5):
        get("/movie/603")
        get("/movie/1")
    assert tmdb.connections == 1


def test_many_clients_can_ask_at_once(tmdb: FakeTMDB) -> None:
    def ask(number: int) -> int:
        url = f"{tmdb.base_url}/movie/{603 if number % 2 else 1}"
        return requests.get(url, params={"api_key": "secret"}, timeout=60).status_code

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(ask, range(100))) == [404, 200] * 50
    assert tmdb.count(status=200) == 50


def test_the_secret_is_accepted_in_header_and_parameter_and_each_request_records_which(
    tmdb: FakeTMDB, get: Get
) -> None:
    assert get("/movie/603").status_code == 200
    url = f"{tmdb.base_url}/movie/603"
    assert requests.get(url, params={"api_key": "secret"}, timeout=60).status_code == 200
    assert [r.secret_in_header for r in tmdb.requests] == [True, False]
    assert [r.query for r in tmdb.requests] == [{}, {"api_key": "secret"}]


@pytest.mark.parametrize("header", [None, "Bearer wrong", "secret", "Bearer ", "Basic c2VjcmV0"])
def test_without_the_secret_the_answer_is_401(tmdb: FakeTMDB, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = requests.get(f"{tmdb.base_url}/authentication", headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["status_code"]) == (401, 7)


def test_a_token_can_be_revoked_midway(tmdb: FakeTMDB, get: Get) -> None:
    assert get("/authentication").status_code == 200
    tmdb.token = None
    assert get("/authentication").status_code == 401
    tmdb.token = "secret"
    assert get("/authentication").status_code == 200


def test_above_the_rate_the_answer_is_429_until_a_second_has_passed(
    tmdb: FakeTMDB, get: Get
) -> None:
    tmdb.clock = clock = Clock()
    tmdb.requests_per_second = 3
    assert [get("/movie/603").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    clock.now += 0.99
    refused = [get("/movie/603") for _ in range(5)]
    assert {(answer.status_code, answer.json()["status_code"]) for answer in refused} == {(429, 25)}
    clock.now += 0.01
    assert get("/movie/603").status_code == 200, "refused requests don't count"


def test_the_worst_second_slides_and_includes_refused_requests(tmdb: FakeTMDB, get: Get) -> None:
    tmdb.clock = clock = Clock()
    for now in (1.0, 1.9, 2.5, 2.8, 2.95, 9.0, 10.0):
        clock.now = now
        get("/movie/1")
    assert tmdb.worst_second == 3
    tmdb.clear()
    assert (tmdb.worst_second, tmdb.requests) == (0, [])


@pytest.mark.parametrize("form", ["1", "0", "Wed, 21 Oct 2099 07:28:00 GMT", None])
def test_retry_after_has_the_requested_form(tmdb: FakeTMDB, get: Get, form: str | None) -> None:
    tmdb.requests_per_second = 0
    tmdb.retry_after = form
    assert get("/movie/603").headers.get("Retry-After") == form


def test_retry_after_can_be_a_date_in_the_near_future(tmdb: FakeTMDB, get: Get) -> None:
    tmdb.requests_per_second = 0
    tmdb.retry_after = "date"
    answer = get("/movie/603")
    wait = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(
        answer.headers["Date"]
    )
    assert 1 <= wait.total_seconds() <= 2


def test_a_scripted_status_comes_with_tmdbs_body_the_given_number_of_times(
    tmdb: FakeTMDB, get: Get
) -> None:
    tmdb.fault("/movie/", status=503, retry_after="7", times=2)
    assert get("/search/movie", query="matrix").status_code == 200
    broken = [get("/movie/603"), get("/movie/603"), get("/movie/603")]
    assert [answer.status_code for answer in broken] == [503, 503, 200]
    assert broken[0].json()["status_code"] == 46
    assert broken[0].headers["Retry-After"] == "7"


def test_a_fault_can_apply_to_selected_requests_only(tmdb: FakeTMDB, get: Get) -> None:
    tmdb.fault(lambda request: request.query.get("page") == "2", body=b'{"page": 2, "res')
    assert get("/search/movie", query="dance").ok
    with pytest.raises(ValueError, match="Unterminated string"):
        get("/search/movie", query="dance", page="2").json()
    assert get("/search/movie", query="dance", page="2").ok


@pytest.mark.parametrize(
    ("cut", "error"),
    [(True, requests.ConnectionError), ("body", requests.exceptions.ChunkedEncodingError)],
)
def test_a_connection_can_be_cut(tmdb: FakeTMDB, get: Get, cut: Any, error: type) -> None:
    tmdb.fault(cut=cut)
    with pytest.raises(error):
        get("/movie/603")
    assert get("/movie/603").ok
    assert [r.status for r in tmdb.requests] == [0, 200]


@pytest.mark.parametrize("slow", ["hanging", "latency"])
def test_a_waiting_client_does_not_delay_others(tmdb: FakeTMDB, get: Get, slow: str) -> None:
    """One gets an hour of silence, the next an answer; stopping the server frees the first."""
    arrived = threading.Event()
    tmdb.fault(lambda _: arrived.set() or slow == "hanging", hang=3600)
    tmdb.latency = 3600 if slow == "latency" else 0
    ends: list[str] = []

    def wait() -> None:
        try:
            requests.get(f"{tmdb.base_url}/movie/1", params={"api_key": "secret"}, timeout=3600)
        except requests.ConnectionError as end:
            ends.append(type(end).__name__)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    assert arrived.wait(timeout=60)
    tmdb.clear()
    tmdb.latency = 0
    assert get("/movie/603").ok
    assert waiting.is_alive()
    tmdb.__exit__()
    waiting.join(timeout=60)
    assert ends == ["ConnectionError"]


def test_a_client_can_time_out(tmdb: FakeTMDB, get: Get) -> None:
    tmdb.fault(hang=3600)
    with pytest.raises(requests.ReadTimeout):
        get("/movie/603", timeout=0.05)
    assert get("/movie/603").ok


def test_a_redirect_leads_to_the_given_address(tmdb: FakeTMDB, get: Get) -> None:
    tmdb.fault(redirect="http://elsewhere.invalid/3/movie/603")
    answer = get("/movie/603")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://elsewhere.invalid/3/movie/603"


def test_while_it_is_down_connections_are_cut_without_an_answer(tmdb: FakeTMDB, get: Get) -> None:
    tmdb.down = True
    with pytest.raises(requests.ConnectionError):
        get("/movie/603")
    tmdb.down = False
    assert get("/movie/603").ok


def test_random_faults_are_of_every_kind_and_repeatable_with_the_same_seed() -> None:
    def weather(seed: int) -> list[object]:
        with (
            FakeTMDB(CATALOGUE, fault_share=0.5, hang_seconds=0.0, seed=seed) as tmdb,
            requests.Session() as session,
        ):
            session.headers["Authorization"] = "Bearer token"
            seen: list[object] = []
            for _ in range(100):
                try:
                    answer = session.get(f"{tmdb.base_url}/movie/603", timeout=60)
                    answer.json()
                    seen.append(answer.status_code)
                except requests.RequestException as problem:
                    seen.append(type(problem).__name__)
            tmdb.fault_share = 0
            assert session.get(f"{tmdb.base_url}/movie/603", timeout=60).ok
            assert tmdb.crashes == []
            return seen

    seen = weather(1)
    assert {200, 500, "JSONDecodeError", "ConnectionError", "ChunkedEncodingError"} <= set(seen)
    assert 30 <= seen.count(200) <= 70
    assert seen == weather(1)
    assert seen != weather(2)


def test_after_its_end_it_answers_no_request_even_on_an_open_connection() -> None:
    with requests.Session() as session:
        with FakeTMDB(CATALOGUE) as tmdb:
            url = f"{tmdb.base_url}/movie/603?api_key=token"
            assert session.get(url, timeout=60).ok
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=60)
        with FakeTMDB(CATALOGUE, port=tmdb.port):
            assert session.get(url, timeout=60).ok


def test_a_parquet_file_becomes_a_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "films.parquet"
    duckdb.sql(
        """
        SELECT 603 AS tmdb_id, 'tt0133093' AS imdb_id, 'The Matrix' AS title,
               NULL::VARCHAR AS original_title, 'en' AS original_language,
               '1999-03-31' AS release_date, 136.0 AS runtime,
               [{'id': 28, 'name': 'Action'}] AS genres, 80.0 AS popularity,
               8.2 AS vote_average, 26000 AS vote_count,
               [{'id': 9340, 'name': 'Lana Wachowski'}, {'id': NULL, 'name': 'No Id'}]
                   AS directors,
               [{'id': 6384, 'name': 'Keanu Reeves', 'order': 0, 'character': 'Neo'}] AS "cast"
        UNION ALL
        SELECT 1, NULL, 'Nothing Known', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        """
    ).write_parquet(str(path))
    catalogue = load_catalogue_parquet(path)
    film = catalogue.answer("/movie/tt0133093", {"append_to_response": "credits"})[1]
    assert (film["title"], film["original_title"], film["runtime"]) == (
        "The Matrix",
        "The Matrix",
        136,
    )
    assert film["genres"] == [{"id": 28, "name": "Action"}]
    assert film["credits"]["cast"][0]["character"] == "Neo"
    assert [p["name"] for p in film["credits"]["crew"]] == ["Lana Wachowski", "No Id"]
    assert film["credits"]["crew"][1]["id"] > 0
    assert catalogue.answer("/movie/1", {})[1]["release_date"] == ""


def test_each_tenth_film_gets_adversaries() -> None:
    others = [{"id": n, "title": f"Other {n}", "release_date": "1980-01-01"} for n in range(1, 21)]
    truth = [
        {"title": film["title"], "year": film["release_date"][:4], "tmdb_id": str(film["id"])}
        for film in [MATRIX, *others]
    ]
    catalogue = Catalogue(add_adversaries([MATRIX, *others], truth))

    def found(path: str = "/search/movie", **query: str) -> list[dict[str, Any]]:
        return catalogue.answer(path, query)[1]["results"]

    same_year = found(query="The Matrix", primary_release_year="1999")
    assert [hit["id"] for hit in same_year if hit["vote_count"] > 3] == [603]
    assert len(same_year) == 2
    assert {hit["release_date"][:4] for hit in found(query="The Matrix")} == {"1998", "1999"}
    assert found("/search/tv", query="The Matrix", first_air_date_year="1999")
    assert [hit["id"] for hit in found(query="Filmtitel 603")] == [603]
    assert [hit["id"] for hit in found(query="Titre 603")] == [603]
    assert found(query="Filmtitel 603", language="de-DE")[0]["title"] == "Filmtitel 603"
    assert len(found(query="Other 1")) == 1
    assert [hit["vote_count"] for hit in found(query="Other 10")] == [1, 7, 0]
    assert len(MATRIX["alternative_titles"]) == 2, "the given records are not changed"


@pytest.mark.slow
def test_it_can_be_started_from_a_shell(tmp_path: Path) -> None:
    path = tmp_path / "films.jsonl"
    path.write_text(json.dumps(MATRIX), encoding="utf-8")
    command = [sys.executable, "-m", "movie_pipeline_tests.fake_tmdb", "--catalogue", str(path)]
    with subprocess.Popen(
        [*command, "--token", "x"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as server:
        assert server.stdout is not None
        try:
            base_url = server.stdout.readline().strip()
            answer = requests.get(f"{base_url}/movie/603", params={"api_key": "x"}, timeout=60)
            assert answer.json()["title"] == "The Matrix"
        finally:
            server.terminate()
