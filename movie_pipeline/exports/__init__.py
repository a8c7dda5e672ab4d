"""Reading the film lists that people export from Letterboxd, IMDb, Trakt and others.

What belongs here: everything between a file on disk and tables of films, viewings and rejected
lines. It is pure: no Dagster, no network, no database, nothing is written anywhere. What does not:
which film a line means (`matching`), where the tables go (`warehouse`).

Begin with ``reading``, or with a module of ``formats`` if an exporter is to be added.

The rooms, in the order in which a file passes through them:

- ``limits``    how much of an upload is read at most, and how a refusal is worded
- ``archives``  a file, a ZIP or a folder becomes named members; which of them are opened
- ``contents``  what the bytes are: text in which encoding, or an Excel workbook, a PDF, …
- ``tables``    text becomes records, one broken line costing only itself
- ``headless``  lists without a header
- ``documents`` the same for JSON
- ``formats``   one module per exporter: what it recognises, what its columns mean
- ``survey``    what only whole columns tell
- ``columns``   the columns of a recognised table: converters
- ``sections``  the lines of a table, read with its columns
- ``scales``    what the best rating of a column is
- ``values``, ``dates``, ``title_types``  what stands in one cell
- ``films``, ``viewings``  lines become distinct films and dated viewings
- ``reading``   the path through all of these

**The four fates.** Every data line of an opened file has exactly one, and the four add up to the
lines read (blank lines, headers and preambles are no data lines):

- *rejected*: it could not be read as a film; it stands in ``rejected`` with a reason,
- else *viewing*: it made a row of ``viewings``, whether or not its film was new,
- else *film*: it made a row of ``films``,
- else *merged*: its film (and its viewing, if it is dated) had been read before.

A file of an export that cannot be read at all (a picture named watched.csv) is one rejected line.

To add an exporter, put a module into ``formats/``; nothing else needs to know of it.
"""

from movie_pipeline.exports.export import Export, FileReport
from movie_pipeline.exports.limits import Limits, UnreadableExport
from movie_pipeline.exports.reading import read_export
from movie_pipeline.exports.title_types import NOT_A_MOVIE

__all__ = ["NOT_A_MOVIE", "Export", "FileReport", "Limits", "UnreadableExport", "read_export"]
