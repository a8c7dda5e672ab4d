"""The card: a film history in one picture of 1200 × 630 pixels, the size of link previews.

What belongs here: its layout. What does not: its numbers (`movie_pipeline.analytics`). It shows
only aggregates, no film titles, so that it can be shown to anyone.
"""

from math import floor
from xml.etree import ElementTree as ET

import pandas as pd

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import theme
from movie_pipeline.charts.overview import timed

WIDTH, HEIGHT = 1200, 630
GENRES = 6
_LEFT, _RIGHT, _BAR = 72, 660, 260


def card(numbers: Numbers, *, heading: str | None = None, notice: str | None = None) -> str:
    """Return the card as SVG, the same bytes for the same numbers.

    Args:
        numbers: The numbers of an upload.
        heading: Whose films these are, and where they come from.
        notice: A notice to show with it, e.g. that only the sample answered.
    """
    summary = numbers.summary
    root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}")
    root.attrib |= {"width": str(WIDTH), "height": str(HEIGHT), "font-family": theme.FONT}
    ET.SubElement(root, "rect", width="100%", height="100%", fill=theme.CARD)
    if heading:
        short = heading if len(heading) <= 60 else f"{heading[:59]}…"
        _text(root, (_LEFT, 56), short, 24, theme.QUIET)
    _text(root, (_LEFT, 112), numbers.noun.capitalize(), 30, theme.QUIET)
    serif = {"font_family": theme.SERIF}
    _text(root, (_LEFT - 4, 222), f"{numbers.watched:,}", 128, theme.INK, **serif)
    facts = [f"{summary['hours']:,.0f} hours{timed(numbers)}"] if summary["hours"] else []
    if summary["first_year"] is not None:
        facts.append(f"from {summary['first_year']} to {summary['last_year']}")
    if directors := summary["directors"]:
        facts.append(f"{directors:,} director{'s' * (directors > 1)}")
    for place, line in enumerate(facts):
        _text(root, (_LEFT, 278 + 44 * place), line, 30, theme.INK)
    if summary["rated"]:
        mean = f"★ {summary['mean_rating']:.2f}"
        _text(root, (_LEFT, 426), mean, 48, theme.MEASURE, **serif)
        rated = f"average of {summary['rated']:,} rating{'s' * (summary['rated'] > 1)}"
        _text(root, (_LEFT + 172, 426), rated, 26, theme.QUIET)
    _genres(root, numbers)
    _strip(root, numbers)
    source = f"{notice} · " if notice else ""
    _text(root, (_LEFT, 606), f"{source}Data: TMDB, which does not endorse this", 20, theme.QUIET)
    return ET.tostring(root, encoding="unicode")


def _genres(root: ET.Element, numbers: Numbers) -> None:
    """Draw the most frequent genres as bars, each with its share of the films."""
    rows, basis = numbers.of("genre").head(GENRES), numbers.basis("genre")
    for place, (genre, films) in enumerate(zip(rows["label"], rows["films"].tolist(), strict=True)):
        y = 132 + 54 * place
        name = genre if len(genre) <= 16 else f"{genre[:15]}…"
        _text(root, (_RIGHT + 130, y), name, 26, theme.INK, text_anchor="end")
        length = max(4, round(_BAR * films / int(rows["films"].iloc[0])))
        bar = {"x": _RIGHT + 150, "y": y - 26, "width": length, "height": 34, "rx": 5}
        ET.SubElement(root, "rect", {k: str(v) for k, v in bar.items()}, fill=theme.FILMS)
        _text(root, (_RIGHT + 164 + length, y), f"{films / basis:.0%}", 26, theme.QUIET)


def _strip(root: ET.Element, numbers: Numbers) -> None:
    """Draw all films end to end: width is their runtime, colour your rating."""
    x, total = 0.0, float(numbers.strip["minutes"].sum()) or 1.0
    for minutes, rating in numbers.strip.itertuples(index=False):
        step = None if pd.isna(rating) else min(max(floor(rating * 2 + 0.5), 1), 10)
        width = WIDTH * minutes / total
        frame = {"x": f"{x:.1f}", "y": "464", "width": f"{width * 0.9:.1f}", "height": "104"}
        ET.SubElement(root, "rect", frame, fill=theme.RAMP[step - 1] if step else theme.NONE)
        x += width


def _text(
    root: ET.Element, place: tuple[int, int], words: str, size: int, fill: str, **look: str
) -> None:
    x, y = map(str, place)
    attributes = {"x": x, "y": y, "font-size": str(size), "fill": fill}
    attributes |= {name.replace("_", "-"): value for name, value in look.items()}
    ET.SubElement(root, "text", attributes).text = words
