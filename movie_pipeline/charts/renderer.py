"""The renderer: runs vl-convert in a process of its own, which `drawing` starts as a script.

What belongs here: calling vl-convert. What does not: what is drawn (`chart`), and starting this
process (`drawing`). It is a standalone script, so it imports nothing of ours.

Each request is a line of JSON, ``[name, text]``, and so is each answer: ``[true, result]`` or
``[false, error]``.
"""

import base64
import json
import sys

import vl_convert as vlc


def _svg(specification: str) -> str:
    # An empty list forbids every address: drawing never uses the network.
    return vlc.vega_to_svg(specification, allowed_base_urls=[])


def _png(svg: str) -> str:
    return base64.b64encode(vlc.svg_to_png(svg)).decode()


def _vega(text: str) -> str:
    vega_lite, *specifications = json.loads(text)
    return json.dumps([vlc.vegalite_to_vega(one, vl_version=vega_lite) for one in specifications])


def _bundle(text: str) -> str:
    vega_lite, snippet = json.loads(text)
    return vlc.javascript_bundle(snippet, vega_lite)


_WORK = {"svg": _svg, "png": _png, "vega": _vega, "bundle": _bundle}

if __name__ == "__main__":
    for line in sys.stdin:
        name, text = json.loads(line)
        try:
            answer = [True, _WORK[name](text)]
        except ValueError as error:
            answer = [False, str(error)]
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
