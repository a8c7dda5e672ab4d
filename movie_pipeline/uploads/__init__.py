"""Uploads: the files in the watched folder, their keys, and the person each belongs to.

What belongs here: names, keys, fingerprints and content hashes (`folder`), whether a program is
writing to a file (`writers`), copying files into the watched folder (`adding`), and what an
upload's name says about its owner (`persons`). What does not: reading a film list (`exports`), and
deciding which file needs a run (`status.arrivals`).

Begin with `folder.scan`; other rooms import what they need of that module from here.
"""

from movie_pipeline.uploads.folder import (
    ACCEPTED,
    SETTLE_SECONDS,
    SETTLE_UNWRITTEN_SECONDS,
    Found,
    changed_at,
    content_hash,
    hidden,
    is_export_folder,
    is_passed_over,
    is_upload,
    key_of,
    key_typed,
    parts_of,
    path_of,
    scan,
    size,
)

__all__ = [
    "ACCEPTED",
    "SETTLE_SECONDS",
    "SETTLE_UNWRITTEN_SECONDS",
    "Found",
    "changed_at",
    "content_hash",
    "hidden",
    "is_export_folder",
    "is_passed_over",
    "is_upload",
    "key_of",
    "key_typed",
    "parts_of",
    "path_of",
    "scan",
    "size",
]
