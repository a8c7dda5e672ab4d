"""The exporters' ways of writing films that the benchmark uses."""

import random

import pytest

from movie_pipeline_tests.matching import spellings
from movie_pipeline_tests.matching.spellings import Film, Way

FILM = {
    "title": "The Café & Bar: Part II",
    "original_title": "La Barra: parte II",
    "release_date": "1994-05-01",
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
        (spellings.dash, {"The Café & Bar - Part II"}),
        (spellings.no_subtitle, {"The Café & Bar"}),
        (spellings.original, {"La Barra: parte II"}),
    ],
)
def test_each_way_writes_a_film_as_an_exporter_does(way: Way, titles: set[str]) -> None:
    written = [way(FILM, random.Random(seed)) for seed in range(20)]
    assert {line[0] for line in written if line} == titles


@pytest.mark.parametrize(
    "way", [spellings.unaccented, spellings.conjunction, spellings.numeral, spellings.original]
)
def test_a_film_to_which_a_way_does_not_apply_is_left_out(way: Way) -> None:
    assert way(PLAIN, random.Random(1)) is None


@pytest.mark.parametrize("film", [FILM, PLAIN])
def test_a_year_is_one_off_or_missing_only_where_the_way_says_so(film: Film) -> None:
    released = int(film["release_date"][:4])
    off = {spellings.year_off(film, random.Random(seed))[1] for seed in range(40)}
    assert off == {released - 1, released + 1}
    assert spellings.no_year(film, random.Random(1)) == (film["title"], None)
