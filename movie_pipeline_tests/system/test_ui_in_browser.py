"""Dagster's UI in a real browser: what our asset pages show, and that they contact no other host."""

import io
import zipfile
from urllib.parse import urlsplit

import pytest
from playwright import sync_api

from movie_pipeline.charts import GLANCE
from movie_pipeline_tests.browser import launch, require
from movie_pipeline_tests.hostile import TEXTS
from movie_pipeline_tests.soak.system import film_list
from movie_pipeline_tests.system.conftest import ON_ONE_UI

pytestmark = [pytest.mark.browser, ON_ONE_UI]


def pictures(tab: sync_api.Page) -> int:
    """Open the full text and count its pictures; the browser must have drawn them all."""
    tab.get_by_text("Show Markdown").first.click(timeout=60_000)
    images = tab.locator("[role=dialog] img, .bp5-dialog img, .bp4-dialog img")
    images.first.wait_for()
    drawn = images.evaluate_all("all => all.map(one => one.complete && one.naturalWidth > 100)")
    assert all(drawn)
    return len(drawn)


def gift() -> bytes:
    """A ZIP as a stranger may send it: a film list and entries with hostile names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as entries:
        entries.writestr("watched.csv", film_list(3))
        for name in TEXTS:
            entries.writestr(f"{name}.pdf", "")
    return packed.getvalue()


def test_an_asset_page_shows_its_chart_and_contacts_no_other_host(system):
    """Every request of the browser goes to the web server on this machine.

    And none is made for a name: the UI's own renderer finds no link or picture in any name.
    """
    require()
    troubles: list[str] = []
    system.drop("shown.csv", film_list(30))
    system.drop("gift.zip", gift())
    system.wait_until(lambda: system.have_completed("shown.csv", "gift.zip"))
    with sync_api.sync_playwright() as playwright:
        browser = launch(playwright)
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        tab.on(
            "console",
            lambda said: troubles.append(said.text) if said.type == "error" else None,
        )
        tab.on("pageerror", lambda error: troubles.append(str(error)))

        def look(request: sync_api.Request) -> None:
            address = urlsplit(request.url)
            foreign = address.scheme not in ("data", "blob") and address.netloc != own
            if foreign or (request.method == "GET" and address.path == "/graphql"):
                troubles.append(request.url)

        own = f"127.0.0.1:{system.port}"
        tab.on("request", look)
        tab.goto(f"http://{own}/assets/dashboard/genres?partition=shown.csv&view=partitions")
        tab.get_by_text("leads with", exact=False).first.wait_for(timeout=60_000)
        assert "films_left_out" in tab.inner_text("body")
        top = system.sql(
            "SELECT genre, films FROM analytics.genres WHERE upload = 'shown.csv'"
            " ORDER BY films DESC, genre"
        )[0]
        for number in top:
            assert str(number) in tab.inner_text("body")
        assert pictures(tab) == 1, "the full chart is one click away"
        tab.goto(f"http://{own}/assets/dashboard/overview?partition=shown.csv&view=partitions")
        assert pictures(tab) == len(GLANCE), "the whole dashboard at once"
        tab.goto(f"http://{own}/assets/raw/movies?partition=gift.zip&view=partitions")
        tab.get_by_text("Show Markdown").first.click(timeout=60_000)
        names = tab.locator("[role=dialog] .dagster-markdown li, .bp5-dialog .dagster-markdown li")
        names.first.wait_for()
        texts = names.all_inner_texts()
        assert len(texts) == len(TEXTS), texts
        assert tab.locator(".dagster-markdown").locator("a, img").count() == 0
        browser.close()
    assert troubles == []
