"""Charts of people and of taste: rankings, and your ratings compared with the public's."""

import json
import re

import pandas as pd
import pytest

from movie_pipeline.charts import Chart, to_svg
from movie_pipeline.charts.actors import ACTORS
from movie_pipeline.charts.agreement import AGREEMENT
from movie_pipeline.charts.chart import as_json
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.pairs import PAIRS
from movie_pipeline.charts.ranking import stars
from movie_pipeline.charts.ratings import RATINGS
from movie_pipeline.charts.taste import TASTE
from movie_pipeline_tests.charts.test_charts import downwards, film, texts
from movie_pipeline_tests.counting import numbers
from movie_pipeline_tests.films import films

rankings = pytest.mark.parametrize("chart", [DIRECTORS, ACTORS, PAIRS], ids=lambda one: one.name)


def company(number: int) -> pd.DataFrame:
    """Return films with casts from a company of forty, so that people work together again."""
    rows = films(number)
    for at, row in enumerate(rows.itertuples()):
        if row.match_status == "matched":
            ids = [900 + (at * step) % 40 for step in (1, 3, 7)]
            rows.at[at, "cast_ids"] = ids
            rows.at[at, "cast"] = [f"Actor {one}" for one in ids]
    return rows


def by(person: int, name: str, *ratings: float | None, start: int) -> list[dict[str, object]]:
    """Return a person's films with these ratings."""
    people = {"directors": [name], "director_ids": [person]}
    return [film(n, rating=rating, **people) for n, rating in enumerate(ratings, start)]


@rankings
def test_the_ranking_and_the_text_have_the_same_counts(chart: Chart):
    rows = company(400)
    svg, summary = to_svg(chart, numbers(rows)), chart.summary(numbers(rows))
    told = re.findall(r"\| (\d+) · (★ \d\.\d) \|", summary)
    assert len(told) >= 5
    counts, means = zip(*told, strict=True)
    assert tuple(downwards(svg, r"\d+")[: len(told)]) == counts
    assert tuple(downwards(svg, r"★ \d\.\d")[: len(told)]) == means


def test_two_films_of_five_stars_score_below_five_good_ones():
    """The plain means are 5 and 4.5; the shrunk means are 3.85 and 3.97."""
    rows = pd.DataFrame(
        [
            *by(1, "Lucky", 5, 5, start=1),
            *by(2, "Steady", 4.5, 4.5, 4.5, 4.5, 4.5, start=3),
            *by(3, "Others", 0.5, 2, 0.5, 1, 0.5, start=8),
        ]
    )
    overall = (10 + 22.5 + 4.5) / 12
    drawn = downwards(to_svg(DIRECTORS, numbers(rows)), "Lucky|Steady|Others")
    assert drawn == ["Steady", "Others", "Lucky"]  # by films first
    lucky, steady = (10 + 3 * overall) / 5, (22.5 + 3 * overall) / 8
    scores = numbers(rows).role("director").set_index("name")["score"]
    assert (scores["Lucky"], scores["Steady"]) == (round(lucky, 6), round(steady, 6))
    assert lucky < steady


def test_the_mean_beside_a_name_is_the_plain_one():
    rows = pd.DataFrame([*by(1, "Lucky", 5, 5, start=1), *by(2, "Others", 1, 1, start=3)])
    assert downwards(to_svg(DIRECTORS, numbers(rows)), r"★ \d\.\d") == ["★ 5.0", "★ 1.0"]
    assert DIRECTORS.headline(numbers(rows))["top_director_rating"] == 5.0
    assert "2 · ★ 5.0" in DIRECTORS.summary(numbers(rows))


def test_ties_are_ordered_by_rating_then_id_with_the_unrated_last():
    rows = pd.DataFrame(
        [
            *by(1, "Zoe", 4, 4, start=1),
            *by(2, "Yann", 3, 3, start=3),
            *by(3, "Xenia", 3, 3, start=5),
            *by(4, "Abel", None, None, start=7),
        ]
    )
    for order in (rows, rows[::-1].assign(row_number=range(1, 9))):
        drawn = downwards(to_svg(DIRECTORS, numbers(order)), "Zoe|Yann|Xenia|Abel")
        assert drawn == ["Zoe", "Yann", "Xenia", "Abel"]


def test_halves_are_rounded_up_as_in_vega():
    assert [stars(3.25), stars(3.75), stars(3.2499)] == ["★ 3.3", "★ 3.8", "★ 3.2"]
    rows = pd.DataFrame(by(1, "A", 3, 3.5, start=1))
    assert "★ 3.3" in texts(to_svg(DIRECTORS, numbers(rows)))
    assert "★ 3.3" in DIRECTORS.summary(numbers(rows))


