"""Enrichment: from rows of raw.movies to rows of enriched.movies, over real HTTP."""

import gc
import json
import signal
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pandas as pd
import pytest

from movie_pipeline.enrichment import enrich as enrichment
from movie_pipeline.enrichment.enrich import enrich, sample_notice, wanted_of
from movie_pipeline.overrides.file import Override
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.status.store import STATES
from movie_pipeline.tmdb import FatalError, KeyRefused
from movie_pipeline.tmdb.answers import DAY
from movie_pipeline.tmdb.store import StoreError
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.tmdb import CATALOGUE, Time, asking

COLUMNS = ("title", "year", "imdb_id", "export_tmdb_id", "title_type", "original_title", "seen")


@pytest.fixture
def server():
    with FakeTMDB(CATALOGUE) as server:
        yield server
    assert not server.crashes


def raw(*rows: dict) -> pd.DataFrame:
    """Rows of raw.movies: seen and otherwise empty, except for the given values."""
    frame = pd.DataFrame(
        [{**dict.fromkeys(COLUMNS), "seen": True, **row} for row in rows], columns=[*COLUMNS]
    )
    frame["row_number"] = range(1, len(rows) + 1)
    frame["directors"] = pd.Series([None] * len(rows), dtype=object)
    for name in ("runtime_minutes", "rating"):
        frame[name] = float("nan")
    frame["version"] = "v1"
    return frame


def film(number: int, **row) -> dict:
    return {"title": f"Film {number}", "year": 1950 + number % 50, **row}


def test_every_row_ends_in_a_state_in_the_order_given(server, tmp_path):
    server.fault("/movie/1004", status=422, times=None)
    rows = raw(
        film(1),
        {"title": "Nothing of that name", "year": 1999},
        {"title": "A series", "title_type": "tvSeries"},
        film(4),
        {"title": None, "year": None},
        {"title": None, "export_tmdb_id": 1006},
        film(7, imdb_id="tt1007"),
    )
    with asking(server, tmp_path) as tmdb:
        frame = enrich(rows, tmdb, answered_by="tmdb")
    assert list(frame["row_number"]) == [1, 2, 3, 4, 5, 6, 7]
    assert list(frame["match_status"]) == [
        "matched",
        "not_found",
        "not_a_movie",
        "error",
        "not_found",
        "matched",
        "matched",
    ]
    assert list(frame["tmdb_id"].dropna()) == [1001, 1006, 1007]
    assert list(frame["tmdb_enriched"]) == [True, False, False, False, False, True, True]
    assert frame["error"].dropna().to_dict() == {3: "TMDB rejected the request (422)"}


def test_an_override_about_whose_film_tmdb_did_not_answer_is_told_from_none(server, tmp_path):
    """Otherwise it would look as if it had not been applied, and its upload would run forever."""
    server.fault("/movie/1004", status=422, times=None)
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(film(1)), tmdb, answered_by="tmdb", override=lambda _: Override(1004, 2))
    (row,) = frame[["match_status", "match_method", "error"]].to_dict("records")
    said = "no answer about film 1004: TMDB rejected the request (422)"
    assert row == {"match_status": "error", "match_method": "override", "error": said}


def test_a_row_has_every_column_of_the_table(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(film(1)), tmdb, answered_by="tmdb")
    assert {column.name for column in ENRICHED_MOVIES} - set(frame.columns) == {"upload"}
    (row,) = frame.to_dict("records")
    assert row["tmdb_title"] == "Film 1"
    assert row["runtime_minutes"] == 90
    assert json.loads(row["genre_ids"]) == [18]
    assert json.loads(row["directors"]) == ["Director 1"]
    assert row["enriched_at"].isoformat() == "2027-01-15T08:00:00"  # the test's clock, in UTC
    assert (row["version"], row["answered_by"]) == ("v1", "tmdb")


def test_an_empty_upload_gives_an_empty_table(server, tmp_path):
    reports = []
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(), tmdb, answered_by="tmdb", report=reports.append)
    assert len(frame) == 0
    assert {column.name for column in ENRICHED_MOVIES} - set(frame.columns) == {"upload"}
    assert all(sum(report.counts.values()) == 0 for report in reports)
    assert server.count() == 0


