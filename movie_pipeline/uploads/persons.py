"""Persons: what an upload's name says about its owner and the time of its export.

What belongs here: reading both from a key. What does not: which of a person's uploads are the
current ones (`warehouse.current`), a person's films (`people.library`), and comparing people
(`people.club`).
"""

import re
from datetime import UTC, datetime

SAMPLE = "letterboxd-sample-2026-11-01-09-00-utc.zip"
"""The bundled export, with which the demo runs."""
_SAMPLES = frozenset({SAMPLE, "letterboxd-sample.csv"})

# "letterboxd-ada-2026-01-31-18-05-utc.zip", or with the " (1)" or "-2" that browsers append; or
# the folder unpacked from it.
_LETTERBOXD = re.compile(
    r"letterboxd-(?P<user>[a-z0-9_]+)-(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d)-utc(?![a-z0-9])",
    re.IGNORECASE,
)


def known_person(upload: str) -> str | None:
    """The person that an upload's key names; None if it names none.

    Args:
        upload: its key.

    Returns:
        The first folder of the key; else the user in the file name that Letterboxd gave the export,
        in lower case. A bundled sample names nobody.
    """
    folder, slash, _ = upload.partition("/")
    if slash:
        return folder
    named = None if is_sample(upload) else _LETTERBOXD.match(upload)
    return named["user"].lower() if named else None


def person_of(upload: str) -> str:
    """The person to whom an upload belongs: `known_person`, else the key itself.

    So an upload that names no person is the only one of an unknown person.
    """
    return known_person(upload) or upload


def is_sample(upload: str) -> bool:
    """Whether it is a bundled sample, which is no person's history."""
    return upload in _SAMPLES


def exported_at(upload: str) -> datetime | None:
    """When an upload was exported (UTC), if it still has the file name that Letterboxd gave it."""
    named = _LETTERBOXD.match(upload.rpartition("/")[2])
    if named is None:
        return None
    try:
        return datetime.strptime(named["time"], "%Y-%m-%d-%H-%M").replace(tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None
