"""Letterboxd: the ZIP from its settings page, each of its CSVs, lists, and its import format.

The link on a diary or review line is the entry's, never the film's. Watched, watchlist and likes
have the same header, so they are told apart by file name. Many tables have a title and a Watched
Date, so a table counts as the import format only if it has no other columns than that format's.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Layout, Source, TableFormat, names, source_by_name

_FILM = {
    "title": ("Name", "Title"),
    "year": ("Year",),
    "letterboxd_uri": ("Letterboxd URI",),
    "logged_on": ("Date",),
}
_ENTRY = {
    "title": ("Name", "Title"),
    "year": ("Year",),
    "entry": ("Letterboxd URI",),
    "logged_on": ("Date",),
    "rating": ("Rating",),
    "rewatch": ("Rewatch",),
    "tags": ("Tags",),
    "watched_on": ("Watched Date",),
}


def _films(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del preamble
    return source_by_name(path)


def _ratings(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del path, preamble
    return Source(rating_rank=2)


def _list(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    """Take the list's name from the row below the preamble's header, else from the file name."""
    for header, row in pairwise(preamble):
        if "Name" in header and len(row) > (index := header.index("Name")) and row[index].strip():
            return Source(seen=False, in_list=row[index].strip())
    return Source(seen=False, in_list=path.stem)


def _import(specificity: int, signatures: Sequence[str], *, presence_is_seen: bool) -> TableFormat:
    return TableFormat(
        name="letterboxd import",
        service="letterboxd",
        specificity=specificity,
        signatures=tuple(names(signature) for signature in signatures),
        columns={
            "title": ("Title", "Name"),
            "year": ("Year",),
            "letterboxd_uri": ("LetterboxdURI", "URL"),
            "tmdb_id": ("tmdbID",),
            "imdb_id": ("imdbID",),
            "directors": ("Directors", "Director"),
            "watched_on": ("WatchedDate",),
            "logged_on": ("CreatedDate",),
            "rating": ("Rating",),
            "rating10": ("Rating10",),
            "rewatch": ("Rewatch",),
            "tags": ("Tags",),
        },
        scale=5,
        source=_films,
        only=names(
            "Title, Name, Year, LetterboxdURI, URL, tmdbID, imdbID, Directors, Director, "
            "WatchedDate, CreatedDate, Rating, Rating10, Rewatch, Tags, Review"
        ),
        presence_is_seen=presence_is_seen,
    )


FORMATS = (
    TableFormat(
        name="letterboxd reviews",
        presence_is_seen=True,
        service="letterboxd",
        specificity=59,
        signatures=(names("Name, Letterboxd URI, Review"),),
        columns=_ENTRY,
        scale=5,
    ),
    TableFormat(
        name="letterboxd diary",
        presence_is_seen=True,
        service="letterboxd",
        specificity=58,
        signatures=(names("Name, Letterboxd URI, Watched Date"),),
        columns=_ENTRY,
        scale=5,
    ),
    TableFormat(
        name="letterboxd ratings",
        presence_is_seen=True,
        service="letterboxd",
        specificity=57,
        signatures=(names("Name, Letterboxd URI, Rating"),),
        columns={**_FILM, "rating": ("Rating",)},
        scale=5,
        source=_ratings,
    ),
    TableFormat(
        name="letterboxd list",
        service="letterboxd",
        specificity=56,
        signatures=(
            names("Position, Name, Year, URL, Description"),
            names("Position, Name, Letterboxd URI"),
        ),
        columns={
            "title": ("Name",),
            "year": ("Year",),
            "letterboxd_uri": ("URL", "Letterboxd URI"),
        },
        source=_list,
    ),
    TableFormat(
        name="letterboxd films",
        presence_is_seen=True,
        service="letterboxd",
        specificity=55,
        signatures=(names("Name, Letterboxd URI"),),
        columns=_FILM,
        source=_films,
    ),
    # Written by a program, to say what was watched: without a day, too.
    _import(
        50,
        ("Title, LetterboxdURI", "Title, Rating10", "Name, Rating10", "Title, tmdbID, WatchedDate"),
        presence_is_seen=True,
    ),
    _import(49, ("Title, WatchedDate",), presence_is_seen=False),
)

_FILES = (
    "watched.csv",
    "ratings.csv",
    "diary.csv",
    "reviews.csv",
    "likes/films.csv",
    "watchlist.csv",
)
_ASIDE = frozenset({"deleted", "orphaned", "__MACOSX"})


def _claim(members: Sequence[str]) -> list[str]:
    """Find the export's top folder, at any depth of the archive, and select its film lists."""
    own = [name for name in members if not _ASIDE & set(PurePosixPath(name).parts)]
    marks = [
        path.parent
        for name in own
        if (path := PurePosixPath(name)).name in {"profile.csv", "watched.csv", "diary.csv"}
    ]
    if not marks:
        return []
    top = min(marks, key=lambda folder: len(folder.parts))
    present = set(own)
    films = [str(top / name) for name in _FILES if str(top / name) in present]
    lists = [
        name
        for name in sorted(own)
        if PurePosixPath(name).parent == top / "lists" and name.lower().endswith(".csv")
    ]
    return films + lists


LAYOUT = Layout(specificity=50, claim=_claim)
