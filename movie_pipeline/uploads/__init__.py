"""Uploads: the files of the watched folder, the keys they go by, and whose they are.

What belongs here: names, keys, fingerprints and content hashes (`folder`), and what an upload's
name says of its owner (`persons`). What does not: reading a film list (`exports`), and which file
needs a run (`status.arrivals`).

Begin with `folder.scan`; what others need of that module is had from here.
"""

from movie_pipeline.uploads.folder import (
    ACCEPTED,
    SETTLE_SECONDS,
    Found,
    changed_at,
    content_hash,
    hidden,
    is_export_folder,
    is_passed_over,
    is_upload,
    key_of,
    parts_of,
    path_of,
    scan,
    size,
)

__all__ = [
    "ACCEPTED",
    "SETTLE_SECONDS",
    "Found",
    "changed_at",
    "content_hash",
    "hidden",
    "is_export_folder",
    "is_passed_over",
    "is_upload",
    "key_of",
    "parts_of",
    "path_of",
    "scan",
    "size",
]
