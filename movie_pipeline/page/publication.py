"""Publication: the files that an upload's owner gets, which are the page and the files beside it.

What belongs here: where the files beside a page are stored, what they are called, and writing all
of them. What does not: where the page is (`uploads.pages`), the files' contents (`page`,
`csv_files`, `charts.card`), how a file is written (`outside.files`), and the static pictures
(`charts.picture`).

    dashboard/mine.csv.html        dashboard/mine.csv/films.csv, letterboxd-import.csv,
                                   card.png, card-dark.png, card-tall.png, card-tall-dark.png,
                                   card-2025.png, card-2025-dark.png and so on
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from movie_pipeline import page
from movie_pipeline.analytics.next import Waiting
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.analytics.years import Year
from movie_pipeline.charts import Specifications, card_layout, drawing, png, theme
from movie_pipeline.charts.card import Card, Owner, all_time, of_year
from movie_pipeline.outside import files
from movie_pipeline.page.csv_files import films_sheet, letterboxd_sheet
from movie_pipeline.page.heading import Heading
from movie_pipeline.settings import Settings
from movie_pipeline.uploads.pages import name_of, page_of

FILMS, LETTERBOXD, CARD = "films.csv", "letterboxd-import.csv", "card.png"

#: The form and the palettes of each card, by what it adds to the card's name. A year has amber
#: where all time is light.
VARIANTS = {
    "": (card_layout.WIDE, theme.LIGHT, theme.AMBER),
    "-dark": (card_layout.WIDE, theme.DARK, theme.DARK),
    "-tall": (card_layout.TALL, theme.LIGHT, theme.AMBER),
    "-tall-dark": (card_layout.TALL, theme.DARK, theme.DARK),
}


def folder(settings: Settings, upload: str) -> Path:
    """The folder with the files beside the upload's page: pictures, sheets and the card."""
    return settings.pages / name_of(upload)


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
    path = page_of(settings, upload)
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


def card_names(year: int | None = None) -> list[str]:
    """The names of the card's files: of all time, or of a year."""
    return [f"card{f'-{year}' if year else ''}{variant}.png" for variant in VARIANTS]


def write_cards(
    settings: Settings,
    upload: str,
    numbers: Numbers,
    years: Sequence[Year],
    *,
    heading: Heading,
    notice: str | None,
    today: date,
) -> dict[str, str]:
    """Write the cards of all time and of each year, each in four variants.

    A card that already shows the same is not drawn again; one of a year that has no viewing any
    more is removed.

    Args:
        settings: For the data folder.
        upload: The partition key.
        numbers: The upload's numbers.
        years: Its years.
        heading: Whose films these are.
        notice: A notice to show with it, e.g. that only the sample answered.
        today: A year that isn't over on this day says so.

    Returns:
        The SVG of each wide, light card by its name, "all" or a year, the latest first.
    """
    owner = Owner(heading.person, heading.source, notice, drawing.can_draw)
    cards = [all_time(numbers, owner)]
    cards += [of_year(one, owner, today=today) for one in sorted(years, key=_latest)]
    beside, shown, kept = folder(settings, upload), dict[str, str](), set[Path]()
    for card in cards:
        for path, svg in _drawn(card, beside):
            kept.add(path)
            shown.setdefault(card.name, svg)
            _draw(path, svg)
    # The picture of all time as SVG, which scales.
    files.write(beside / Path(CARD).with_suffix(".svg"), shown["all"].encode())
    for path in beside.glob("card-*.png"):
        if path not in kept:
            path.unlink()
    return shown


def _latest(year: Year) -> int:
    return -year.year


def _drawn(card: Card, beside: Path) -> Iterator[tuple[Path, str]]:
    """The files of a card with their SVG."""
    of_all = card.name == "all"
    names = card_names(None if of_all else int(card.name))
    for name, (form, light, amber) in zip(names, VARIANTS.values(), strict=True):
        yield beside / name, card_layout.draw(card, form, light if of_all else amber)


def _draw(path: Path, svg: str) -> None:
    mark = png.mark_of(svg)
    with suppress(OSError), path.open("rb") as file:
        if png.is_marked(file.read(png.HEAD_BYTES), mark):
            return
    files.write(path, png.packed(drawing.to_png(svg), mark))
