"""What a card says: numbers of the tables, true sentences, and no film titles."""

import datetime as dt
import itertools
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from movie_pipeline.analytics import years
from movie_pipeline.analytics.numbers import Numbers, count
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts import theme
from movie_pipeline.charts.card import Card, Owner, all_time, of_year
from movie_pipeline.charts.card_layout import TALL, WIDE, draw
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import numbers, prepared
from movie_pipeline_tests.films import films

OVER, DURING = dt.date(2026, 1, 1), dt.date(2025, 12, 31)


def owner(drawable: Callable[[str], bool] = lambda _: True, person: str | None = "Alice") -> Owner:
    return Owner(person, "Letterboxd, 1 November 2026", None, drawable)


def said(card: Card) -> str:
    return " ".join("".join(text for text, _ in sentence) for sentence in card.sentences)


def figures(card: Card) -> dict[str, str]:
    return {one.words: one.value for one in card.figures}


def counted(rows: pd.DataFrame) -> tuple[Numbers, dict[int, Year]]:
    with prepared(rows) as connection:
        return count(connection), {one.year: one for one in years.read(connection)}


def diary(**viewings: int) -> pd.DataFrame:
    """So many films in each year (``y2025=3``), each seen once, on days of their own."""
    rows = [
        film(int(year[1:]) * 1000 + n, viewings=[f"{year[1:]}-{1 + n % 12:02}-{3 + n // 12:02}"])
        for year, number in viewings.items()
        for n in range(number)
    ]
    return pd.DataFrame([{**row, "row_number": n} for n, row in enumerate(rows, start=1)])


def test_a_card_of_all_time_has_the_numbers_of_the_tables():
    found = numbers(films(300))
    summary, card = found.summary, all_time(found, owner())
    assert card.number == f"{found.watched:,}"
    assert figures(card)[f"mean of {summary['rated']:,} ratings"] == f"{summary['mean_rating']:.2f}"
    assert figures(card)[f"in {summary['timed']:,} films"] == f"{summary['hours']:,.0f}"
    assert figures(card)["countries"] == f"{summary['countries']:,}"
    assert figures(card)["rewatches"] == f"{summary['rewatches']:,.0f}"
    assert found.role("director")["name"][0] in said(card)


def test_a_card_of_a_year_counts_its_viewings_and_tells_new_from_again():
    rows = pd.DataFrame(
        [
            film(1, viewings=["2024-05-05", "2025-02-01"], rating=4.0),
            film(2, viewings=["2025-03-01"], rating=3.0),
            film(3, viewings=["2025-03-02"]),
        ]
    )
    _, of = counted(rows)
    card = of_year(of[2025], owner(), today=OVER)
    assert (card.number, card.since, card.label) == ("3", "viewings in 2025", "Alice, 2025")
    assert "2 films for the first time, 1 rewatch." in said(card)
    assert "2 more viewings than in 2024." in said(card)
    assert figures(card)["mean of 2 ratings"] == "3.50"
    assert figures(card)["of film"] == "5"
    assert figures(card)["days in a row"] == "2"


@pytest.mark.parametrize(
    ("before", "viewings", "today", "words"),
    [
        (2, 5, OVER, "3 more viewings than in 2024."),
        (5, 4, OVER, "1 fewer viewing than in 2024."),
        (4, 4, OVER, "As many viewings as in 2024."),
        (2, 5, DURING, "Already 3 more than in all of 2024."),
        (5, 2, DURING, None),
        (5, 5, DURING, None),
    ],
)
def test_a_year_is_compared_with_the_one_before_as_far_as_that_is_fair(
    before: int, viewings: int, today: dt.date, words: str | None
):
    """One that isn't over can only be ahead already."""
    _, of = counted(diary(y2024=before, y2025=viewings))
    told = said(of_year(of[2025], owner(), today=today))
    assert words in told if words else "2024" not in told


def test_a_year_that_is_not_over_says_so_far():
    _, of = counted(diary(y2025=2))
    card = of_year(of[2025], owner(person=None), today=DURING)
    assert (card.label, card.since) == ("Your 2025 so far", "viewings in 2025 so far")
    assert "so far" not in of_year(of[2025], owner(), today=OVER).label


