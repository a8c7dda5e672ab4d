"""The exporters' ways of writing films that the benchmark uses, and TMDB's other titles."""

import random
from collections import Counter

import pytest

from movie_pipeline_tests import other_titles
from movie_pipeline_tests.matching import spellings
from movie_pipeline_tests.matching.spellings import Film, Way

FILM = {
    "title": "The Café & Bar: Part II",
    "original_title": "La Barra: parte II",
    "release_date": "1994-05-01",
    "translations": [{"title": "Das Café"}],
    "alternative_titles": [{"title": "Bar II"}],
    "release_dates": [{"date": "1993-09-01", "type": 1}, {"date": "1995-09-01", "type": 5}],
}
PLAIN = {"title": "Heat", "release_date": "1995-12-15"}


@pytest.mark.parametrize(
    ("way", "titles"),
    [
        (spellings.verbatim, {"The Café & Bar: Part II"}),
        (spellings.movielens, {"Café & Bar: Part II, The (Barra: parte II, La)"}),
        (spellings.unaccented, {"The Cafe & Bar: Part II"}),
        (spellings.conjunction, {"The Café and Bar: Part II"}),
        (spellings.numeral, {"The Café & Bar: Part 2", "The Café & Bar: Part Two"}),
        (spellings.part_word, {"The Café & Bar 2"}),
        (spellings.dash, {"The Café & Bar - Part II"}),
        (spellings.no_subtitle, {"The Café & Bar"}),
        (spellings.article, {"Café & Bar: Part II"}),
        (spellings.original, {"La Barra: parte II"}),
        (spellings.alternative, {"Bar II"}),
        (spellings.translation, {"Das Café"}),
        (spellings.slash, {"The Café & Bar: Part II / Das Café"}),
    ],
)
def test_each_way_writes_a_film_as_an_exporter_does(way: Way, titles: set[str]) -> None:
    assert {way(FILM, random.Random(seed)) for seed in range(20)} == titles


@pytest.mark.parametrize(
    ("way", "title", "written"),
    [
        (spellings.ordinal, "The Fourth Kind", "The 4th Kind"),
        (spellings.joined, "Old Boy", "Oldboy"),
        (spellings.joined, "Beetlejuice", "Beetl ejuice"),
        (spellings.word_order, "Big Lions and Small Mice", "Small Mice and Big Lions"),
        (spellings.contained, "Fast Times at Ridgemont High", "Times at Ridgemont High"),
        (spellings.contained, "The Fast Times at Ridgemont", None),
        (spellings.subtitle_added, "Heat", "Heat - La Hiod"),
    ],
)
def test_some_ways_apply_to_few_titles(way: Way, title: str, written: str | None) -> None:
    assert way(PLAIN | {"title": title}, random.Random(1)) == written


@pytest.mark.parametrize(
    "way",
    [spellings.unaccented, spellings.conjunction, spellings.numeral, spellings.original,
     spellings.slash, spellings.premiere],
)  # fmt: skip
def test_a_film_to_which_a_way_does_not_apply_is_left_out(way: Way) -> None:
    assert spellings.written(way, PLAIN, random.Random(1), "imdb") is None


@pytest.mark.parametrize("film", [FILM, PLAIN])
def test_a_year_is_one_off_or_missing_only_where_the_way_says_so(film: Film) -> None:
    released = int(film["release_date"][:4])
    lines = [spellings.year_off(film, random.Random(seed)) for seed in range(40)]
    assert {year for _, year in lines} == {released - 1, released + 1}
    assert spellings.no_year(film, random.Random(1)) == (film["title"], None)


def test_a_premiere_counts_but_not_a_disc() -> None:
    assert spellings.premiere(FILM, random.Random(1)) == (FILM["title"], 1993)


@pytest.mark.parametrize("service", [*spellings.YEARS, "generic"])
def test_a_services_years_differ_as_often_as_measured(service: str) -> None:
    chance = random.Random(1)
    years = Counter(1995 - spellings.year(PLAIN, chance, service) for _ in range(5000))
    for off, share in spellings.YEARS.get(service, {}).items():
        assert years[off] / 5000 == pytest.approx(share, abs=0.01)
    assert years[0] >= 4500


def test_other_titles_depend_only_on_the_records() -> None:
    records = [FILM | {"id": number} for number in range(40)]
    made = other_titles.add_other_titles(records)
    assert made == other_titles.add_other_titles(records)
    assert "translations" not in PLAIN
    assert [film["translations"][0] for film in made] == [{"title": "Das Café"}] * 40
    titles = {each["title"] for film in made for each in film["translations"]}
    assert other_titles.national(FILM["title"], "fr") in titles


@pytest.mark.parametrize(
    ("original", "latin"),
    [
        ("Брат 2", "Brat 2"),
        ("となりのトトロ", "tonarinototoro"),
        ("Brat", None),
        ("七人の侍", None),
    ],
)
def test_an_original_title_is_romanised_where_letters_have_one_sound(
    original: str, latin: str | None
) -> None:
    assert other_titles.romanised(original) == latin
