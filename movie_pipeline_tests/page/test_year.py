"""The page's year in review, its records, shelf and milestones: what is said, and that it is true."""

import re

import numpy as np
import pandas as pd
import pytest
from playwright import sync_api

from movie_pipeline.analytics import years
from movie_pipeline_tests.counting import numbers, prepared
from movie_pipeline_tests.films import films
from movie_pipeline_tests.page.tabs import Open, after

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = films(400, seed=5)
_RECORDS = """all => all.map((one) => [one.dataset.record, one.querySelector("dd").textContent])"""
_STATEMENTS = "all => all.map((one) => one.textContent)"


def statements(tab: sync_api.Page) -> list[str]:
    return tab.eval_on_selector_all(".panel .statement", _STATEMENTS)


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_the_records_are_those_of_the_tables(opened: Open, seed: int):
    rows = films(120, seed=seed)
    facts = numbers(rows).films
    tab = opened(rows)
    found = dict(tab.eval_on_selector_all("[data-record]", _RECORDS))
    for record, title in found.items():
        assert facts.loc[facts[record] == 1, "title"].tolist() == [title], record
    assert {*found} >= {"oldest", "newest", "longest", "shortest"}
    assert {name for name in found if facts[name].notna().any()} == {*found}


def test_the_milestones_are_in_the_order_of_the_first_viewings(opened: Open):
    facts = numbers(MANY).films
    tab = opened(MANY)
    first = tab.text_content("#milestones figure:first-child figcaption a")
    assert facts.loc[facts["nth"] == 1, "title"].tolist() == [first]
    assert tab.text_content("#milestones figure:last-child b") == "Latest"


def test_the_shelf_has_the_films_rated_highest(opened: Open):
    rows = films(60, seed=3)
    tab = opened(rows)
    top = rows[rows["rating"] == rows["rating"].max()]
    shown = tab.locator("#shelf figure").count()
    assert 0 < shown <= min(9, len(top))
    assert {*tab.locator("#shelf figcaption a").all_text_contents()} <= {*top["title"]}


def test_a_year_has_the_numbers_of_the_tables(opened: Open):
    with prepared(MANY) as connection:
        year = years.read(connection)[-1]
    tab = opened(MANY, f"#year={year.year}")
    told = dict(
        tab.eval_on_selector_all(
            ".panel.first dl div",
            "all => all.map((one) => [one.lastChild.textContent, one.firstChild.textContent])",
        )
    )
    of = year.numbers
    assert told[f"{of['viewings']:,}"].endswith(f"of {of['films']:,} films")
    assert f"★ {of['mean_rating']:.2f}" in told
    assert tab.locator(".frames rect").count() == of["viewings"]
    assert not tab.is_visible("#sentence")
    more = of["viewings"] - (of["viewings_before"] or 0)
    if of["viewings_before"] and abs(more) > 12:
        assert any(f"{abs(more):,} {'more' if more > 0 else 'fewer'}" in s for s in statements(tab))


def test_a_year_gives_way_to_the_opening_once_something_else_is_chosen(opened: Open):
    with prepared(MANY) as connection:
        year = years.read(connection)[-1].year
    tab = opened(MANY)
    assert statements(tab) == []
    after(tab, lambda: tab.click(f"#years a[href='#year={year}']"))
    assert len(statements(tab)) >= 2
    assert tab.get_attribute("#years [aria-current]", "href") == f"#year={year}"
    after(tab, lambda: tab.evaluate(f"location.hash = 'year={year}&genre=Drama'"))
    assert statements(tab) == []
    assert tab.is_visible("#sentence")
    after(tab, lambda: tab.click("#years a:first-child"))
    assert tab.get_attribute("#years [aria-current]", "href") == "#"


def test_the_year_of_the_page_is_so_far_and_a_short_year_has_fewer_panels(opened: Open):
    rows = films(3, seed=3).assign(viewings=[["2026-01-02"], ["2026-03-04"], ["2025-05-06"]])
    tab = opened(rows, "#year=2026")
    assert tab.text_content(".panel .mark span") == "2026 so far"
    panels = tab.locator(".panel").count()
    assert tab.text_content(".panel .mark span:last-child") == f"1 of {panels}"
    assert panels < 5


def test_the_first_and_the_last_film_look_alike_also_if_one_is_not_identified(opened: Open):
    rows = films(40, seed=5)
    days = {0: "2025-01-02", 1: "2025-06-01", 2: "2025-12-30"}
    rows = rows.assign(
        viewings=[np.array([days[n]], dtype=object) if n in days else None for n in range(40)]
    )
    rows.loc[0, ["match_status", "tmdb_id"]] = ["not_found", None]
    tab = opened(rows, "#year=2025")
    sizes = tab.eval_on_selector_all(
        ".ends p", "all => all.map((one) => getComputedStyle(one.lastChild).fontSize)"
    )
    assert len(sizes) == 2 and sizes[0] == sizes[1]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_year_fits_the_window(opened: Open, width: int):
    with prepared(MANY) as connection:
        year = years.read(connection)[-1].year
    tab = opened(MANY, f"#year={year}", viewport={"width": width, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("seed", [3, 5])
def test_each_panel_of_a_year_is_printed_on_one_landscape_sheet(opened: Open, seed: int):
    rows = films(400, seed=seed)
    with prepared(rows) as connection:
        year = years.read(connection)[-1].year
    tab = opened(rows, f"#year={year}")
    panels = tab.locator(".panel").count()
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", tab.pdf())
    landscape = [float(wide) > float(high) for wide, high in boxes]
    assert panels > 3
    assert landscape.count(True) == panels


def test_without_a_dated_viewing_there_are_no_years_and_no_milestones(opened: Open):
    rows: pd.DataFrame = films(20, seed=3).assign(viewings=[[] for _ in range(20)])
    tab = opened(rows)
    assert not tab.is_visible("#years")
    assert not tab.is_visible("#milestones")
