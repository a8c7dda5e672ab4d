"""Persons: what an upload's name says of its owner, and of the time of its export.

What belongs here: reading that from a key. What does not: which of a person's uploads are the
current ones (`warehouse.current`), a person's films (`people.library`), and comparing people
(`people.club`).
"""

import re
from datetime import UTC, datetime

# "letterboxd-ada-2026-01-31-18-05-utc.zip", or with " (1)" or "-2" behind it, as browsers save it;
# its unpacked folder likewise.
_LETTERBOXD = re.compile(
    r"letterboxd-(?P<user>[a-z0-9_]+)-(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d)-utc(?![a-z0-9])",
    re.IGNORECASE,
)


def person_of(upload: str) -> str:
    """Whose an upload is.

    Args:
        upload: its key.

    Returns:
        The first folder of the key; else the user in the name that Letterboxd gave its export, in
        small letters; else the key itself: it is the only upload of somebody unknown.
    """
    folder, slash, _ = upload.partition("/")
    if slash:
        return folder
    named = _LETTERBOXD.match(upload)
    return named["user"].lower() if named else upload


def exported_at(upload: str) -> datetime | None:
    """When an upload was exported (UTC), if the name that Letterboxd gave it says so."""
    named = _LETTERBOXD.match(upload.rpartition("/")[2])
    if named is None:
        return None
    try:
        return datetime.strptime(named["time"], "%Y-%m-%d-%H-%M").replace(tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None
