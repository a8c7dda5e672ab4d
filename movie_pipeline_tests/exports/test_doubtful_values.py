"""Values that can't be taken literally: stray ratings, parts of series, impossible days."""

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from movie_pipeline.exports.scales import best_rating
from movie_pipeline_tests.exports.files import film, read


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("Title,Release Year,Watched Date,My Rating,IMDb ID", "Heat,1995,2024-01-01,8,tt0113277",
         {"year": 1995, "rating": 4.0, "imdb_id": "tt0113277"}),
        ("Title,Release Date,Watched Date", "Heat,1995-12-15,2024-01-01", {"year": 1995}),
        ("Title,Released,Watched Date", "Heat,1995-12-15,2024-01-01", {"year": 1995}),
        ("Title,Year,TMDB ID,Watched Date,Your Rating", "Heat,1995,949,2024-01-01,8",
         {"year": 1995, "export_tmdb_id": 949, "rating": 4.0}),
        ("Title,Director,Watched Date,Score", "Heat,Michael Mann,2024-01-01,8",
         {"directors": ["Michael Mann"], "rating": 4.0}),
        ("Title,Year,Watched Date,Note", "Heat,1995,2024-01-01,8", {"year": 1995, "rating": 4.0}),
        ("id,title,release_date,vote_average,watched_date", "949,Heat,1995-12-15,7.9,2024-01-01",
         {"year": 1995, "rating": None}),
    ],
)  # fmt: skip
def test_a_watched_date_alone_does_not_make_a_table_letterboxd(
    tmp_path: Path, header: str, line: str, expected: dict[str, object]
):
    export = read(tmp_path, "films.csv", f"{header}\n{line}\n")
    found = film(export, "Heat")
    assert export.files[0].format == "table with a title column"
    assert {name: found[name] for name in expected} == expected
    assert (found["watched_on"], found["watch_count"]) == (date(2024, 1, 1), 1)


@pytest.mark.parametrize(
    ("ratings", "scale"),
    [
        ([1, 2, 3, 4, 5] * 40 + [45], 5),
        ([1, 2, 3, 4, 5] * 40 + [7], 5),
        ([4, 3, 11], 5),
        ([4, 3, 9], 10),
        ([8, 7, 9], 10),
        ([8, 7, 45], 10),
        ([12, 15, 8], 20),
        ([70, 4, 90], 100),
        ([4, 90], 100),
        ([90], 100),
        ([3, 4] * 40 + [8] * 10, 10),
        ([60, 70, 80, 950], 100),
        ([950], 950),
    ],
)
def test_the_scale_is_inferred_from_most_of_the_ratings(ratings: list[float], scale: float):
    counted = {rating: ratings.count(rating) for rating in ratings}
    assert best_rating(counted, None) == scale


def test_a_stray_rating_is_left_empty_and_does_not_rescale_the_others(tmp_path: Path):
    lines = [f"Film {n},{n % 5 + 1}" for n in range(200)] + ["Stray,45"]
    export = read(tmp_path, "films.csv", "\n".join(["Title,Rating", *lines]))
    assert film(export, "Film 0")["rating"] == 1.0
    assert film(export, "Film 4")["rating"] == 5.0
    assert film(export, "Stray")["rating"] is None
    assert export.files[0].notes == [
        "Rating: 1 of 201 ratings is above the column's maximum (5); left empty"
    ]


def test_one_of_three_ratings_far_above_the_others_is_left_empty(tmp_path: Path):
    export = read(tmp_path, "films.csv", "Title,Rating\nA,4\nB,3\nC,11\n")
    assert export.films["rating"].astype(object).where(export.films["rating"].notna(), None).tolist() == [4.0, 3.0, None]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "rating"),
    [
        ("My Rating (out of 100)", 0.5),
        ("Score (1-10)", 2.0),
        ("Your rating [0.5 - 5]", 4.0),
        ("Rating/10", 2.0),
        ("My Score out of 20", 1.0),
    ],
)
def test_a_header_may_state_the_scale(tmp_path: Path, header: str, rating: float):
    export = read(tmp_path, "films.csv", f"Title,{header}\nHeat,4\n")
    assert film(export, "Heat")["rating"] == rating


