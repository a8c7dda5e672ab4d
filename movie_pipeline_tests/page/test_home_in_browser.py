"""The home page and the cards in a real browser: no request, no overlap, and the flow to a page."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from movie_pipeline.analytics import years
from movie_pipeline.analytics.numbers import count
from movie_pipeline.charts import theme
from movie_pipeline.charts.card import Card, Owner, all_time, of_year
from movie_pipeline.charts.card_layout import TALL, WIDE, Format, draw
from movie_pipeline.outside import files
from movie_pipeline.page import home
from movie_pipeline.page.standing import Standing
from movie_pipeline_tests.counting import prepared
from movie_pipeline_tests.films import films
from movie_pipeline_tests.page.tabs import Open
from movie_pipeline_tests.page.test_home import DONE, FAILED, HOSTILE, NOW, WORKS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def opened(browser: sync_api.Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the home page of some uploads; fail afterwards on any error, message or request."""
    troubles: list[str] = []
    file = tmp_path / "index.html"

    def open_home(*uploads: Standing, **settings: Any) -> sync_api.Page:
        write(file, *uploads)
        tab = browser.new_page(**settings)
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("request", lambda one: _noted(troubles, one.url, file))
        tab.goto(file.as_uri())
        return tab

    yield open_home
    for context in browser.contexts:
        context.close()
    assert troubles == []


def _noted(troubles: list[str], address: str, file: Path) -> None:
    if not address.startswith((file.as_uri(), "data:")):
        troubles.append(address)


def write(file: Path, *uploads: Standing) -> None:
    text = home.build(uploads, folder="data/uploads/", overrides="overrides.csv", now=NOW)
    files.write(file, text.encode())


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_makes_no_request(opened: Open, width: int, scheme: str):
    """Whatever names are long or hostile."""
    long = replace(DONE, upload=f"{'x' * 120}/{HOSTILE}.csv", not_found=3, message="word" * 60)
    failed = replace(FAILED, message="/a/very/long/path" * 12, command="y" * 200)
    tab = opened(
        *(WORKS, failed, DONE, long),
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(246, 243, 236)" if scheme == "light" else "rgb(15, 14, 13)")
    tab.get_by_text("Cards").first.click()
    assert tab.get_by_role("link", name="tall, dark").first.is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == width


def test_the_page_of_an_upload_at_work_becomes_the_link_to_its_page(opened: Open, tmp_path: Path):
    """Nobody has to do anything: the page renews itself until there is nothing more to come."""
    tab = opened(WORKS)
    assert tab.get_by_text("of 400 films").is_visible()
    write(tmp_path / "index.html", replace(DONE, upload=WORKS.upload, finished_at=NOW))
    tab.get_by_role("link", name="Open").wait_for(timeout=60_000)
    assert tab.locator("meta[http-equiv=refresh]").count() == 0


def test_a_filter_finds_one_of_many_and_outlives_a_renewal(opened: Open):
    many = [replace(DONE, upload=f"person{n}/a.csv", outline=None) for n in range(200)]
    tab = opened(*many, WORKS)
    rows = tab.locator("[data-find]:visible")
    assert rows.count() == 201
    tab.get_by_role("searchbox", name="Filter").fill("PERSON123 a")
    assert rows.count() == 1
    tab.reload()
    assert tab.get_by_role("searchbox", name="Filter").input_value() == "PERSON123 a"
    assert rows.count() == 1


# Text from its baseline up to its capitals, of all texts of a picture.
_BOXES = """
() => [...document.querySelectorAll("text")].map((text) => {
  const { x, width } = text.getBBox();
  const size = Number(text.getAttribute("font-size")), y = Number(text.getAttribute("y"));
  return { x, width, top: y - 0.7 * size, bottom: y + 0.05 * size, said: text.textContent };
}).filter((box) => box.said)
"""


def cards() -> list[Card]:
    """Cards with short and with long texts."""
    with prepared(films(300)) as connection:
        found, calendar = count(connection), years.read(connection)
    owner = Owner("Wilhelmina van den Heuvel", "Letterboxd, 18 November 2025", None, bool)
    notice = replace(owner, notice="not in the sample catalogue (1,234 films); set TMDB_API_TOKEN")
    large = replace(found, summary={**found.summary, "watched": 23_456, "hours": 41_234.0})
    made = [all_time(one, who) for one in (found, large) for who in (owner, notice)]
    return [*made, *(of_year(one, owner, today=dt.date(2024, 5, 1)) for one in calendar)]


@pytest.mark.parametrize("form", [WIDE, TALL], ids=["wide", "tall"])
def test_texts_on_a_card_stay_on_it_and_apart(browser: sync_api.Browser, form: Format):
    tab = browser.new_page()
    for card in cards():
        tab.set_content(draw(card, form, theme.LIGHT))
        boxes = tab.evaluate(_BOXES)
        assert len(boxes) > 8
        for place, one in enumerate(boxes):
            assert one["x"] >= 40, one
            assert one["x"] + one["width"] <= form.width - 24, one
            for other in boxes[:place]:
                beside = (
                    one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
                )
                above = one["top"] < other["bottom"] and other["top"] < one["bottom"]
                assert not (beside and above), (one, other)
    tab.close()
