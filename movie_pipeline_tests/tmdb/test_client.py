"""The client: its questions, and which answers it takes from the cache."""

import json
import threading
from pathlib import Path

import pytest

from movie_pipeline.defs.resources import TMDBResource
from movie_pipeline.enrichment.enrich import film_columns
from movie_pipeline.matching import Wanted, find
from movie_pipeline.sample import SampleAdapter, sample_base_url
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.tmdb import TMDB, Keeping, NoAnswer
from movie_pipeline.tmdb.store import DAY, StoreError
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, asking

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "tmdb_recorded.jsonl"


@pytest.fixture
def server():
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


# Questions ----------------------------------------------------------------------------------


def test_a_search_returns_short_records(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        (hit,) = tmdb.search("Film 17")
    assert (hit["id"], hit["title"], hit["release_date"]) == (1017, "Film 17", "1967-03-01")


def test_a_search_can_be_limited_to_a_year(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        assert tmdb.search("Film 17", primary_release_year=1967)
        assert not tmdb.search("Film 17", primary_release_year=1968)
        assert tmdb.search("Film 17", year=1967)
        assert not tmdb.search_series("Film 17", year=1967)
    years = [(r.query.get("primary_release_year"), r.query.get("year")) for r in server.requests]
    assert years == [("1967", None), ("1968", None), (None, "1967"), (None, None)]
    assert server.requests[-1].query["first_air_date_year"] == "1967"


def test_searches_do_not_depend_on_the_language(server, tmp_path):
    with asking(server, tmp_path, language="de-DE") as tmdb:
        tmdb.search("Film 17")
        tmdb.search_series("Film 17")
        tmdb.find("tt1017")
        tmdb.movie(1017)
    assert [r.query["language"] for r in server.requests] == ["en-US", "en-US", "en-US", "de-DE"]


@pytest.mark.parametrize("identifier", [1017, "tt1017"])
def test_details_by_either_id_include_everything_that_is_needed(server, tmp_path, identifier):
    with asking(server, tmp_path) as tmdb:
        details = tmdb.movie(identifier)
    assert details["title"] == "Film 17"
    assert details["credits"]["crew"][0]["name"] == "Director 17"
    assert {"alternative_titles", "release_dates", "translations"} <= set(details)
    assert details["fetched_at"].timestamp() == 1_800_000_000.0
    assert server.count() == 1


def test_a_film_that_does_not_exist_is_none(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(999) is None
        assert tmdb.movie("tt999") is None
        assert not any(tmdb.find("tt999").values())


@pytest.mark.parametrize(
    "title",
    ["¿Qué?", "7 & 7", "a/b?c=d#e", "%41", "七人", "half \ud83d of a pair", "x" * 2000, "\x00"],
)
def test_any_title_can_be_searched_for(server, tmp_path, title):
    with asking(server, tmp_path) as tmdb:
        tmdb.search(title)
    assert server.requests[0].query["query"] == title.replace("\ud83d", "?")


def test_an_odd_id_can_not_change_the_request(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        tmdb.movie("tt1?api_key=x#")
    (request,) = server.requests
    assert request.path == "/movie/tt1?api_key=x#"


def test_hits_that_are_not_records_are_dropped(server, tmp_path):
    server.fault("/search/movie", body=b'{"results": [null, 7, {"id": 1, "title": "A"}]}')
    server.fault("/search/movie", body=b'{"results": null}')
    with asking(server, tmp_path) as tmdb:
        assert tmdb.search("A") == [{"id": 1, "title": "A"}]
        assert tmdb.search("B") == []


# Cached answers -----------------------------------------------------------------------------


def ask_everything(tmdb: TMDB) -> None:
    tmdb.movie(1001)
    tmdb.movie(999)
    tmdb.search("Film 1")
    tmdb.search("nothing of that name")
    tmdb.search_series("Film 1")
    tmdb.find("tt1001")
    tmdb.find("tt999")


def paths(server: FakeTMDB) -> list[str]:
    asked = [f"{r.path} {r.query.get('query', '')}".strip() for r in server.requests]
    server.clear()
    return asked


EVERYTHING = [
    "/movie/1001",
    "/movie/999",
    "/search/movie Film 1",
    "/search/movie nothing of that name",
    "/search/tv Film 1",
    "/find/tt1001",
    "/find/tt999",
]
MISSES = [EVERYTHING[place] for place in (1, 3, 4, 6)]


def test_a_second_run_makes_no_request(server, tmp_path, time):
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
        ask_everything(tmdb)
        assert tmdb.asked == {"requests": 7, "kept": 7}
    assert paths(server) == EVERYTHING
    time.sleep(6 * DAY)
    for refresh in ("missing", "stale"):
        with asking(server, tmp_path, time=time, refresh=refresh) as tmdb:
            ask_everything(tmdb)
            assert tmdb.asked == {"kept": 7}
    assert paths(server) == []


def test_cached_answers_are_cleaned_when_they_are_read(server, tmp_path):
    """An earlier version cached answers as received; so do we, because the rule may change."""
    body = {"id": 1001, "title": "He\x00at\ud800", "genres": [{"id": 1, "name": "\x1b\ufffeWar"}]}
    server.fault("/movie/1001", body=json.dumps(body).encode())
    with asking(server, tmp_path) as tmdb:
        first = tmdb.movie(1001)
    assert ascii(first["title"]) == "'He at'"
    with asking(server, tmp_path) as tmdb:
        assert tmdb.movie(1001) == first
        assert tmdb.asked == {"kept": 1}
    assert first["genres"] == [{"id": 1, "name": "War"}]


def test_misses_expire_after_a_week(server, tmp_path, time):
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
    time.sleep(8 * DAY)
    server.clear()
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
    assert paths(server) == MISSES


def test_stale_answers_are_requested_again_only_with_refresh_stale(server, tmp_path, time):
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
    time.sleep(121 * DAY)
    server.clear()
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
    assert paths(server) == MISSES
    with asking(server, tmp_path, time=time, refresh="stale") as tmdb:
        ask_everything(tmdb)
    assert paths(server) == [path for path in EVERYTHING if path not in MISSES]


@pytest.mark.parametrize("refresh", ["missing", "stale", "all"])
def test_no_answer_older_than_180_days_is_used(server, tmp_path, time, refresh):
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
        server.clear()
        time.sleep(181 * DAY)
        ask_everything(tmdb)  # by the same client, so opening did not delete them
        assert paths(server) == EVERYTHING
    time.sleep(181 * DAY)
    with asking(server, tmp_path, time=time, refresh=refresh) as tmdb:
        ask_everything(tmdb)
    assert paths(server) == EVERYTHING


def test_refresh_all_asks_each_question_once_in_a_run(server, tmp_path, time):
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
    time.sleep(1.0)
    server.clear()
    with asking(server, tmp_path, time=time, refresh="all") as tmdb:
        ask_everything(tmdb)
        ask_everything(tmdb)
    assert paths(server) == EVERYTHING


def test_a_film_of_the_last_twelve_months_is_stale_after_thirty_days(tmp_path, time):
    """The test's clock is set to January 2027."""
    films = [(1, "2026-06-01"), (2, "2025-06-01"), (3, ""), (4, "2028-01-01")]
    catalogue = Catalogue(
        {"id": number, "title": str(number), "release_date": day} for number, day in films
    )
    with FakeTMDB(catalogue) as server:
        for _ in range(2):
            with asking(server, tmp_path, time=time, refresh="stale") as tmdb:
                for number, _ in films:
                    tmdb.movie(number)
            time.sleep(31 * DAY)
        asked = [request.path for request in server.requests]
    assert asked[4:] == ["/movie/1", "/movie/4"]


def test_answers_stored_before_the_clock_was_set_back_do_not_live_forever(server, tmp_path, time):
    with asking(server, tmp_path, time=time) as tmdb:
        tmdb.movie(1001)
    time.now -= 3600.0
    with asking(server, tmp_path, time=time) as tmdb:
        tmdb.movie(1001)
    assert len(paths(server)) == 1
    time.now -= 1000 * DAY
    with asking(server, tmp_path, time=time) as tmdb:
        tmdb.movie(1001)
    assert len(paths(server)) == 1


@pytest.mark.parametrize("refresh", ["stale", "all"])
def test_answers_from_the_future_are_requested_again_if_fresh_ones_are_wanted(
    server, tmp_path, time, refresh
):
    """They would count as newer than the run, or as fresh for as long as the clock was off."""
    with asking(server, tmp_path, time=time) as tmdb:
        tmdb.movie(1001)
    time.now -= 40 * DAY
    for expected in (1, 1 if refresh == "all" else 0):
        server.clear()
        with asking(server, tmp_path, time=time, refresh=refresh) as tmdb:
            tmdb.movie(1001)
            tmdb.movie(1001)
        assert len(paths(server)) == expected
        time.sleep(10.0)


def test_the_samples_answers_are_never_used_with_a_key_or_vice_versa(server, tmp_path):
    """They share the question and the file, but the ids may mean different films."""
    sample = Catalogue([{"id": 1001, "title": "Another film", "release_date": "1999-01-01"}])
    from_sample = {
        "base_url": sample_base_url(),
        "key": None,
        "transport": SampleAdapter(sample),
    }
    for _ in range(2):
        with asking(server, tmp_path, **from_sample) as tmdb:
            assert tmdb.movie(1001)["title"] == "Another film"
            assert [hit["id"] for hit in tmdb.search("film")] == [1001]
        with asking(server, tmp_path) as tmdb:
            assert tmdb.movie(1001)["title"] == "Film 1"
            assert len(tmdb.search("film")) == 20


def test_answers_of_two_servers_are_cached_separately(server, tmp_path):
    with FakeTMDB(CATALOGUE) as other:
        for one in (server, other):
            with asking(one, tmp_path) as tmdb:
                tmdb.movie(1001)
        assert (server.count(), other.count()) == (1, 1)


def test_threads_with_the_same_question_ask_it_once(server, tmp_path):
    """The server holds back the first answer until all threads are waiting."""
    given = []
    with asking(server, tmp_path, workers=16) as tmdb:
        tmdb.movie(1002)  # otherwise the first question would go out alone anyway
        release = threading.Event()
        server.fault(lambda _: release.wait(10.0) and False)
        threads = [
            threading.Thread(target=lambda: given.append(tmdb.movie(1001))) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        release.set()
        for thread in threads:
            thread.join()
        assert tmdb.asked == {"requests": 2, "kept": 15}
        assert tmdb._asking == {}
    assert len(given) == 16
    assert server.count("/movie/1001") == 1


def test_threads_with_the_same_question_share_its_failure(server, tmp_path):
    server.fault("/movie/1001", status=422, times=None)
    with asking(server, tmp_path) as tmdb:
        for _ in range(2):
            with pytest.raises(Exception, match="422"):
                tmdb.movie(1001)
        assert tmdb._asking == {}
    assert server.count() == 2


@pytest.mark.parametrize("refresh", ["stale", "all"])
def test_if_tmdb_gives_no_answer_a_stale_film_is_used_but_a_stale_miss_is_not(
    server, tmp_path, time, refresh
):
    """Asking for fresh data must not lose existing data, within TMDB's terms."""
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
    time.sleep(151 * DAY)
    server.fault("/", status=422, times=None)
    with asking(server, tmp_path, time=time, refresh=refresh) as tmdb:
        assert tmdb.movie(1001)["title"] == "Film 1"
        assert tmdb.search("Film 1")
        for miss in (lambda: tmdb.movie(999), lambda: tmdb.search("nothing of that name")):
            with pytest.raises(NoAnswer):
                miss()
    time.sleep(30 * DAY)
    with asking(server, tmp_path, time=time, refresh=refresh) as tmdb, pytest.raises(NoAnswer):
        tmdb.movie(1001)


def test_an_answer_that_can_not_be_cached_is_an_error(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        tmdb.movie(1001)
        tmdb._answers._store._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="readonly"):
            tmdb.movie(1002)
        assert tmdb.movie(1001) is not None


def test_how_long_answers_are_used_is_a_setting(monkeypatch):
    for place, name in enumerate(("KEEP_DAYS", "KEEP_NEW_DAYS", "KEEP_MISSES_DAYS"), start=1):
        monkeypatch.setenv(f"MOVIE_PIPELINE_{name}", str(place))
    for key in ("", "token"):
        monkeypatch.setenv("TMDB_API_TOKEN", key)
        client = TMDBResource().client()
        assert client._reuse.keeping == Keeping(found=1.0, found_recent=2.0, missing=3.0)
        client.close()


def test_nothing_is_cached_longer_than_the_terms_allow():
    with pytest.raises(ValueError, match="180 days"):
        Keeping(found=181.0)


# Films that may have been added since --------------------------------------------------------


def test_the_recent_view_uses_no_answer_older_than_a_miss_may_be(server, tmp_path, time):
    """Hits that did not fit are cached for long, but the missing film may have been added since."""
    with asking(server, tmp_path, time=time) as tmdb:
        ask_everything(tmdb)
        time.sleep(6 * DAY)
        server.clear()
        ask_everything(tmdb.recent())
        assert paths(server) == []
        time.sleep(2 * DAY)
        tmdb.search("Film 1")
        assert paths(server) == []
        ask_everything(tmdb.recent())
        assert paths(server) == EVERYTHING
        ask_everything(tmdb.recent())
        assert tmdb.asked == {"requests": 14, "kept": 15}
    assert paths(server) == []


# Languages ----------------------------------------------------------------------------------

GODFATHER = {
    "id": 238,
    "title": "The Godfather",
    "release_date": "1972-03-14",
    "vote_count": 20_000,
    "translations": [{"iso_639_1": "de", "iso_3166_1": "DE", "title": "Der Pate"}],
}


@pytest.fixture
def translated():
    with FakeTMDB(Catalogue([GODFATHER])) as server:
        yield server


@pytest.mark.parametrize("title", ["Der Pate", "The Godfather"])
@pytest.mark.parametrize(("language", "shown"), [("en-US", "The Godfather"), ("de-DE", "Der Pate")])
def test_a_film_is_found_by_any_title_and_shown_in_the_users_language(
    translated, tmp_path, title, language, shown
):
    with asking(translated, tmp_path, language=language) as tmdb:
        decision = find(Wanted(title, 1972), tmdb)
    assert (decision.status, decision.tmdb_id) == ("matched", 238)
    assert decision.details["title"] == shown


def test_a_changed_language_causes_no_request_without_a_refresh(translated, tmp_path, time):
    def asked_in(language, refresh):
        translated.clear()
        time.sleep(1.0)
        given = {"language": language, "refresh": refresh, "time": time}
        with asking(translated, tmp_path, **given) as tmdb:
            title = tmdb.movie(238)["title"]
            tmdb.movie(999)
            tmdb.search("Pate")
        return title, translated.count(), tmdb.asked["other_language"]

    assert asked_in("en-US", "missing") == ("The Godfather", 3, 0)
    assert asked_in("de-DE", "missing") == ("The Godfather", 0, 1)
    assert asked_in("de-DE", "stale") == ("Der Pate", 1, 0)
    assert asked_in("de-DE", "missing") == ("Der Pate", 0, 0)
    assert asked_in("de-DE", "stale") == ("Der Pate", 0, 0)
    assert asked_in("en-US", "missing") == ("Der Pate", 0, 1)
    assert asked_in("en-US", "all") == ("The Godfather", 3, 0)


# Recorded answers ---------------------------------------------------------------------------


@pytest.mark.skipif(not RECORDED.is_file(), reason="no recorded answers beside the checkout")
def test_recorded_answers_of_tmdb_are_read(server, tmp_path):
    """Real answers, served instead of the fake server's own."""
    recorded = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    details = searches = finds = misses = 0
    for number, one in enumerate(recorded):
        parts = one["path"].removeprefix("/3/").split("/")
        body = json.dumps(one["body"]).encode()
        server.clear()
        server.fault(status=one["status"], body=body)
        with asking(server, tmp_path / str(number), attempts=1) as tmdb:
            match parts:
                case ["movie", identifier] if one["status"] == 404:
                    assert tmdb.movie(identifier) is None
                    misses += 1
                case ["movie", identifier]:
                    film = tmdb.movie(identifier)
                    columns = film_columns(film)
                    assert columns["tmdb_title"] == one["body"]["title"]
                    assert columns["tmdb_enriched"] is True
                    assert len(columns["genres"]) == len(columns["genre_ids"]) > 0
                    assert columns["runtime_minutes"] > 0
                    assert columns["release_date"].isoformat() == one["body"]["release_date"]
                    if "credits" in one["body"]:
                        assert len(columns["directors"]) == len(columns["director_ids"]) > 0
                        assert len(columns["cast"]) == len(columns["cast_ids"]) == 20
                    details += 1
                case ["search", "movie"] | ["search", "tv"]:
                    search = tmdb.search if parts[1] == "movie" else tmdb.search_series
                    hits = search("anything")
                    assert [hit["id"] for hit in hits] == [
                        hit["id"] for hit in one["body"]["results"]
                    ]
                    searches += 1
                case ["find", identifier]:
                    assert tmdb.find(identifier) == one["body"]
                    finds += 1
    assert details >= 5
    assert searches >= 5
    assert finds >= 5
    assert misses >= 1
