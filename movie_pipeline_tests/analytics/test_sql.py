"""Numbers of a small library that can be counted by hand."""

import datetime as dt

import pandas as pd
import pytest

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import numbers

NOLAN, THOMAS, ZIMMER, VARDA = 525, 556, 947, 6817


@pytest.fixture(scope="module")
def library() -> Numbers:
    """Five films: two of a series by one crew, an old one, a little known one, one not seen."""
    crew = {
        "directors": ["Christopher Nolan"],
        "director_ids": [NOLAN],
        "director_genders": [2],
        "writers": ["Christopher Nolan", "Emma Thomas"],
        "writer_ids": [NOLAN, THOMAS],
        "composers": ["Hans Zimmer"],
        "composer_ids": [ZIMMER],
        "production_companies": ["Syncopy"],
        "production_company_ids": [9996],
        "collection": "The Dark Knight Collection",
        "collection_id": 263,
    }
    rows = [
        film(
            1,
            **crew,
            rating=5.0,
            liked=True,
            runtime_minutes=140,
            release_date=pd.Timestamp("2005-06-15"),
            viewings=["2024-12-29", "2024-12-30"],
            tags=["cinema"],
            spoken_languages=["en", "zh"],
            certification="PG-13",
            vote_count=20_000,
            cast=["Christian Bale"],
            cast_ids=[3894],
            cast_genders=[2],
        ),
        film(
            2,
            **crew,
            rating=4.5,
            runtime_minutes=165,
            release_date=pd.Timestamp("2008-07-18"),
            viewings=["2008-07-20", "2024-12-31", "2025-01-01"],
            tags=["cinema", "again"],
            vote_count=30_000,
        ),
        film(
            3,
            directors=["Agnès Varda"],
            director_ids=[VARDA],
            director_genders=[1],
            rating=4.0,
            runtime_minutes=90,
            release_date=pd.Timestamp("1962-04-11"),
            viewings=["2025-01-03"],
            vote_count=900,
            cast=["Corinne Marchand"],
            cast_ids=[39645],
            cast_genders=[1],
        ),
        film(
            4,
            directors=["Someone", "Christopher Nolan"],
            director_ids=[7, NOLAN],
            director_genders=[0, 2],
            rating=4.0,
            runtime_minutes=8,
            vote_count=12,
        ),
        film(5, seen=False, liked=True, tags=["someday"], watchlisted=True),
    ]
    return numbers(pd.DataFrame(rows))


def keys(library: Numbers, dimension: str, measure: str = "films") -> dict[str, float]:
    rows = library.of(dimension)
    return dict(zip(rows["label"], rows[measure].tolist(), strict=True))


@pytest.mark.parametrize(
    ("dimension", "films"),
    [
        ("studio", {"Syncopy": 2}),
        ("franchise", {"The Dark Knight Collection": 2}),
        ("spoken", {"English": 1, "Mandarin": 1}),
        ("certification", {"PG-13": 1}),
        ("tag", {"cinema": 2, "again": 1}),
        ("liked", {"other": 3, "liked": 1}),
        ("director_gender", {"others": 2, "unknown": 1, "women": 1}),
        ("lead_gender", {"others": 1, "women": 1}),
        (
            "director_gender_by_decade",
            {"2000:others": 2, "1960:women": 1, "1990:unknown": 1},
        ),
        ("delay", {"0": 1, "3652": 1, "14610": 1}),
        ("seen_again_in", {"2024": 2, "2025": 1}),
        ("quarter", {"2024-Q4": 2, "2025-Q1": 2, "2008-Q3": 1}),
    ],
)
def test_films_are_counted_by_everything_that_the_export_and_tmdb_have(
    library: Numbers, dimension: str, films: dict[str, int]
) -> None:
    assert keys(library, dimension) == films


def test_viewings_are_counted_by_day_and_week(library: Numbers) -> None:
    """Weeks are those of ISO 8601: 30 December 2024 is in the first week of 2025."""
    weeks = {"2025-W01": 4, "2008-W29": 1, "2024-W52": 1}
    assert keys(library, "week", "viewings") == weeks
    assert keys(library, "day", "viewings")["2024-12-30"] == 1
    assert keys(library, "month_again", "viewings") == {"2024-12": 2, "2025-01": 1}


def test_the_longest_run_is_of_days_without_a_gap(library: Numbers) -> None:
    summary = library.summary
    assert (summary["longest_run"], summary["viewing_days"]) == (4, 6)
    assert summary["run_began"].date() == dt.date(2024, 12, 29)
    assert summary["run_ended"].date() == dt.date(2025, 1, 1)


def test_without_a_dated_viewing_there_is_no_run() -> None:
    summary = numbers(pd.DataFrame([film(1)])).summary
    assert (summary["longest_run"], summary["viewing_days"]) == (None, 0)


def test_a_viewing_is_a_rewatch_if_it_is_not_the_first_or_is_marked_so() -> None:
    rows = pd.DataFrame(
        [
            film(1, viewings=["2024-01-01", "2024-02-01"], rewatch=False),
            film(2, viewings=["2024-03-01"], rewatch=True),
            film(3, viewings=["2024-04-01", "2024-05-01"], rewatch=True),
        ]
    )
    counted = numbers(rows)
    assert (counted.summary["rewatches"], counted.summary["viewings"]) == (4, 5)
    assert counted.summary["hours_again"] == pytest.approx(4 * 100 / 60)
    assert counted.of("seen_again_in")["viewings"].tolist() == [4]


def test_people_are_ranked_in_each_role(library: Numbers) -> None:
    assert library.role("writer")["name"].tolist() == ["Christopher Nolan", "Emma Thomas"]
    assert library.role("composer")["films"].tolist() == [2]
    assert library.role("editor").empty
    directors = library.role("director")
    assert directors["films"].tolist() == [3]
    assert directors["best"].tolist() == [1]  # three rated films; the writers have two
    assert library.role("writer")["best"].isna().all()


@pytest.mark.parametrize(
    ("rank", "films"),
    [
        ("nth", [2, 1, 3]),
        ("longest", [2, 1, 3, 4]),
        ("shortest", [4, 3, 1, 2]),
        ("oldest", [3, 4, 1, 2]),
        ("most_rewatched", [2, 1]),
        ("gem", [4, 3]),
    ],
)
def test_films_that_stand_out_are_ranked(library: Numbers, rank: str, films: list[int]) -> None:
    ranked = library.films.dropna(subset=[rank]).sort_values(rank)
    assert ranked["film"].tolist() == films


def test_what_was_not_seen_is_counted_nowhere_but_on_the_watchlist(library: Numbers) -> None:
    summary = library.summary
    assert (summary["watched"], summary["liked"], summary["on_watchlist"]) == (4, 1, 1)
    assert "someday" not in keys(library, "tag")
