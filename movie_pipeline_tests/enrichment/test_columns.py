"""Columns made from TMDB's details, whatever is missing in them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline.enrichment.columns import film_columns
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES

WHOLE = {
    "id": 1,
    "title": "Film",
    "original_title": "Film",
    "original_language": "en",
    "origin_country": ["US"],
    "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
    "release_date": "1999-03-31",
    "runtime": 136,
    "genres": [{"id": 28, "name": "Action"}],
    "popularity": 1.5,
    "vote_average": 8.0,
    "vote_count": 9,
    "credits": {
        "cast": [
            {"id": 1, "name": "A", "order": 0, "gender": 1},
            {"id": 2, "name": "B", "order": 1},
        ],
        "crew": [
            {"id": 3, "name": "C", "job": "Director", "gender": 2},
            {"id": 4, "name": "D", "job": "Key"},
            {"id": 3, "name": "C", "job": "Screenplay"},
            {"id": 3, "name": "C", "job": "Story"},
            {"id": 5, "name": "E", "job": "Original Music Composer"},
            {"id": 6, "name": "F", "job": "Director of Photography"},
            {"id": 7, "name": "G", "job": "Editor"},
            {"id": 8, "name": "H", "job": "Characters"},
        ],
    },
    "production_companies": [{"id": 9, "name": "Studio"}, {"id": 9, "name": "Studio"}],
    "belongs_to_collection": {"id": 10, "name": "Film Collection"},
    "spoken_languages": [{"iso_639_1": "en", "english_name": "English"}],
    "budget": 63_000_000,
    "revenue": 0,
    "tagline": "",
    "poster_path": "/a.jpg",
    "imdb_id": "tt0137523",
    "release_dates": {
        "results": [
            {
                "iso_3166_1": "US",
                "release_dates": [
                    {"certification": "NR", "type": 1},
                    {"certification": "", "type": 3},
                    {"certification": "R", "type": 3},
                ],
            },
            {"iso_3166_1": "DE", "release_dates": [{"certification": "18", "type": 5}]},
        ]
    },
}


@st.composite
def holed(draw, value=WHOLE):
    """The record with keys missing, null or of the wrong type at any level."""
    if draw(st.integers(0, 9)) == 0:
        return draw(
            st.sampled_from((-1, 0.5, 10**30, "x", True, math.nan, [], ["x"], {}, {"x": 1}))
        )
    if isinstance(value, dict):
        fates = {name: draw(st.sampled_from(("kept", "null", "missing"))) for name in value}
        return {
            name: None if fates[name] == "null" else draw(holed(inner))
            for name, inner in value.items()
            if fates[name] != "missing"
        }
    if isinstance(value, list):
        return [None if draw(st.booleans()) else draw(holed(inner)) for inner in value]
    return value


@given(holed().filter(lambda details: isinstance(details, dict)))
def test_values_missing_null_or_of_the_wrong_type_at_any_level_do_no_harm(details):
    columns = film_columns(details)
    names = {column.name for column in ENRICHED_MOVIES}
    assert set(columns) <= names
    for one, other in (
        ("genres", "genre_ids"),
        ("directors", "director_ids"),
        ("cast", "cast_ids"),
        ("cast", "cast_genders"),
        ("directors", "director_genders"),
        ("writers", "writer_ids"),
        ("composers", "composer_ids"),
        ("cinematographers", "cinematographer_ids"),
        ("editors", "editor_ids"),
        ("production_companies", "production_company_ids"),
    ):
        assert len(columns[one]) == len(columns[other])
        assert None not in columns[one] + columns[other]
    assert None not in columns["origin_countries"]
    assert columns["runtime_minutes"] is None or columns["runtime_minutes"] > 0
    assert all(isinstance(one, int) and 0 < one < 2**63 for one in columns["cast_ids"])
    for name in ("popularity", "vote_average", "vote_count", "runtime_minutes"):
        assert columns[name] is None or 0 <= columns[name] < 2**31


def test_columns_have_tmdbs_values():
    columns = film_columns(WHOLE)
    assert columns["genres"] == ["Action"]
    assert columns["directors"] == ["C"]
    assert columns["cast"] == ["A", "B"]
    assert columns["release_date"].isoformat() == "1999-03-31"
    assert columns["origin_countries"] == ["US"]
    assert columns["writers"] == ["C"]
    crew = [columns[f"{role}_ids"] for role in ("composer", "cinematographer", "editor")]
    assert crew == [[5], [6], [7]]
    assert (columns["director_genders"], columns["cast_genders"]) == ([2], [1, 0])
    assert columns["production_companies"] == ["Studio"]
    assert (columns["collection"], columns["collection_id"]) == ("Film Collection", 10)
    assert columns["spoken_languages"] == ["en"]
    assert (columns["budget"], columns["imdb_id"]) == (63_000_000, "tt0137523")
    assert columns["poster_path"] == "/a.jpg"


@pytest.mark.parametrize("name", ["revenue", "tagline"])
def test_a_sum_of_zero_and_an_empty_text_are_unknown(name):
    assert film_columns(WHOLE)[name] is None


@pytest.mark.parametrize(("country", "certification"), [("US", "R"), ("DE", "18"), ("FR", None)])
def test_the_certification_is_that_of_the_country_in_cinemas_first(country, certification):
    assert film_columns(WHOLE, country)["certification"] == certification


@pytest.mark.parametrize("nothing", [0, None])
def test_a_runtime_of_zero_or_null_is_unknown(nothing):
    assert film_columns(WHOLE | {"runtime": nothing})["runtime_minutes"] is None


@pytest.mark.parametrize("nothing", ["", None, "soon", "1999-13-01"])
def test_an_invalid_date_is_unknown(nothing):
    assert film_columns(WHOLE | {"release_date": nothing})["release_date"] is None


def test_countries_of_production_replace_missing_countries_of_origin():
    assert film_columns(WHOLE | {"origin_country": []})["origin_countries"] == ["US"]


def test_the_first_twenty_of_the_cast_are_kept_in_billing_order():
    people = [{"id": n, "name": str(n), "order": n} for n in range(30, 0, -1)]
    columns = film_columns({"credits": {"cast": people}})
    assert columns["cast_ids"] == list(range(1, 21))


def test_a_director_listed_twice_appears_once():
    crew = [{"id": 3, "name": "C", "job": job} for job in ("Director", "Writer", "Director")]
    assert film_columns({"credits": {"crew": crew}})["director_ids"] == [3]
