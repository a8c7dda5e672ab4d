"""Publication: the files that an upload's owner gets, which are the page and the files beside it.

What belongs here: where the files are stored. What does not: their contents (`page`, `csv_files`,
`charts.card`), how a file is written (`outside.files`), and the static pictures (`charts.picture`).

    dashboard/mine.csv.html        dashboard/mine.csv/films.csv, letterboxd-import.csv, card.png
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from movie_pipeline import page
from movie_pipeline.analytics.next import Waiting
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import Specifications, drawing
from movie_pipeline.charts.card import card
from movie_pipeline.outside import files
from movie_pipeline.page.csv_files import films_sheet, letterboxd_sheet
from movie_pipeline.settings import Settings

FILMS, LETTERBOXD, CARD = "films.csv", "letterboxd-import.csv", "card.png"


def folder(settings: Settings, upload: str) -> Path:
    """The folder with the files beside the upload's page: pictures, sheets and the card."""
    return settings.pages / upload


def write_page(
    settings: Settings,
    upload: str,
    films: Iterable[str],
    numbers: Numbers,
    specifications: Specifications,
    *,
    heading: str,
    notice: str | None,
) -> Path:
    """Write the upload's page of `films` (`columns.read`), and return its path."""
    path = settings.pages / f"{upload}.html"
    text = page.build(
        films,
        numbers,
        heading=heading,
        generated_at=datetime.now(UTC),
        notice=notice,
        specifications=specifications,
        bundle_cache=settings.data / "bundle",
    )
    files.write(path, text.encode())
    return path


def write_sheets(
    settings: Settings,
    upload: str,
    films: pd.DataFrame,
    viewings: pd.DataFrame,
    suggested: Iterable[Waiting],
) -> None:
    """Write ``films.csv`` and ``letterboxd-import.csv``.

    Args:
        settings: For the data folder.
        upload: The partition key.
        films: One row per line (`csv_files.films_sheet`).
        viewings: One row per dated viewing (`csv_files.letterboxd_sheet`).
        suggested: What to see next (`analytics.next`).
    """
    beside = folder(settings, upload)
    # With a byte order mark, which Excel needs to recognise UTF-8; Letterboxd wants none.
    files.write(beside / FILMS, films_sheet(films, suggested).encode("utf-8-sig"))
    files.write(beside / LETTERBOXD, letterboxd_sheet(films, viewings).encode())


def write_card(
    settings: Settings, upload: str, numbers: Numbers, *, heading: str, notice: str | None
) -> str:
    """Write ``card.png`` unless it already shows the same, and return the card as SVG."""
    svg = card(numbers, heading=heading, notice=notice)
    path = folder(settings, upload) / CARD
    drawn = path.with_suffix(".svg")
    if not (path.exists() and drawn.exists() and drawn.read_bytes() == svg.encode()):
        files.write(path, drawing.to_png(svg))
        files.write(drawn, svg.encode())
    return svg
