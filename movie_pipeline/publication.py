"""Publication: the files that an upload's owner gets, the page and what lies beside it.

What belongs here: where the files lie and that each is written whole or not at all. What does not:
what is in them (`page`, `sheets`, `charts.card`), and the standing pictures (`charts.picture`).

    dashboard/mine.csv.html        dashboard/mine.csv/films.csv, letterboxd-import.csv, card.png
"""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from movie_pipeline import page
from movie_pipeline.charts import Counted, Specifications, drawing
from movie_pipeline.charts.card import card
from movie_pipeline.settings import Settings
from movie_pipeline.sheets import films_sheet, letterboxd_sheet

FILMS, LETTERBOXD, CARD = "films.csv", "letterboxd-import.csv", "card.png"


def folder(settings: Settings, upload: str) -> Path:
    """The folder of what lies beside the upload's page: pictures, sheets and the card."""
    return settings.pages / upload


def write_page(
    settings: Settings,
    upload: str,
    films: Counted,
    specifications: Specifications,
    notice: str | None,
) -> Path:
    """Write the upload's page, and return its path."""
    path = settings.pages / f"{upload}.html"
    text = page.build(
        films,
        upload=upload,
        generated_at=datetime.now(UTC),
        notice=notice,
        specifications=specifications,
        bundle_cache=settings.data / "bundle",
    )
    _write(path, text.encode())
    return path


def write_sheets(
    settings: Settings, upload: str, films: pd.DataFrame, viewings: pd.DataFrame
) -> None:
    """Write ``films.csv`` and ``letterboxd-import.csv``.

    Args:
        settings: Where the data folder is.
        upload: Its key.
        films: One row per line (`sheets.films_sheet`).
        viewings: One row per dated viewing (`sheets.letterboxd_sheet`).
    """
    beside = folder(settings, upload)
    # With the mark by which Excel knows UTF-8; Letterboxd wants none.
    _write(beside / FILMS, films_sheet(films).encode("utf-8-sig"))
    _write(beside / LETTERBOXD, letterboxd_sheet(films, viewings).encode())


def write_card(settings: Settings, upload: str, films: Counted, notice: str | None) -> str:
    """Write ``card.png`` unless it shows the same already, and return the card as SVG."""
    svg, path = card(films, notice=notice), folder(settings, upload) / CARD
    drawn = path.with_suffix(".svg")
    if not (path.exists() and drawn.exists() and drawn.read_bytes() == svg.encode()):
        _write(path, drawing.to_png(svg))
        _write(drawn, svg.encode())
    return svg


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)
