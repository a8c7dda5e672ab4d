"""The result of reading an upload.

What belongs here: the shapes that the rest of the project builds on. What does not: how they are
made.
"""

from dataclasses import dataclass, field

import pandas as pd


@dataclass
class FileReport:
    """How one opened file was understood.

    Attributes:
        name: Its path in the archive or folder, else the upload's name.
        format: The detected format, e.g. ``letterboxd diary``; "" if the file could not be read.
        encoding: utf-8, utf-8-sig, utf-16-le, windows-1252, …
        separator: Between cells; "" for JSON.
        mapping: Canonical field to the file's own header.
        confidence: In the format, 0 to 1.
        lines: Data lines read = rejected + viewings + films + merged.
        notes: What the user should know, e.g. about ambiguous dates.
    """

    name: str
    format: str = ""
    encoding: str = ""
    separator: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    confidence: float = 0.0
    lines: int = 0
    rejected: int = 0
    viewings: int = 0
    films: int = 0
    merged: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Export:
    """The content of one upload.

    Attributes:
        films: One row per distinct film. row_number Int64 (1 to n by first appearance),
            source_format str, title str, year Int64, original_title str, imdb_id str
            (tt + at least 7 digits), export_tmdb_id Int64 (of a series, if the title type says
            so), letterboxd_uri str, title_type str (see `title_types`), directors list[str],
            runtime_minutes Int64, rating float64 (0.5 to 5), rated_on date (the day of that
            rating, if the export gives one), liked boolean, seen boolean, logged_on date,
            watched_on date (the latest viewing), watch_count Int64 (of dated
            viewings, or more if the export says so; never 0), tags
            list[str], in_lists list[str], watchlisted boolean. Unknown values are None, NA or NaN;
            unknown lists are empty (all empty lists are the same object: do not change lists in
            place).
        viewings: One row per dated viewing. row_number Int64, watched_on date, rating float64,
            rewatch boolean, tags list[str].
        rejected: One row per rejected line. file str, line Int64 (in JSON the item's number, 0
            for the file as a whole), reason str, text str (at most 200 characters; empty or a
            remark if it could contain text of columns that are not read).
        files: One report per opened file, in the order of reading.
        unopened: Names of the files that were not opened.
    """

    films: pd.DataFrame
    viewings: pd.DataFrame
    rejected: pd.DataFrame
    files: list[FileReport]
    unopened: list[str]
