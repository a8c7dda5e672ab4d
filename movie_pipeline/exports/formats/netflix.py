"""Netflix: the viewing history, and the ZIP that "get my information" gives.

A day is a viewing. An episode stands for its series. Trailers and the like are nothing, the time
watched is not a film's length, and a thumb up is a like.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Layout, Source, TableFormat, always_seen, names


def _list(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del path, preamble
    return Source(seen=False)


HISTORY = TableFormat(
    name="netflix viewing history",
    service="netflix",
    specificity=0,
    signatures=(),
    columns={"program": ("Title",), "watched_on": ("Date",)},
    source=always_seen,
    confidence=0.9,
)
"""A title and a day: its header tells too little to recognise it (see `histories`)."""

FORMATS = (
    TableFormat(
        name="netflix viewing activity",
        service="netflix",
        specificity=79,
        signatures=(
            names("Title, Start Time, Supplemental Video Type"),
            names("Profile Name, Start Time, Title"),
        ),
        columns={
            "program": ("Title",),
            "watched_on": ("Start Time",),
            "extra": ("Supplemental Video Type",),
        },
        presence_is_seen=True,
    ),
    TableFormat(
        name="netflix ratings",
        service="netflix",
        specificity=78,
        signatures=(
            names("Title Name, Thumbs Value"),
            names("Title Name, Rating Type, Star Value"),
        ),
        columns={
            "program": ("Title Name",),
            "rating": ("Star Value",),
            "thumb": ("Thumbs Value",),
            "rated_on": ("Event Utc Ts", "Region View Date"),
        },
        scale=5,
    ),
    TableFormat(
        name="netflix list",
        service="netflix",
        specificity=77,
        signatures=(names("Title Name, Utc Title Add Date"),),
        columns={"program": ("Title Name",), "logged_on": ("Utc Title Add Date",)},
        source=_list,
    ),
)

_FILES = ("ViewingActivity.csv", "NetflixViewingHistory.csv", "Ratings.csv", "MyList.csv")


def _claim(members: Sequence[str]) -> list[str]:
    """Select what was watched, rated and listed, but not searches, devices, profiles and bills."""
    paths = [PurePosixPath(name) for name in members if "__MACOSX" not in name]
    if not any(
        path.name in _FILES[:2] or path.parent.name == "CONTENT_INTERACTION" for path in paths
    ):
        return []
    return [str(path) for name in _FILES for path in sorted(paths) if path.name == name]


LAYOUT = Layout(specificity=60, claim=_claim)