TRAKT_CSV = (
    "rated_at,type,title,year,trakt_id,imdb_id,tmdb_id,season_number,episode_number,rating\n"
    "2021-01-01T10:00:00Z,show,Lost,2004,5,,4607,,,8\n"
    "2021-01-02T10:00:00Z,season,Lost,2004,5,,4607,1,,2\n"
    "2021-01-03T10:00:00Z,episode,Lost,2004,5,,4607,1,1,1\n"
    "2021-01-03T10:00:00Z,episode,Fargo,2014,6,,60622,1,1,10\n"
)
TMDB_CSV = (
    "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n"
    "4607,,tv,Lost,2004-09-22,,,8.0,8,2021-01-01T10:00:00Z\n"
    "4607,,tv,Lost,2004-09-22,1,1,8.0,1,2021-01-03T10:00:00Z\n"
    "60622,,tv,Fargo,2014-04-15,1,1,8.0,10,2021-01-03T10:00:00Z\n"
)


@pytest.mark.parametrize("text", [TRAKT_CSV, TMDB_CSV], ids=["trakt", "tmdb"])
def test_the_rating_of_an_episode_is_not_taken_for_the_series(tmp_path: Path, text: str):
    export = read(tmp_path, "ratings.csv", text)
    assert (film(export, "Lost")["rating"], film(export, "Lost")["title_type"]) == (4.0, "tvSeries")
    assert (film(export, "Fargo")["rating"], film(export, "Fargo")["seen"]) == (None, True)


def test_with_simkls_last_episode_the_rating_is_that_of_the_series(tmp_path: Path):
    text = (
        "SIMKL_ID,Title,Type,Year,Watchlist,LastEpWatched,Rating\n1,Lost,tv,2004,watching,s1e2,8\n"
    )
    found = film(read(tmp_path, "simkl.csv", text), "Lost")
    assert (found["rating"], found["title_type"]) == (4.0, "tvSeries")


def test_a_title_in_two_unicode_forms_is_one_film(tmp_path: Path):
    forms = [unicodedata.normalize(form, "Héat") for form in ("NFD", "NFC")]
    assert forms[0] != forms[1]
    export = read(tmp_path, "films.csv", f"Title,Year\n{forms[0]},1995\n{forms[1]},1995\n")
    assert list(export.films["title"]) == [forms[1]]
    assert export.files[0].merged == 1


_TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("cell", "watched"),
    [
        ("1895-12-27", None),
        ("1895-12-28", date(1895, 12, 28)),
        ("0001-01-01", None),
        ("1970-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00.000Z", None),
        ("1970-01-01", date(1970, 1, 1)),
        ((_TODAY + timedelta(days=3)).isoformat(), None),
        (_TODAY.isoformat(), _TODAY),
    ],
)
@pytest.mark.parametrize("column", ["Watched Date", "Watched"])
def test_a_day_on_which_no_film_can_have_been_watched_is_not_a_viewing(
    tmp_path: Path, column: str, cell: str, watched: date | None
):
    text = f"Title,Director,{column}\nHeat,X,{cell}\nAlien,Y,2020-01-01\n"
    export = read(tmp_path, "films.csv", text)
    found = film(export, "Heat")
    assert (found["watched_on"], found["seen"]) == (watched, True)
    assert len(export.viewings) == (2 if watched else 1)
    assert any(f"{column}: 1 day is" in note for note in export.files[0].notes) is (watched is None)


@pytest.mark.parametrize("day", ["1970-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"])
def test_an_unknown_or_future_day_of_trakts_is_not_a_viewing(tmp_path: Path, day: str):
    heat = {"title": "Heat", "year": 1995, "ids": {"tmdb": 949}}
    item = {"id": 1, "watched_at": day, "type": "movie", "movie": heat}
    export = read(tmp_path, "watched-history.json", json.dumps([item]))
    found = film(export, "Heat")
    assert (found["watched_on"], found["seen"], len(export.viewings)) == (None, True, 0)
    assert len(export.files[0].notes) == 1
