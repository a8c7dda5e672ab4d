"""The renderer: runs vl-convert in a process of its own, which `drawing` starts as a script.

What belongs here: calling vl-convert. What does not: what is drawn (`chart`), and starting this
process (`drawing`). It is a standalone script, so it imports nothing of ours.

Each request is a line of JSON, ``[name, text]``, and so is each answer: ``[true, result]`` or
``[false, error]``.
"""

import base64
import json
import sys
from functools import cache

import vl_convert as vlc


def _svg(specification: str) -> str:
    # An empty list forbids every address: drawing never uses the network.
    return vlc.vega_to_svg(specification, allowed_base_urls=[])


def _png(svg: str) -> str:
    return base64.b64encode(vlc.svg_to_png(svg)).decode()


@cache
def _glyph(character: str) -> bytes:
    look = 'x="10" y="30" font-size="20" font-family="serif, sans-serif"'
    text = f"<text {look}>&#{ord(character)};</text>"
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">{text}</svg>'
    return bytes(vlc.svg_to_png(picture))


def _lacks(text: str) -> str:
    """The characters that are drawn as one is that no font has (the last of a private area)."""
    none = _glyph("\U0010fffd")
    return "".join(c for c in dict.fromkeys(text) if not c.isascii() and _glyph(c) == none)


def _vega(text: str) -> str:
    vega_lite, *specifications = json.loads(text)
    return json.dumps([vlc.vegalite_to_vega(one, vl_version=vega_lite) for one in specifications])


def _bundle(text: str) -> str:
    vega_lite, snippet = json.loads(text)
    return vlc.javascript_bundle(snippet, vega_lite)


_WORK = {"svg": _svg, "png": _png, "lacks": _lacks, "vega": _vega, "bundle": _bundle}

if __name__ == "__main__":
    for line in sys.stdin:
        name, text = json.loads(line)
        try:
            answer = [True, _WORK[name](text)]
        except ValueError as error:
            answer = [False, str(error)]
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
