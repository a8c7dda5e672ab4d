"""Amazon Prime Video: the watch history that its site shows, as browser extensions save it.

Days are milliseconds since 1970. An episode stands for its series. Histories of other services that
tell when something was started are read in the same way: how long it was watched is no runtime.
"""

from movie_pipeline.exports.exporter import TableFormat, names

FORMATS = (
    TableFormat(
        name="prime video history",
        service="amazon",
        specificity=76,
        signatures=(
            names("Date Watched, Type, Title, Episode Title"),
            names("Title, Global Title Identifier"),
        ),
        columns={
            "program": ("Title",),
            "watched_on": ("Date Watched",),
            "title_type": ("Type",),
            "part": ("Episode Title",),
        },
        presence_is_seen=True,
        parts_have_ids=True,
    ),
    TableFormat(
        name="streaming history",
        service="generic",
        specificity=10,
        signatures=(
            names("Title, Start Time"),
            names("Title, Started At"),
            names("Title, Playback Start"),
            names("Title, Playback Start Time"),
        ),
        columns={
            "program": ("Title",),
            "watched_on": ("Start Time", "Started At", "Playback Start", "Playback Start Time"),
            "title_type": ("Type", "Media Type"),
            "part": ("Season", "Season Number", "Episode", "Episode Title"),
        },
        presence_is_seen=True,
        parts_have_ids=True,
    ),
)
