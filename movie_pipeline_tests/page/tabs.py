"""Pages that a test has opened, and waiting for what they draw."""

from collections.abc import Callable

from playwright import sync_api

#: A page whose charts are drawn.
DRAWN = "body[data-drawn]"
#: Opens the page of some films, at an address of its own, in a tab with these settings.
Open = Callable[..., sync_api.Page]


def after(tab: sync_api.Page, act: Callable[[], object]) -> None:
    """Do something and wait until the charts show it."""
    before = tab.get_attribute("body", "data-drawn")
    act()
    tab.wait_for_selector(f'body:not([data-drawn="{before}"])', state="attached")