def test_rows_with_the_same_question_are_looked_up_once(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(*[film(1), film(2)] * 20), tmdb, answered_by="tmdb")
    assert list(frame["tmdb_id"]) == [1001, 1002] * 20
    asked = [(request.path, request.query.get("query")) for request in server.requests]
    assert len(set(asked)) == len(asked)


def rivals(server, tmp_path, *rows: dict):
    """The states of rows that have links of a service, and the counts that are reported."""
    frame = raw(*rows)
    for name in ("letterboxd_uri", "source_format", "logged_on"):
        frame[name] = [row.get(name) for row in rows]
    reports = []
    with asking(server, tmp_path) as tmdb:
        found = enrich(frame, tmdb, answered_by="tmdb", report=reports.append)
    counts = {state: n for state, n in reports[-1].counts.items() if n and state in STATES}
    assert counts == found["match_status"].value_counts().to_dict()
    assert list(found["tmdb_id"].notna()) == list(found["match_status"] == "matched")
    assert list(found["tmdb_enriched"]) == list(found["match_status"] == "matched")
    assert list(found["tmdb_title"].notna()) == list(found["match_status"] == "matched")
    return found


def test_of_two_rows_that_the_service_tells_apart_only_the_surer_one_has_the_film(server, tmp_path):
    """A Letterboxd link is one film; the row of the wrong year is about another."""
    exact, off = film(1, letterboxd_uri="boxd.it/a"), film(1, letterboxd_uri="boxd.it/b")
    found = rivals(server, tmp_path, off | {"year": 1950}, exact, film(2, letterboxd_uri="x"))
    assert list(found["match_status"]) == ["ambiguous", "matched", "matched"]
    assert found["match_method"][0] == "title_near_year"
    assert json.loads(found["match_candidates"][0])[0]["tmdb_id"] == 1001
    found = rivals(server, tmp_path, exact, off)  # equally sure
    assert list(found["match_status"]) == ["ambiguous", "ambiguous"]


def test_rows_without_ids_that_differ_may_have_the_same_film(server, tmp_path):
    same = film(1, letterboxd_uri="boxd.it/a")
    found = rivals(server, tmp_path, same, same, film(1), film(1, year=1950))
    assert set(found["match_status"]) == {"matched"}


def test_a_row_that_names_its_film_by_id_is_surest(server, tmp_path):
    by_title = film(1, letterboxd_uri="boxd.it/a")
    by_ids = [film(1, export_tmdb_id=1001, letterboxd_uri=f"boxd.it/{n}") for n in "bc"]
    found = rivals(server, tmp_path, by_title, *by_ids)
    assert list(found["match_status"]) == ["ambiguous", "matched", "matched"]


def test_a_film_that_the_user_gave_to_one_row_stays_with_the_other(server, tmp_path):
    rows = raw({"title": "Nothing of that name", "imdb_id": "tt1"}, film(1, imdb_id="tt2"))

    def override(row):
        return Override(tmdb_id=1001, line=2) if row["imdb_id"] == "tt1" else None

    with asking(server, tmp_path) as tmdb:
        found = enrich(rows, tmdb, answered_by="tmdb", override=override)
    assert list(found["tmdb_id"]) == [1001, 1001]


@pytest.mark.parametrize("logged_on", [None, pd.NaT, pd.Timestamp("2025-03-01")])
def test_a_missing_year_says_something_only_where_the_format_has_years(server, tmp_path, logged_on):
    undated = {"title": "Film 1", "source_format": "letterboxd", "logged_on": logged_on}
    dated = film(2, source_format="letterboxd")
    alone = rivals(server, tmp_path, undated)
    assert list(alone["match_score"]) == [pytest.approx(0.5, abs=0.5)]
    beside = rivals(server, tmp_path, undated, dated)
    assert list(beside["match_status"]) == ["ambiguous", "matched"]
    assert beside["match_score"][0] < 0.01 < alone["match_score"][0]


