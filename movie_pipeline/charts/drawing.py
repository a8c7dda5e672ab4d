"""Drawing: a Vega specification becomes an SVG, a large one in a process of its own.

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
    drawn = subprocess.run(
        [sys.executable, "-I", __file__],
        input=specification,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if drawn.returncode:
        lines = drawn.stderr.strip().splitlines() or [f"exit code {drawn.returncode}"]
        raise DrawingError(f"a chart could not be drawn: {lines[-1]}")
    return drawn.stdout


def _svg(specification: str) -> str:
    # An empty list forbids every address: drawing never touches the network.
    return vlc.vega_to_svg(specification, allowed_base_urls=[])


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.stdout.write(_svg(sys.stdin.read()))
