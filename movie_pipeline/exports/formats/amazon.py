"""Amazon Prime Video: the watch history that its site shows, as browser extensions save it.

Days are milliseconds since 1970. An episode stands for its series.
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
)
