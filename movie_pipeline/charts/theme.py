"""How everything drawn looks: one palette, one typeface stack, one Vega configuration.

What belongs here: colours, fonts and the Vega-Lite `config` that every chart shares.
What does not: anything about a single chart (``charts/``) or the page's layout (``page/page.css``).

Marks and text are mid-tones, so that the same drawing reads on a light and on a dark background
(contrast with both at least 3:1 for marks, 4.5:1 for text on the card). Blue and orange are told
apart with every common colour blindness (after Okabe and Ito, "Color Universal Design", 2008).
"""

from typing import Any

#: Bars and everything that is a number of films.
FILMS = "#3f82b8"
#: Ratings, averages: what is set against the films.
MEASURE = "#c9711d"
#: Text that carries a name or a number.
INK = "#2a3138"
#: Text that explains: axes, subtitles.
QUIET = "#626d77"
#: Grid lines.
LINE = "#dcdfe0"
#: The card that a standing chart is drawn on; the UI's own background may be light or dark.
CARD = "#fbfaf7"

#: System fonts first; the Noto families carry the scripts that those lack.
FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Noto Sans', 'Noto Sans CJK JP', sans-serif"
)

#: Pixels of a standing picture's width.
CARD_WIDTH = 640
#: Pixels that a name may take beside a bar before it is cut with an ellipsis.
LABEL_LIMIT = 170
#: The same in columns of a terminal (East Asian characters take two), for standing pictures.
LABEL_COLUMNS = 26


#: The upright axis of a number of things. Vega's ``tickMinStep`` alone lets it have halves, which
#: would be labelled 1, 1, 2, 2: of few things there are as many steps as things.
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
        card: Draw on a card of its own (the UI), else on a transparent ground (the page).
        aria: Describe every single mark to screen readers; an image has no use for it.
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
            # The pictures' names are cut beforehand, see `movie_pipeline.charts.chart`.
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
