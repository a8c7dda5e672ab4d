"""The look of everything drawn: one palette, one font stack, one Vega configuration.

What belongs here: colours, fonts and the Vega-Lite `config` that every chart shares.
What does not: anything about a single chart (``charts/``) or the page's layout (``page/page.css``).

Marks and text are mid-tones, so that the same drawing is readable on light and dark backgrounds
(contrast of at least 3:1 with both for marks, 4.5:1 for text on the card). Blue and orange can be
distinguished with every common type of colour blindness (after Okabe and Ito, "Color Universal
Design", 2008).
"""

from typing import Any

#: Bars and all other numbers of films.
FILMS = "#3f82b8"
#: Ratings and averages: what is compared with the number of films.
MEASURE = "#c9711d"
#: Text that is a name or a number.
INK = "#2a3138"
#: Text that explains: axes, subtitles.
QUIET = "#626d77"
#: Grid lines.
LINE = "#dcdfe0"
#: The background card of a static picture; the UI's own background may be light or dark.
CARD = "#fbfaf7"

#: System fonts first; the Noto families have the scripts that those lack.
FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Noto Sans', 'Noto Sans CJK JP', sans-serif"
)

#: Width of a static picture in pixels.
CARD_WIDTH = 640
#: Maximum width in pixels of a name beside a bar; longer ones are cut with an ellipsis.
LABEL_LIMIT = 170
#: The same in terminal columns (East Asian characters take two), for static pictures.
LABEL_COLUMNS = 26


#: The vertical axis of a count. With ``tickMinStep`` alone, Vega still makes half steps, labelled
#: 1, 1, 2, 2; so for small counts there are only as many ticks as things.
COUNTS: dict[str, Any] = {
    "grid": True,
    "tickMinStep": 1,
    "tickCount": {"expr": "min(4, max(1, domain('y')[1]))"},
    "format": "d",
    "labelColor": QUIET,
}


def config(*, card: bool, aria: bool) -> dict[str, Any]:
    """Return the Vega-Lite configuration of every chart.

    Args:
        card: Draw on a card (for the UI) instead of a transparent background (for the page).
        aria: Describe every mark to screen readers, which is useless in an image.
    """
    return {
        "font": FONT,
        "background": CARD if card else "transparent",
        "padding": 18 if card else 0,
        "aria": aria,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": INK,
            "fontSize": 17,
            "fontWeight": 600,
            "subtitleColor": QUIET,
            "subtitleFontSize": 12,
            "subtitlePadding": 5,
            "offset": 14,
            "limit": 0,
        },
        "axis": {
            "domain": False,
            "ticks": False,
            "grid": False,
            "labelColor": INK,
            "labelFontSize": 12.5,
            "labelPadding": 7,
            # In pictures, names are already cut, see `movie_pipeline.charts.chart`.
            "labelLimit": 0 if card else LABEL_LIMIT,
            "titleColor": QUIET,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": LINE,
        },
        "axisX": {"labelColor": QUIET, "labelFontSize": 11.5},
        "scale": {"bandPaddingInner": 0.25, "bandPaddingOuter": 0.1},
        "bar": {"color": FILMS},
        "text": {"fontSize": 12.5, "color": INK},
        "rule": {"color": MEASURE, "strokeWidth": 2},
    }
