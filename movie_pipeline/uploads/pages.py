"""Pages: where the page of an upload is, and what it is called.

What belongs here: both, from the upload's key. What does not: the files beside the page, and
writing any of them (`page.publication`).
"""

from pathlib import Path

from movie_pipeline.settings import Settings

_OF_HOME = {"index", "index.html"}


def name_of(upload: str) -> str:
    """What an upload's page and the folder beside it are called, below the folder of pages.

    It is the upload's key, except where that would be the home page. No key ends with ``%``.
    """
    return f"{upload}%" if upload.casefold() in _OF_HOME else upload


def page_of(settings: Settings, upload: str) -> Path:
    """The upload's page."""
    return settings.pages / f"{name_of(upload)}.html"
