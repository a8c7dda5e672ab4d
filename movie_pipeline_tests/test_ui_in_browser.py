"""A chart's page in Dagster's UI, in a real browser: what it shows, and that it asks nobody else."""

from urllib.parse import urlsplit

import pytest
from playwright import sync_api

from movie_pipeline_tests.browser import launch, require
from movie_pipeline_tests.soak.system import film_list, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_charts_asset_page_tells_its_story_and_leaves_the_machine_alone():
    """Read on the machine itself: every request of the browser goes to its own web server."""
    require()
    troubles: list[str] = []
    with running() as system, sync_api.sync_playwright() as playwright:
        system.drop("mine.csv", film_list(30))
        assert system.execute("mine.csv").wait(120) == 0
        system.start()
        browser = launch(playwright)
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        tab.on(
            "console",
            lambda said: troubles.append(said.text) if said.type == "error" else None,
        )
        tab.on("pageerror", lambda error: troubles.append(str(error)))

        def look(request: sync_api.Request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob") and address.netloc != own:
                troubles.append(request.url)

        own = f"127.0.0.1:{system.port}"
        tab.on("request", look)
        tab.goto(f"http://{own}/assets/dashboard/genres?partition=mine.csv&view=partitions")
        tab.get_by_text("is on", exact=False).first.wait_for(timeout=60_000)
        assert "films_left_out" in tab.inner_text("body")
        browser.close()
    assert troubles == []
