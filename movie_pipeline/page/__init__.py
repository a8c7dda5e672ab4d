"""The page: one interactive HTML file for each upload, and the files beside it.

What belongs here: building the page (`document`, with its templates, scripts and styles), how it
stores films (`columns`), the CSV files and the picture beside it (`publication`), and the films of
a selection. What does not: the charts, which are used unchanged from `charts`.

Begin with `document.build`; other rooms import from this module.
"""

from movie_pipeline.page.bundle import bundle
from movie_pipeline.page.document import NO_FILMS, SCRIPTS, build

__all__ = [
    "NO_FILMS",
    "SCRIPTS",
    "build",
    "bundle",
]
