"""SVG: reduces Vega's SVG to a third of its bytes without changing the picture.

What belongs here: removing what no SVG from Vega needs. What does not: what is drawn.

Each byte of a picture takes three in Dagster's storage, which stores an event in several places.
Vega writes numbers with fifteen digits, names its groups for scripts, and repeats every attribute
on every mark. So numbers get one decimal place, names are removed, and attributes shared by most
children of a group are moved to the group (SVG 2, 6.6: presentation attributes are inherited). The
outlines of countries get relative coordinates, without points too close to tell apart, and dots
that look the same become one path.
"""

import re
from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree as ET

_SVG = "http://www.w3.org/2000/svg"
_G, _PATH, _TEXT = (f"{{{_SVG}}}{name}" for name in ("g", "path", "text"))
#: For scripts and screen readers; in an image, neither can reach them.
_USELESS = ("class", "role", "aria-hidden", "aria-roledescription", "aria-label", "pointer-events")
#: Defaults that Vega writes although they change nothing.
_DEFAULTS = {
    "opacity": "1",
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "transform": "translate(0,0)",
}
#: Attributes that children inherit from their group and that a group itself does not use.
_INHERITED = (
    *("fill", "stroke", "stroke-width"),
    *("font-size", "font-weight", "font-style", "text-anchor"),
)
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")
#: A path of polygons with several corners, with absolute coordinates.
_OUTLINE = re.compile(r"(M[-\d.]+,[-\d.]+(L[-\d.]+,[-\d.]+){2,}Z)+")
#: Pixels between two corners of an outline.
_APART = 3.0
_MOVED = re.compile(r"translate\(([-\d.]+),([-\d.]+)\)")
#: A circle around the point that it is moved to.
_DOT = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0Z?")
_NUMERIC = ("d", "transform", "x", "y", "width", "height", "viewBox", "x1", "x2", "y1", "y2")


def minified(svg: str) -> str:
    """Return the picture in fewer bytes; it looks the same.

    Args:
        svg: The SVG that vl-convert drew.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314 - we have just drawn it
    for element in root.iter():
        for name in _USELESS:
            element.attrib.pop(name, None)
        for name, value in _DEFAULTS.items():
            if element.get(name) == value:
                del element.attrib[name]
        for name in _NUMERIC:
            if name in element.attrib:
                element.set(name, _NUMBER.sub(_rounded, element.attrib[name]))
        if element.tag == _TEXT:
            _place(element)
        if element.tag == _PATH and _OUTLINE.fullmatch(element.get("d", "")):
            element.set("d", _outline(element.attrib["d"]))
    _set_typeface(root)
    _drop_unseen(root)
    _gather(root)
    _hoist(root)
    _unwrap(root)
    return ET.tostring(root, encoding="unicode")


def _outline(path: str) -> str:
    """Write the corners of polygons relative to the one before, and only those apart from it."""
    rings = []
    for ring in path.strip("MZ").split("ZM"):
        corners = [tuple(map(float, corner.split(","))) for corner in ring.split("L")]
        kept = corners[:1]
        for corner in corners[1:]:
            if max(abs(a - b) for a, b in zip(corner, kept[-1], strict=True)) >= _APART:
                kept.append(corner)
        if len(kept) > 2:
            steps = [
                " ".join(f"{b - a:.1f}".removesuffix(".0") for a, b in zip(*pair, strict=True))
                for pair in pairwise(kept)
            ]
            rings.append(f"M{kept[0][0]:g} {kept[0][1]:g}l{' '.join(steps)}z")
    return re.sub(r"(?<!\d)0\.", ".", "".join(rings)).replace(" -", "-")


def _place(text: ET.Element) -> None:
    """Write the position of a text in fewer characters."""
    moved = _MOVED.fullmatch(text.get("transform", ""))
    if moved and not {"x", "y"} & text.attrib.keys() and not len(text):
        del text.attrib["transform"]
        text.attrib |= {"x": moved[1], "y": moved[2]}


def _rounded(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.1f}"
    return "0" if text in ("0.0", "-0.0") else text.removesuffix(".0")


def _set_typeface(root: ET.Element) -> None:
    """Set the typeface once, on the root; repeated on all texts, it is a quarter of the bytes."""
    for element in root.iter():
        if family := element.attrib.pop("font-family", None):
            root.set("font-family", family)


def _drop_unseen(parent: ET.Element) -> None:
    """Remove marks without a colour, and empty groups."""
    for child in list(parent):
        _drop_unseen(child)
        colourless = child.get("fill", "none") == "none" and child.get("stroke", "none") == "none"
        empty = not len(child) and (child.tag == _G or (child.tag == _TEXT and not child.text))
        if empty or child.get("display") == "none" or (child.tag == _PATH and colourless):
            parent.remove(child)


def _gather(parent: ET.Element) -> None:
    """Draw the dots of a group that look the same as one path: points with round ends."""
    alike: dict[tuple[str, str], list[ET.Element]] = {}
    for child in parent:
        _gather(child)
        if child.attrib.keys() - {"stroke-width"} == {"d", "transform", "fill"} and _DOT.fullmatch(
            child.attrib["d"]
        ):
            alike.setdefault((child.attrib["d"], child.attrib["fill"]), []).append(child)
    for (shape, fill), dots in alike.items():
        moved = [_MOVED.fullmatch(dot.attrib["transform"]) for dot in dots]
        if len(dots) < 2 or None in moved:
            continue
        for dot in dots[1:]:
            parent.remove(dot)
        places = "".join(f"M{one[1]} {one[2]}h0" for one in moved if one)
        width = f"{2 * float(shape[1 : shape.index(',')]):g}"
        line = {"stroke": fill, "stroke-width": width, "stroke-linecap": "round"}
        dots[0].attrib.clear()
        dots[0].attrib |= {"d": places, **line}


def _unwrap(parent: ET.Element) -> None:
    """Replace groups without attributes by their children."""
    children: list[ET.Element] = []
    for child in parent:
        _unwrap(child)
        children += child if child.tag == _G and not child.attrib else [child]
    parent[:] = children


def _hoist(parent: ET.Element) -> None:
    """Move the most common value of an attribute to the group, if all its children have one."""
    for child in parent:
        _hoist(child)
    if parent.tag != _G or not len(parent):
        return
    for name in _INHERITED:
        values = Counter(child.get(name) for child in parent)
        if None in values or parent.get(name, "none") != "none":
            continue
        value, _ = values.most_common(1)[0]
        parent.set(name, str(value))
        for child in parent:
            if child.get(name) == value:
                del child.attrib[name]
