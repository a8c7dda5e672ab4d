"""The browser of the tests: an installed Chromium, driven by Playwright, which downloads none."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It runs as root in containers, and must not look for updates or anything else outside.
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def installed() -> str | None:
    """The path of an installed Chromium."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Start it, with these arguments of its command line too."""
    return playwright.chromium.launch(executable_path=installed(), args=[*_ARGUMENTS, *arguments])


def require() -> None:
    """Skip the test where no browser is installed; in CI that is a failure."""
    if installed() is None:
        reason = "no Chromium is installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI is set")
        pytest.skip(reason)
