"""The page of a large upload: its bytes, its first paint and its filters, in headless Chromium.

    python -m movie_pipeline_tests.benchmarks.bench_page [FILMS …]

First paint is the browser's own entry. A filter is what the page itself measures, from the choice
until the numbers, the table and the charts in view show it; "all" is when those out of view do too.
Both are measured where the page opens and again with the actors in view, the heaviest chart. The
films are synthetic, each with twenty actors who all come back, so that chart has twenty rows a
film.
"""

import datetime as dt
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from movie_pipeline import page
from movie_pipeline.charts import CHARTS, compiled
from movie_pipeline_tests.browser import installed, launch
from movie_pipeline_tests.counting import numbers, on_page
from movie_pipeline_tests.films import films

#: Most bytes by films, in MB.
GOALS = {2_000: 2.0, 10_000: 6.0}
#: Choices one after the other; those that leave most films cost most.
CHOICES = ("genre=Drama", "decade=2010", "rating=3-5", "runtime=90-119", "q=night", "")


def write(folder: Path, number: int) -> Path:
    """Write the page of so many films; its file."""
    file = folder / f"{number}.html"
    rows = films(number)
    text = page.build(
        on_page(rows),
        numbers(rows),
        heading=f"{number:,} films",
        generated_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        notice=None,
        specifications=compiled(CHARTS, folder),
        bundle_cache=folder,
    )
    file.write_text(text, encoding="utf-8")
    return file


def choose(tab: Page, address: str) -> tuple[float, float]:
    """Choose by the address of the open page; milliseconds until what is in view, and all, shows
    it."""
    drawn = tab.get_attribute("body", "data-drawn")
    tab.evaluate("address => { location.hash = address }", address)
    tab.wait_for_selector(f'body:not([data-drawn="{drawn}"])', state="attached", timeout=120_000)
    seen, everything = tab.evaluate(
        "['filter', 'drawn'].map(name => performance.getEntriesByName(name).at(-1).duration)"
    )
    return float(seen), float(everything)


def measure(tab: Page, file: Path) -> dict[str, float]:
    """Return milliseconds by what they are of."""
    tab.goto(file.as_uri())
    tab.wait_for_selector("body[data-drawn]", state="attached", timeout=120_000)
    times: dict[str, float] = tab.evaluate(
        "() => { const at = (name) => (e => e.startTime + e.duration)"
        "(performance.getEntriesByName(name)[0]);"
        " return {'until the first paint': at('first-contentful-paint'),"
        " 'until the table': at('table'), 'until the charts in view': at('filter'),"
        " 'until all charts': at('drawn')} }"
    )
    for place in ("genres", "actors"):
        tab.evaluate(
            "name => document.getElementById(name).scrollIntoView({behavior: 'instant'})",
            "filters" if place == "genres" else f"chart-{place}",
        )
        where = "" if place == "genres" else f", {place} in view"
        for choice in CHOICES:
            name = f"filter {choice or '(none)'}{where}"
            times[name], times[f"{name}: all"] = choose(tab, choice)
    return times


def row(what: str, value: float, unit: str, goal: str = "") -> None:
    """Print a line of the table."""
    print(f"  {what:44}{value:10.2f} {unit:4} {goal}", flush=True)


def most(what: str) -> str:
    """Return the goal of a measurement."""
    if what == "until the first paint":
        return "< 2000"
    return "< 300" if what.startswith("filter") and not what.endswith(": all") else ""


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
            for what in runs[0]:
                row(what, statistics.median(times[what] for times in runs), "ms", most(what))
        browser.close()


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or tuple(GOALS))