@rankings
def test_a_selection_without_recurring_people_says_so(chart: Chart):
    """Filters may leave people with two films in the upload but only one here."""
    drawn = " ".join(texts(to_svg(chart, numbers(company(60).head(1)))))
    assert f"No {chart.name[:-1]} has two films here." in drawn


def test_a_pair_is_drawn_on_two_lines_and_identified_by_ids():
    pair = {"cast": ["Toshirō Mifune", "X"], "cast_ids": [5, 6]}
    rows = pd.DataFrame(
        [film(1, **pair), film(2, **pair), film(3, cast=["X"], cast_ids=[7]), film(4)]
    )
    assert PAIRS.headline(numbers(rows))["pairs_of_two_or_more"] == 2
    assert PAIRS.headline(numbers(rows))["top_pair"] == "Agnès Varda · Toshirō Mifune"
    assert "Agnès Varda Toshirō Mifune" in texts(to_svg(PAIRS, numbers(rows)))


def test_ratings_are_counted_by_half_stars_and_the_mean_is_marked():
    rows = pd.DataFrame([film(n, rating=r) for n, r in enumerate([4, 4, 4.5, 1, None], 1)])
    drawn = texts(to_svg(RATINGS, numbers(rows)))
    assert "your mean ★ 3.38" in drawn
    assert sorted(text for text in drawn if text.isdigit()) == ["1", "1", "2"]
    assert RATINGS.headline(numbers(rows))["rated"] == 4
    assert "1 not rated" in RATINGS.summary(numbers(rows))


def public(number: int, rating: float, mean: float, votes: int = 9_000) -> dict[str, object]:
    """Return a film with a rating of yours and one of the public."""
    return film(number, rating=rating, vote_average=mean, vote_count=votes)


def test_the_chart_says_that_films_with_few_votes_are_left_out():
    rows = pd.DataFrame([public(1, 5, 6.0), public(2, 2, 8.0), public(3, 5, 1.0, votes=9)])
    headline = AGREEMENT.headline(numbers(rows))
    assert (headline["share_rated_higher"], headline["films_of_few_votes"]) == (0.5, 1)
    assert headline["mean_difference"] == 0.0
    said = " ".join(texts(to_svg(AGREEMENT, numbers(rows))))
    assert "50% rated higher than by the public" in said
    assert "1 with fewer than 10 votes left out" in said
    alone = rows.tail(1)
    assert "No film with enough votes" in " ".join(texts(to_svg(AGREEMENT, numbers(alone))))
    assert "No rated film here has enough votes." in texts(to_svg(TASTE, numbers(alone)))


def test_taste_shows_both_ends_and_few_votes_are_shrunk():
    """Film 3 is 9 points above a mean of 1.0, but with only 10 votes; shrunk, that is 4.75."""
    rows = pd.DataFrame(
        [
            public(1, 5, 5.0, votes=90_000),
            public(2, 1, 8.0, votes=90_000),
            public(3, 5, 1.0, votes=10),
            public(4, 4, 8.0, votes=90_000),
        ]
    )
    headline = TASTE.headline(numbers(rows))
    overall = (5 + 8 + 1 + 8) / 4
    assert headline["furthest_above"] == "Film 3"
    shrunk = 10 - (10 * 1.0 + 50 * overall) / 60
    assert (shrunk, headline["furthest_above_points"]) == (5.25, 5.25)
    assert headline["furthest_below"] == "Film 2"
    drawn = texts(to_svg(TASTE, numbers(rows)))
    assert "+5.3" in drawn
    assert "| +5.3 |" in TASTE.summary(numbers(rows))
    assert downwards(to_svg(TASTE, numbers(rows)), r"Film \d")[-1] == "Film 2"


def test_the_taste_chart_and_its_text_agree():
    rows = films(400)
    svg, summary = to_svg(TASTE, numbers(rows)), TASTE.summary(numbers(rows))
    told = re.findall(r"\| ([+-]\d\.\d) \|", summary)
    drawn = downwards(svg, r"[+-]\d\.\d")
    assert len(drawn) == 16
    assert (told[:4], told[-4:]) == (drawn[:4], drawn[-4:])


def test_a_title_is_cut_before_vega_cuts_it():
    """Half a surrogate pair makes vl-convert fail."""
    rows = pd.DataFrame([public(1, 5, 5.0) | {"title": "<b>" + "𠮷" * 40}, public(2, 1, 8.0)])
    assert any(text.startswith("<b>𠮷") for text in texts(to_svg(TASTE, numbers(rows))))
    row = json.loads(as_json(TASTE.rows(numbers(rows))))[0]
    assert row["title"].endswith("𠮷…")