def test_seen_films_are_looked_up_first(server, tmp_path):
    rows = raw(film(1, seen=False), film(2), film(3, seen=False), film(4, seen=None))
    with asking(server, tmp_path, workers=1) as tmdb:
        enrich(rows, tmdb, answered_by="tmdb")
    asked = [request.query["query"] for request in server.requests if "query" in request.query]
    assert list(dict.fromkeys(asked)) == ["Film 2", "Film 4", "Film 1", "Film 3"]


@pytest.mark.parametrize("dtype", [object, "boolean"])
def test_seen_may_have_any_dtype(server, tmp_path, dtype):
    rows = raw(film(1, seen=False), film(2, seen=None))
    rows["seen"] = rows["seen"].astype(dtype)
    with asking(server, tmp_path, workers=1) as tmdb:
        enrich(rows, tmdb, answered_by="tmdb")
    assert server.requests[0].query["query"] == "Film 2"


def test_counts_add_up_at_every_report(server, tmp_path, monkeypatch):
    monkeypatch.setattr(enrichment, "_REPORT_EVERY_SECONDS", 0.0)
    server.fault("/movie/1003", status=500, times=None)
    rows = raw(*[film(n) for n in range(30)], film(3), {"title": "Nothing"}, {"title": "Nothing"})
    reports = []
    with asking(server, tmp_path) as tmdb:
        frame = enrich(rows, tmdb, answered_by="tmdb", report=reports.append)
    assert len(reports) > 30
    for report in reports:
        states = sum(report.counts[state] for state in STATES)
        assert states + report.counts["pending"] == len(rows)
        assert report.counts["enriched"] <= states
    decided = [len(rows) - report.counts["pending"] for report in reports]
    assert decided == sorted(decided)
    assert (decided[0], decided[-1]) == (0, len(rows))
    last = reports[-1].counts
    assert {s: last[s] for s in STATES if last[s]} == frame["match_status"].value_counts().to_dict()
    assert last["enriched"] == frame["tmdb_enriched"].sum()
    assert last["error"] == 2
    assert reports[-1].eta_seconds == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "body": b"<html>"},
        {"body": b'{"half": '},
        {"cut": True},
        {"hang": 5.0},
    ],
    ids=str,
)
def test_a_film_without_an_answer_is_an_error_and_the_others_continue(server, tmp_path, fault):
    server.fault("/movie/1003", times=None, **fault)
    with asking(server, tmp_path, attempts=2, timeout=0.1) as tmdb:
        frame = enrich(raw(*[film(n) for n in range(8)]), tmdb, answered_by="tmdb")
    errors = frame[frame["match_status"] == "error"]
    assert list(errors["title"]) == ["Film 3"]
    assert errors["error"].iloc[0].startswith(("TMDB", "no connection to TMDB"))
    assert (frame["match_status"] == "matched").sum() == 7
    with asking(server, tmp_path) as tmdb:
        server.clear()
        again = enrich(raw(*[film(n) for n in range(8)]), tmdb, answered_by="tmdb")
    assert (again["match_status"] == "matched").all()
    assert {request.path for request in server.requests} == {"/movie/1003"}


def test_frequent_faults_cost_no_film(tmp_path):
    """Nearly a third of all responses is a fault of some kind."""
    with FakeTMDB(CATALOGUE, fault_share=0.3, hang_seconds=0.0) as server:
        with asking(server, tmp_path, attempts=12) as tmdb:
            frame = enrich(raw(*[film(n) for n in range(60)]), tmdb, answered_by="tmdb")
        assert tmdb.asked["retries"] > 20
    assert (frame["match_status"] == "matched").all()


# Again, later -------------------------------------------------------------------------------


