"""The demo: runs the sample export against the sample catalogue and prints a short summary.

It always uses the sample, even when a key is set: it needs no network and gives everyone the same
page.
"""

import threading
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from movie_pipeline import sample, uploads
from movie_pipeline.commands.run_job import execute
from movie_pipeline.settings import Settings
from movie_pipeline.uploads import adding, persons
from movie_pipeline.warehouse.database import Warehouse

UPLOAD = persons.SAMPLE
_EXPORT = Path(sample.__file__).with_name(UPLOAD)
"""The package's own copy; in a clone, a link into `data/samples`."""

_NUMBERS = """
SELECT total_movies, matched, not_found - ignored, not_a_movie, watched,
       (SELECT label || ' (' || films || ')' FROM analytics.breakdowns
        WHERE upload = $upload AND dimension = 'genre' AND place = 1),
       (SELECT name || ' (' || films || ')' FROM analytics.people
        WHERE upload = $upload AND role = 'director' AND place = 1),
       mean_runtime
FROM analytics.summary WHERE upload = $upload
"""


def demo(settings: Settings, console: Console) -> int:
    """Run the demo, print the summary and the page's path, and return the exit code."""
    if not _is_there(settings):
        adding.add(_EXPORT.resolve(), settings.uploads, most_files=1)
    console.print(
        f"Running enrich_upload on {UPLOAD} against the bundled sample catalogue …", soft_wrap=True
    )
    began = time.monotonic()
    if not (made := settings.data / "bundle").exists():
        threading.Thread(target=_make, args=[made], daemon=True).start()
    result = execute(UPLOAD, settings, environment={"MOVIE_PIPELINE_SAMPLE": "1"})
    seconds = time.monotonic() - began
    if result.code or result.entry is None:
        console.print(f"The demo failed: {result.message}", markup=False)
        return result.code or 1
    with Warehouse.of(settings).reading() as connection:
        numbers = connection.execute(_NUMBERS, {"upload": UPLOAD}).fetchone() or (None,) * 8
    titles, identified, not_found, series, watched, genre, director, runtime = numbers
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, value in (
        ("titles", titles),
        ("identified", identified),
        ("not found", not_found),
        ("series", series),
        ("films watched", watched),
        ("top genre", genre or "–"),
        ("top director", director or "–"),
        ("average runtime", f"{runtime:.0f} min" if runtime else "–"),
        ("requests", result.entry.asked.get("requests", 0)),
        ("seconds", f"{seconds:.1f}"),
    ):
        table.add_row(name, str(value))
    console.print(table)
    console.print(f"The page: {result.entry.stored.page}", soft_wrap=True, markup=False)
    return 0


def _make(folder: Path) -> None:
    """Compile the charts and the page's JavaScript while the run does something else.

    They are made once per data folder. The run makes them itself, or waits, if it needs them first.
    """
    # Only the first demo needs these.
    from movie_pipeline import charts, page  # noqa: PLC0415
    from movie_pipeline.charts.drawing import DrawingError  # noqa: PLC0415

    with suppress(DrawingError, OSError):  # the run says why
        charts.compiled(charts.CHARTS, folder)
        page.bundle(folder)


def _is_there(settings: Settings) -> bool:
    """Whether the sample is there already; copying it again would count as a new arrival."""
    try:
        return uploads.content_hash(settings.uploads / UPLOAD) == uploads.content_hash(_EXPORT)
    except OSError:
        return False
