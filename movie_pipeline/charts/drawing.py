"""Drawing: a Vega-Lite specification becomes an SVG, a large one in a process of its own.

What belongs here: calling vl-convert. What does not: what is drawn (`chart`). This file is also
run as a script by itself, so it imports nothing of ours.

V8, which draws inside vl-convert, takes 1 to 3 kB for each row and never gives it back: 50,000
films cost the process 170 MB, on top of all that a run holds by then.
"""

import subprocess
import sys

import vl_convert as vlc

LARGE_BYTES = 500_000
"""Specifications above this (some 10,000 films) are worth the second that a process costs."""


class DrawingError(Exception):
    """The specification could not be drawn; the message is the renderer's last line."""


def draw(specification: str, vl_version: str) -> str:
    """Return the SVG of a specification, the same wherever it is drawn.

    Args:
        specification: Vega-Lite as JSON, its data inlined.
        vl_version: The Vega-Lite version it is written for, as vl-convert names it ("6.4").

    Raises:
        DrawingError: the process that drew it failed.
        ValueError: it could not be drawn in this one.
    """
    if len(specification) < LARGE_BYTES:
        return _svg(specification, vl_version)
    drawn = subprocess.run(
        [sys.executable, "-I", __file__, vl_version],
        input=specification,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if drawn.returncode:
        lines = drawn.stderr.strip().splitlines() or [f"exit code {drawn.returncode}"]
        raise DrawingError(f"a chart could not be drawn: {lines[-1]}")
    return drawn.stdout


def _svg(specification: str, vl_version: str) -> str:
    # An empty list forbids every address: drawing never touches the network.
    return vlc.vegalite_to_svg(specification, vl_version=vl_version, allowed_base_urls=[])


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.stdout.write(_svg(sys.stdin.read(), sys.argv[1]))