def test_a_film_added_to_tmdb_is_found_after_a_week_whatever_the_search_found_before(
    server, tmp_path
):
    time, rows = Time(), raw({"title": "Film 7", "year": 1990}, film(8))

    def states() -> list[str]:
        with asking(server, tmp_path, time=time) as tmdb:
            return list(enrich(rows, tmdb, answered_by="tmdb")["match_status"])

    assert states() == ["not_found", "matched"]  # there is a Film 7, of 1957
    added = {"id": 7, "title": "Film 7", "release_date": "1990-01-01", "vote_count": 90}
    server.catalogue = Catalogue([*CATALOGUE.movies, added])
    server.clear()
    time.sleep(6 * DAY)
    assert states() == ["not_found", "matched"]
    assert server.count() == 0
    time.sleep(2 * DAY)
    assert states() == ["matched", "matched"]
    assert not any("8" in request.query.get("query", "") for request in server.requests)


# The user's own decisions -------------------------------------------------------------------


def test_an_override_takes_precedence_over_ids_titles_and_types(server, tmp_path):
    rows = raw(film(1), film(3, export_tmdb_id=1003), {"title": "S", "title_type": "tvSeries"})
    with asking(server, tmp_path) as tmdb:
        frame = enrich(rows, tmdb, answered_by="tmdb", override=lambda _: Override(1002, 2))
    assert set(frame["match_status"]) == {"matched"}
    assert set(frame["match_method"]) == {"override"}
    assert set(frame["match_score"]) == {1.0}
    assert set(frame["tmdb_title"]) == {"Film 2"}
    assert json.loads(frame["match_candidates"][0]) == [
        {"tmdb_id": 1002, "title": "Film 2", "year": 1952, "score": 1.0}
    ]
    assert [request.path for request in server.requests] == ["/movie/1002"]


def test_an_override_that_ignores_a_row_causes_no_request(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(film(1)), tmdb, answered_by="tmdb", override=lambda _: Override(None, 2))
    assert list(frame["match_status"]) == ["not_found"]
    assert list(frame["match_method"]) == ["override"]
    assert not frame["tmdb_enriched"].any()
    assert server.count() == 0


def test_an_override_affects_its_row_only(server, tmp_path):
    def override(row):
        return Override(1002, 2) if row["rating"] == 5 else None

    rows = raw(film(1), film(1)).assign(rating=[4.0, 5.0])
    with asking(server, tmp_path) as tmdb:
        frame = enrich(rows, tmdb, answered_by="tmdb", override=override)
    assert list(frame["tmdb_id"]) == [1001, 1002]


def test_an_override_with_an_unknown_film_is_reported_with_its_line(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(film(1)), tmdb, answered_by="tmdb", override=lambda _: Override(5, 7))
    assert list(frame["match_status"]) == ["not_found"]
    assert "no film 5: correct line 7 of overrides.csv" in frame["error"][0]


# Failures -----------------------------------------------------------------------------------


def test_with_the_server_down_all_films_that_are_not_cached_are_errors(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        enrich(raw(*[film(n) for n in range(10)]), tmdb, answered_by="tmdb")
    server.down = True
    with asking(server, tmp_path) as tmdb:
        frame = enrich(raw(*[film(n) for n in range(60)]), tmdb, answered_by="tmdb")
    assert list(frame["match_status"]) == ["matched"] * 10 + ["error"] * 50


def test_a_refused_key_stops_the_enrichment_after_one_request(server, tmp_path):
    with asking(server, tmp_path, key="wrong") as tmdb, pytest.raises(KeyRefused):
        enrich(raw(*[film(n) for n in range(60)]), tmdb, answered_by="tmdb")
    assert server.count() == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tmdb")]


def test_a_key_revoked_midway_stops_it_and_fetched_answers_are_not_requested_again(
    server, tmp_path
):
    rows = raw(*[film(n) for n in range(60)])
    server.fault(lambda _: len(server.requests) > 50, status=401, times=None)
    with asking(server, tmp_path) as tmdb, pytest.raises(KeyRefused):
        enrich(rows, tmdb, answered_by="tmdb")
    answered = {(r.path, r.query.get("query")) for r in server.requests if r.status == 200}
    refused = server.count(status=401)
    assert len(answered) == 50
    assert refused <= 16, "each thread has at most one open request"
    server.clear()
    with asking(server, tmp_path) as tmdb:
        frame = enrich(rows, tmdb, answered_by="tmdb")
    assert (frame["match_status"] == "matched").all()
    assert not answered & {(r.path, r.query.get("query")) for r in server.requests}


def test_an_answer_that_can_not_be_cached_stops_the_enrichment(server, tmp_path):
    with asking(server, tmp_path) as tmdb:
        tmdb._answers._store._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="readonly"):
            enrich(raw(*[film(n) for n in range(60)]), tmdb, answered_by="tmdb")
    assert server.count() <= 16


