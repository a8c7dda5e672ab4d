"""The substitute for TMDB: what it finds, the shape of its answers, and how it is reached."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline.sample import (
    SAMPLE_URL_SCHEME,
    SampleAdapter,
    sample_base_url,
    sample_catalogue,
)
from movie_pipeline.sample.catalogue import Catalogue, title_words
from movie_pipeline.sample.shapes import MOVIE_PARTS

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "tmdb_recorded.jsonl"

MATRIX: dict[str, Any] = {
    "id": 603,
    "imdb_id": "tt0133093",
    "title": "The Matrix",
    "original_title": "The Matrix",
    "original_language": "en",
    "origin_country": ["US"],
    "release_date": "1999-03-31",
    "runtime": 136,
    "genres": [28, 878],
    "popularity": 80.0,
    "vote_average": 8.2,
    "vote_count": 26000,
    "directors": [{"id": 9340, "name": "Lana Wachowski"}, {"id": 9339, "name": "Lilly Wachowski"}],
    "cast": [
        {"id": 6384, "name": "Keanu Reeves", "character": "Neo", "gender": 2},
        {"id": 2975, "name": "Laurence Fishburne", "character": "Morpheus"},
    ],
    "crew": [
        {"id": 9340, "name": "Lana Wachowski", "job": "Writer", "gender": 1},
        {"id": 900000001, "name": "Don Davis", "job": "Original Music Composer"},
    ],
    "companies": [{"id": 174, "name": "Warner Bros. Pictures", "origin_country": "US"}],
    "collection": {"id": 2344, "name": "The Matrix Collection"},
    "budget": 63_000_000,
    "revenue": 463_500_000,
    "spoken_languages": ["en"],
    "alternative_titles": [
        {"iso_3166_1": "US", "title": "The Matrix 1"},
        {"iso_3166_1": "FR", "title": "Matrix"},
    ],
    "translations": [{"iso_639_1": "ru", "iso_3166_1": "RU", "title": "Матрица"}],
    "release_dates": [
        {"iso_3166_1": "US", "date": "1999-03-24", "type": 1},
        {"iso_3166_1": "US", "date": "1999-03-31", "type": 3, "certification": "R"},
        {"iso_3166_1": "RU", "date": "2000-10-14", "type": 3},
    ],
}
GODFATHER: dict[str, Any] = {
    "id": 238,
    "imdb_id": "tt0068646",
    "title": "The Godfather",
    "original_language": "en",
    "release_date": "1972-03-14",
    "genres": [18, 80],
    "popularity": 90.0,
    "translations": [
        {"iso_639_1": "pt", "iso_3166_1": "PT", "title": "O Padrinho"},
        {"iso_639_1": "pt", "iso_3166_1": "BR", "title": "O Poderoso Chefão"},
        {"iso_639_1": "de", "iso_3166_1": "DE", "title": "Der Pate"},
    ],
}
AMELIE: dict[str, Any] = {
    "id": 194,
    "imdb_id": "tt0211915",
    "title": "Amélie",
    "original_title": "Le Fabuleux Destin d'Amélie Poulain",
    "original_language": "fr",
    "release_date": "2001-04-25",
    "popularity": 30.0,
}
TRAIN_TO_BUSAN: dict[str, Any] = {
    "id": 396535,
    "title": "Train to Busan",
    "original_title": "부산행",
    "original_language": "ko",
    "release_date": "2016-07-20",
    "popularity": 40.0,
}
BAND_OF_BROTHERS: dict[str, Any] = {
    "id": 4613,
    "imdb_id": "tt0185906",
    "title": "Band of Brothers",
    "original_language": "en",
    "origin_country": ["US"],
    "release_date": "2001-09-09",
    "media_type": "tv",
    "genres": [18, 10768],
    "popularity": 70.0,
}
UNDATED: dict[str, Any] = {"id": 9000001, "title": "$", "release_date": "", "popularity": 0.1}
# Enough films that share a word for three pages.
DANCES: list[dict[str, Any]] = [
    {"id": 9000100 + n, "title": f"Dance {n}", "release_date": "1990-01-01", "popularity": 50 - n}
    for n in range(45)
]
CATALOGUE = Catalogue(
    [UNDATED, *DANCES, AMELIE, MATRIX, TRAIN_TO_BUSAN, GODFATHER, BAND_OF_BROTHERS]
)


def ids(path: str, **query: str) -> list[int]:
    """Return the ids in a list of results."""
    status, body = CATALOGUE.answer(path, query)
    assert status == 200, body
    return [hit["id"] for hit in body["results"]]


@pytest.mark.parametrize(
    "query",
    [
        "The Matrix",
        "matrix THE",
        "matrix",
        "the matrix 1",
        "Матрица",
        "матрица",
        "  the: matrix! ",
    ],
)
def test_a_film_is_found_by_the_words_of_any_of_its_titles(query: str) -> None:
    assert ids("/search/movie", query=query) == [603]


@pytest.mark.parametrize("query", ["Matrix 1 Матрица", "the matrix reloaded", "matri", "!!!"])
def test_all_words_must_be_whole_words_of_the_same_title(query: str) -> None:
    assert ids("/search/movie", query=query) == []


@pytest.mark.parametrize(
    ("query", "film"),
    [
        ("amelie", AMELIE),
        ("AME\u0301LIE", AMELIE),
        ("le fabuleux destin d amelie poulain", AMELIE),
        ("부산행", TRAIN_TO_BUSAN),
        ("$", UNDATED),
    ],
)
def test_accents_and_case_do_not_matter_and_every_script_works(
    query: str, film: dict[str, Any]
) -> None:
    assert ids("/search/movie", query=query) == [film["id"]]


@given(st.text(min_size=1, max_size=30))
def test_a_film_with_any_title_is_found_by_that_title(title: str) -> None:
    """Query and title are split into words in the same way."""
    catalogue = Catalogue([{"id": 1, "title": title, "release_date": ""}])
    status, body = catalogue.answer("/search/movie", {"query": title})
    if title.strip():
        assert (status, body["total_results"]) == (200, int(bool(title_words(title))))
    else:
        assert status == 422


def test_primary_release_year_uses_the_first_date_and_year_uses_any() -> None:
    assert ids("/search/movie", query="the matrix", primary_release_year="1999") == [603]
    assert ids("/search/movie", query="the matrix", primary_release_year="2000") == []
    assert ids("/search/movie", query="the matrix", year="2000") == [603]
    assert ids("/search/movie", query="the matrix", year="1999") == [603]
    assert ids("/search/movie", query="the matrix", year="2001") == []


def test_both_year_filters_apply_together() -> None:
    both = {"query": "the matrix", "primary_release_year": "1998", "year": "2000"}
    assert ids("/search/movie", **both) == []


def test_an_unknown_date_is_an_empty_string() -> None:
    hit = CATALOGUE.answer("/search/movie", {"query": "$"})[1]["results"][0]
    assert hit["release_date"] == ""


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de-DE", "Der Pate"),
        ("de", "Der Pate"),
        ("de-AT", "Der Pate"),
        ("pt-BR", "O Poderoso Chefão"),
        ("pt-PT", "O Padrinho"),
        ("en-US", "The Godfather"),
        ("fr-FR", "The Godfather"),
    ],
)
def test_the_title_is_in_the_requested_language_if_there_is_one(language: str, title: str) -> None:
    question = {"query": "Der Pate", "language": language}
    assert CATALOGUE.answer("/search/movie", question)[1]["results"][0]["title"] == title
    assert CATALOGUE.answer("/movie/238", {"language": language})[1]["title"] == title


def test_a_film_has_its_original_title_in_its_original_language() -> None:
    title = CATALOGUE.answer("/movie/194", {"language": "fr-FR"})[1]["title"]
    assert title == "Le Fabuleux Destin d'Amélie Poulain"


def test_genres_have_german_names_for_a_german_request() -> None:
    assert CATALOGUE.answer("/movie/238", {"language": "de-DE"})[1]["genres"] == [
        {"id": 18, "name": "Drama"},
        {"id": 80, "name": "Krimi"},
    ]
    genres = CATALOGUE.answer("/genre/movie/list", {})[1]["genres"]
    assert len(genres) == 19
    assert {"id": 80, "name": "Crime"} in genres


def test_results_have_twenty_per_page_and_are_sorted_by_popularity() -> None:
    pages = [
        CATALOGUE.answer("/search/movie", {"query": "dance", "page": page})[1]
        for page in ("1", "2", "3", "4")
    ]
    assert [len(page["results"]) for page in pages] == [20, 20, 5, 0]
    assert {(page["total_pages"], page["total_results"]) for page in pages} == {(3, 45)}
    seen = [hit["id"] for page in pages for hit in page["results"]]
    assert seen == [film["id"] for film in DANCES]


def test_a_search_without_results_has_one_empty_page() -> None:
    """As recorded from TMDB: total_pages is 1 and total_results is 0."""
    assert CATALOGUE.answer("/search/movie", {"query": "nosuchword"}) == (
        200,
        {"page": 1, "results": [], "total_pages": 1, "total_results": 0},
    )


def test_series_are_found_only_as_series() -> None:
    assert ids("/search/tv", query="band of brothers", first_air_date_year="2001") == [4613]
    assert ids("/search/tv", query="band of brothers", first_air_date_year="2002") == []
    assert ids("/search/movie", query="band of brothers") == []
    assert CATALOGUE.answer("/movie/4613", {})[0] == 404
    assert CATALOGUE.answer("/movie/tt0185906", {})[0] == 404


def test_find_distinguishes_films_from_series() -> None:
    source = {"external_source": "imdb_id"}
    found = {
        imdb_id: CATALOGUE.answer(f"/find/{imdb_id}", source)[1]
        for imdb_id in ("tt0133093", "tt0185906", "tt9999999")
    }
    assert [hit["id"] for hit in found["tt0133093"]["movie_results"]] == [603]
    assert [hit["id"] for hit in found["tt0185906"]["tv_results"]] == [4613]
    assert not any(found["tt9999999"].values())
    assert all(len(lists) == 5 for lists in found.values())
    assert CATALOGUE.answer("/find/tt0133093", {})[0] == 422


def test_discover_filters_and_sorts() -> None:
    assert ids("/discover/movie")[:2] == [238, 603]
    assert ids("/discover/movie", primary_release_year="1999") == [603]
    assert ids("/discover/movie", year="2000") == [603]
    assert ids("/discover/movie", **{"vote_count.gte": "100"}) == [603]
    assert ids("/discover/movie", sort_by="vote_count.desc")[0] == 603
    assert ids("/discover/movie", sort_by="primary_release_date.asc")[:2] == [9000001, 238]


def test_details_are_the_same_for_either_id() -> None:
    question = {"append_to_response": ",".join(MOVIE_PARTS)}
    by_number = CATALOGUE.answer("/movie/603", question)
    assert by_number[0] == 200
    assert by_number == CATALOGUE.answer("/movie/tt0133093", question)


def test_an_appended_part_equals_the_answer_of_its_address_without_the_id() -> None:
    question = {"append_to_response": ",".join(MOVIE_PARTS)}
    details = CATALOGUE.answer("/movie/603", question)[1]
    for part in MOVIE_PARTS:
        assert CATALOGUE.answer(f"/movie/603/{part}", {})[1] == {"id": 603, **details[part]}


def test_details_contain_what_an_enriched_film_needs() -> None:
    film = CATALOGUE.answer("/movie/603", {"append_to_response": "credits,release_dates"})[1]
    directors = [p["name"] for p in film["credits"]["crew"] if p["job"] == "Director"]
    assert directors == ["Lana Wachowski", "Lilly Wachowski"]
    assert [(p["id"], p["order"]) for p in film["credits"]["cast"]] == [(6384, 0), (2975, 1)]
    assert film["release_dates"]["results"][1]["release_dates"][0]["release_date"].startswith(
        "1999-03-24T"
    )
    assert film["runtime"] == 136
    assert film["genres"] == [{"id": 28, "name": "Action"}, {"id": 878, "name": "Science Fiction"}]


def test_details_contain_the_crew_companies_collection_money_and_certificate() -> None:
    film = CATALOGUE.answer("/movie/603", {"append_to_response": "credits,release_dates"})[1]
    crew = [(p["id"], p["department"], p["job"], p["gender"]) for p in film["credits"]["crew"]]
    assert crew == [
        (9340, "Directing", "Director", 0),
        (9339, "Directing", "Director", 0),
        (9340, "Writing", "Writer", 1),
        (900000001, "Sound", "Original Music Composer", 0),
    ]
    assert [p["gender"] for p in film["credits"]["cast"]] == [2, 0]
    assert len({p["credit_id"] for p in film["credits"]["crew"]}) == len(crew)
    company = film["production_companies"][0]
    assert (company["id"], company["origin_country"]) == (174, "US")
    assert film["belongs_to_collection"]["name"] == "The Matrix Collection"
    assert film["belongs_to_collection"]["poster_path"] is None
    assert (film["budget"], film["revenue"]) == (63_000_000, 463_500_000)
    assert [language["iso_639_1"] for language in film["spoken_languages"]] == ["en"]
    assert [country["iso_3166_1"] for country in film["production_countries"]] == ["US"]
    american = film["release_dates"]["results"][1]["release_dates"]
    assert [release["certification"] for release in american] == ["", "R"]


def test_a_record_with_only_a_title_can_answer_everything() -> None:
    """TMDB has such films; a runtime, budget or revenue of 0 means unknown."""
    film = CATALOGUE.answer("/movie/9000001", {"append_to_response": ",".join(MOVIE_PARTS)})[1]
    assert (film["runtime"], film["imdb_id"], film["credits"]["cast"]) == (0, None, [])
    assert (film["budget"], film["revenue"], film["belongs_to_collection"]) == (0, 0, None)
    assert film["credits"]["crew"] == film["production_companies"] == film["spoken_languages"] == []


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/movie/999999999", {}, 404, 34),
        ("/movie/tt9999999", {}, 404, 34),
        ("/movie/abc", {}, 404, 6),
        ("/movie/999999999/credits", {}, 404, 34),
        ("/movie/603/nothing", {}, 404, 34),
        ("/nothing", {}, 404, 34),
        ("", {}, 404, 34),
        ("/search/movie", {"query": "matrix", "page": "0"}, 400, 22),
        ("/search/movie", {"query": "matrix", "page": "501"}, 400, 22),
        ("/search/movie", {"query": "matrix", "page": "two"}, 400, 22),
        ("/search/movie", {}, 422, 5),
        ("/search/movie", {"query": "  "}, 422, 5),
        ("/discover/movie", {"vote_count.gte": "many"}, 422, 5),
        ("/movie/603", {"append_to_response": ",".join(["credits"] * 21)}, 400, 27),
    ],
)
def test_errors_are_those_of_tmdb(path: str, query: dict[str, str], status: int, code: int) -> None:
    answered, body = CATALOGUE.answer(path, query)
    assert (answered, body["success"], body["status_code"]) == (status, False, code)
    assert body["status_message"]


def test_the_digest_depends_on_the_content_and_not_on_its_order() -> None:
    assert Catalogue([MATRIX, AMELIE]).digest == Catalogue([AMELIE, dict(MATRIX)]).digest
    assert Catalogue([MATRIX, AMELIE]).digest != Catalogue([MATRIX]).digest


def test_the_error_for_a_bad_catalogue_line_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "films.jsonl"
    path.write_text(json.dumps(MATRIX) + '\n\n{"id": 1, "title": "X", "release_date": "1999"}\n')
    with pytest.raises(ValueError, match=r"films\.jsonl, line 3: .*YYYY-MM-DD"):
        Catalogue.from_jsonl(path)


def test_a_session_queries_the_catalogue_just_like_tmdb() -> None:
    with requests.Session() as session:
        session.mount(SAMPLE_URL_SCHEME, SampleAdapter(CATALOGUE))
        answer = session.get(
            f"{SAMPLE_URL_SCHEME}{CATALOGUE.digest}/3/search/movie",
            params={"query": "Матрица", "year": "1999"},
            timeout=5,
        )
        assert [hit["id"] for hit in answer.json()["results"]] == [603]
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.url.endswith("&year=1999")
        assert answer.request.method == "GET"
        missing = session.get(f"{SAMPLE_URL_SCHEME}x/3/movie/1", timeout=5)
        assert (missing.status_code, missing.json()["status_code"]) == (404, 34)
        with pytest.raises(requests.HTTPError, match="404"):
            missing.raise_for_status()
        assert session.get(f"{SAMPLE_URL_SCHEME}x/4/movie/603", timeout=5).status_code == 404


def test_every_bundled_film_is_found_by_title_and_year_and_by_its_ids() -> None:
    sample = sample_catalogue()
    assert len(sample.movies) >= 200
    assert len({film["id"] for film in sample.movies}) == len(sample.movies)
    assert sample_base_url() == f"{SAMPLE_URL_SCHEME}{sample.digest}/3"
    for film in sample.movies:
        question = {"query": film["title"], "primary_release_year": film["release_date"][:4]}
        hits = sample.answer("/search/movie", question)[1]["results"]
        assert film["id"] in [hit["id"] for hit in hits], film["title"]
        question = {"append_to_response": ",".join(MOVIE_PARTS)}
        by_number = sample.answer(f"/movie/{film['id']}", question)
        if film.get("imdb_id"):
            assert by_number == sample.answer(f"/movie/{film['imdb_id']}", question)
        assert by_number[1]["credits"]["crew"], film["title"]


# Fields that may be null on TMDB although they are not in any recorded answer.
NULLABLE = re.compile(r"(_path|wikidata_id|facebook_id|instagram_id|twitter_id)$")


def shape(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield every path in a JSON value and the name of its type."""
    yield at, type(value).__name__
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from shape(inner, f"{at}.{key}")
    if isinstance(value, list):
        for inner in value:
            yield from shape(inner, f"{at}[]")


