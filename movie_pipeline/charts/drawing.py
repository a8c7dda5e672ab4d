"""Drawing: JavaScript's part of the charts, in a process of its own wherever it takes much memory.

What belongs here: calling vl-convert. What does not: what is drawn (`chart`), and keeping what need
not be made again (`specifications`, `movie_pipeline.page.bundle`). This file is also run as a
script by itself, so it imports nothing of ours.

V8, which works inside vl-convert, never gives memory back. It takes 1 to 3 kB for each row that it
draws: 50,000 films cost the process 170 MB, on top of all that a run holds by then. Compiling the
charts and bundling the page's JavaScript costs another 80 MB.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import vl_convert as vlc

LARGE_BYTES = 500_000
"""Specifications above this (some 10,000 films) are worth the second that a process costs."""

MANY = 2
"""Specifications more than this, one chart's, are compiled in a process of their own."""


class DrawingError(Exception):
    """What was asked of the renderer failed; the message is its last line."""


def draw(specification: str) -> str:
    """Return the SVG of a specification, the same wherever it is drawn.

    Args:
        specification: Vega as JSON, its data inlined.

    Raises:
        DrawingError: the process that drew it failed.
        ValueError: it could not be drawn in this one.
    """
    if len(specification) < LARGE_BYTES:
        return _svg(specification)
    return _apart("svg", specification)


def to_vega(specifications: Sequence[dict[str, Any]], vega_lite: str) -> list[dict[str, Any]]:
    """Compile Vega-Lite specifications to Vega, many of them in a process of its own.

    Args:
        specifications: Vega-Lite.
        vega_lite: Its version: ``6.1``.

    Raises:
        DrawingError: the process that compiled them failed.
        ValueError: one could not be compiled in this one.
    """
    text = json.dumps([vega_lite, *specifications])
    vega: list[dict[str, Any]] = json.loads(
        _apart("vega", text) if len(specifications) > MANY else _vega(text)
    )
    return vega


def bundle(snippet: str, vega_lite: str) -> str:
    """Return a script with all of Vega that it calls, bundled in a process of its own.

    Raises:
        DrawingError: the bundler failed.
    """
    return _apart("bundle", json.dumps([vega_lite, snippet]))


def _apart(work: str, text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", __file__, work],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise DrawingError(f"the charts could not be drawn: {lines[-1]}")
    return done.stdout


def _svg(text: str) -> str:
    # An empty list forbids every address: drawing never touches the network.
    return vlc.vega_to_svg(text, allowed_base_urls=[])


def _vega(text: str) -> str:
    vega_lite, *specifications = json.loads(text)
    return json.dumps([vlc.vegalite_to_vega(one, vl_version=vega_lite) for one in specifications])


def _bundle(text: str) -> str:
    vega_lite, snippet = json.loads(text)
    return vlc.javascript_bundle(snippet, vega_lite)


_WORK = {"svg": _svg, "vega": _vega, "bundle": _bundle}

if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.stdout.write(_WORK[sys.argv[1]](sys.stdin.read()))
