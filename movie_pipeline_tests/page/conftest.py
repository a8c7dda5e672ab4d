"""A browser with pages opened from disk, for the tests of everything that is drawn in one."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright import sync_api

from movie_pipeline import page
from movie_pipeline.charts import CHARTS, compiled
from movie_pipeline_tests.browser import launch, require
from movie_pipeline_tests.counting import numbers, on_page
from movie_pipeline_tests.page.tabs import DRAWN, Open


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    require()
    with sync_api.sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: sync_api.Browser, bundle: Path, tmp_path: Path) -> Iterator[Open]:
    """Open the page of some films; fail afterwards on any error, message or request."""
    troubles: list[str] = []
    tabs = []

    def open_page(rows: pd.DataFrame, address: str = "", **settings: object) -> sync_api.Page:
        file = tmp_path / f"{len(tabs)}.html"
        now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        text = page.build(
            on_page(rows),
            numbers(rows),
            heading="Ada · IMDb",
            generated_at=now,
            notice=None,
            specifications=compiled(CHARTS, bundle),
            bundle_cache=bundle,
        )
        file.write_text(text, encoding="utf-8")
        tab = browser.new_page(**settings)
        tabs.append(tab)
        tab.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        tab.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
        tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(file.as_uri()) or request.url.startswith("data:,")
                else troubles.append(f"request: {request.url}")
            ),
        )
        tab.goto(file.as_uri() + address)
        tab.wait_for_selector(DRAWN, state="attached")
        return tab

    yield open_page
    for tab in tabs:
        tab.close()
    assert troubles == []