def test_an_exception_in_the_main_thread_stops_the_workers(server, tmp_path, monkeypatch):
    """As when a run is cancelled in the UI. At that moment a worker is in a wait of minutes."""
    monkeypatch.setattr(enrichment, "_REPORT_EVERY_SECONDS", 0.0)
    server.fault("/movie/1059", status=429, retry_after="300", times=None)

    def report(snapshot):
        if snapshot.counts["pending"] == 1:
            raise KeyboardInterrupt

    with asking(server, tmp_path, sleep=None) as tmdb:
        with pytest.raises(KeyboardInterrupt):
            enrich(raw(*[film(n) for n in range(60)]), tmdb, answered_by="tmdb", report=report)
        with pytest.raises(FatalError, match="stopped"):
            tmdb.movie(999)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tmdb")]


@pytest.mark.slow
def test_ctrl_c_stops_the_workers(tmp_path):
    """A real signal to a process in the middle of a five-minute pause."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from movie_pipeline.enrichment.enrich import enrich\n"
        "from movie_pipeline_tests.enrichment.test_enrich import CATALOGUE, FakeTMDB, asking, film, raw\n"
        "class Telling(FakeTMDB):\n"
        "    def _shown_retry_after(self):\n"
        "        print('asked', flush=True)\n"
        "        return {'Retry-After': '300'}\n"
        "with Telling(CATALOGUE, requests_per_second=0) as server:\n"
        "    with asking(server, Path(sys.argv[1]), per_second=40, sleep=None) as tmdb:\n"
        "        enrich(raw(*[film(n) for n in range(30)]), tmdb, answered_by='tmdb')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"asked\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert errors.decode().rstrip().endswith("KeyboardInterrupt")


@pytest.mark.slow
def test_details_are_freed_once_their_row_is_made(server, tmp_path, monkeypatch):
    """The details of 50,000 films would take 3 GB."""

    class Details(dict):
        """A dict that supports weak references."""

    alive: list[weakref.ref] = []
    most = 0
    with asking(server, tmp_path, workers=2) as tmdb:
        movie = tmdb.movie

        def watched(identifier):
            nonlocal most
            details = Details(movie(identifier) or {})
            alive.append(weakref.ref(details))
            if len(alive) % 10 == 0:
                gc.collect()
            most = max(most, sum(one() is not None for one in alive))
            return details

        monkeypatch.setattr(tmdb, "movie", watched)
        enrich(raw(*[film(n) for n in range(40)]), tmdb, answered_by="tmdb")
    assert len(alive) >= 40
    assert most < 30


def test_missing_values_of_every_kind_are_treated_as_missing():
    for nothing in (None, float("nan"), pd.NA, pd.NaT):
        wanted = wanted_of(dict.fromkeys((*COLUMNS, "directors", "runtime_minutes"), nothing))
        assert wanted == wanted_of({})


# The notice ---------------------------------------------------------------------------------


def test_the_notice_counts_the_films_missing_in_the_sample_catalogue():
    films = pd.DataFrame(
        {
            "answered_by": "sample",
            "match_status": ["matched", "not_found", "not_found", "not_found"],
            "match_method": ["title_year", "none", "override", "override"],
            "error": [None, None, "there is no film 1: correct line 2 of overrides.csv", None],
        }
    )
    assert "it lacks 2 of these films: set TMDB_API_TOKEN" in (sample_notice(films) or "")
    assert sample_notice(films.assign(answered_by="tmdb")) is None
    assert sample_notice(films.head(0)) is None