# Appended alternative titles were recorded only in 2017, before they had a type.
APPENDED = {"append_to_response": "credits,external_ids,release_dates,keywords"}


@pytest.mark.parametrize(
    ("ours", "question", "recorded"),
    [
        ("/search/movie", {"query": "matrix"}, r"/search/movie"),
        ("/search/tv", {"query": "band of brothers"}, r"/search/tv"),
        ("/discover/movie", {}, r"/discover/movie"),
        ("/find/tt0133093", {"external_source": "imdb_id"}, r"/find/.+"),
        ("/find/tt0185906", {"external_source": "imdb_id"}, r"/find/.+"),
        ("/movie/603", APPENDED, r"/movie/(?!9{9})\w+"),
        ("/movie/603/credits", {}, r"/movie/\d+/credits"),
        ("/movie/603/external_ids", {}, r"/movie/\d+/external_ids"),
        ("/movie/603/release_dates", {}, r"/movie/\d+/release_dates"),
        ("/movie/603/alternative_titles", {}, r"/movie/\d+/alternative_titles"),
        ("/movie/603/translations", {}, r"/movie/\d+/translations"),
        ("/movie/603/keywords", {}, r"/movie/(?!9{9})\d+/keywords"),
        ("/movie/999999999", {}, r"/movie/999999999"),
        ("/genre/movie/list", {}, r"/genre/movie/list"),
        ("/configuration", {}, r"/configuration"),
        ("/authentication", {}, r"/authentication"),
    ],
)
@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded TMDB answers are not here")
def test_answers_have_the_keys_and_types_of_recorded_ones(
    ours: str, question: dict[str, str], recorded: str
) -> None:
    """They have only keys and types that TMDB has, and every key that all its answers have."""
    answers = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    shapes = [
        list(shape(answer["body"]))
        for answer in answers
        if re.fullmatch(f"/3{recorded}", answer["path"]) and answer["body"].get("results") != []
    ]
    assert shapes, "no such answer was recorded"
    known: dict[str, set[str]] = {}
    for place, kind in (pair for pairs in shapes for pair in pairs):
        known.setdefault(place, set()).add(kind)
    given_places = set()
    for place, kind in shape(CATALOGUE.answer(ours, question)[1]):
        given_places.add(place)
        assert place in known, f"TMDB has no {place}"
        if not (kind == "NoneType" and NULLABLE.search(place)):
            assert kind in known[place], f"{place} is {known[place]} at TMDB"
    common = set.intersection(*({place for place, _ in pairs} for pairs in shapes))
    needed = {place for place in common if re.fullmatch(r"(\.results\[\])?\.\w+", place)}
    assert needed <= given_places
