"""Reading the film lists that people export from Letterboxd, IMDb, Trakt and others.

What belongs here: everything between a file on disk and tables of films, viewings and rejected
lines. It is pure: no Dagster, no network, no database, and it writes nothing. What does not: which
film a line means (`matching`), where the tables go (`warehouse`).

Begin with ``reading``, or with a module of ``formats`` to add an exporter.

The modules, in the order in which a file passes through them:

- ``limits``    how much of an upload is read at most, and how refusals are worded
- ``archives``  turns a file, a ZIP or a folder into named members and selects those to open
- ``contents``  what the bytes are: text in some encoding, or an Excel workbook, a PDF, …
- ``tables``    splits text into records; a broken line does not affect the others
- ``headings``  what a heading says, and telling headings from data
- ``headless``  lists without a header
- ``histories`` viewing histories whose header does not tell
- ``documents`` splits JSON into items, and presents them as a table
- ``formats``   one module per exporter: what it recognises, what its columns mean
- ``survey``    what can only be learnt from whole columns
- ``columns``   the converters for the columns of a recognised table
- ``sections``  reads the lines of a table with its columns
- ``scales``    the scale of a column of ratings
- ``values``, ``marks``, ``dates``, ``title_types``, ``programs``  the value of one cell
- ``films``, ``viewings``  turn lines into distinct films and dated viewings
- ``reading``   runs all of these in order

**The four fates.** Every data line of an opened file has exactly one, and the four add up to the
lines read (blank lines, headers and preambles are not data lines):

- *rejected*: it could not be read as a film; it is listed in ``rejected`` with a reason,
- else *viewing*: it added a row to ``viewings``, whether or not its film was new,
- else *film*: it added a row to ``films``,
- else *merged*: its film (and its viewing, if it is dated) had been read before.

A file of an export that cannot be read at all (a picture named watched.csv) is one rejected line.

To add an exporter, put a module into ``formats/``; nothing else needs to change.
"""

from movie_pipeline.exports.export import Export, FileReport
from movie_pipeline.exports.limits import Limits, UnreadableExport
from movie_pipeline.exports.reading import read_export
from movie_pipeline.exports.title_types import NOT_A_MOVIE

__all__ = ["NOT_A_MOVIE", "Export", "FileReport", "Limits", "UnreadableExport", "read_export"]
