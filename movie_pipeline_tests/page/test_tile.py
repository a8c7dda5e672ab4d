"""A film's picture on the page: a poster, or a tile whose title fits."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright import sync_api

from movie_pipeline.page.templates import style_of, template
from movie_pipeline.tmdb.posters import as_data
from movie_pipeline_tests.browser import launch, require
from movie_pipeline_tests.images import jpeg

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Words of the title that are broken, and whether a line of it is cut off.
_FIT = """([title, year, width]) => {
    const place = document.querySelector("#place");
    place.style.width = width;
    place.replaceChildren(tile({title, released: year}));
    const text = place.querySelector("span span");
    const range = document.createRange();
    const broken = [...title.matchAll(/[^\\s-]+/g)].filter((word) => {
        range.setStart(text.firstChild, word.index);
        range.setEnd(text.firstChild, word.index + word[0].length);
        return range.getClientRects().length > 1;
    });
    return [broken.map(String), text.scrollHeight > text.clientHeight + 8];
}"""


@pytest.fixture(scope="module")
def tab() -> Iterator[sync_api.Page]:
    require()
    style = style_of("page.css")
    script = "\n".join(map(template, ("data.js", "tile.js")))
    with sync_api.sync_playwright() as playwright:
        browser = launch(playwright)
        tab = browser.new_page()
        tab.set_content(f"<style>{style}</style><div id=place></div><script>{script}</script>")
        yield tab
        browser.close()


@pytest.mark.parametrize("width", ["92px", "56px", "150px"])
@pytest.mark.parametrize(
    "title",
    [
        "M",
        "Fargo",
        "Princess Mononoke",
        "The Assassination of Jesse James by the Coward Robert Ford",
        "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
        "Spider-Man: Across the Spider-Verse",
        "WWW MMM",
        "Сталкер",
        "جدایی نادر از سیمین",
    ],
)
def test_the_title_of_a_tile_fits_without_breaking_a_word(
    tab: sync_api.Page, title: str, width: str
) -> None:
    assert tab.evaluate(_FIT, [title, 1999, width]) == [[], False]


def test_a_title_that_never_fits_stays_within_its_tile(tab: sync_api.Page) -> None:
    for title in ("Supercalifragilisticexpialidocious" * 9, "七人の侍" * 40, "the end of " * 40):
        tab.evaluate(_FIT, [title, 1999, "92px"])
        box = tab.locator(".tile").bounding_box()
        year = tab.locator(".tile span").last.bounding_box()
        assert box and year
        assert box["height"] == pytest.approx(138, abs=1)
        assert year["y"] + year["height"] <= box["y"] + box["height"] + 1


def test_each_period_has_its_ground(tab: sync_api.Page) -> None:
    years = [1939, 1940, 1959, 1969, 1984, 1999, 2011, 2012, None]
    grounds = [f"t{number}" for number in (0, 1, 2, 3, 4, 5, 6, 7, 0)]
    find = "(released) => tile({title: 'M', released}).classList[1]"
    assert [tab.evaluate(find, year) for year in years] == grounds


def test_with_a_poster_the_title_is_its_alternative_text(tab: sync_api.Page) -> None:
    made = "([film, beside]) => { const e = tile(film, beside); return [e.localName, e.alt ?? e.textContent, e.ariaHidden]; }"
    film: dict[str, Any] = {"title": "Ran", "released": 1985}
    poster = film | {"poster": as_data(jpeg("ran"))}
    assert tab.evaluate(made, [poster, False]) == ["img", "Ran", None]
    assert tab.evaluate(made, [poster, True]) == ["img", "", None]
    assert tab.evaluate(made, [film, False]) == ["span", "Ran1985", None]
    assert tab.evaluate(made, [film, True]) == ["span", "Ran1985", "true"]


def test_a_poster_fills_the_box_of_a_tile(tab: sync_api.Page) -> None:
    measure = """async (poster) => {
        const place = document.querySelector("#place");
        place.style.width = "92px";
        place.replaceChildren(tile({title: "Ran", poster}));
        const image = place.querySelector("img");
        await image.decode();
        const {width, height} = image.getBoundingClientRect();
        return [image.naturalWidth, image.naturalHeight, width, height];
    }"""
    assert tab.evaluate(measure, as_data(jpeg("ran"))) == [92, 138, 92, 138]
