"""TV Time: the ZIP of all personal data, of which only the tracking records are opened.

Each line is an event: only ``watch`` and ``rewatch`` say that something was seen. A runtime is in
seconds. A line about an episode stands for its series.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Layout, TableFormat, names

_COLUMNS = {
    "title": ("movie_name",),
    "series": ("series_name",),
    "part": ("season_number", "s_no"),
    "part_number": ("episode_number", "ep_no"),
    "released": ("release_date",),
    "runtime": ("runtime",),
    "logged_on": ("created_at",),
}

FORMATS = (
    TableFormat(
        name="tv time tracking",
        service="tvtime",
        specificity=74,
        signatures=(names("type, entity_type, movie_name"),),
        columns={
            **_COLUMNS,
            "title_type": ("entity_type",),
            "event": ("type",),
            "plays": ("watch_count",),
            "watched_on": ("watch_date_range_key", "watch_date"),
        },
        parts_have_ids=True,
    ),
    TableFormat(
        name="tv time tracking (v2)",
        service="tvtime",
        specificity=73,
        signatures=(names("movie_name, series_name, created_at"),),
        columns=_COLUMNS,
        parts_have_ids=True,
    ),
)


def _claim(members: Sequence[str]) -> list[str]:
    """Select the tracking records, but not lists, devices, addresses and the account."""
    return sorted(
        (name for name in members if PurePosixPath(name).name.startswith("tracking-prod-records")),
        key=len,
    )


LAYOUT = Layout(specificity=61, claim=_claim)
