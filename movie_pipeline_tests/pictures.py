"""`make pictures`: the README's pictures, taken from the sample in headless Chromium.

python -m movie_pipeline_tests.pictures
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from movie_pipeline.uploads.persons import SAMPLE
from movie_pipeline_tests.browser import launch

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the demo in a folder of its own and take its page's picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "data" / "samples", folder / "data" / "samples")
        shutil.copy(ROOT / "dagster.yaml", folder / "dagster.yaml")
        command = [str(Path(sys.executable).parent / "movie-pipeline"), "demo"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        page = folder / "data" / "dashboard" / f"{SAMPLE}.html"
        with sync_playwright() as playwright:
            browser = launch(playwright)
            tab = browser.new_page(viewport={"width": 1280, "height": 1200})
            tab.goto(page.as_uri())
            tab.wait_for_selector("body[data-drawn]")
            target = ROOT / "docs" / "images" / "page.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            tab.screenshot(path=target)
            browser.close()


if __name__ == "__main__":
    main()
