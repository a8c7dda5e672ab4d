"""Drawing: the JavaScript part of the charts, in a separate process.

What belongs here: that process (`renderer`) and the requests to it. What does not: what is drawn
(`chart`), and caching (`specifications`, `movie_pipeline.page.bundle`).

V8, which runs inside vl-convert, aborts its process on unexpected input; this would end a run
without a message. It also never releases memory: it takes 1 to 3 kB for each row that it draws, 170
MB for 50,000 films. So it gets a process of its own, which is started when there is something to
draw (0.1 s), lives as long as this one, and is replaced after a large piece of work.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

LARGE_BYTES = 500_000
"""Above this specification size (about 10,000 films), a new process is worth the memory saved."""

MANY = 2
"""The same, if more specifications than this are compiled at once (one chart has two)."""


class DrawingError(Exception):
    """The charts could not be drawn; the message says why."""


def draw(specification: str) -> str:
    """Return the SVG of a specification; it is the same on every machine.

    Args:
        specification: Vega as JSON, with its data inlined.

    Raises:
        DrawingError: it could not be drawn.
    """
    return _RENDERER.ask("svg", specification, last=len(specification) >= LARGE_BYTES)


def to_png(svg: str) -> bytes:
    """Return an SVG as PNG.

    Raises:
        DrawingError: it could not be drawn.
    """
    return base64.b64decode(_RENDERER.ask("png", svg))


def can_draw(text: str) -> bool:
    """Whether the renderer has a font for every character of a text.

    On a machine without fonts for Japanese, say, it draws a box for each character.

    Raises:
        DrawingError: it could not be asked.
    """
    return text.isascii() or not _RENDERER.ask("lacks", text)


def to_vega(specifications: Sequence[dict[str, Any]], vega_lite: str) -> list[dict[str, Any]]:
    """Compile Vega-Lite specifications to Vega.

    Args:
        specifications: Vega-Lite.
        vega_lite: Its version: ``6.1``.

    Raises:
        DrawingError: one could not be compiled.
    """
    asked = json.dumps([vega_lite, *specifications])
    text = _RENDERER.ask("vega", asked, last=len(specifications) > MANY)
    vega: list[dict[str, Any]] = json.loads(text)
    return vega


def bundle(snippet: str, vega_lite: str) -> str:
    """Return a script bundled with all parts of Vega that it calls.

    Raises:
        DrawingError: the bundler failed.
    """
    return _RENDERER.ask("bundle", json.dumps([vega_lite, snippet]), last=True)


class _Renderer:
    """The renderer process. It ends with this one; after a crash, the next request restarts it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, work: str, text: str, *, last: bool = False) -> str:
        """Send it some work and return the result; with ``last``, the process then ends.

        Raises:
            DrawingError: it failed or crashed.
        """
        with self._turn:
            process = self._process = self._process or _start()
            try:
                answer = _exchange(process, json.dumps([work, text]))
            except BaseException:  # interrupted: the next request must not get this answer
                process.kill()
                answer = ""
                raise
            finally:
                code = self._end() if last or not answer else 0
        if not answer:
            raise DrawingError(
                "the charts could not be drawn: the program that draws them crashed"
                f" ({_name_of(code)}). The films are stored; please report this."
            )
        done, result = json.loads(answer)
        if not done:
            raise DrawingError(f"the charts could not be drawn: {result}")
        return str(result)

    def _end(self) -> int:
        """End the process and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(BrokenPipeError), process:  # closes its input, which ends it, and waits
            pass
        return process.returncode


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).with_name("renderer.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # V8's crash output is addresses and may contain a title
        encoding="utf-8",
    )


def _exchange(process: subprocess.Popen[str], line: str) -> str:
    """Send it a line and return the line it answers; empty if it has ended."""
    if process.stdin is not None and process.stdout is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return process.stdout.readline()
    return ""


def _name_of(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


_RENDERER = _Renderer()
if hasattr(os, "register_at_fork"):  # a forked process must not use its parent's renderer
    os.register_at_fork(after_in_child=_RENDERER.__init__)  # type: ignore[misc]
