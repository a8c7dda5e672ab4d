"""Which spellings count as the same title, and what to search for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline.matching.titles import (
    LEAST,
    SAME,
    forms,
    guesses,
    key,
    likelihood,
    queries,
    words,
)

TITLES = st.text(max_size=40) | st.lists(
    st.sampled_from(
        [
            "The",
            "A",
            "An",
            "Rocky",
            "II",
            "2",
            "Two",
            "Part",
            "&",
            "and",
            "of",
            ":",
            "-",
            "(",
            ")",
            "[",
            "]",
            ",",
            "The",
            "Matrix",
            "Amélie",
            "½",
            "Se7en",
            "''",
            "Vol.",
        ]
    ),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("matrix, the", "The Matrix"),
        ("Postino, Il", "Il Postino"),
        ("Auberge espagnole, L'", "L'Auberge Espagnole"),
        ("Amelie", "Amélie"),
        ("Am\u0065\u0301lie", "Am\u00e9lie"),
        ("Fast and Furious", "Fast & Furious"),
        ("Spider-Man", "Spiderman"),
        ("WALL·E", "Wall-E"),
        ("Oceans Eleven", "Ocean's Eleven"),
        ("Ocean\u2019s Eleven", "Ocean's Eleven"),
        ("33⅓", "33 1/3"),
        ("ＡＫＩＲＡ", "Akira"),
        ("Straße", "STRASSE"),
        ("Død snø", "Dod sno"),
    ],
)
def test_another_spelling_is_the_same_title(wanted: str, title: str) -> None:
    assert likelihood(wanted, title) == SAME
    assert likelihood(title, wanted) == SAME


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("Rocky II", "Rocky 2"),
        ("Heat (1995)", "Heat"),
        ("The Godfather Part Two", "The Godfather: Part II"),
        ("Kill Bill: Volume 1", "Kill Bill: Vol. 1"),
        ("Seven", "Se7en"),
        ("Mulholland Dr.", "Mulholland Drive"),
        ("Professional, The (a.k.a. Léon)", "Léon"),
        ("Professional, The (a.k.a. Leon: The Professional) (Léon)", "Léon: The Professional"),
        ("Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il)",
         "The Good, the Bad and the Ugly"),
        ("[REC]³ Genesis ([REC]³ Génesis)", "[REC]³ Génesis"),
        ("Star Wars: Episode VIII - The Last Jedi", "Star Wars: The Last Jedi"),
        ("Ready or Not 2: Here I Come", "Ready or Not: Here I Come"),
        ("Birdman", "Birdman or (The Unexpected Virtue of Ignorance)"),
        ("Monty Python's Life of Brian", "Life of Brian"),
        ("Wallace & Gromit: The Wrong Trousers", "The Wrong Trousers"),
        ("Red Riding: The Year of Our Lord 1974", "Red Riding: In the Year of Our Lord 1974"),
        ("Beast", "The Beast"),
        ("The Godfather 2", "The Godfather Part II"),
        ("It 2", "It Chapter Two"),
        ("John Wick 3", "John Wick: Chapter 3 - Parabellum"),
        ("Guardians of the Galaxy 2", "Guardians of the Galaxy Vol. 2"),
        ("Friday the Thirteenth", "Friday the 13th"),
        ("The 4th Kind", "The Fourth Kind"),
        ("X2: X-Men United", "X2"),
        ("The Holdovers - Lezioni di vita", "The Holdovers"),
        ("Ong Bak: Muay Thai Warrior", "Ong-Bak: The Thai Warrior"),
        ("Small Mice and Big Lions", "Big Lions and Small Mice"),
        ("Heat / Gorączka", "Gorączka"),
    ],
)  # fmt: skip
def test_a_title_written_differently_is_less_likely_but_possible(wanted: str, title: str) -> None:
    assert LEAST <= likelihood(wanted, title) < SAME
    assert LEAST <= likelihood(title, wanted) < SAME


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("X-Men: The Mutant Watch", "X-Men"),
        ("X-Men: 1994: The Making Of", "X-Men"),
        ("Toy Story 3: Prologue", "Toy Story 3"),
        ("Star Wars: Episode III: The Making Of", "Star Wars: Episode III - Revenge of the Sith"),
    ],
)
def test_a_film_about_a_film_is_another_one(wanted: str, title: str) -> None:
    """It is often from the same year. But an export may leave out a subtitle that TMDB has."""
    assert likelihood(wanted, title) == 0
    assert likelihood("X-Men", "X-Men: The Mutant Watch") > 0


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("The Beast", "The Beast Within"),
        ("A Beast", "The Beast"),
        ("Rocky II", "Rocky III"),
        ("Rocky", "Rocky II"),
        ("Batman: Year One", "Batman: Hush"),
        ("Angel", "Angel-A"),
        ("V", "5"),
        ("Blade Runner", "Blade Runner 2049"),
        ("Let's Rob the Bank", "Rob the Bank"),
        ("Schindler's List", "List"),
        ("$", "..."),
        ("Maggie Moore(s)", "s"),
        ("Heat (1995)", "1995"),
        ("Gladiator II", "Gladiator"),
        ("Face/Off", "Face"),
        ("Fahrenheit 9/11", "Fahrenheit 9"),
        ("Furious 6", "Fast & Furious 6"),
        ("Jumanji: Welcome to the Jungle 3", "Jumanji: Welcome to the Jungle"),
    ],
)
def test_similar_titles_of_other_films_have_no_likelihood(wanted: str, title: str) -> None:
    assert likelihood(wanted, title) == 0
    assert likelihood(title, wanted) == 0


@given(TITLES)
def test_normalising_a_second_time_changes_nothing(title: str) -> None:
    assert words(" ".join(words(title))) == words(title)
    assert key(key(title)) == key(title)


@given(TITLES)
def test_every_title_equals_itself(title: str) -> None:
    assert likelihood(title, title) == SAME
    assert all(LEAST <= value <= SAME for value in forms(title).values())


@given(TITLES, TITLES)
def test_a_likelihood_is_a_share_and_cut_off_at_the_bottom(one: str, other: str) -> None:
    assert likelihood(one, other) == 0 or LEAST <= likelihood(one, other) <= SAME


@given(TITLES)
def test_there_is_always_something_to_search_for_and_never_the_same_twice(title: str) -> None:
    asked = queries(title)
    assert bool(asked) == bool(title.strip())
    assert all(text.strip() for text in asked)
    assert len(asked) == len({tuple(words(text)) or text for text in asked})


@given(TITLES)
def test_every_guess_has_words(title: str) -> None:
    assert not title.strip() or all(words(text) for text in guesses(title))


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Old Boy", ("OldBoy",)),
        ("MouseHunt", ("Mouse Hunt",)),
        ("Spider-Man: Homecoming", ("SpiderMan: Homecoming",)),
        ("Ong Bak: Muay Thai Warrior", ("Ong Bak warrior",)),
        ("The Guyver", ("Guyver",)),
        ("Heat", ()),
    ],
)
def test_a_guess_is_the_same_letters_or_most_of_the_words(
    title: str, asked: tuple[str, ...]
) -> None:
    assert guesses(title) == asked


def test_the_first_search_leaves_brackets_and_inverted_articles_out() -> None:
    """A search requires all words in one title, and no title has what MovieLens appends."""
    assert queries("Seven Samurai, The (Shichinin no samurai)")[0] == "The Seven Samurai"
    assert queries("(500) Days of Summer")[0] == "(500) Days of Summer"


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Salt & Gold", ("Salt & Gold",)),
        ("21 and Over", ("21 and Over", "21 Over")),
        ("I Killed Einstein", ("I Killed Einstein",)),
        ("Mulholland Dr.", ("Mulholland Dr.", "Mulholland")),
        ("Dune: Part One", ("Dune: Part One", "Dune Part", "Dune")),
        ("X-Men: The Mutant Watch", ("X-Men: The Mutant Watch", "The Mutant Watch")),
        ("Glitch: The Rise & Fall of Trivia",
         ("Glitch: The Rise & Fall of Trivia", "The Rise Fall of Trivia")),
    ],
)  # fmt: skip
def test_each_query_can_find_films_that_those_before_it_can_not(
    title: str, asked: tuple[str, ...]
) -> None:
    assert queries(title) == asked
