"""Drawing: JavaScript's part of the charts, in a process of its own.

What belongs here: that process (`renderer`), and what is asked of it. What does not: what is drawn
(`chart`), and keeping what need not be made again (`specifications`, `movie_pipeline.page.bundle`).

V8, which works inside vl-convert, aborts its process where it meets what it does not expect: of a
run that would be the end, without a word. And it never gives memory back: it takes 1 to 3 kB for
each row that it draws, 170 MB for 50,000 films. So it has a process, which is started when there
is something to draw (0.1 s), serves until the end, and is ended after a large piece of work.
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
"""After a specification above this (some 10,000 films) the memory is worth a new process."""

MANY = 2
"""After more specifications than this, one chart's, were compiled at once, so it is."""


class DrawingError(Exception):
    """The charts could not be drawn; the message says why."""


def draw(specification: str) -> str:
    """Return the SVG of a specification, the same wherever it is drawn.

    Args:
        specification: Vega as JSON, its data inlined.

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
    """Return a script with all of Vega that it calls.

    Raises:
        DrawingError: the bundler failed.
    """
    return _RENDERER.ask("bundle", json.dumps([vega_lite, snippet]), last=True)


class _Renderer:
    """The process, which ends with this one; one that crashed is started again for the next."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, work: str, text: str, *, last: bool = False) -> str:
        """Have it do some work; ``last``: and end.

        Raises:
            DrawingError: it could not, or it crashed.
        """
        with self._turn:
            process = self._process = self._process or _start()
            try:
                answer = _exchange(process, json.dumps([work, text]))
            except BaseException:  # interrupted: its answer must not become that of the next
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
        """End the process: its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(BrokenPipeError), process:  # closes its input, by which it ends, and waits
            pass
        return process.returncode


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).with_name("renderer.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # V8's last words are addresses, and may hold a title
        encoding="utf-8",
    )


def _exchange(process: subprocess.Popen[str], line: str) -> str:
    """Give it a line and return its answer's; empty where it has ended."""
    if process.stdin is not None and process.stdout is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return process.stdout.readline()
    return ""


def _name_of(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


_RENDERER = _Renderer()
if hasattr(os, "register_at_fork"):  # a forked process must not listen to its parent's
    os.register_at_fork(after_in_child=_RENDERER.__init__)  # type: ignore[misc]
