"""The layout of a card: its contents as an SVG, wide (a link's preview) or tall (a phone's screen).

What belongs here: sizes and places. What does not: what a card says (`card`), its colours
(`theme`), and making a PNG of it (`drawing`).

Only the renderer knows how wide a text is in the font it finds. Widths here are estimates for a
wide face (Noto Serif), so that nothing overlaps in another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor
from xml.etree import ElementTree as ET

import pandas as pd

from movie_pipeline.charts import theme
from movie_pipeline.charts.card import Card, Figure
from movie_pipeline.charts.sentences import Sentence
from movie_pipeline.charts.theme import Palette

ATTRIBUTION = "Data: TMDB, which does not endorse this"
FROM_SAMPLE = "From the sample catalogue, not TMDB"
_NARROW_LETTERS, _WIDE_LETTERS = frozenset("fijlrtI .,:;'’|()[]-"), frozenset("mwMWO@%—…QG")
_FIGURES = 4
#: How many em of its label fit beside the attribution.
_LABEL = 32
#: How wide the number and its unit are at most where figures stand beside them.
_BEHIND = 664
#: A frame of the strip that is wider than so many pixels is told apart by a gap of one; where no
#: film is rated, and so all frames have the same colour, narrower ones are too.
_GAP_FROM, _GAP_UNRATED = 5, 1
#: A star of height 1, as a path, since its font would be another than that of the number behind it;
#: and its height, as a part of the number's size.
_STAR_PATH = (
    "M.5 0 .618 .363 1 .363 .691 .588 .809 .951 .5 .727 .191 .951 .309 .588 0 .363 .382 .363Z"
)
_STAR = 0.46


@dataclass(frozen=True)
class Format:
    """A size, and what is where on it: pixels from the top left, and sizes of type.

    Attributes:
        width, height: The picture.
        side: The margin at either side.
        number: The size of the large number, and its baseline.
        unit: The size of its unit; where it has a line of its own, also that baseline.
        label: The size of the label at the top, and its baseline.
        strip: The top and the height of the strip.
        figure: The size of a number, and that of its words.
        sentence: The size of the sentences, their line height, the first baseline, and how many
            lines there are at most.
    """

    width: int
    height: int
    side: int
    number: tuple[int, int]
    unit: tuple[int, int | None]
    label: tuple[int, int]
    strip: tuple[int, int]
    figure: tuple[int, int]
    sentence: tuple[int, int, int, int]


WIDE = Format(
    width=1200,
    height=630,
    side=64,
    number=(190, 252),
    unit=(52, None),
    label=(22, 70),
    strip=(434, 196),
    figure=(54, 20),
    sentence=(33, 46, 338, 2),
)
TALL = Format(
    width=1080,
    height=1920,
    side=80,
    number=(430, 540),
    unit=(74, 656),
    label=(32, 140),
    strip=(716, 360),
    figure=(104, 31),
    sentence=(44, 60, 1618, 3),
)


def draw(card: Card, form: Format, colours: Palette) -> str:
    """Return a card as SVG, the same bytes for the same contents."""
    return _Drawing(card, form, colours).svg()


class _Drawing:
    """A card while it is drawn."""

    def __init__(self, card: Card, form: Format, colours: Palette) -> None:
        self._card, self._form, self._colours = card, form, colours
        self._root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")
        size = {"width": str(form.width), "height": str(form.height)}
        self._root.attrib |= size | {"viewBox": f"0 0 {form.width} {form.height}"}

    def svg(self) -> str:
        """Draw everything."""
        card, form, right = self._card, self._form, self._form.width - self._form.side
        ET.SubElement(self._root, "rect", width="100%", height="100%", fill=self._colours.ground)
        self._strip()
        self._number()
        figures = card.figures[:_FIGURES]
        below = FROM_SAMPLE if card.notice else ATTRIBUTION
        if form is WIDE:
            label = card.label if _spaced(card.label) <= _LABEL else card.short
            self._label((form.side, form.label[1]), label, form.label[0])
            self._figures_beside(figures)
            self._quiet((right, form.label[1]), below, 20).set("text-anchor", "end")
        else:
            self._label((form.side, form.label[1]), card.short, form.label[0])
            self._figures_below(figures)
            self._label((form.side, form.height - 92), card.source, 26)
            self._quiet((form.side, form.height - 50), below, 26)
        self._sentences()
        return ET.tostring(self._root, encoding="unicode")

    def _sentences(self) -> None:
        form = self._form
        size, height, top, most = form.sentence
        lines = _set(self._card.sentences, (form.width - 2 * form.side) / size, most)
        for place, line in enumerate(lines):
            text = self._serif((form.side, top + place * height), "", size, spaced=-0.01)
            for words, fact in line:
                fill = self._colours.ink if fact else self._colours.quiet
                ET.SubElement(text, "tspan", fill=fill).text = words

    def _number(self) -> None:
        """The large number, with its unit behind or below it."""
        card, form = self._card, self._form
        size, baseline = form.number
        unit, line = form.unit
        room = form.width - 2 * form.side if line else _BEHIND - unit * _em(card.unit)
        size = min(size, round(room / (0.92 * _em(card.number))))
        place = (form.side - round(size * 0.04), baseline)
        text = self._serif(place, card.number, size, spaced=-0.05)
        if line:
            fits = min(unit, round((form.width - 2 * form.side) / _em(card.since)))
            self._serif((form.side, line), card.since, fits).set("fill", self._colours.quiet)
        else:
            look = {"font-size": str(unit), "dx": "26", "letter-spacing": f"{-0.02 * unit:.1f}"}
            ET.SubElement(text, "tspan", look, fill=self._colours.quiet).text = card.unit

    def _figures_beside(self, figures: Sequence[Figure]) -> None:
        """Two columns of numbers that end at the right margin, as wide as their texts."""
        right = self._form.width - self._form.side
        for column in filter(None, (figures[1::2], figures[::2])):
            x = right - round(max(_wide(figure, *self._form.figure) for figure in column))
            for place, figure in enumerate(column):
                self._figure((x, 146 + 104 * place), figure)
            right = x - 40

    def _figures_below(self, figures: Sequence[Figure]) -> None:
        """Two columns of numbers that share the width."""
        form = self._form
        for place, figure in enumerate(figures):
            x = form.side + (place % 2) * (form.width - 2 * form.side + 40) // 2
            self._figure((x, 1228 + 198 * (place // 2)), figure)

    def _figure(self, place: tuple[int, int], figure: Figure) -> None:
        size, small = self._form.figure
        x, y = place
        self._quiet((x, y + round(small * 1.55)), figure.words, small)
        if figure.starred:
            star = round(size * _STAR)
            transform = f"translate({x} {y - star}) scale({star})"
            look = {"d": _STAR_PATH, "transform": transform, "fill": self._colours.quiet}
            ET.SubElement(self._root, "path", look)
            x += round(star * 1.25)
        text = self._serif((x, y), figure.value, size, spaced=-0.03)
        if figure.unit:
            half = {"font-size": str(size // 2), "fill": self._colours.quiet}
            ET.SubElement(text, "tspan", half).text = figure.unit

    def _strip(self) -> None:
        """The frames end to end: width is the runtime, colour the rating; a path for each step.

        Frames are whole pixels, which takes a third of the time.
        """
        form, strip = self._form, self._card.strip
        top, height = form.strip
        gap_from = _GAP_FROM if strip["rating"].notna().any() else _GAP_UNRATED
        x, total = 0.0, float(strip["minutes"].sum())
        paths: dict[int, list[str]] = {}
        for minutes, rating in zip(strip["minutes"], strip["rating"], strict=True):
            left, x = round(x), x + form.width * minutes / total
            width = round(x) - left
            width -= width > gap_from
            if width:
                frame = f"M{left} {top}h{width}v{height}h-{width}z"
                paths.setdefault(step_of(rating), []).append(frame)
        for step, frames in sorted(paths.items()):
            fill = self._colours.ramp[step - 1] if step else self._colours.none
            look = {"fill": fill, "shape-rendering": "crispEdges"}
            ET.SubElement(self._root, "path", look, d="".join(frames))

    def _label(self, place: tuple[int, int], words: str, size: int) -> None:
        """Words in capitals, spaced."""
        text = self._text(place, words.upper(), size)
        look = {"font-family": theme.NARROW, "fill": self._colours.quiet, "font-weight": "600"}
        text.attrib |= look | {"letter-spacing": f"{0.09 * size:.1f}"}

    def _serif(
        self, place: tuple[int, int], words: str, size: int, spaced: float = 0
    ) -> ET.Element:
        text = self._text(place, words, size)
        look = {"font-family": theme.SERIF, "fill": self._colours.ink}
        text.attrib |= look | {"letter-spacing": f"{spaced * size:.2f}"}
        return text

    def _quiet(self, place: tuple[int, int], words: str, size: int) -> ET.Element:
        text = self._text(place, words, size)
        text.attrib |= {"font-family": theme.FONT, "fill": self._colours.quiet}
        return text

    def _text(self, place: tuple[int, int], words: str, size: int) -> ET.Element:
        x, y = map(str, place)
        # Spaces at the ends of a `tspan` count.
        look = {"x": x, "y": y, "font-size": str(size), "xml:space": "preserve"}
        text = ET.SubElement(self._root, "text", look)
        text.text = words
        return text


def _wide(figure: Figure, size: int, small: int) -> float:
    star = 1.25 * _STAR if figure.starred else 0
    number = size * (star + _em(figure.value) + 0.5 * _em(figure.unit))
    return max(number, small * 1.02 * _em(figure.words))


def step_of(rating: float) -> int:
    """The step of a rating, 1 to 10; 0 without one."""
    return 0 if pd.isna(rating) else min(max(floor(rating * 2 + 0.5), 1), 10)


def _set(sentences: Iterable[Sentence], width: float, most: int) -> list[list[tuple[str, bool]]]:
    """Set sentences in lines of so many em; one that no longer fits is left out.

    A sentence begins a new line, unless it fits whole behind the one before it.
    """
    lines: list[list[tuple[str, bool]]] = []
    for sentence in sentences:
        words = [(word, fact) for text, fact in sentence for word in _words(text)]
        if lines and _long(lines[-1]) + _em(" ") + _long(words) <= width:
            lines[-1] += [(" ", False), *words]
            continue
        added: list[list[tuple[str, bool]]] = [[]]
        for word, fact in words:
            if added[-1] and _long(added[-1]) + _em(word.rstrip()) > width:
                added.append([])
            added[-1].append((word, fact))
        if len(lines) + len(added) <= most and all(_long(line) <= width for line in added):
            lines += added
    return lines


def _words(text: str) -> Iterable[str]:
    """The words of a text, each with the space behind it."""
    *before, last = text.split(" ")
    return [*(f"{word} " for word in before), *([last] if last else [])]


def _spaced(label: str) -> float:
    """About how wide a label is in capitals, in em."""
    return _em(label.upper()) + 0.09 * len(label)


def _long(line: Iterable[tuple[str, bool]]) -> float:
    return _em("".join(word for word, _ in line).rstrip())


def _em(text: str) -> float:
    """About how wide a text is, in em."""
    return sum(map(_advance, text))


def _advance(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return 0.32
    if letter in _WIDE_LETTERS:
        return 0.85
    if letter.isdigit():
        return 0.57
    if letter > "\u1100":  # East Asian scripts, and signs
        return 1.0
    return 0.68 if letter.isupper() else 0.56
