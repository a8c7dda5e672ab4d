"""The page: one interactive HTML file for each upload, and the files beside it.

What belongs here: putting the page together (`document`, with its templates, scripts and styles),
the films as it carries them (`columns`), CSV files and the picture beside it (`publication`), and
the films of a selection. What does not: charts, which are drawn from `charts` as they are.

Begin with `document.build`; what others need of it is had from here.
"""

from movie_pipeline.page.bundle import bundle
from movie_pipeline.page.document import NO_FILMS, NOTHING_MATCHED, SCRIPTS, build

__all__ = [
    "NOTHING_MATCHED",
    "NO_FILMS",
    "SCRIPTS",
    "build",
    "bundle",
]
