"""The card: a film history in one picture of 1200 × 630 pixels, the size of link previews.

What belongs here: its layout. What does not: its numbers (`overview.numbers`). It shows only
aggregates, no titles and no name of the upload, so that it can be shown to anyone.
"""

from collections import Counter
from itertools import chain
from xml.etree import ElementTree as ET

import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.films import Counted, count
from movie_pipeline.charts.overview import numbers

WIDTH, HEIGHT = 1200, 630
GENRES = 6
_LEFT, _RIGHT, _BAR = 72, 660, 260


def card(films: pd.DataFrame | Counted, *, notice: str | None = None) -> str:
    """Return the card as SVG, the same bytes for the same films.

    Args:
        films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
        notice: A notice to show with it, e.g. that only the sample answered.
    """
    counted = count(films)
    figures = numbers(counted)
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}")
    root.attrib |= {"width": str(WIDTH), "height": str(HEIGHT), "font-family": theme.FONT}
    ET.SubElement(root, "rect", width="100%", height="100%", fill=theme.CARD)
    ET.SubElement(root, "rect", width="14", height="100%", fill=theme.FILMS)
    _text(root, (_LEFT, 92), counted.noun.capitalize(), 30, theme.QUIET)
    _text(root, (_LEFT, 212), f"{figures.films:,}", 128, theme.INK, font_weight="600")
    facts = [f"{figures.hours:,.0f} hours"] if figures.hours else []
    if figures.first_year is not None:
        facts.append(f"from {figures.first_year} to {figures.last_year}")
    if people := {*chain(*counted.films["director_ids"])}:
        facts.append(f"{len(people):,} director{'s' * (len(people) > 1)}")
    for place, line in enumerate(facts):
        _text(root, (_LEFT, 296 + 56 * place), line, 40, theme.INK)
    if figures.mean_rating is not None:
        _text(
            root, (_LEFT, 510), f"★ {figures.mean_rating:.2f}", 60, theme.MEASURE, font_weight="600"
        )
        rated = f"mean of {figures.rated:,} rating{'s' * (figures.rated > 1)}"
        _text(root, (_LEFT + 220, 508), rated, 28, theme.QUIET)
    _genres(root, counted)
    source = f"{notice} · " if notice else ""
    _text(root, (_LEFT, 588), f"{source}Data: TMDB, which does not endorse this", 20, theme.QUIET)
    return ET.tostring(root, encoding="unicode")


def _genres(root: ET.Element, counted: Counted) -> None:
    """Draw the most frequent genres as bars, each with its share of the films."""
    genres = Counter(chain(*counted.films["genres"]))
    ranked = sorted(genres.items(), key=lambda one: (-one[1], one[0]))[:GENRES]
    for place, (genre, films) in enumerate(ranked):
        y = 150 + 62 * place
        name = genre if len(genre) <= 16 else f"{genre[:15]}…"
        _text(root, (_RIGHT + 130, y), name, 26, theme.INK, text_anchor="end")
        length = max(4, round(_BAR * films / ranked[0][1]))
        bar = {"x": _RIGHT + 150, "y": y - 26, "width": length, "height": 34, "rx": 5}
        ET.SubElement(root, "rect", {k: str(v) for k, v in bar.items()}, fill=theme.FILMS)
        share = f"{films / len(counted.films):.0%}"
        _text(root, (_RIGHT + 164 + length, y), share, 26, theme.QUIET)


def _text(
    root: ET.Element, place: tuple[int, int], words: str, size: int, fill: str, **look: str
) -> None:
    x, y = map(str, place)
    attributes = {"x": x, "y": y, "font-size": str(size), "fill": fill}
    attributes |= {name.replace("_", "-"): value for name, value in look.items()}
    ET.SubElement(root, "text", attributes).text = words
