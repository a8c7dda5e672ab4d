"""The cases that other systems get wrong, against a small handwritten catalogue."""

import pytest

from movie_pipeline.matching import Wanted, find
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.matching.asking import Asking
from movie_pipeline_tests.matching.records import GOLDEN

CATALOGUE = Catalogue(GOLDEN)

FOUND = [
    ("Ghostbusters", 1984, 620, "title_year"),
    ("Ghostbusters", 2016, 43074, "title_year"),
    ("The Mummy", 1932, 15849, "title_year"),
    ("The Mummy", 1959, 18990, "title_year"),
    ("The Mummy", 1999, 564, "title_year"),
    ("The Mummy", 2017, 282035, "title_year"),
    ("Mummy, The", 1999, 564, "title_year"),
    ("Countdown", 2016, 388862, "title_year"),
    ("Countdown", 2019, 599975, "title_year"),
    ("Flow", 2024, 823219, "title_year"),
    ("Moonlight", 2016, 376867, "title_year"),
    ("Columbus", 2017, 414453, "title_year"),
    ("300", 2006, 1271, "title_near_year"),
    ("300", 2007, 1271, "title_year"),
    ("Perfect Blue", 1997, 10494, "title_near_year"),
    ("Perfect Blue", 1998, 10494, "title_year"),
    ("Casino Royale", 1967, 12208, "title_year"),
    ("Casino Royale", 2006, 36557, "title_year"),
    ("Boiling Point", 2021, 807196, "title_year"),
    ("부산행", 2016, 396535, "original_title"),
    ("Train to Busan", 2016, 396535, "title_year"),
    ("Amelie", 2001, 194, "title_year"),
    ("Amélie", 2001, 194, "title_year"),
    ("Le fabuleux destin d\u2019Amélie Poulain", 2001, 194, "original_title"),
    ("Paris, Texas", 1984, 655, "title_year"),
    ("Monsters, Inc.", 2001, 585, "title_year"),
    ("Naked Gun 33⅓: The Final Insult", 1994, 36593, "title_year"),
    ("Naked Gun 33 1/3: The Final Insult", 1994, 36593, "title_year"),
    ("The Naked Gun 2½: The Smell of Fear", 1991, 37137, "title_year"),
    ("Naked Gun 2 1/2: The Smell of Fear, The", 1991, 37137, "title_year"),
    ("8½", 1963, 422, "title_year"),
    ("Le Samourai", 1967, 5511, "title_year"),
    ("Samouraï, Le", 1967, 5511, "title_year"),
    ("Bichos", 1998, 9487, "alternative_title"),
    (
        "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
        1964,
        935,
        "title_year",
    ),
    ("Dr. Strangelove", 1964, 935, "similar_title"),
    ("Z", 1969, 2721, "title_year"),
    ("2012", 2009, 14161, "title_year"),
    ("1917", 2019, 530915, "title_year"),
    ("Blade Runner 2049", 2017, 335984, "title_year"),
    ("Matrix, The", 1999, 603, "title_year"),
    ("Se7en", 1995, 807, "title_year"),
    ("Seven (a.k.a. Se7en)", 1995, 807, "title_year"),
    (
        "City of Lost Children, The (Cité des enfants perdus, La)",
        1995,
        902,
        "title_year",
    ),
    ("Rocky 2", 1979, 1367, "similar_title"),
    ("Der Pate", 1972, 238, "alternative_title"),
    ("The Godfather", 1972, 238, "title_year"),
    ("Star Wars: Episode VIII - The Last Jedi", 2017, 181808, "similar_title"),
    ("Star Wars: Episode IV - A New Hope", 1977, 11, "similar_title"),
    ("Z", None, 2721, "title_only"),
    ("Ghostbusters", None, None, "title_only"),
    ("The Matrix", None, 603, "title_only"),
]


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
@pytest.mark.parametrize(("title", "year", "tmdb_id", "method"), FOUND)
def test_the_film_that_is_meant_is_found_in_any_language(
    title: str, year: int | None, tmdb_id: int | None, method: str, language: str
) -> None:
    """A case without an id is a near tie that a person must decide."""
    decision = find(Wanted(title, year), Asking(CATALOGUE, language))
    assert (decision.tmdb_id, decision.method) == (tmdb_id, method)
    assert decision.status == ("matched" if tmdb_id else "ambiguous")
    assert (decision.details or {}).get("id") == tmdb_id


def test_two_films_with_the_same_title_and_year_are_ambiguous() -> None:
    """Radarr picked one of them; its maintainers wished that it had asked."""
    decision = find(Wanted("The Night", 2021), Asking(CATALOGUE))
    assert decision.status == "ambiguous"
    assert [c.tmdb_id for c in decision.candidates] == [9000004, 9000005]
    assert decision.tmdb_id is None
    assert decision.details is None


@pytest.mark.parametrize(
    ("title", "year"),
    [("Boiling Point", 2023), ("Normal People", 2020), ("Band of Brothers", 2001)],
)
def test_a_series_on_letterboxd_is_not_a_movie(title: str, year: int) -> None:
    decision = find(Wanted(title, year), Asking(CATALOGUE))
    assert (decision.status, decision.method) == ("not_a_movie", "series")


@pytest.mark.parametrize(
    ("title", "year"),
    [("The Beast", 1982), ("The Matrix", 2021), ("Godfather Part", 1972), ("Rocky III", 1979)],
)
def test_a_film_with_a_longer_title_or_another_year_is_not_taken_instead(
    title: str, year: int
) -> None:
    decision = find(Wanted(title, year), Asking(CATALOGUE))
    assert (decision.status, decision.method) == ("not_found", "none")
