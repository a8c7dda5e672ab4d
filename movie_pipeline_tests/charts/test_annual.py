"""What is said of a year: true sentences, ties among them, and fair comparisons."""

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest

from movie_pipeline.analytics import years
from movie_pipeline.charts import annual
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import prepared
from movie_pipeline_tests.films import films

OVER, DURING = dt.date(2026, 1, 1), dt.date(2025, 12, 31)
Credits = Mapping[str, Sequence[int]]


def panels(rows: pd.DataFrame, today: dt.date = OVER) -> dict[str, list[str]]:
    """What the panels of the last year say, each sentence as text."""
    with prepared(rows) as connection:
        year = years.read(connection)[-1]
    return {
        panel: ["".join(text for text, _ in sentence) for sentence in sentences]
        for panel, sentences in annual.panels(year, today).items()
    }


def card(rows: pd.DataFrame, today: dt.date = OVER) -> list[str]:
    with prepared(rows) as connection:
        year = years.read(connection)[-1]
    facts = annual.facts(year, lambda _: True, today)
    return ["".join(text for text, _ in sentence) for sentence in facts]


def credited(directors: Credits, actors: Credits) -> pd.DataFrame:
    """Films of 2025: who directed which, and who acts in which, by number."""
    ids = {name: number for number, name in enumerate({**directors, **actors}, start=1)}
    rows = []
    for number in sorted({n for films_ in (*directors.values(), *actors.values()) for n in films_}):
        by = [name for name, films_ in directors.items() if number in films_]
        cast = [name for name, films_ in actors.items() if number in films_]
        rows.append(
            film(
                number,
                directors=by,
                director_ids=[ids[name] for name in by],
                cast=cast,
                cast_ids=[ids[name] for name in cast],
                viewings=[f"2025-{number:02}-05"],
            )
        )
    return pd.DataFrame(rows)


def on(*days: str) -> pd.DataFrame:
    return pd.DataFrame([film(n, viewings=[day]) for n, day in enumerate(days, start=1)])


@pytest.mark.parametrize(
    ("directors", "actors", "said"),
    [
        ({"Ozu": [1, 2]}, {"Ryu": [3, 4]}, ("Most of all, Ryu and Ozu.",)),
        ({"Ozu": [1, 2]}, {"Ryu": [1, 2, 3]}, ("Most of all, Ryu.",)),
        ({"Ozu": [1, 2, 3]}, {"Ryu": [1, 2]}, ("Most of all, Ozu.",)),
        ({"Chaplin": [1, 2]}, {"Chaplin": [1, 2]}, ("Most of all, Chaplin.",)),
        (
            {"Ozu": [1, 2]},
            {name: [1, 2] for name in "ABCD"},
            ("Most often directed by Ozu.",),
        ),
        (
            {"Ozu": [1, 2]},
            {name: [1, 2, 3] for name in "ABCD"},
            ("Most often directed by Ozu.",),
        ),
        (
            {name: [1, 2] for name in "ABCD"},
            {"Ryu": [1, 2], "Hara": [1, 2]},
            ("Most often with Ryu and Hara.", "Most often with Hara and Ryu."),
        ),
    ],
)
def test_who_leads_a_year_has_most_films_of_all_or_of_the_role_that_is_named(
    directors: Credits, actors: Credits, said: Sequence[str]
):
    rows = credited(directors, actors)
    assert panels(rows)["people"][0] in said
    assert panels(rows)["people"][0] in card(rows)


def test_without_anybody_in_two_films_nobody_leads_a_year():
    assert "people" not in panels(credited({"Ozu": [1], "Varda": [2]}, {"Ryu": [1]}))


def test_one_of_several_viewings_was_of_a_film_you_knew():
    rows = credited({"Ozu": [1, 2]}, {})
    rows.loc[0, "viewings"].append("2025-06-01")
    assert panels(rows)["people"][1:] == [
        "2 films, of the year’s 2.",
        "1 of 3 viewings was of a film you knew.",
    ]


def test_a_run_of_days_that_spans_two_months_names_both_days_and_no_month():
    inside = on(*(f"2025-03-{day:02}" for day in range(1, 6)))
    assert panels(inside)["days"][:2] == [
        "Five days in a row in March.",
        "From 1 to 5 March, a film every day.",
    ]
    across = on("2025-03-30", "2025-03-31", "2025-04-01", "2025-04-02", "2025-06-01")
    assert panels(across)["days"][:2] == [
        "Four days in a row.",
        "From 30 March to 2 April, a film every day.",
    ]


def test_a_few_viewings_have_no_busiest_month():
    apart = on("2025-01-05", "2025-03-05", "2025-03-25", "2025-07-05", "2025-09-05")
    assert panels(apart)["days"] == ["A film on five days."]
    assert "days" not in panels(on("2025-01-05", "2025-03-05"))
    busy = on(*(f"2025-03-{day:02}" for day in range(1, 20, 3)))
    assert panels(busy)["days"][:2] == [
        "March was the busiest month.",
        "March had 7 viewings, more than a third of the year’s.",
    ]


@pytest.mark.parametrize(
    ("before", "viewings", "today", "said"),
    [
        (2, 5, OVER, ["Three more viewings than in 2024."]),
        (5, 4, OVER, ["One fewer viewing than in 2024."]),
        (4, 4, OVER, ["As many viewings as in 2024."]),
        (2, 5, DURING, ["Already three more viewings than in all of 2024."]),
        (5, 2, DURING, ["Two viewings so far, after 5 in all of 2024."]),
    ],
)
def test_a_year_that_is_not_over_is_never_behind(
    before: int, viewings: int, today: dt.date, said: list[str]
):
    days = [f"2024-{month:02}-01" for month in range(1, before + 1)]
    rows = on(*days, *(f"2025-{month:02}-01" for month in range(1, viewings + 1)))
    assert panels(rows, today)["world"] == said


@pytest.mark.parametrize("seed", range(4))
def test_panels_and_card_name_the_same_people_days_and_month(seed: int):
    rows = films(300, seed=seed)
    said, facts = panels(rows), card(rows)
    for sentence in (said["people"][0], said["days"][0]):
        if "days in a row" in sentence or sentence in said["people"]:
            assert sentence in facts


def test_the_ui_tells_of_the_latest_three_years_what_their_panels_say_first():
    rows = on("2022-03-01", "2023-03-01", "2024-03-01", "2025-03-01", "2025-03-02")
    with prepared(rows) as connection:
        told = annual.told(years.read(connection), DURING)
    lines = str(told).replace("\\", "").splitlines()
    assert [line[:12] for line in lines] == ["- **2025 so ", "- **2024**: ", "- **2023**: "]
    assert lines[0].startswith("- **2025 so far**: Two viewings of two films.")
    assert lines[1].startswith("- **2024**: One viewing of one film.")
    assert annual.told([], DURING) == "none"
