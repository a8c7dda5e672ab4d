"""Which films were seen, where a column, a status or a document tells."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports.marks import seen_status
from movie_pipeline_tests.exports.files import film, read
from movie_pipeline_tests.profiles import examples


def _divided(text: str) -> list[str]:
    return text.split("|")


SEEN = _divided(
    "Watched|Rewatched|Seen in a cinema|Finished|completed|Done|Gesehen|Bereits gesehen|Vu|Terminé|Visto|"
    "Assistido|Completado|Gezien|Bekeken|Sedd|Set|Sett|Katsottu|Obejrzane|Obejrzany|Viděno|Shlédnuto|Videné|"
    "İzlendi|Izledim|Megnézve|Láttam|Văzut|Vizionat|Просмотрено|Смотрел|Посмотрел|Переглянуто|Είδα|視聴済み|"
    "観た|已看|看過|看过|봤음|시청 완료|شاهدته|देखा|x|✓|✔️|☑|checked|1|2|TRUE|ja|Да"
)
UNSEEN = _divided(
    "Backlog|Pending|Next up|Unwatched|Not started|To Watch|TODO|To-do|planned|Want to watch|Watchlist|"
    "plantowatch|Not seen|Not yet seen|never watched|Haven't seen|Noch nicht gesehen|Geplant|Ungesehen|À voir|"
    "Pas vu|Por ver|Pendiente|No visto|Não visto|Quero ver|Da vedere|Non visto|Te zien|Niet gezien|Att se|"
    "Inte sedd|Skal ses|Ikke set|Ikke sett|Ei katsottu|Do obejrzenia|Nieobejrzane|Chci vidět|Neviděno|Nevidené|"
    "İzlenecek|İzlenmedi|Megnézendő|Nem láttam|De văzut|Nevăzut|Не просмотрено|Хочу посмотреть|Планирую|"
    "В планах|Не переглянуто|Δεν έχω δει|見たい|未視聴|想看|待看|未看|보고싶어요|안봄|لم أشاهد|नहीं देखा|0|no|☐|[ ]|❌"
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [(SEEN, True), (UNSEEN, False), (["Released", "Paused", "", "N/A"], None)],
)
def test_words_in_some_twenty_languages_say_seen_or_not(words: list[str], expected: bool | None):
    assert [word for word in words if seen_status(word) is not expected] == []


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Watched", ["x", "", None]),
        ("Seen?", ["checked", "", "unchecked"]),
        ("Seen", ["✓", "", "✗"]),
        ("Watched", ["1", "0", ""]),
        ("Watched", ["2024-05-01", "", "no"]),
        ("Date Watched", ["2024-05-01", "", "not yet"]),
        ("is_watched", ["true", "false", ""]),
        ("Play Count", ["3", "0", ""]),
        ("Status", ["Finished", "", "On the shelf"]),
        ("Статус", ["Просмотрено", "", "Планирую"]),
        ("Simkl", ["completed", "hold", "plantowatch"]),
    ],
)
def test_a_blank_zero_or_unknown_cell_is_not_seen_if_other_lines_say_seen(
    tmp_path: Path, header: str, cells: list[str | None]
):
    names = "simkl_id,Title,Watchlist" if header == "Simkl" else f"id,Title,{header}"
    lines = [f"{n},Film {n},{cell}" for n, cell in enumerate(cells) if cell is not None]
    found = read(tmp_path, "films.csv", "\n".join([names, *lines])).films
    assert list(found["seen"]) == [True, False, False][: len(lines)]


def test_where_no_line_says_seen_a_list_is_of_films_seen(tmp_path: Path):
    """A status may be that of the film itself (Released), and a column may not be filled in yet."""
    text = "Title,Status,Watched,Date Watched\nHeat,Released,,\nAlien,,,\n"
    assert list(read(tmp_path, "films.csv", text).films["seen"]) == [True, True]


def test_what_is_rated_or_liked_was_seen_although_its_cell_is_blank(tmp_path: Path):
    text = "Title,Date Watched,My Rating,Liked\nHeat,2024-01-01,,\nAlien,,8,\nJaws,,,yes\nDune,,,\n"
    assert list(read(tmp_path, "films.csv", text).films["seen"]) == [True, True, True, False]


def test_an_explicit_no_counts_beside_the_rating_of_others(tmp_path: Path):
    """In people's own tables, Rating is often IMDb's."""
    text = "Title,Rating,Watched\nHeat,8.3,yes\nAlien,8.5,no\n"
    assert list(read(tmp_path, "films.csv", text).films["seen"]) == [True, False]


def test_a_film_on_the_watchlist_that_was_watched_is_seen(tmp_path: Path):
    text = "title,is_watched,is_watchlisted\nHeat,true,true\nAlien,false,true\nJaws,,false\n"
    assert list(read(tmp_path, "films.csv", text).films["seen"]) == [True, False, False]


def test_letterboxds_own_files_mean_seen_without_a_day(tmp_path: Path):
    text = "Title,Year,LetterboxdURI,WatchedDate\nHeat,1995,,2024-01-01\nAlien,1979,,\n"
    assert list(read(tmp_path, "import.csv", text).films["seen"]) == [True, True]
    text = "Title,Year,Watched Date\nHeat,1995,2024-01-01\nAlien,1979,\n"
    assert list(read(tmp_path, "mine.csv", text).films["seen"]) == [True, False]


MOVIE = {"title": "Heat", "year": 1995, "ids": {"tmdb": 949}}


@pytest.mark.parametrize(
    ("item", "seen"),
    [
        ({"paused_at": "2024-01-01T10:00:00Z", "progress": 12.5}, False),
        ({"collected_at": "2024-01-01T10:00:00Z"}, False),
        ({"listed_at": "2024-01-01T10:00:00Z"}, False),
        ({"listed_at": "2024-01-01T10:00:00Z", "my_rating": 8}, True),
        ({"watched_at": "2024-01-01T10:00:00Z"}, True),
        ({"plays": 2, "collected_at": "2024-01-01T10:00:00Z"}, True),
        ({"rated_at": "2024-01-01T10:00:00Z", "rating": 8}, True),
    ],
)
def test_what_trakt_says_is_paused_owned_or_listed_is_not_seen_for_that(
    tmp_path: Path, item: dict[str, object], seen: bool
):
    text = json.dumps([{**item, "type": "movie", "movie": MOVIE}])
    assert film(read(tmp_path, "trakt.json", text), "Heat")["seen"] is seen


def test_trakts_plays_are_counted_if_a_day_is_known(tmp_path: Path):
    items = [
        {"plays": 5, "last_watched_at": "2024-01-01T10:00:00Z", "movie": MOVIE},
        {"plays": 3, "last_watched_at": None, "movie": {"title": "Alien", "year": 1979, "ids": {}}},
    ]
    export = read(tmp_path, "watched-movies.json", json.dumps(items))
    assert film(export, "Heat")["watch_count"] == 5
    assert film(export, "Heat")["watched_on"] == date(2024, 1, 1)
    assert film(export, "Alien")["watch_count"] is None
    assert len(export.viewings) == 1


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.tuples(st.sampled_from([*SEEN, *UNSEEN, "", "who knows"]), st.booleans()), max_size=12
    )
)
def test_each_line_is_seen_if_its_own_cell_or_rating_says_so(
    tmp_path: Path, cells: list[tuple[str, bool]]
):
    lines = [
        "Heat\twatched\t",
        *(f"Film {n}\t{cell}\t{'8' if rated else ''}" for n, (cell, rated) in enumerate(cells)),
    ]
    found = read(tmp_path, "films.tsv", "\n".join(["Title\tStatus\tMy Rating", *lines])).films
    expected = [cell in SEEN or (cell not in UNSEEN and rated) for cell, rated in cells]
    assert list(found["seen"]) == [True, *expected]
