"""The look of everything drawn: one palette, one font stack, one Vega configuration.

What belongs here: colours, fonts and the Vega-Lite `config` that every chart shares.
What does not: anything about a single chart (``charts/``) or the page's layout (``page/page.css``).

Amber is you, teal is the public, grey is everything else. The pair stays apart with every common
type of colour blindness, and each is also named in words or told by its place. On the card, marks
have a contrast of at least 3:1, text 4.5:1; the page maps these colours to its own, for dark mode.
"""

from dataclasses import dataclass
from typing import Any

#: You: marks of your films and viewings.
FILMS = "#b96a16"
#: You, as text: ratings and averages.
MEASURE = "#9a4d00"
#: The public: TMDB's means.
PUBLIC = "#2f8f98"
#: Shades of one hue for little to much, such as half a star to five. Say "stronger", not "darker":
#: in dark mode the page turns them around.
RAMP = (
    *("#d3c2a8", "#d2bb98", "#d0b086", "#cda672", "#c89a5f"),
    *("#bf884a", "#b07234", "#9a5820", "#7d420f", "#5a2a04"),
)
#: What has no rating.
NONE = "#cfc7b8"
#: Text that is a name or a number.
INK = "#1b1814"
#: Text that explains: axes, subtitles.
QUIET = "#635b50"
#: Grid lines.
LINE = "#dcd5c7"
#: The background card of a static picture; the UI's own background may be light or dark.
CARD = "#fffdf8"


@dataclass(frozen=True)
class Palette:
    """The colours of a surface: `ground`, text (`ink`, `quiet`), and the steps of a rating."""

    ground: str
    ink: str
    quiet: str
    none: str
    ramp: tuple[str, ...]


LIGHT = Palette("#f6f3ec", INK, QUIET, NONE, RAMP)
DARK = Palette(
    *("#0f0e0d", "#f4efe6", "#a79d90", "#3b3732"),
    (
        *("#574a42", "#5f4c3d", "#684e39", "#735034", "#80542f"),
        *("#92602c", "#ac6c29", "#cf842f", "#f0ad55", "#ffe1ad"),
    ),
)
#: A year's surface, the same in both modes. Its low steps are one: they'd melt into the ground.
AMBER = Palette(
    *("#e9a544", "#1a1206", "#4b350d", "#d9942f"),
    ("#d08c2c",) * 5 + ("#b9741f", "#985713", "#74400b", "#4e2a05", "#1f1001"),
)

#: System fonts first; the Noto families have the scripts that those lack. `system-ui` comes last,
#: since it is a wide face on bare Linux.
FONT = (
    "-apple-system, 'Segoe UI', Roboto, Cantarell, 'Helvetica Neue', 'Noto Sans', "
    "'Liberation Sans', Arial, 'Noto Sans CJK JP', system-ui, sans-serif"
)

#: Large statements, on the page and the card. The renderer of pictures brings a sans serif face; on
#: a machine without fonts, it would draw nothing in another.
SERIF = (
    "'Iowan Old Style', 'Palatino Linotype', Palatino, P052, 'URW Palladio L', 'Book Antiqua',"
    " Georgia, 'Noto Serif', 'Liberation Serif', serif, sans-serif"
)

#: Small capitals and labels on cards and the pages.
NARROW = (
    "'Avenir Next Condensed', 'Bahnschrift SemiCondensed', 'Roboto Condensed',"
    f" 'Nimbus Sans Narrow', 'Liberation Sans Narrow', 'Arial Narrow', {FONT}"
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
        "legend": {"labelColor": QUIET, "labelFontSize": 11.5, "symbolSize": 120, "padding": 0},
        "axisX": {"labelColor": QUIET, "labelFontSize": 11.5},
        "scale": {"bandPaddingInner": 0.25, "bandPaddingOuter": 0.1},
        "bar": {"color": FILMS},
        "text": {"fontSize": 12.5, "color": INK},
        "rule": {"color": MEASURE, "strokeWidth": 2},
    }
