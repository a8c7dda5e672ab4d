"""The page of a large upload: its bytes, its first paint and its filters, in headless Chromium.

    python -m movie_pipeline_tests.benchmarks.bench_page [FILMS …]

First paint is the browser's own entry; a filter is what the page itself measures, from the choice
until every chart, the numbers and the table show it.
"""

import datetime as dt
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from movie_pipeline import page
from movie_pipeline.charts import CHARTS, compiled
from movie_pipeline_tests.browser import installed, launch
from movie_pipeline_tests.films import films

#: Most bytes by films, in MB.
GOALS = {2_000: 2.0, 10_000: 6.0}
#: Choices one after the other; those that leave most films cost most.
CHOICES = ("genre=Drama", "decade=2010", "rating=3-5", "runtime=90-119", "q=night", "")


def write(folder: Path, number: int) -> Path:
    """Write the page of so many films; its file."""
    file = folder / f"{number}.html"
    text = page.build(
        films(number),
        upload=f"{number:,} films",
        generated_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        notice=None,
        specifications=compiled(CHARTS, folder),
        bundle_cache=folder,
    )
    file.write_text(text, encoding="utf-8")
    return file


def choose(tab: Page, address: str) -> float:
    """Open the address on the page that is open; the milliseconds that its filter took."""
    drawn = tab.get_attribute("body", "data-drawn")
    tab.evaluate("address => { location.hash = address }", address)
    tab.wait_for_selector(f'body:not([data-drawn="{drawn}"])', state="attached")
    return float(tab.evaluate("performance.getEntriesByName('filter').at(-1).duration"))


def measure(tab: Page, file: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The milliseconds until things are there, and those that each choice takes."""
    tab.goto(file.as_uri())
    tab.wait_for_selector("body[data-drawn]", state="attached", timeout=120_000)
    times: dict[str, Any] = tab.evaluate(
        "() => ({paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,"
        " table: performance.getEntriesByName('table')[0].startTime,"
        " charts: (e => e.startTime + e.duration)(performance.getEntriesByName('filter')[0])})"
    )
    return times, {choice: choose(tab, choice) for choice in CHOICES}


def row(what: str, value: float, unit: str, goal: str = "") -> None:
    """Print a line of the table."""
    print(f"  {what:44}{value:10.2f} {unit:4} {goal}", flush=True)


def main(numbers: tuple[int, ...] = tuple(GOALS)) -> None:
    """Print the table."""
    if installed() is None:
        print("(nothing to measure with: no Chromium is installed)")
        return
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = launch(playwright)
        for number in numbers:
            file = write(Path(name), number)
            runs = []
            for _ in range(3):
                tab = browser.new_page(viewport={"width": 1280, "height": 800})
                runs.append(measure(tab, file))
                tab.close()
            print(f"{number:,} films, median of {len(runs)}")
            goal = f"< {GOALS[number]:g}" if number in GOALS else ""
            row("bytes", file.stat().st_size / 1e6, "MB", goal)
            for what, most in (("paint", "< 2000"), ("table", ""), ("charts", "")):
                row(f"until the {what}", statistics.median(t[what] for t, _ in runs), "ms", most)
            for choice in CHOICES:
                took = statistics.median(filters[choice] for _, filters in runs)
                row(f"filter {choice or '(none)'}", took, "ms", "< 300")
        browser.close()


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or tuple(GOALS))
