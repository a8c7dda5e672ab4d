"""Viewing histories that look like any table of a title and a day.

What belongs here: telling them from lists, where a plain date is the day of logging. What does not:
tables whose header tells (``formats``).
"""

import io
import re
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath

from movie_pipeline.exports.formats.netflix import HISTORY
from movie_pipeline.exports.programs import program
from movie_pipeline.exports.tables import Dialect, Records

_NAME = re.compile(
    r"netflix|(?:viewing|watch|streaming)[ _-]?(?:history|activity)|verlauf|historique|historial",
    re.IGNORECASE,
)
_SAMPLE = 500  # records
_FEWEST = 0.02  # of the titles name the season of a series


def as_history(dialect: Dialect, head: str, path: PurePosixPath, line_chars: int) -> Dialect:
    """Take a table of titles and days for a viewing history if its name or its titles say so."""
    mapping = dialect.mapping
    if mapping.keys() != {"title", "logged_on"} or len(dialect.header) != 2:
        return dialect
    if not _NAME.search(path.name):
        records = Records(io.StringIO(head), dialect.separator, line_chars)
        titles = [row[1][mapping["title"]] for row in islice(records, _SAMPLE) if len(row[1]) == 2]
        parts = sum(program(title)[1] is not None for title in titles)
        if parts < max(1, _FEWEST * len(titles)):
            return dialect
    columns = {"program": mapping["title"], "watched_on": mapping["logged_on"]}
    return replace(dialect, format=HISTORY, mapping=columns)