def people(*names: str) -> list[dict[str, object]]:
    """Two films by each of these directors, with an actor of their own."""
    return [
        film(
            2 * n + twice,
            directors=[name],
            director_ids=[n],
            cast=[f"Actor of {name}"],
            cast_ids=[100 + n],
            viewings=[f"2025-01-{2 * n + twice:02}"],
        )
        for n, name in enumerate(names, start=1)
        for twice in (0, 1)
    ]


def test_ties_are_said_and_too_many_of_them_are_no_statement():
    found, of = counted(pd.DataFrame(people("Ozu", "Varda", "Akerman")))
    names = re.compile("(Ozu|Varda|Akerman), (Ozu|Varda|Akerman) and (Ozu|Varda|Akerman)")
    assert names.search(said(all_time(found, owner())))
    assert names.search(said(of_year(of[2025], owner(), today=OVER)))
    found, of = counted(pd.DataFrame(people("Ozu", "Varda", "Akerman", "Ray")))
    for card in (all_time(found, owner()), of_year(of[2025], owner(), today=OVER)):
        assert not re.search("Ozu|Varda|Akerman|Ray", said(card))


def test_nobody_and_no_decade_is_best_if_all_are_rated_alike():
    alike = films(200).assign(rating=4.0)
    told = said(all_time(numbers(alike), owner()))
    assert "Most loved" not in told
    assert "Best" not in told
    told = said(all_time(numbers(films(200)), owner()))
    assert "Most loved" in told
    assert "Best decade" in told


def test_a_strip_without_ratings_is_no_plain_area():
    unrated = numbers(films(300).assign(rating=float("nan")))
    (frames,) = re.findall(r'd="(M[^"]*)"', draw(all_time(unrated, owner()), WIDE, theme.LIGHT))
    ends = [(int(x), int(x) + int(w)) for x, w in re.findall(r"M(\d+) \d+h(\d+)", frames)]
    apart = [end < begin for (_, end), (begin, _) in itertools.pairwise(ends)]
    assert sum(apart) > 0.9 * len(apart)


def test_a_name_that_cannot_be_drawn_makes_room_for_another_fact():
    found, of = counted(pd.DataFrame(people("黒澤明")))
    latin = owner(str.isascii)
    named = owner(lambda name: name.isascii() or name == "Actor of 黒澤明")
    for card in (all_time(found, latin), of_year(of[2025], latin, today=OVER)):
        assert "黒澤明" not in said(card)
    assert "Most often with Actor of 黒澤明." in said(all_time(found, named))
    assert "Most often with Actor of 黒澤明." in said(of_year(of[2025], named, today=OVER))
    hidden = Owner("黒澤", "Letterboxd", None, str.isascii)
    assert of_year(of[2025], hidden, today=OVER).label == "Your 2025"


def drawn(rows: pd.DataFrame) -> list[str]:
    """The SVG of all cards of an upload in both forms."""
    found, of = counted(rows)
    cards = [all_time(found, owner())]
    cards += [of_year(one, owner(), today=OVER) for one in of.values()]
    return [draw(card, form, theme.AMBER) for card in cards for form in (WIDE, TALL)]


def test_a_card_shows_no_film_titles():
    rows = films(200)
    for svg in drawn(rows):
        words = " ".join("".join(node.itertext()) for node in ET.fromstring(svg).iter())
        assert "ALICE" in words
        assert not any(title in words for title in rows["title"])


def test_nothing_on_a_card_is_too_small_to_read_on_a_phone():
    for place, svg in enumerate(drawn(films(200))):
        sizes = [int(size) for size in re.findall(r'font-size="(\d+)"', svg)]
        assert min(sizes) >= (26 if place % 2 else 20)


def test_the_strip_goes_from_edge_to_edge():
    for place, svg in enumerate(drawn(films(200))):
        frames = re.findall(r"M(\d+) \d+h(\d+)", svg)
        ends = [int(x) + int(width) for x, width in frames]
        assert min(int(x) for x, _ in frames) == 0
        assert max(ends) >= (1080 if place % 2 else 1200) - 1


@pytest.mark.parametrize(
    "rows", [films(0), films(9).assign(seen=False), films(1), diary(y2025=1)], ids=str
)
def test_a_card_is_drawn_of_however_few_films(rows: pd.DataFrame):
    for svg in drawn(rows):
        ET.fromstring(svg)


def test_a_watchlist_says_that_it_is_a_list():
    assert all_time(numbers(films(9).assign(seen=False)), owner()).unit == "films on this list"
