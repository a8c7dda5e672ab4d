"""How much of an upload is read at most, and the exceptions of this package.

What belongs here: limits on memory and time for hostile or absurd input, and their wording. What
does not: the checks, which are made where the input is read.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on one upload; every refusal names the limit that was exceeded.

    Attributes:
        entry_bytes: Size of one file, unpacked (a 1,000,000-row IMDb list is about 200 MB).
        total_bytes: Size of all opened files of an archive or folder, unpacked.
        ratio: Unpacked size over packed size of one ZIP entry above 1 MB. Text is packed 3 to 30
            fold, deflate can reach 1,032.
        entries: Files in one archive or folder.
        line_chars: Length of one line, one quoted cell or one JSON item, in characters.
        rejected_lines: Unreadable lines of one file; with more, it is not taken for a film list.
    """

    entry_bytes: int = 512 * 1024**2
    total_bytes: int = 1024**3
    ratio: int = 300
    entries: int = 20_000
    line_chars: int = 1_000_000
    rejected_lines: int = 100_000


class UnreadableExport(ValueError):
    """Nothing in the upload can be read, or it is refused.

    The message names the file, says what is wrong and what the user should do, and quotes nothing
    from the file except its header row.
    """


class UnreadableMember(ValueError):
    """One file of an upload cannot be read; the message does not name the file."""


def size(count: int) -> str:
    """Format a number of bytes: ``size(536870912) == '512 MB'``."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if count >= factor:
            return f"{count / factor:.0f} {unit}"
    return f"{count} bytes"
