"""JSON of any tracker: objects with a title are read as lines of a table."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports import UnreadableExport
from movie_pipeline_tests.exports.files import film, read
from movie_pipeline_tests.profiles import examples

HEAT = {"title": "Heat", "year": 1995, "watched": True, "rating": 9}
ALIEN = {"title": "Alien", "year": 1979, "watched": False, "rating": None}


@pytest.mark.parametrize(
    "content",
    [
        [HEAT, ALIEN],
        {"movies": [HEAT, ALIEN]},
        {"data": {"user": {"name": "SECRET"}, "movies": [HEAT, ALIEN]}},
        {"version": 1, "Items": [HEAT], "more": [ALIEN]},
    ],
)
def test_objects_with_a_title_are_films_wherever_their_array_is(tmp_path: Path, content: object):
    export = read(tmp_path, "mine.json", json.dumps(content))
    assert list(export.films["title"]) == ["Heat", "Alien"]
    assert list(export.films["seen"]) == [True, False]
    assert film(export, "Heat")["rating"] == 4.5
    assert "SECRET" not in export.films.to_csv()


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"Name": "Heat", "ProductionYear": 1995, "Type": "Movie", "ProviderIds": {"Tmdb": "949", "Imdb": "tt0113277"},
          "UserData": {"Played": True, "PlayCount": 2, "LastPlayedDate": "2024-05-01T20:00:00.000Z"}},
         {"year": 1995, "export_tmdb_id": 949, "imdb_id": "tt0113277", "watch_count": 2, "title_type": "movie"}),
        ({"status": "FINISHED", "rating": 4, "content": {"tmdbId": 949, "title": "Heat", "type": "movie",
          "release_date": "1995-12-15T00:00:00Z", "imdb_id": "tt0113277", "status": "Released"}},
         {"year": 1995, "export_tmdb_id": 949, "rating": 2.0, "seen": True}),
        ({"source": "tmdb", "lot": "movie", "identifier": "949", "source_id": "Heat",
          "seen_history": [{"ended_on": "2024-05-01"}, {"ended_on": "2024-06-01"}], "reviews": [{"rating": "90"}]},
         {"export_tmdb_id": 949, "rating": 4.5, "watch_count": 2, "watched_on": date(2024, 6, 1)}),
        ({"id": {"tvdb": 1, "imdb": "tt0113277"}, "title": "Heat", "watched_at": "2024-05-01T10:00:00Z",
          "is_watched": True}, {"imdb_id": "tt0113277", "watched_on": date(2024, 5, 1)}),
        ({"mediaType": "movie", "title": "Heat", "tmdbId": 949, "seen": True, "userRating": {"rating": 4}},
         {"export_tmdb_id": 949, "rating": 4.0}),
        ({"title": "Heat", "directors": [{"name": "Michael Mann"}], "tags": ["a", "b"], "imdb": {"rating": 8.2}},
         {"directors": ["Michael Mann"], "tags": ["a", "b"], "rating": None}),
    ],
    ids=["jellyfin", "watcharr", "ryot", "tv time", "mediatracker", "own"],
)  # fmt: skip
def test_the_documents_of_trackers_are_read(
    tmp_path: Path, item: dict[str, object], expected: dict[str, object]
):
    found = film(read(tmp_path, "export.json", json.dumps([item])), "Heat")
    assert {field: found[field] for field in expected} == expected


def test_an_array_that_is_called_a_watchlist_is_of_films_not_seen(tmp_path: Path):
    content = {
        "watchlist": [{"title": "Heat", "year": 1995}],
        "films": [{"title": "Alien", "year": 1979}],
    }
    assert list(read(tmp_path, "mine.json", json.dumps(content)).films["seen"]) == [False, True]


def test_each_item_that_is_no_film_is_rejected_with_its_number(tmp_path: Path):
    text = json.dumps([HEAT, 5, {"year": 1999}, {"title": None}, ALIEN])[:-1]
    export = read(tmp_path, "mine.json", text)
    assert list(export.films["title"]) == ["Heat", "Alien"]
    assert sorted(export.rejected["line"]) == [2, 3, 4, 6]


@pytest.mark.parametrize("content", [[{"foo": 1}], [{"user": {"name": "SECRET"}}], {"a": {"b": 1}}])
def test_a_document_without_titles_is_refused(tmp_path: Path, content: object):
    with pytest.raises(UnreadableExport, match="is JSON, but not a film list"):
        read(tmp_path, "mine.json", json.dumps(content))


_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    notes=st.lists(_TEXTS, min_size=1, max_size=6),
    wrap=st.sampled_from(["array", "object", "lines"]),
    indent=st.sampled_from([None, 2]),
)
def test_any_text_beside_the_titles_leaves_them_as_they_are(
    tmp_path: Path, notes: list[str], wrap: str, indent: int | None
):
    films = [
        {"title": f"Film {n}", "year": 1950 + n, "note": {"text": note}}
        for n, note in enumerate(notes)
    ]
    text = {
        "array": json.dumps(films, indent=indent),
        "object": json.dumps({"films": films}, indent=indent, ensure_ascii=False),
        "lines": "\n".join(json.dumps(one) for one in films),
    }[wrap]
    found = read(tmp_path, "mine.json", text).films
    assert list(found["title"]) == [one["title"] for one in films]
    assert list(found["year"]) == [one["year"] for one in films]
