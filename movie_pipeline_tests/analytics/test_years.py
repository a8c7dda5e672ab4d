"""The numbers of years: a diary that can be counted by hand, and agreement with the breakdowns."""

import datetime as dt

import pandas as pd
import pytest

from movie_pipeline.analytics import years
from movie_pipeline.analytics.years import Year
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import numbers, prepared
from movie_pipeline_tests.films import films

SHIMURA, MIFUNE, KUROSAWA, VARDA = 1, 2, 3, 4


def read(rows: pd.DataFrame) -> dict[int, Year]:
    with prepared(rows) as connection:
        return {one.year: one for one in years.read(connection)}


@pytest.fixture(scope="module")
def diary() -> dict[int, Year]:
    """Three films over three years: seen again, seen before the diary began, and not rated."""
    kurosawa = {
        "directors": ["Akira Kurosawa"],
        "director_ids": [KUROSAWA],
        "origin_countries": ["JP"],
        "original_language": "ja",
    }
    rows = [
        film(
            1,
            **kurosawa,
            cast=["Takashi Shimura", "Toshirō Mifune"],
            cast_ids=[SHIMURA, MIFUNE],
            rating=5.0,
            runtime_minutes=120,
            vote_average=8.0,
            vote_count=100,
            viewings=["2023-12-31", "2025-03-03", "2025-03-04"],
        ),
        film(
            2,
            **kurosawa,
            cast=["Takashi Shimura"],
            cast_ids=[SHIMURA],
            rating=4.0,
            runtime_minutes=60,
            vote_average=7.0,
            vote_count=100,
            viewings=["2025-03-05"],
        ),
        film(
            3,
            directors=["Agnès Varda"],
            director_ids=[VARDA],
            cast=[],
            cast_ids=[],
            origin_countries=["FR", "BE"],
            original_language="en",
            rating=None,
            runtime_minutes=None,
            rewatch=True,
            viewings=["2025-12-30", "2026-01-01"],
        ),
    ]
    return read(pd.DataFrame(rows))


def test_only_years_with_a_dated_viewing_are_there(diary):
    assert [*diary] == [2023, 2025, 2026]


def test_new_and_again_are_told_apart(diary):
    """A film that you marked as seen before is never new."""
    of = diary[2025].numbers
    assert (of["viewings"], of["new"], of["again"]) == (4, 1, 3)
    assert (of["films"], of["films_again"]) == (3, 2)
    assert (diary[2023].numbers["new"], diary[2023].numbers["again"]) == (1, 0)
    assert (diary[2026].numbers["new"], diary[2026].numbers["again"]) == (0, 1)


def test_hours_are_of_viewings_and_means_of_films(diary):
    of = diary[2025].numbers
    assert (of["hours"], of["hours_again"], of["timed"]) == (5, 4, 3)
    assert (of["rated"], of["mean_rating"]) == (2, 4.5)
    assert (of["compared"], of["rated_higher"]) == (2, 2)
    assert (of["public_mean"], of["mean_difference"]) == (7.5, 1.5)


def test_the_longest_run_and_the_busiest_week_and_month(diary):
    of = diary[2025].numbers
    assert (of["days"], of["longest_run"]) == (4, 3)
    assert (of["run_began"], of["run_ended"]) == (dt.date(2025, 3, 3), dt.date(2025, 3, 5))
    assert (of["week"], of["week_viewings"], of["weeks_as_busy"]) == (dt.date(2025, 3, 3), 3, 1)
    assert (of["month"], of["month_viewings"], of["months_as_busy"]) == (3, 3, 1)


def test_countries_languages_and_the_first_and_last_film(diary):
    of = diary[2025].numbers
    assert (of["countries"], of["languages"]) == (3, 2)
    assert (of["with_language"], of["not_english"]) == (3, 2)
    assert (of["first_day"], of["last_day"]) == (dt.date(2025, 3, 3), dt.date(2025, 12, 30))
    assert (of["first_title"], of["last_title"]) == ("Film 1", "Film 3")


def test_a_year_is_compared_with_the_calendar_year_before(diary):
    """2025 has none, although 2023 has a viewing."""
    assert diary[2025].numbers["viewings_before"] is None
    of = diary[2026].numbers
    assert (of["viewings_before"], of["films_before"], of["hours_before"]) == (4, 3, 5)
    assert (of["mean_rating_before"], of["countries_before"]) == (4.5, 3)


def test_the_people_of_a_year_are_those_of_its_films(diary):
    actors = diary[2025].role("actor")
    assert [*actors["name"]] == ["Takashi Shimura", "Toshirō Mifune"]
    assert [*actors["films"]] == [2, 1]
    assert [*actors["viewings"]] == [3, 2]
    assert [*actors["as_many"]] == [1, 1]
    assert [*diary[2025].role("director")["name"]] == ["Akira Kurosawa", "Agnès Varda"]
    assert diary[2026].role("actor").empty


def test_the_strip_has_a_frame_for_each_viewing_in_order(diary):
    strip = diary[2025].strip
    assert [*strip["minutes"]] == [120, 120, 60, 90]
    assert [*strip["rating"].fillna(0)] == [5, 5, 4, 0]
    assert [*strip["again"]] == [True, True, False, True]


def test_a_year_that_is_not_over_is_so_far(diary):
    today = dt.date(2026, 1, 1)
    assert [year for year, one in diary.items() if one.so_far(today)] == [2026]


def test_years_agree_with_the_breakdowns():
    """The table counts by year of viewing too, with `seen_in` and `seen_again_in`."""
    rows = films(300)
    found, counted = read(rows), numbers(rows)
    seen, again = (
        {int(one["key"]): one for one in counted.of(name).to_dict("records")}
        for name in ("seen_in", "seen_again_in")
    )
    assert {*found} == {*seen}
    assert len(found) > 3
    for year, one in found.items():
        for name in ("films", "viewings", "hours", "rated"):
            assert one.numbers[name] == pytest.approx(seen[year][name]), name
        assert one.numbers["mean_rating"] == pytest.approx(seen[year]["mean_rating"])
        assert one.numbers["again"] == again.get(year, {"viewings": 0})["viewings"]
        assert one.strip["minutes"].sum() >= one.numbers["hours"] * 60
    assert sum(one.numbers["viewings"] for one in found.values()) == counted.summary["viewings"]


def test_a_library_without_dates_has_no_years():
    assert read(films(20).assign(viewings=None)) == {}
